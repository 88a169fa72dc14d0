"""The sections of the server itself: where calls come in, who looks after it, whom it tells."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from gateway.errors import SettingsError
from gateway.settings.schema.reading import MS, Group, S, setting

EVENTS = (
    *("call.ended", "call.handed_off", "entry.flagged_wrong", "catalogue.published"),
    "error_budget.burning",
)

TOKEN = {"pattern": r"[\x21-\x7e]*", "says": "printable ASCII without spaces", "secret": True}
TENANT = r"[a-z0-9][a-z0-9_-]{0,62}"
_FOR = rf"(\*|{TENANT}(,{TENANT})*)=[\x21-\x7e]+"
TOKENS = {
    "pattern": rf"|{_FOR}( {_FOR})*",
    "says": 'pairs such as "*=TOKEN acme,bank=TOKEN", with a space between two',
    "secret": True,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """The server that calls come in to."""

    host: str = setting("127.0.0.1", pattern=r"\S+", says="a host name or address")
    """Address to listen on; any but this machine's own needs both tokens, of 16 characters or more
    each."""
    port: int = setting(8080, low=0, high=65535)
    """TCP port; 0 lets the system choose a free one."""
    call_token: str = setting("", **TOKEN)
    """The token that a client must show to call; empty: no token asked for, on this machine
    only."""
    more_call_tokens: str = setting("", **TOKENS)
    """Further call tokens that are taken too, to replace one without a gap or to open some tenants
    alone: "*=TOKEN acme,bank=TOKEN"."""
    max_calls: int = setting(200, low=1, high=100_000)
    """Further calls are refused with close code 1013, so that those in progress stay clear."""
    busy_lag_ms: int = setting(100, unit=MS, low=0, high=10_000)
    """Further calls are refused while the event loop is so late on average of two seconds: a frame
    of sound is 20 ms; 0: however late it is."""
    busy_cpu: float = setting(0.95, unit="of one core", low=0, high=1)
    """The same while it takes so much of a core; 0: whatever it takes."""
    max_connections: int = setting(0, low=0, high=200_000)
    """Connections of every kind at a time; 0: twice max_calls and 100. In a full house those that
    have been silent longest make room."""
    # Behind a proxy that is not trusted every call comes from one address, hence max_calls and a
    # hundred more.
    max_connections_per_address: int = setting(0, low=0, high=200_000)
    """Connections at once from one address (IPv6: one /64); 0: max_calls and 100. Where no proxy
    stands in front, or all are named in trusted_proxies, a few are enough."""
    trusted_proxies: tuple[str, ...] = setting(
        (), pattern=r"[0-9A-Fa-f:.]+(/[0-9]+)?", says='addresses or networks such as "10.1.0.0/16"'
    )
    """Proxies in front that are believed what X-Forwarded-For, -Proto and -Host say; their
    connections count as their callers'. Of all others these headers are dropped."""
    allowed_origins: tuple[str, ...] = setting(
        (), pattern=r"https?://[^/\s]+", says='origins such as "https://www.example.com"'
    )
    """Web origins whose pages may call; empty: only pages that this server itself serves."""
    public_url: str = setting(
        "",
        pattern=r"|https?://[^/@?#\s]+(/[^?#\s]*)?",
        says='an address such as "https://calls.example.com"',
    )
    """The address at which the world reaches this server, through a proxy or a carrier; requests
    may name its host, and its own pages may call."""
    # A page can make its own host name lead here, and is then this server's own in browsers' eyes.
    allowed_hosts: tuple[str, ...] = setting(
        (),
        pattern=r"(\*\.)?[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?",
        says='host names without a port, such as "calls.example.com" or "*.example.com"',
    )
    """Further host names by which requests may ask for this server; addresses, localhost, and the
    names in server.host and server.public_url always may. Others get 421."""
    workers: int = setting(1, low=1, high=64)
    """Processes that take calls, each with a core's worth; what is said of calls and connections
    here holds for each. More than one: Linux alone."""
    drain_s: float = setting(20.0, unit=S, low=0, high=3600)
    """The time that calls may go on after the server was told to stop, before they are ended; no
    call is cut where it is longer than the longest."""
    tls_cert: str = setting("")
    """Path of the certificate chain (PEM); empty: plain HTTP, as behind a TLS proxy."""
    tls_key: str = setting("")
    """Path of its key (PEM); browsers give a microphone only to HTTPS pages and localhost."""

    @property
    def further_tokens(self) -> dict[str, tuple[str, ...]]:
        """The further call tokens, each with the tenants it opens; none named are all."""
        pairs = (one.split("=", 1) for one in self.more_call_tokens.split())
        return {token: () if named == "*" else tuple(named.split(",")) for named, token in pairs}


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminSettings:
    """Access to the admin API."""

    token: str = setting("", **TOKEN)
    """Bearer token of /admin/v1 that may do everything; people have tokens of their own."""
    if_match: str = setting("optional", choices=("optional", "required"))
    """Changes of entries with "required" must say in If-Match (a draft in states, a rollback in
    over) which state they are made on, so that two people never overwrite each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSettings:
    """The log on standard error."""

    level: str = setting("info", choices=("debug", "info", "warning", "error"))
    """Least severity that is written."""
    format: str = setting("auto", choices=("auto", "json", "text"))
    """Form of a line: "auto" is text on a terminal and JSON elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceSettings:
    """Traces of turns, by OpenTelemetry (docs/admin.md)."""

    endpoint: str = setting(
        "",
        pattern=r"|https?://[^/@?#\s]+(/[^?#\s]*)?",
        says='a URL such as "http://127.0.0.1:4318"',
    )
    """The collector that traces are sent to (OTLP over HTTP); empty: none are made. Needs the
    extra "otel"; OTEL_EXPORTER_OTLP_HEADERS may hold a key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HookSettings:
    """One hook."""

    url: str = setting(
        "", pattern=r"|https?://[^/@?#\s]+(/\S*)?", says='a URL such as "https://crm.example.com/x"'
    )
    """The address that is sent to, and no other: redirects are not followed; must be set."""
    secret: str = setting(
        "", pattern=r"|\$\{[A-Z_][A-Z0-9_]*\}", says='a variable such as "${HOOK_SECRET}"'
    )
    """The variable of the environment with the secret that messages are signed with, of 16
    characters or more; must be set."""
    events: tuple[str, ...] = setting(EVENTS, choices=EVENTS)
    """The happenings that are told."""
    tenants: tuple[str, ...] = setting((), pattern=r"[a-z0-9][a-z0-9_-]{0,62}", says="tenants")
    """Only happenings of these; empty: of all."""


@dataclass(frozen=True, slots=True)
class HooksSettings(Group):
    """Other systems that are told what happens, each a section [hooks.NAME] with these keys
    (docs/hooks.md)."""

    entries: Mapping[str, HookSettings] = field(default_factory=dict)
    item: ClassVar[type] = HookSettings
    example: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "crm": {
            "url": "https://crm.example.com/frontline",
            "secret": "${CRM_HOOK_SECRET}",
            "events": ["call.ended", "call.handed_off"],
        }
    }

    @classmethod
    def wrong(cls, name: str, item: Any) -> str:
        """See ``Group.wrong``."""
        assert isinstance(item, HookSettings), "a hook is made of its settings"
        if not re.fullmatch(r"[a-z][a-z0-9_-]{0,31}", name):
            return (
                ": a name is 1 to 32 lower-case letters, digits, _ and -, and begins with a letter"
            )
        if not item.url:
            return ".url is missing: where messages are sent"
        return "" if item.secret else ".secret is missing: what messages are signed with"


def check_server(server: ServerSettings, name: str) -> None:
    """Raise ``SettingsError`` where the connections could not carry the calls, or a proxy is no
    address."""
    for one in server.trusted_proxies:
        if wrong := _wrong_network(one):
            raise SettingsError(f"{name}: server.trusted_proxies: {one} {wrong}")
    if 0 < server.max_connections < server.max_calls:
        raise SettingsError(
            f"{name}: server.max_connections must not be less than server.max_calls, or 0: got "
            f"{server.max_connections}, and {server.max_calls} calls"
        )


def _wrong_network(text: str) -> str:
    try:
        network = ipaddress.ip_network(text)
    except ValueError as error:
        return f"is no address or network: {str(error).partition(' ')[2]}"
    return "" if network.prefixlen else "is everybody: name the proxies alone"
