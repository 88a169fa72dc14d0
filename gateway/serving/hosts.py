"""The names this server answers to, so that no foreign page can call it by a name of its own.

A page's server can let its own host name lead to another address once the page is loaded ("DNS
rebinding"): to this machine, or to one of the network the browser is in. For the browser the
gateway is then the page's own server, and Origin and Host agree. What the page cannot do is to use
another name than its own, or an address: who asks for an address reaches that address. So requests
are taken that ask for an address, for this machine (``localhost``), or for a name the settings
know. Probes of Kubernetes and of load balancers ask for addresses; what sends no Host at all is no
browser.

Starlette's ``TrustedHostMiddleware`` takes ``[::1]:8080`` apart at its first colon, knows no
addresses but by listing, and cannot say what is to be done.
"""

from __future__ import annotations

import ipaddress
import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.settings.schema.reading import variable
from gateway.settings.server import ServerSettings

log = logging.getLogger("frontline")

MISDIRECTED, BAD_REQUEST, NOT_ALLOWED = 421, 400, 1008
"""Statuses, and the close code of a server that cannot answer a handshake with a status."""

NOTED = 20
"""Unknown names that are logged, each once: more are an attack."""

LONGEST = 255
"""Characters of a host name."""

_HOST = re.compile(r"(\[[^\[\]]*\]|[^\[\]:]*)(?::[0-9]*)?")
_THIS_MACHINE = "localhost"


def host_name(header: str) -> str:
    """The name or address in a Host header, in lower case, without port, brackets and the dot that
    may end a name; empty if it holds none."""
    found = _HOST.fullmatch(header.strip())
    return found[1].strip("[]").lower().removesuffix(".") if found else ""


def is_address(name: str) -> bool:
    """Return whether the name is an IP address in its usual form."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Names:
    """Which host names requests may ask for."""

    exact: frozenset[str]
    below: tuple[str, ...] = ()
    """``.example.com``: every name that ends with it."""

    @staticmethod
    def of(server: ServerSettings) -> Names:
        """The hosts that the settings name; ``server.host`` only counts where it is a name."""
        given = [name.lower() for name in (*server.allowed_hosts, server.host, _THIS_MACHINE)]
        if server.public_url:
            given.append(urlsplit(server.public_url).hostname or "")
        exact = frozenset(name.removesuffix(".") for name in given if name[:1] != "*")
        below = tuple(name[1:] for name in given if name.startswith("*."))
        return Names(exact - {""}, (*below, f".{_THIS_MACHINE}"))

    def know(self, name: str) -> bool:
        """Return whether a request may ask for the host; ``name`` as ``host_name`` gives it."""
        return name in self.exact or is_address(name) or name.endswith(self.below)


def own_origins(server: ServerSettings) -> tuple[str, ...]:
    """Origins whose pages may call: those listed, and that of ``server.public_url``."""
    parts = urlsplit(server.public_url)
    own = (f"{parts.scheme}://{parts.netloc}".lower(),) if parts.netloc else ()
    return (*server.allowed_origins, *own)


class KnownHosts:
    """Refuses requests, and handshakes before they are accepted, that ask for another host."""

    def __init__(self, app: ASGIApp, names: Names) -> None:
        self._app = app
        self._names = names
        self._noted: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request or handshake."""
        if scope["type"] in ("http", "websocket"):
            refusal = self._refusal(HTTPConnection(scope).headers.getlist("host"))
            if refusal is not None:
                await _refuse(refusal, scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _refusal(self, given: Iterable[str]) -> Response | None:
        hosts = list(given)
        if not hosts:
            return None
        if len(hosts) > 1:
            return _answer(BAD_REQUEST, "bad_host", "send one Host header")
        name = host_name(hosts[0])
        if self._names.know(name):
            return None
        message = misdirected(hosts[0])
        if name not in self._noted and len(self._noted) < NOTED:
            self._noted.add(name)
            log.warning("a request was refused: %s", message)
        return _answer(MISDIRECTED, "unknown_host", message)


def misdirected(host: str) -> str:
    """The message for a client that asked for that host: what it is, and what mends it."""
    shown = repr(host[:LONGEST]).strip("'\"")
    return (
        f'"{shown}" is no host of this server. If it should be, add its name to '
        f"server.allowed_hosts ({variable('server', 'allowed_hosts')}), or make it the host of "
        f"server.public_url ({variable('server', 'public_url')}), and start the server again"
    )


def _answer(status: int, code: str, message: str) -> Response:
    body = msgspec.json.encode({"error": {"code": code, "message": message, "field": "Host"}})
    return Response(body, status, {"Cache-Control": "no-store"}, media_type="application/json")


async def _refuse(refusal: Response, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket" and "websocket.http.response" not in scope.get(
        "extensions", {}
    ):
        await send({"type": "websocket.close", "code": NOT_ALLOWED, "reason": "unknown host"})
        return
    await refusal(scope, receive, send)
