"""Who may call: the token, where it may stand, and which pages may carry it."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

SUBPROTOCOL = "frontline.v1"
"""What a browser offers beside the token, and what we accept."""

TOKEN_PREFIX = "token."
"""A sub-protocol ``token.<base64url of the token>``: a browser cannot set headers."""


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
    for protocol in offered(connection):
        if protocol.startswith(TOKEN_PREFIX):
            encoded = protocol.removeprefix(TOKEN_PREFIX)
            try:
                padded = encoded + "=" * (-len(encoded) % 4)
                return base64.urlsafe_b64decode(padded).decode()
            except ValueError:  # no base64, no UTF-8, or not even ASCII
                return ""
    return bearer(connection)


def allowed_origin(connection: HTTPConnection, allowed: Sequence[str]) -> bool:
    """Whether the page that opens the call may: our own, or one that is listed. A client that is
    not a browser sends no Origin and is judged by its token alone."""
    origin = connection.headers.get("origin", "")
    if not origin or origin in allowed:
        return True
    try:
        page = urlsplit(origin).netloc
    except ValueError:  # such as http://[
        return False
    return bool(page) and page == connection.headers.get("host", "")
