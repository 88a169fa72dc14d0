"""Sessions of people who signed in with a browser: a signed cookie, and a proof for changes.

Nothing is kept of a session but that it was ended: the cookie names the token it was opened with
and its own end, signed with a key that is made of the server's token. So every server that has the
same one knows it, whoever reads the store can make none, and a token that is revoked takes its
sessions with it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

COOKIE = "frontline_session"
CSRF = "X-Frontline-CSRF"

LASTS = 12 * 3600.0
"""Seconds that a session lasts: a working day, and never longer than its token."""

ENDED = 10_000
"""Sessions remembered as ended. When it is full the oldest is forgotten, which is then about to
end by itself; signing out needs a session, so nobody else can fill it."""

_FORM = re.compile(r"([0-9a-f]{12}|configured)\.([0-9]{1,12})\.([0-9a-f]{32})\.([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that holds."""

    id: str
    token: str
    """The id of the token it was opened with."""
    until: float


class Sessions:
    """The sessions of this server, and of all that have its token."""

    def __init__(self, key: str, now: Callable[[], float]) -> None:
        self._key = hashlib.sha256(b"frontline sessions\0" + key.encode()).digest()
        self._now = now
        self._ended: OrderedDict[str, None] = OrderedDict()

    def open(self, token: str, expires: float) -> tuple[str, SignedIn]:
        """Return a new session and its cookie; ``expires``: the token's end, 0 for none."""
        until = self._now() + LASTS
        if expires:
            until = min(until, expires)
        session = SignedIn(secrets.token_hex(16), token, float(int(until)))
        signed = f"{token}.{int(until)}.{session.id}"
        return f"{signed}.{self._sign('cookie', signed)}", session

    def read(self, cookie: str) -> SignedIn | None:
        """The session of a cookie; None if it is none of ours, is over or was ended."""
        form = _FORM.fullmatch(cookie)
        if form is None:
            return None
        signed = cookie.rpartition(".")[0]
        if not hmac.compare_digest(form[4], self._sign("cookie", signed)):
            return None
        session = SignedIn(form[3], form[1], float(form[2]))
        over = session.until <= self._now() or session.id in self._ended
        return None if over else session

    def proof(self, name: str) -> str:
        """The value that changes must carry in a header: no other site's page can read it."""
        return self._sign("proof", name)

    def end(self, name: str) -> None:
        """End it: on this server at once, elsewhere when its time is over."""
        self._ended[name] = None
        if len(self._ended) > ENDED:
            self._ended.popitem(last=False)

    def _sign(self, use: str, text: str) -> str:
        return hmac.new(self._key, f"{use}\0{text}".encode(), hashlib.sha256).hexdigest()
