"""The sections of tools: what may stand in them, and what is said of what may not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gateway.errors import SettingsError
from gateway.sections import Group
from gateway.settings import Settings, load
from gateway.settings_tools import McpServers, ToolsSettings, filled, host_of, secrets_of

ORDERS = """
[tools.orders]
description = "Where an order is."
url = "https://shop.example.com/orders/{order_id}?key=${SHOP_KEY}"
headers = { Authorization = "Bearer ${SHOP_TOKEN}", Accept = "text/plain" }
timeout_s = 2.5
idempotent = true
retries = 2
from_call = { customer = "caller.number" }

[tools.orders.parameters]
required = ["order_id"]

[tools.orders.parameters.properties]
order_id = { type = "string" }
customer = { type = "string" }

[tools.rates]
kind = "python"
description = "Exchange rates."
function = "shop.rates:today"
at_call_start = true

[mcp.crm]
command = ["crm-server", "--stdio", "--key=${CRM_KEY}"]
env = { CRM_TOKEN = "${CRM_TOKEN}", MODE = "fast" }
at_call_start = ["profile"]
"""


def read(text: str, tmp_path: Path, **environ: str) -> Settings:
    file = tmp_path / "frontline.toml"
    file.write_text(text)
    return load(file, environ)


def test_all_of_it_is_read(tmp_path: Path) -> None:
    settings = read(ORDERS, tmp_path, FRONTLINE_TOOLS__ORDERS__TIMEOUT_S="4")
    orders, rates = settings.tools.entries["orders"], settings.tools.entries["rates"]
    assert (orders.timeout_s, orders.retries, orders.method, orders.kind) == (4.0, 2, "GET", "http")
    assert orders.schema["type"] == "object" and orders.schema["additionalProperties"] is False
    assert rates.at_call_start and rates.schema["properties"] == {}
    assert settings.mcp.entries["crm"].command == ("crm-server", "--stdio", "--key=${CRM_KEY}")


def test_by_default_there_are_none() -> None:
    assert not Settings().tools.entries and not Settings().mcp.entries


def test_what_stands_in_headers_is_in_no_repr(tmp_path: Path) -> None:
    assert "Bearer" not in repr(read(ORDERS, tmp_path))


TOOL = '[tools.t]\ndescription = "d"\n'
HTTP = TOOL + 'url = "https://a.example"\n'
PLACES = '[tools.t.parameters]\nproperties = { a = { type = "string" } }\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[tools]\nx = 1", r"tools\.x is a section: write \[tools\.x\]"),
        ('[tools.T]\ndescription = "d"', r"tools\.T: a name is 1 to 32 lower-case letters"),
        ("[tools.t]\n", r"tools\.t\.description is missing"),
        (TOOL, r"tools\.t\.url is missing"),
        (TOOL + 'ulr = "x"', r"unknown key tools\.t\.ulr; did you mean url\?"),
        (TOOL + 'url = "ftp://x"', r"tools\.t\.url is a URL"),
        (TOOL + 'url = "https://{a}.example/"', r"tools\.t\.url is a URL"),
        (TOOL + 'url = "https://u:p@a.example/"', r"\.url holds a user name"),
        (TOOL + 'url = "https://a.example:99999/"', r"\.url is no address"),
        (TOOL + 'url = "https://a.example/{b}"', r"\.url: \{b\} is none of the parameters"),
        (HTTP + "retries = 1", r"tools\.t\.retries needs idempotent = true"),
        (HTTP + "timeout_s = 0", r"tools\.t\.timeout_s is in seconds, a number from 0.1 to 60"),
        (HTTP + 'allowed_hosts = ["https://x"]', r"allowed_hosts is a list of hosts"),
        (HTTP + 'allowed_hosts = ["b.example"]', r"does not name a\.example, which its url asks"),
        (HTTP + 'function = "a:b"', r'\.function is for kind = "python"'),
        (
            HTTP + "headers = { Authorization = 'Bearer abc' }",
            r"Authorization holds a value that",
        ),
        (HTTP + "headers = { X-Api-Key = 'abc' }", r"X-Api-Key holds a value that may be a"),
        (HTTP + "headers = { 'a b' = 'c' }", r"'a b' is no name that can stand there"),
        (HTTP + "headers = { X = '${low}' }", r"headers\.X: \$\{low\} is no variable"),
        (HTTP + "headers = { X = 5 }", r"tools\.t\.headers is a table of texts on one line$"),
        (HTTP + 'headers = { X = "a\\r\\nb" }', r"tools\.t\.headers is a table of texts on one"),
        (HTTP + "[tools.t.parameters]\ntype = 5", r"\.parameters is no JSON Schema"),
        (HTTP + "[tools.t.parameters]\ntype = 'array'", r"the schema of an object"),
        (HTTP + "from_call = { a = 'call_id' }", r"from_call: a is none of the parameters"),
        (HTTP + "from_call = { a = 'caller' }\n" + PLACES, r"from_call\.a is call_id, tenant or"),
        (
            HTTP + "at_call_start = true\n" + PLACES + 'required = ["a"]',
            r"at_call_start: nobody has told a by then",
        ),
        (TOOL + 'kind = "python"', r"\.function is missing"),
        (TOOL + 'kind = "python"\nfunction = "a.b"', r"\.function is such as"),
        (HTTP + 'kind = "python"\nfunction = "a:b"', r'\.url is for kind = "http"'),
        ("[mcp.m]\n", r"mcp\.m needs either a command or a url, and not both"),
        ('[mcp.m]\ncommand = ["a"]\nurl = "https://a"', r"and not both"),
        ('[mcp.m]\ncommand = ["a"]\nheaders = { X = "y" }', r"\.headers is for a url"),
        ('[mcp.m]\nurl = "https://a"\nenv = { X = "y" }', r"\.env is for a command"),
        ('[mcp.m]\ncommand = ["a"]\nenv = { API_TOKEN = "y" }', r"env\.API_TOKEN holds a secret"),
        (
            HTTP + "headers = { X-Shop = 'abc' }",
            r"X-Shop holds a value that may be a",
        ),
        (
            TOOL + 'url = "https://a.example/?api_key=abc"',
            r"\.url holds the value of api_key",
        ),
        (TOOL + 'url = "https://a.example/#token=abc"', r"\.url holds the value of token"),
        ('[mcp.m]\nurl = "https://a"\nheaders = { X-Shop = "abc" }', r"m\.headers\.X-Shop holds a"),
        ('[mcp.m]\nurl = "https://a/?sig=abc"', r"mcp\.m\.url holds the value of sig, which"),
        (
            '[mcp.m]\ncommand = ["a", "--key=b"]',
            r"\.command holds the value of --key in its word",
        ),
        (
            '[mcp.m]\ncommand = ["a", "x://b:c@d"]',
            r"\.command holds a user name or pass",
        ),
        ('[mcp.m]\ncommand = ["a", "${low}"]', r"\.command, word 2: \$\{low\} is no variable"),
        (
            '[mcp.m]\ncommand = ["a"]\nenv = { DB = "x://b:c@d" }',
            r"env\.DB holds a user name",
        ),
        (
            '[mcp.m]\ncommand = ["a"]\ntools = ["b"]\nat_call_start = ["c"]',
            r"at_call_start: c is not among its tools",
        ),
    ],
)
def test_what_cannot_be_is_said_with_its_mend(text: str, expected: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=expected) as caught:
        read(text, tmp_path)
    assert str(caught.value).startswith("frontline.toml: ")
    assert "\n" not in str(caught.value) and "abc" not in str(caught.value)


@pytest.mark.parametrize(
    ("variable", "expected"),
    [
        ("FRONTLINE_TOOLS__OTHER__TIMEOUT_S", "FRONTLINE_TOOLS__NAME__KEY, of a .tools.NAME."),
        ("FRONTLINE_TOOLS__T__TIMEOUT", "unknown variable FRONTLINE_TOOLS__T__TIMEOUT"),
        ("FRONTLINE_TOOLS__T__TIMEOUT_S", "FRONTLINE_TOOLS.T__TIMEOUT_S is in seconds"),
    ],
)
def test_the_environment_is_held_to_the_same(variable: str, expected: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=expected):
        read(HTTP, tmp_path, **{variable: "soon"})


@pytest.mark.parametrize("kind", [ToolsSettings, McpServers])
def test_what_is_shown_as_an_example_can_be(kind: type[Group]) -> None:
    for name, values in kind.example.items():
        made = kind.item(**json.loads(json.dumps(values)))
        assert kind.wrong(name, made) == ""


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://Shop.Example.com/a", "shop.example.com"),
        ("https://shop.example.com:443", "shop.example.com"),
        ("http://shop.example.com:443", "shop.example.com:443"),
        ("http://[::1]:8080/x", "[::1]:8080"),
        ("http://a:99999/", ""),
    ],
)
def test_hosts_are_compared_with_their_ports(url: str, host: str) -> None:
    assert host_of(url) == host


def test_secrets_are_filled_in_from_the_environment() -> None:
    environ = {"A_KEY": "s3/cret", "B": ""}
    assert filled("Bearer ${A_KEY}", environ, "x") == "Bearer s3/cret"
    assert filled("?k=${A_KEY}&q={q}", environ, "x", in_url=True) == "?k=s3%2Fcret&q={q}"
    assert secrets_of({"a": "${A_KEY} ${B}", "b": "${C}"}, environ) == {"s3/cret"}
    for text in ("${B}", "${C}"):
        with pytest.raises(SettingsError, match=r"tools\.t needs [BC]: set it in the environment"):
            filled(text, environ, "tools.t")
