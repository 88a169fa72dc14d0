"""Access to calls: the token, where it may stand, and which pages may carry it."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

SUBPROTOCOL = "frontline.v1"
"""The sub-protocol that a browser offers beside the token, and that we accept."""

TOKEN = "token"
"""A browser cannot set headers. It may offer ``token`` and then the token itself, if that is made
of characters a sub-protocol may have..."""

TOKEN_PREFIX = "token."
"""...or ``token.<base64url of the token>``, whatever it is made of."""


USUAL_PORTS = {"http": 80, "https": 443}
"""The ports that an origin leaves out, and a Host header may leave out."""


def same(given: str, expected: str) -> bool:
    """Compared in constant time."""
    return hmac.compare_digest(given.encode(), expected.encode())


def bearer(connection: HTTPConnection) -> str:
    """The bearer token of the Authorization header; empty if there is none."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def offered(connection: HTTPConnection) -> list[str]:
    """The sub-protocols the client offers."""
    header = connection.headers.get("sec-websocket-protocol", "")
    return [part.strip() for part in header.split(",") if part.strip()]


def call_token(connection: HTTPConnection) -> str:
    """The token of a WebSocket request, from the header or a sub-protocol."""
    protocols = offered(connection)
    if len(protocols) > 1 and protocols[0] == TOKEN:
        return protocols[1]
    for protocol in protocols:
        if protocol.startswith(TOKEN_PREFIX):
            encoded = protocol.removeprefix(TOKEN_PREFIX)
            try:
                padded = encoded + "=" * (-len(encoded) % 4)
                return base64.urlsafe_b64decode(padded).decode()
            except ValueError:  # no base64, no UTF-8, or not even ASCII
                return ""
    return bearer(connection)


def allowed_origin(connection: HTTPConnection, allowed: Sequence[str]) -> bool:
    """Return whether the page that opens the call may do so: it is one of the gateway's own or a
    listed one. A client that is not a browser sends no Origin and is judged by its token alone.

    Our own is a page of the host that the request asks for, which is a name of ours: for requests
    by other names are refused before they come here (``gateway.serving.hosts``).
    """
    origin = connection.headers.get("origin", "")
    if not origin or origin in allowed:
        return True
    try:
        page = urlsplit(origin)
        here = urlsplit(f"{page.scheme}://{connection.headers.get('host', '')}")
        usual = USUAL_PORTS.get(page.scheme)
        ports = page.port or usual, here.port or usual
    except ValueError:  # such as http://[
        return False
    plain = page.hostname and not page.username and ports[0] == ports[1] is not None
    return bool(plain) and page.hostname == here.hostname


def chosen(connection: HTTPConnection) -> str | None:
    """The sub-protocol to answer with: a browser that offers some must have one of them back."""
    protocols = offered(connection)
    for protocol in (SUBPROTOCOL, TOKEN):
        if protocol in protocols:
            return protocol
    return next((one for one in protocols if one.startswith(TOKEN_PREFIX)), None)
