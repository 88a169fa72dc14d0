"""Texts that are, or hold, secrets: they must not stand in a settings file.

Told by where they stand (a password in an address, the value of a header), by the name they have
(``api_key=...``), and by what they look like. ``${NAME}``, a variable of the environment, is none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl, urlsplit

from gateway.errors import SettingsError

SHORTEST_TOKEN = 16
"""Characters of a token that guards what other machines reach: beyond trying them all."""

VARIABLE = re.compile(r"\$\{[^{}]*\}")
PLACE = re.compile(r"\{[^{}]*\}")

NAMED = re.compile(r"auth|cookie|key|token|secret|passw|credential", re.IGNORECASE)
"""Names of headers and variables whose values are secrets."""
_WORDS = (
    "access|apikey|auth|authorization|bearer|code|cookie|credentials?|jwt|key|pass|passphrase|"
    "passwd|password|pin|pwd|sas|secret|session|sid|sig|signature|token"
)
_PARAMETER = re.compile(rf"(?:^|[^a-z])(?:{_WORDS})$|(?:accesskey|token|secret|passw(?:or)?d)$")
"""Names of parameters and options, in small letters, whose values are secrets."""

PLAIN_HEADERS = frozenset(
    {
        *("accept", "accept-charset", "accept-encoding", "accept-language", "cache-control"),
        *("content-language", "content-type", "origin", "pragma", "prefer", "referer"),
        *("user-agent", "x-requested-with"),
    }
)
"""Headers that say nothing of who asks; any other may hold a secret, whatever its name."""
_VERSION = re.compile(r"[\w.-]+-version")

_USER = re.compile(r"(?:^|//)[^/?#\s@]*:[^/?#\s@]+@|//[^/?#\s@:]+@")
_KNOWN = re.compile(
    r"(?<![A-Za-z0-9])(?:(?:sk|pk|rk|gsk|hf|shpat|glpat|gh[opsu]|github_pat|xox[abeprs]|SG)[-_.]"
    r"[\w.-]{10,}|(?:AKIA|ASIA|AIza|eyJ|ya29\.)[\w.-]{12,})"
)
"""Keys that begin as their makers' do."""
_RUN = re.compile(r"[A-Za-z0-9]{20,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_CHANGE = re.compile(r"(?<=[0-9])[A-Za-z]|(?<=[A-Za-z])[0-9]")
_MIXED = 4
"""Changes between letters and digits from which a long run of them is no word with a number."""

A_USER = "a user name or password"
A_KEY = "what looks like a key"


def is_secret_name(name: str) -> bool:
    """Return whether a parameter, or an option of a command, of that name holds a secret."""
    small = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
    return _PARAMETER.search(small) is not None


def looks_like_key(text: str) -> bool:
    """Return whether something in it looks like a key: as vendors' begin, or long and random."""
    text = VARIABLE.sub(" ", text)
    return bool(_KNOWN.search(text)) or any(
        len(_CHANGE.findall(run)) >= _MIXED for run in _RUN.findall(text)
    )


def in_address(text: str) -> str:
    """Which secret an address holds; empty if none, or if it is no address."""
    bare = PLACE.sub("", VARIABLE.sub("", text))
    if _USER.search(bare):
        return A_USER
    if "://" not in bare:
        return ""
    try:
        parts = urlsplit(bare)
    except ValueError:
        return ""
    for given in (parts.query, parts.fragment):
        for name, value in parse_qsl(given):
            if is_secret_name(name):
                return f"the value of {name[:60]}"
            if looks_like_key(value):
                return A_KEY
    return A_KEY if looks_like_key(parts.path) else ""


def in_header(name: str, value: str) -> str:
    """Which secret a header may hold; empty if none. Whatever is not said with a variable may be
    one, but in headers that everybody sends."""
    if not value.strip():
        return ""
    small = name.lower()
    plain = small in PLAIN_HEADERS or _VERSION.fullmatch(small) is not None
    if not plain and not VARIABLE.search(value):
        return "a value that may be a secret"
    return in_address(value) or (A_KEY if looks_like_key(value) else "")


def in_variable(name: str, value: str) -> str:
    """Which secret a program's variable holds; empty if none."""
    if NAMED.search(name) and value and not VARIABLE.search(value):
        return "a secret"
    return in_address(value) or (A_KEY if looks_like_key(value) else "")


def in_command(command: Sequence[str]) -> tuple[int, str]:
    """Which secret a command line holds, and in which of its words, from 0; empty if none."""
    before = ""
    for at, word in enumerate(command):
        if found := _in_word(word, before):
            return at, found
        before = word
    return 0, ""


def _in_word(word: str, before: str) -> str:
    option = before.lstrip("-") if before.startswith("-") and not word.startswith("-") else ""
    if option in ("H", "header"):
        name, _, value = word.partition(":")
        return in_header(name.strip(), value)
    if VARIABLE.search(word):
        return in_address(word) or (A_KEY if looks_like_key(word) else "")
    if option and "=" not in option and is_secret_name(option):
        return f"the value of {before[:60]}"
    name, sign, value = word.partition("=")
    if sign and value and "/" not in name and is_secret_name(name.lstrip("-")):
        return f"the value of {name[:60]}"
    return in_address(word) or (A_KEY if looks_like_key(word) else "")


def check_tokens(host: str, tokens: Mapping[str, str]) -> None:
    """Raise ``SettingsError`` unless all tokens of a server on a public address are there and long
    enough. ``tokens``: the variable that sets each, and its value."""
    reached = f"server.host {host} can be reached from other machines: "
    if missing := [name for name, value in tokens.items() if not value]:
        raise SettingsError(f"{reached}set {' and '.join(missing)} in the environment first")
    if short := [name for name, value in tokens.items() if len(value) < SHORTEST_TOKEN]:
        raise SettingsError(
            f"{reached}{' and '.join(short)} must have at least {SHORTEST_TOKEN} characters, "
            "as of: openssl rand -hex 16"
        )
