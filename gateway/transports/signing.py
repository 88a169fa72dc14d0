"""Signatures of carriers: who asks us to take a call, and did they send just that."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import parse_qs, urlsplit

from starlette.requests import HTTPConnection

SIGNATURE = "x-twilio-signature"
SETTINGS = "x-twilio-webhooks-signature-settings"
ALGORITHMS = {"HMAC_SHA1": "sha1", "HMAC_SHA256": "sha256"}
PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}

Form = Mapping[str, Sequence[str]]


def twilio_signature(url: str, form: Form, secret: str, algorithm: str = "sha1") -> str:
    """Twilio's signature of a request: of its address, and of each field of its form in the order
    of their names."""
    text = url + "".join(name + value for name in sorted(form) for value in sorted(set(form[name])))
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), algorithm).digest()).decode()


def spellings(url: str) -> Iterable[str]:
    """The address without the port, and with it: Twilio signs one or the other."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    usual = PORTS.get(parts.scheme)
    yield url
    for netloc in (host, f"{host}:{parts.port or usual}"):
        if netloc != parts.netloc:
            yield parts._replace(netloc=netloc).geturl()


@dataclass(frozen=True, slots=True)
class TwilioKeys:
    """The secrets that Twilio may sign with: the account's token, and shared keys by their ids."""

    token: str = field(default="", repr=False)
    shared: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __bool__(self) -> bool:
        """Return whether anything can be checked."""
        return bool(self.token or self.shared)

    def secret(self, settings: str) -> tuple[str, str]:
        """Secret and algorithm that a request names; an empty secret if we do not have it."""
        parts = (part.partition("=") for part in settings.split(","))
        named = {name.strip(): text.strip() for name, equals, text in parts if equals}
        algorithm = ALGORITHMS.get(named.get("algorithm", "HMAC_SHA1").upper(), "")
        if not algorithm:
            return "", ""
        return self.shared.get(named["key"], "") if "key" in named else self.token, algorithm

    def signed(
        self, connection: HTTPConnection, url: str, form: Form, body: bytes | None = None
    ) -> bool:
        """Return whether the request bears a good signature. ``body``: of one that is no form."""
        secret, algorithm = self.secret(connection.headers.get(SETTINGS, ""))
        given = connection.headers.get(SIGNATURE, "")
        if not secret or not given:
            return False
        if body is not None:
            stated = parse_qs(urlsplit(url).query).get("bodySHA256", [""])[0]
            if not hmac.compare_digest(stated.encode(), sha256(body).hexdigest().encode()):
                return False
        return any(
            hmac.compare_digest(
                twilio_signature(one, form, secret, algorithm).encode(), given.encode()
            )
            for one in spellings(url)
        )


def public_address(connection: HTTPConnection, public_url: str, *, socket: bool) -> str:
    """The address that the carrier was given for this request: below ``server.public_url`` if that
    is set, else as the request and a trusted proxy's headers have it (``serving.proxies`` drops
    those of others)."""
    path = connection.scope["path"]
    query = connection.scope.get("query_string", b"").decode("latin-1")
    if public_url:
        base = public_url.rstrip("/")
    else:
        scheme = connection.headers.get("x-forwarded-proto", connection.url.scheme)
        host = connection.headers.get("x-forwarded-host", connection.headers.get("host", ""))
        base = f"{scheme}://{host}"
    scheme, _, rest = base.partition("://")
    secure = scheme in ("https", "wss")
    named = ("wss" if secure else "ws") if socket else ("https" if secure else "http")
    return f"{named}://{rest}{path}" + (f"?{query}" if query else "")
