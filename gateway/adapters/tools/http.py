"""Tools that are HTTP requests: an address with places for arguments, asked of allowed hosts only.

Nothing is followed out of the allowed hosts: every address is checked before it is asked, those of
redirects too, and so is the network address that a name leads to (``reach``). The environment's
proxies and ``.netrc`` are not used.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

import httpx2

from gateway.adapters.llm.completions import hush
from gateway.adapters.tools.reach import Outside, Reaching
from gateway.adapters.tools.results import DONE, as_text, without
from gateway.ports.tools import Kind, Tool, ToolFailed, ToolSpec
from gateway.settings.tools import PLACE, host_of

CONNECT = 2.0
"""Seconds to connect, TLS included; the tool's own timeout bounds the whole."""
CONNECTIONS = 100
"""Connections at the same time; a request that wants one more waits within the tool's timeout."""
KEPT_FOR = 60.0
"""Seconds an idle connection is kept."""
LIMITS = httpx2.Limits(
    max_connections=CONNECTIONS,
    max_keepalive_connections=CONNECTIONS,
    keepalive_expiry=KEPT_FOR,
)
MOST_REDIRECTS = 3
MOST_BYTES = 65_536
"""Bytes of an answer that are read: JSON of that size is made shorter in two milliseconds."""

IN_QUERY = ("GET", "DELETE")
"""Methods whose arguments are the query."""
NO_CHARSETS = {"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape"}
TEXTUAL = ("text/", "application/json", "application/xml", "application/problem")

ELSEWHERE = "was sent to a host that may not be asked"
SCALARS = (str, int, float, bool)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """A request, with places for arguments."""

    method: str
    url: str
    """The URL, with ``{name}`` for arguments; its variables are filled in."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    hosts: frozenset[str]
    """The hosts that may be asked, in lower case; with a port where it is not the scheme's own."""
    networks: tuple[str, ...] = ()
    """The private networks into which the hosts' names may lead."""
    secrets: frozenset[str] = field(default=frozenset(), repr=False)
    """The secrets that no result may hold."""


class HttpTool:
    """``gateway.ports.tools.Tool``."""

    def __init__(self, spec: ToolSpec, asked: HttpRequest, client: httpx2.AsyncClient) -> None:
        self.spec = spec
        self._asked = asked
        self._client = client

    async def run(self, arguments: Mapping[str, Any]) -> str:
        """Implement ``Tool.run``."""
        url, rest = self._address(arguments)
        try:
            text = await self._ask(url, rest)
        except (httpx2.HTTPError, httpx2.StreamError) as error:
            if isinstance(error.__cause__, Outside):
                raise ToolFailed(ELSEWHERE, reason="network") from None
            # without its cause, whose text may hold the address and with it arguments and secrets
            raise _unreachable(error) from None
        except (httpx2.InvalidURL, UnicodeError):
            raise ToolFailed("was given what it cannot use", reason="address") from None
        return without(text, self._asked.secrets)

    async def _ask(self, url: httpx2.URL, rest: Mapping[str, Any]) -> str:
        """Follow redirects within the hosts; what the last of the answers says."""
        asked = self._asked
        request: dict[str, Any] = {"headers": {**PLAIN, **asked.headers}}
        if asked.method in IN_QUERY:
            url = url.copy_merge_params(_query(rest)) if rest else url
        elif rest:
            request["json"] = dict(rest)
        for _ in range(MOST_REDIRECTS + 1):
            self._check(url)
            stream = self._client.stream(asked.method, url, **request)
            async with stream as response:
                if not response.has_redirect_location:
                    return await _read(response, self.spec.max_chars)
                if asked.method != "GET":
                    raise ToolFailed("was sent elsewhere", reason="redirect")
                next_url = url.join(response.headers["location"])
            if _origin(next_url) != _origin(url):
                request["headers"] = PLAIN  # they were meant for the first
            if url.scheme == "https" and next_url.scheme != "https":
                raise ToolFailed("was sent elsewhere", reason="redirect")
            url = next_url
        raise ToolFailed("was sent from place to place", reason="redirect")

    def _check(self, url: httpx2.URL) -> None:
        outside = host_of(str(url.copy_with(userinfo=b""))) not in self._asked.hosts
        if outside or url.userinfo or url.scheme not in ("http", "https"):
            raise ToolFailed(ELSEWHERE, reason="host")

    def _address(self, arguments: Mapping[str, Any]) -> tuple[httpx2.URL, dict[str, Any]]:
        """The address with its arguments, and those that have no place in it."""
        places = PLACE.findall(self._asked.url)
        said = {name: _in_path(arguments.get(name)) for name in places}
        text = PLACE.sub(lambda found: said[found[1]], self._asked.url)
        path = text.partition("?")[0].split("/")[3:]
        if {".", ".."} & set(path):
            raise ToolFailed("was given what it cannot use", reason="address")
        rest = {key: value for key, value in arguments.items() if key not in places}
        return httpx2.URL(text), rest


