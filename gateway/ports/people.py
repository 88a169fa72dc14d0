"""The people who run it: their roles, their tokens, and the trail of what they changed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol


class Role(IntEnum):
    """The rights of a person, each role with those of the roles before it."""

    VIEWER = 1
    """Looks at everything, changes nothing."""
    EDITOR = 2
    """Changes what is answered: entries, tables, catalogues, flags."""
    ADMIN = 3
    """Changes how it runs and who may: modes, purges, tokens; reads the trail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token as it is kept: all of it but the secret."""

    id: str
    name: str
    """The person or program it was made for."""
    role: Role
    tenants: tuple[str, ...] = ()
    """The tenants it opens; empty: all of them."""
    digest: str
    """SHA-256 of the secret, in hexadecimal."""
    created: float
    """Unix seconds, as all moments here."""
    expires: float = 0.0
    """The end of its life; 0: none."""
    revoked: float = 0.0
    """The moment it was revoked at; 0: it was not."""

    def lives(self, now: float) -> bool:
        """Return whether it opens anything at that moment."""
        return not self.revoked and not 0 < self.expires <= now


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One line of the trail: who changed what. Nothing that a caller said is in it."""

    id: str
    """Later changes have greater ids, compared as text."""
    at: float
    who: str
    """The id of a token, ``configured`` for that of the settings, else the program that did it."""
    name: str
    """The name of that token at the time."""
    what: str
    """published | rolled back | purged | mode | flag | token | log level."""
    tenant: str
    """Empty if it concerns all of them."""
    subject: str = ""
    """The thing that was changed: a catalogue's number, a turn, a token."""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailQuery:
    """Which changes; empty fields do not filter."""

    tenants: tuple[str, ...] = ()
    """Changes of any of these."""
    what: str = ""
    since: float = 0.0
    before: str = ""
    """Page on: only changes older than the one with this id."""
    limit: int = 100


class PeopleStore(Protocol):
    """Tokens and the trail. Both are small: thousands of tokens, a line for a change by hand."""

    def tokens(self) -> list[Token]:
        """All that were ever made, the newest first."""

    def token(self, name: str) -> Token | None:
        """The token of that id. Cheap: asked for with each request."""

    def keep_token(self, token: Token) -> None:
        """Keep it durably; one of the same id is replaced."""

    def note(self, change: Change) -> None:
        """Add a line to the trail, durably."""

    def trail(self, query: TrailQuery) -> list[Change]:
        """The lines that are asked for, newest first."""
