"""The way in and out of a call, the same at every door: who may come in, and how it is closed."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from starlette.websockets import WebSocket, WebSocketDisconnect

from gateway.serving.straight import EXTENSION, WAY, StraightWay
from gateway.shell.call.services import Services
from gateway.transports import access

UNAUTHORISED, OVER_CAPACITY, MALFORMED, INTERNAL = 4401, 1013, 1007, 1011
REFUSED = 1008


@dataclass(frozen=True, slots=True)
class Door:
    """The rules of admission: the call token, the allowed origins, the most calls at once and the
    default tenant.
    """

    call_token: str = field(repr=False)
    allowed_origins: tuple[str, ...]
    max_calls: int
    default_tenant: str
    further_tokens: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    """Tokens that are taken too, each with the tenants it opens; none named are all."""
    tenants: tuple[str, ...] = ()
    """The tenants behind this door; empty: all."""

    def knows(self, socket: WebSocket) -> Door | None:
        """The door as it opens to the client, which shows a call token and whose page may call;
        None if it does not."""
        if not access.allowed_origin(socket, self.allowed_origins):
            return None
        shown = access.call_token(socket)
        if not self.call_token or access.same(shown, self.call_token):
            return self
        # all are compared, so that the time says nothing of which it was
        fit = [named for one, named in self.further_tokens.items() if access.same(shown, one)]
        return replace(self, tenants=fit[0]) if fit else None

    def tenant(self, named: str) -> str:
        """The tenant that is called where the client names that one, or none."""
        if not named and len(self.tenants) == 1:
            return self.tenants[0]
        return named or self.default_tenant

    def opens(self, tenant: str) -> bool:
        """Return whether that tenant is behind this door."""
        return not self.tenants or tenant in self.tenants


def full(services: Services, door: Door, tenant: str) -> bool:
    """Return whether a call of the tenant that is announced now would find no room."""
    calls, judge = services.calls.values(), services.admission
    if judge.refusal(calls, door.max_calls) is not None:
        return True
    return judge.refusal_of(tenant, calls) is not None


def straight_way(socket: WebSocket) -> StraightWay | None:
    """The way past ASGI to the socket's peer, where the server offers one."""
    way: StraightWay | None = (socket.scope.get("extensions") or {}).get(EXTENSION, {}).get(WAY)
    return way


class SocketWire:
    """A WebSocket as the outbox sees it."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self._way = straight_way(socket)

    def send_now(self, message: str | bytes) -> bool:
        """See ``gateway.shell.sound.outbox.QuickWire``."""
        return self._way is not None and self._way.send_now(message)

    async def send(self, message: str | bytes) -> None:
        """Write one message; raises ``RuntimeError`` or ``OSError`` once the socket is closed."""
        try:
            if isinstance(message, str):
                await self._socket.send_text(message)
            else:
                await self._socket.send_bytes(message)
        except WebSocketDisconnect as error:
            raise OSError("closed") from error


async def accept(socket: WebSocket) -> None:
    """Take the handshake."""
    await socket.accept(subprotocol=access.chosen(socket))


async def refuse(socket: WebSocket, reason: str) -> None:
    """Accept the handshake only to close the socket, as there is no room for this call."""
    await accept(socket)
    await shut(socket, OVER_CAPACITY, reason)


async def shut(socket: WebSocket, code: int, reason: str) -> None:
    """Close it, whether or not the client is still there."""
    with contextlib.suppress(RuntimeError, OSError, WebSocketDisconnect):
        await socket.close(code, reason)