PLAIN = {"accept": "application/json, text/plain;q=0.9, */*;q=0.1", "accept-encoding": "identity"}


async def _read(response: httpx2.Response, most: int) -> str:
    """The body of a good answer, as text."""
    _refuse(response.status_code)
    if response.headers.get("content-encoding", "").strip().lower() not in ("", "identity"):
        raise ToolFailed("gave an answer that cannot be read", reason="encoding")
    body = bytearray()
    async for piece in response.aiter_raw():
        body += piece
        if len(body) >= MOST_BYTES:
            break
    if not body.strip():
        return DONE
    kind = response.headers.get("content-type", "text/plain").lower()
    if not kind.startswith(TEXTUAL) and "+json" not in kind and "+xml" not in kind:
        raise ToolFailed("gave something that is no text", reason="content")
    text = _decoded(bytes(body[:MOST_BYTES]), response.charset_encoding or "utf-8")
    if "json" in kind:
        try:
            return as_text(json.loads(text), most)
        except (ValueError, RecursionError):
            pass  # cut off, or not what it says that it is
    return text.strip()


def _decoded(body: bytes, charset: str) -> str:
    """The body as text. Python's own codecs that are nobody's charset are as unknown as others:
    some take minutes."""
    try:
        if codecs.lookup(charset).name in NO_CHARSETS:
            raise LookupError
        return body.decode(charset, "replace")
    except (LookupError, ValueError):
        raise ToolFailed("gave an answer that cannot be read", reason="charset") from None


def _refuse(status: int) -> None:
    if 200 <= status < 300:
        return
    if status == 404:
        raise ToolFailed("found nothing of that kind", reason="404")
    if status in (401, 403):
        raise ToolFailed("may not be used now", reason=str(status))
    if status == 429 or status >= 500:
        raise ToolFailed("is out of order now", reason=str(status), again=True)
    raise ToolFailed("did not accept what it was given", reason=str(status))


def _unreachable(error: Exception) -> ToolFailed:
    kind = Kind.UNREACHABLE
    return ToolFailed("cannot be reached now", reason=type(error).__name__, again=True, kind=kind)


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _in_path(value: Any) -> str:
    """An argument in an address. Nothing of it can end the part that it stands in."""
    if not isinstance(value, SCALARS) or value == "":
        raise ToolFailed("was given what it cannot use", reason="address")
    return quote(_scalar(value), safe="")


def _scalar(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _query(rest: Mapping[str, Any]) -> dict[str, Any]:
    def text(value: Any) -> str:
        return _scalar(value) if isinstance(value, SCALARS) else json.dumps(value)

    return {
        key: [text(one) for one in value] if isinstance(value, list) else text(value)
        for key, value in rest.items()
        if value is not None
    }


class HttpTools:
    """``gateway.ports.tools.ToolSource``: all requests of the settings, over shared connections."""

    def __init__(self, declared: Sequence[tuple[ToolSpec, HttpRequest]]) -> None:
        hush()
        self._client = httpx2.AsyncClient(
            follow_redirects=False,
            trust_env=False,
            timeout=httpx2.Timeout(None, connect=CONNECT),
            transport=Reaching(_networks(asked for _, asked in declared), LIMITS),
        )
        self.tools: Sequence[Tool] = [
            HttpTool(spec, asked, self._client) for spec, asked in declared
        ]

    def start(self) -> None:
        """Connections are made when they are needed."""

    async def ready(self) -> None:
        """Return at once: the settings name all tools."""

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def _networks(requests: Iterable[HttpRequest]) -> dict[str, set[str]]:
    """The networks into which tools let a host lead, by its name without a port."""
    found: dict[str, set[str]] = {}
    for asked in requests:
        for host in asked.hosts if asked.networks else ():
            found.setdefault(urlsplit(f"//{host}").hostname or "", set()).update(asked.networks)
    return found


def hosts_of(url: str, allowed: Collection[str]) -> frozenset[str]:
    """The hosts that may be asked: those named, else the one of the address."""
    return frozenset(map(str.lower, allowed)) or frozenset({host_of(url)})
