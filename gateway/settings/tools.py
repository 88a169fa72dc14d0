"""The sections ``[tools.NAME]`` and ``[mcp.NAME]``: what an agent may look up or do."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

from gateway.errors import SettingsError
from gateway.live.kinds import KindWrong, ValueKind, kind_of
from gateway.settings.schema.confidential import in_address, in_command, in_header, in_variable
from gateway.settings.schema.reading import Group, S, setting

NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
PLACE = re.compile(r"(?<!\$)\{([^{}]*)\}")
"""A parameter in an address: ``{order_id}``."""
SECRET = re.compile(r"\$\{([^{}]*)\}")
"""A variable of the environment: ``${CRM_TOKEN}``."""
VALUE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
FACT = re.compile(r"call_id|tenant|caller\.[A-Za-z0-9_]{1,64}")
HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
HOST = {
    "pattern": r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(:\d{1,5})?",
    "says": 'hosts such as "api.example.com" or "api.example.com:8443"',
}
NETWORK = {
    "pattern": r"[0-9A-Fa-f:.]+(/[0-9]+)?",
    "says": 'addresses or networks such as "10.1.0.0/16"',
}
USUAL_PORTS = {"http": 80, "https": 443}
DESCRIBED = {"pattern": r"(?s)(?=.*\w).{1,2000}", "says": "a text of 1 to 2000 characters"}
ADDRESS = {"pattern": r"(https?://[^/\s{}$]+\S*)?", "says": 'a URL such as "https://crm.example"'}
VALUES = {"pattern": r"[^\x00-\x08\x0a-\x1f\x7f]{0,4000}", "says": "texts on one line"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSettings:
    """One tool."""

    kind: str = setting("http", choices=("http", "python"))
    """The kind of tool: a request, or a function of a module that is installed."""
    description: str = setting("", **DESCRIBED)
    """The description for the model: what the tool does and when to use it; must be set."""
    parameters: Mapping[str, Any] = setting({}, says="a JSON Schema")
    """JSON Schema of its arguments; empty: it takes none. What it does not name is refused."""
    from_call: Mapping[str, str] = setting({}, says="call_id, tenant or caller.NAME")
    """Parameters that the call fills in, and no model can set: "call_id", "tenant" or what the
    client said of the caller, such as "caller.number"."""
    method: str = setting("GET", choices=("GET", "POST", "PUT", "PATCH", "DELETE"))
    """HTTP method of a request."""
    url: str = setting("", **ADDRESS)
    """Address of a request: {name} is an argument; the others become the query of GET and DELETE,
    the JSON body of the rest."""
    headers: Mapping[str, str] = setting({}, **VALUES)
    """Headers of a request; ${NAME} is a variable of the environment. What is no usual header, such
    as Accept, must be one, since it may be a secret."""
    allowed_hosts: tuple[str, ...] = setting((), **HOST)
    """Hosts that may be asked, redirects included; empty: that of the url alone."""
    private_networks: tuple[str, ...] = setting((), **NETWORK)
    """Private networks into which the names of its hosts may lead; an address that the url names
    needs none."""
    function: str = setting("", pattern=r"([\w.]+:\w+)?", says='such as "shop.orders:status"')
    """Function of kind "python"; one that is not async runs in a thread."""
    timeout_s: float = setting(5.0, unit=S, low=0.1, high=60)
    """Longest run, its retries included."""
    idempotent: bool = setting(False)
    """Running it twice does no more than running it once."""
    retries: int = setting(0, low=0, high=5)
    """Further tries when nothing came of it; only if it is idempotent."""
    at_call_start: bool = setting(False)
    """Run it when a call begins: what it says is known from the first turn on."""
    max_result_chars: int = setting(2000, low=20, high=20_000)
    """Characters of its result that a model is told; the rest is cut."""
    values: Mapping[str, str] = setting({}, says="types such as money EUR or date")
    """Fields of its JSON result that answers may say, each with its type: "money EUR", "date",
    "time", "number", "digits" or "enum: shipped | in_transit = on its way". An answer has them as
    {tool.field}."""

    @property
    def kinds(self) -> dict[str, ValueKind]:
        """The types of its values."""
        return {name: kind_of(declared) for name, declared in self.values.items()}

    @property
    def schema(self) -> dict[str, Any]:
        """The parameters with what is understood: an object, and nothing that is not named."""
        usual = {"type": "object", "properties": {}, "additionalProperties": False}
        return {**usual, **self.parameters}


@dataclass(frozen=True, slots=True, kw_only=True)
class McpSettings:
    """One server."""

    command: tuple[str, ...] = setting((), says="texts: a program and its arguments")
    """Program that is started and spoken to over its input and output; ${NAME} is a variable of
    our own environment, as secrets must be. They are better in env: others on this machine see
    command lines."""
    env: Mapping[str, str] = setting({}, **VALUES)
    """Variables of the server; ${NAME} is one of our own environment, as secrets must be."""
    url: str = setting("", **ADDRESS)
    """Address of a server that is spoken to over streamable HTTP, in place of a command."""
    headers: Mapping[str, str] = setting({}, **VALUES)
    """Headers of its requests; ${NAME} is a variable of the environment. What is no usual header,
    such as Accept, must be one, since it may be a secret."""
    private_networks: tuple[str, ...] = setting((), **NETWORK)
    """Private networks into which the name in the url may lead; an address there needs none."""
    tools: tuple[str, ...] = setting((), pattern=r"\S{1,128}", says="names of its tools")
    """Tools of the server that are offered, by their names there; empty: all."""
    at_call_start: tuple[str, ...] = setting((), pattern=r"\S{1,128}", says="names of its tools")
    """Tools that are run when a call begins."""
    from_call: Mapping[str, str] = setting({}, says="call_id, tenant or caller.NAME")
    """Parameters, of any of its tools, that the call fills in, and no model can set."""
    timeout_s: float = setting(5.0, unit=S, low=0.1, high=60)
    """Longest run of a tool."""
    max_result_chars: int = setting(2000, low=20, high=20_000)
    """Characters of a result that a model is told; the rest is cut."""


@dataclass(frozen=True, slots=True)
class ToolsSettings(Group):
    """Tools that the agent may run, each a section [tools.NAME] with these keys."""

    entries: Mapping[str, ToolSettings] = field(default_factory=dict)
    item: ClassVar[type] = ToolSettings
    example: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "order_status": {
            "description": "Where an order is. Use it when the caller asks about an order.",
            "url": "https://shop.example.com/orders/{order_id}",
            "headers": {"Authorization": "Bearer ${SHOP_TOKEN}"},
            "parameters": {
                "properties": {"order_id": {"type": "string", "description": "Its number."}},
                "required": ["order_id"],
            },
        }
    }

    @classmethod
    def wrong(cls, name: str, item: Any) -> str:
        """See ``Group.wrong``."""
        assert isinstance(item, ToolSettings), "a tool is made of its settings"
        if not NAME.fullmatch(name):
            return f": {_SAYS_NAME}"
        if not item.description:
            return ".description is missing: say what the tool does, for the model"
        if item.retries and not item.idempotent:
            return ".retries needs idempotent = true: what is not might be done twice"
        wrong = _wrong_schema(item) or _wrong_facts(item.from_call) or _wrong_kind(item)
        return wrong or _wrong_live(item)


@dataclass(frozen=True, slots=True)
class McpServers(Group):
    """Servers of the Model Context Protocol whose tools the agent may run, each a section
    [mcp.NAME] with these keys. A tool is called NAME_TOOL."""

    entries: Mapping[str, McpSettings] = field(default_factory=dict)
    item: ClassVar[type] = McpSettings
    example: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "crm": {
            "url": "https://crm.example.com/mcp",
            "headers": {"Authorization": "Bearer ${CRM_TOKEN}"},
        }
    }

    @classmethod
    def wrong(cls, name: str, item: Any) -> str:
        """See ``Group.wrong``."""
        assert isinstance(item, McpSettings), "a server is made of its settings"
        if not NAME.fullmatch(name):
            return f": {_SAYS_NAME}"
        if bool(item.command) == bool(item.url):
            return " needs either a command or a url, and not both"
        if item.url and item.env:
            return ".env is for a command; a url takes headers"
        if item.command and item.headers:
            return ".headers is for a url; a command takes env"
        if item.command and item.private_networks:
            return ".private_networks is for a url"
        if wrong := _wrong_networks(item.private_networks):
            return wrong
        strangers = set(item.at_call_start) - set(item.tools) if item.tools else set()
        if strangers:
            return f".at_call_start: {min(strangers)} is not among its tools"
        return (
            _wrong_facts(item.from_call)
            or _wrong_command(item.command)
            or _wrong_address(item.url, ())
            or _wrong_values("headers", item.headers, HEADER, in_header)
            or _wrong_values("env", item.env, re.compile(r"[A-Za-z_][A-Za-z0-9_]*"), in_variable)
        )


_SAYS_NAME = "a name is 1 to 32 lower-case letters, digits, _ and -, and begins with a letter"


def _wrong_schema(item: ToolSettings) -> str:
    from jsonschema import Draft202012Validator, SchemaError  # a tenth of a second, if tools are

    schema = item.schema
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        return f".parameters is no JSON Schema: {error.message[:200]}"
    named, wanted = schema["properties"], schema.get("required", [])
    if schema["type"] != "object":
        return '.parameters is the schema of an object: type = "object"'
    if strangers := set(item.from_call) - set(named):
        return f".from_call: {min(strangers)} is none of the parameters"
    if item.at_call_start and (left := set(wanted) - set(item.from_call)):
        return (
            f".at_call_start: nobody has told {min(left)} by then; fill it in with from_call, or "
            "do not require it"
        )
    return ""


def _wrong_facts(from_call: Mapping[str, str]) -> str:
    for key, fact in from_call.items():
        if not FACT.fullmatch(fact):
            return f".from_call.{key} is call_id, tenant or caller.NAME; got {fact!r}"
    return ""


def _wrong_live(item: ToolSettings) -> str:
    for name, declared in item.values.items():
        if not VALUE.fullmatch(name):
            return f".values: {name[:60]!r} is no name of a field: letters, digits and _ make it"
        try:
            kind_of(declared)
        except KindWrong as wrong:
            return f".values.{name} {wrong}"
    left = set(item.schema.get("required", [])) - set(item.from_call)
    if item.values and left:
        return (
            f".values: nobody tells {min(left)} when an answer is said; fill it in with from_call, "
            "or do not require it"
        )
    return ""


def _wrong_kind(item: ToolSettings) -> str:
    if item.kind == "python":
        if not item.function:
            return '.function is missing: write it as "module:function"'
        given = [
            key
            for key in ("url", "headers", "allowed_hosts", "private_networks")
            if getattr(item, key)
        ]
        return f'.{given[0]} is for kind = "http"' if given else ""
    if not item.url:
        return ".url is missing: a tool of kind http asks one"
    if item.function:
        return '.function is for kind = "python"'
    if wrong := _wrong_networks(item.private_networks):
        return wrong
    asked = host_of(item.url)
    if item.allowed_hosts and asked not in map(str.lower, item.allowed_hosts):
        return f".allowed_hosts does not name {asked}, which its url asks"
    places = tuple(item.schema["properties"])
    return _wrong_address(item.url, places) or _wrong_values(
        "headers", item.headers, HEADER, in_header
    )


def _wrong_networks(named: tuple[str, ...]) -> str:
    for one in named:
        try:
            ipaddress.ip_network(one)
        except ValueError as error:
            return f".private_networks: {error}"
    return ""


def _wrong_address(url: str, places: tuple[str, ...]) -> str:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return ".url is no address: its port or host cannot be read"
    if "@" in parts.netloc:
        return ".url holds a user name: send it as a header, with ${NAME} for the secret"
    if found := in_address(url):
        return f".url holds {found}, {_IN_FILE}"
    if strangers := [name for name in PLACE.findall(url) if name not in places]:
        return f".url: {{{strangers[0]}}} is none of the parameters"
    return _wrong_variables("url", url)


_IN_FILE = (
    "which must not stand in a file: write ${NAME} in its place and set NAME in the environment"
)


def _wrong_command(command: tuple[str, ...]) -> str:
    at, found = in_command(command)
    if found:
        return (
            f".command holds {found} in its word {at + 1}, {_IN_FILE}; better still, hand it over "
            "in env: others on this machine see command lines"
        )
    wrong = (_wrong_variables(f"command, word {at}", word) for at, word in enumerate(command, 1))
    return next(filter(None, wrong), "")


def _wrong_values(
    key: str,
    values: Mapping[str, str],
    names: re.Pattern[str],
    secret_in: Callable[[str, str], str],
) -> str:
    for name, value in values.items():
        if not names.fullmatch(name):
            return f".{key}: {name[:60]!r} is no name that can stand there"
        if found := secret_in(name, value):
            return f".{key}.{name} holds {found}, {_IN_FILE}"
        if wrong := _wrong_variables(f"{key}.{name}", value):
            return wrong
    return ""


def _wrong_variables(key: str, text: str) -> str:
    for name in SECRET.findall(text):
        if not VARIABLE.fullmatch(name) or (name.startswith("FRONTLINE_") and "__" in name):
            return f".{key}: ${{{name[:60]}}} is no variable: capitals, digits and _ make its name"
    return ""


def host_of(url: str) -> str:
    """Host of an address, in lower case, with its port unless that is the scheme's own."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        return ""
    name = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    return name if port in (None, USUAL_PORTS.get(parts.scheme)) else f"{name}:{port}"


# --- secrets -------------------------------------------------------------------------------------


def filled(text: str, environ: Mapping[str, str], where: str, *, in_url: bool = False) -> str:
    """The text with the variables it names. Raises ``SettingsError`` naming ``where`` and the
    variable that is not set."""

    def value(found: re.Match[str]) -> str:
        name = found[1]
        if not environ.get(name):
            raise SettingsError(f"{where} needs {name}: set it in the environment")
        return quote(environ[name], safe="") if in_url else environ[name]

    return SECRET.sub(value, text)


def secrets_of(texts: Mapping[str, str] | list[str], environ: Mapping[str, str]) -> set[str]:
    """The values of all variables that the texts name: what must never be told to anybody."""
    given = texts.values() if isinstance(texts, Mapping) else texts
    named = {name for text in given for name in SECRET.findall(text)}
    return {value for name in named if (value := environ.get(name, ""))}
