"""The proxies that are believed where a request comes from; what all others say of it is dropped.

Only the ``X-Forwarded-`` headers are read. A proxy that writes one kind of header lets a caller's
own of the other kind through, so ``Forwarded`` (RFC 7239) is believed from nobody.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from starlette.types import ASGIApp, Receive, Scope, Send

Headers = Iterable[tuple[bytes, bytes]]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

FOR, PROTO = b"x-forwarded-for", b"x-forwarded-proto"
SAID = frozenset({FOR, PROTO, b"x-forwarded-host", b"x-forwarded-port", b"forwarded"})
"""Headers with which a proxy says what it was asked, and by whom."""
SECURE = {"http": "https", "websocket": "wss"}


class Proxies:
    """The addresses and networks of ``server.trusted_proxies``."""

    def __init__(self, named: Iterable[str] = ()) -> None:
        self._networks = tuple(ipaddress.ip_network(one) for one in named)

    def trust(self, address: str) -> bool:
        """Return whether the peer at that address is one of them."""
        found = _address(address) if self._networks else None
        return found is not None and self._among(found)

    def caller(self, headers: Headers) -> str:
        """The address that a trusted peer's headers give: the last that is no proxy of ours, since
        whatever stands before it was sent by the caller. Empty if there is none."""
        said = b",".join(value for name, value in headers if name == FOR).decode("latin-1")
        for text in reversed(said.split(",")):
            found = _address(_without_port(text.strip()))
            if found is None:
                return ""
            if not self._among(found):
                return str(found)
        return ""

    def _among(self, address: Address) -> bool:
        return any(address in network for network in self._networks)


def _address(text: str) -> Address | None:
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


def _without_port(text: str) -> str:
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


class Forwarded:
    """Makes of a request what a trusted proxy says it is, and drops such words of all others,
    so that whatever stands behind may believe what it finds."""

    def __init__(self, app: ASGIApp, proxies: Proxies) -> None:
        self._app = app
        self._proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request or handshake."""
        if scope["type"] in SECURE:
            headers = scope["headers"]
            peer = scope.get("client")
            if peer and self._proxies.trust(peer[0]):
                if address := self._proxies.caller(headers):
                    scope["client"] = (address, 0)
                if (PROTO, b"https") in headers:
                    scope["scheme"] = SECURE[scope["type"]]
                dropped = frozenset({b"forwarded"})
            else:
                dropped = SAID
            scope["headers"] = [one for one in headers if one[0] not in dropped]
        await self._app(scope, receive, send)
