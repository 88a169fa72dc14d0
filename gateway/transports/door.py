"""The way in and out of a call, the same at every door: who may come in, and how it is closed."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from starlette.websockets import WebSocket, WebSocketDisconnect

from gateway.shell.call.services import Services
from gateway.transports import access

UNAUTHORISED, OVER_CAPACITY, MALFORMED, INTERNAL = 4401, 1013, 1007, 1011
REFUSED = 1008


@dataclass(frozen=True, slots=True)
class Door:
    """The rules of admission: the call token, the allowed origins, the most calls at once and the
    default tenant.
    """

    call_token: str
    allowed_origins: tuple[str, ...]
    max_calls: int
    default_tenant: str

    def knows(self, socket: WebSocket) -> bool:
        """Return whether the client shows the call token, and its page may call."""
        if not access.allowed_origin(socket, self.allowed_origins):
            return False
        return not self.call_token or access.same(access.call_token(socket), self.call_token)


def full(services: Services, door: Door, tenant: str) -> bool:
    """Return whether a call of the tenant that is announced now would find no room."""
    calls, judge = services.calls.values(), services.admission
    if judge.refusal(calls, door.max_calls) is not None:
        return True
    return judge.refusal_of(tenant, calls) is not None


class SocketWire:
    """A WebSocket as the outbox sees it."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket

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
