"""Settings turned into tools."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import cast

import pytest

from gateway.adapters.tools.http import HttpTool
from gateway.adapters.tools.mcp import McpServer
from gateway.agents.tool_agent import ToolAgent
from gateway.errors import SettingsError
from gateway.ports.agents import SpeakingAgent
from gateway.settings.agent import AgentSettings
from gateway.settings.schema.reading import read_settings
from gateway.settings.whole import Settings, load
from gateway.wiring.tools import known_secrets, sources_of, speech_agent_of, with_tools
from tests.adapters.tools import functions, mcp_server
from tests.support.chatting import ScriptedModel, pair

pytestmark = pytest.mark.anyio

TEXT = f"""
[llm]
tool_rounds = 2
call_start_wait_s = 0.5

[tools.orders]
description = "Where an order is."
url = "https://shop.example.com/orders/{{order_id}}?key=${{SHOP_KEY}}"
headers = {{ Authorization = "Bearer ${{SHOP_TOKEN}}" }}
timeout_s = 2.5
idempotent = true
retries = 2
max_result_chars = 500
parameters = {{ properties = {{ order_id = {{ type = "string" }} }} }}

[tools.total]
kind = "python"
description = "Adds up."
function = "tests.adapters.tools.functions:total"
parameters = {{ properties = {{ prices = {{ type = "array" }} }}, required = ["prices"] }}

[mcp.shop]
command = ["{sys.executable}", "{mcp_server.__file__}"]
env = {{ SHOP_TOKEN = "${{SHOP_TOKEN}}" }}
tools = ["order"]

[intents]
one = "tool:Orders"
two = "tool:shop_order"
three = "tool:weather"
"""
ENVIRON = {"SHOP_KEY": "k/1", "SHOP_TOKEN": "tok-1234"}


def settings(tmp_path: Path, text: str = TEXT) -> Settings:
    file = tmp_path / "frontline.toml"
    file.write_text(text)
    return load(file, {})


async def test_each_kind_is_made_with_its_bounds(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sources = sources_of(settings(tmp_path), ENVIRON)
    python, http, mcp = sources
    [orders], [total] = http.tools, python.tools
    spec = orders.spec
    assert (spec.timeout, spec.retries, spec.idempotent, spec.max_chars) == (2.5, 2, True, 500)
    asked = cast(HttpTool, orders)._asked
    assert asked.url == "https://shop.example.com/orders/{order_id}?key=k%2F1"
    assert asked.headers == {"Authorization": "Bearer tok-1234"}
    assert asked.secrets == {"k/1", "tok-1234"} and asked.hosts == {"shop.example.com"}
    assert total.spec.parameters["additionalProperties"] is False
    assert functions.total.__name__ == total.spec.name
    assert isinstance(mcp, McpServer) and mcp._limits.tools == ("order",)
    assert mcp._limits.secrets == {"tok-1234"}
    assert "intents.three goes to a tool that is not declared: weather" in caplog.text
    assert caplog.text.count("not declared") == 1
    assert "tok-1234" not in caplog.text + repr(asked) + repr(mcp._limits)


def test_what_no_log_may_hold() -> None:
    text = """
[tools.a]
description = "d"
url = "https://a.example/?key=${A}"
[mcp.m]
command = ["m", "${B}"]
env = { C = "${C}" }
[mcp.n]
url = "https://n.example"
headers = { Z = "${D}" }
"""
    environ = {name: f"secret {name}" for name in "ABCDE"}
    read = read_settings(
        Settings,
        tomllib.loads(text),
        "f",
        {
            "FRONTLINE_ADMIN__TOKEN": "secret-F",
            "FRONTLINE_STORE__URL": "redis://u:secret-G@cache/0",
        },
    )
    secrets = known_secrets(read, environ)
    assert {"secret A", "secret B", "secret C", "secret D", "secret-F", "secret-G"} <= secrets
    assert secrets - {"redis://u:secret-G@cache/0"} == {
        *("secret A", "secret B", "secret C", "secret D", "secret-F", "secret-G")
    }


async def test_a_servers_command_is_filled_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[list[str], dict[str, str]]] = []

    def over_stdio(command: list[str], env: dict[str, str]) -> None:
        seen.append((command, env))

    monkeypatch.setattr("gateway.adapters.tools.mcp.over_stdio", over_stdio)
    text = '[mcp.m]\ncommand = ["m", "x://u:${PASS}@db", "-v"]\n'
    [server] = sources_of(settings(tmp_path, text), {"PASS": "p4ss"})
    assert seen == [(["m", "x://u:p4ss@db", "-v"], {})]
    assert isinstance(server, McpServer)
    assert server._limits.secrets == {"p4ss"}
    with pytest.raises(SettingsError, match=r"mcp\.m\.command needs PASS"):
        sources_of(settings(tmp_path, text), {})


async def test_the_agent_runs_them_within_the_settings(tmp_path: Path) -> None:
    read = settings(tmp_path)
    agent = with_tools(pair(ScriptedModel("a", ["Yes."])), sources_of(read, ENVIRON), read)
    assert isinstance(agent, ToolAgent)
    assert (agent._rounds, agent._start_wait) == (2, 0.5)
    assert [one["function"]["name"] for one in agent._toolbox.offered()] == ["orders", "total"]
    await agent.close()


def test_without_any_there_are_no_sources() -> None:
    assert sources_of(Settings(), {}) == ()


@pytest.mark.parametrize(
    ("missing", "where"),
    [
        ("SHOP_KEY", r"tools\.orders\.url needs SHOP_KEY"),
        ("SHOP_TOKEN", r"tools\.orders\.headers\.Authorization needs SHOP_TOKEN"),
    ],
)
def test_a_secret_that_is_not_there_is_named(missing: str, where: str, tmp_path: Path) -> None:
    environ = {name: value for name, value in ENVIRON.items() if name != missing}
    with pytest.raises(SettingsError, match=where):
        sources_of(settings(tmp_path), environ)


def test_so_are_a_servers(tmp_path: Path) -> None:
    for key, given in (("env", 'command = ["a"]'), ("headers", 'url = "https://a.example/mcp"')):
        text = f'[mcp.crm]\n{given}\n{key} = {{ X = "${{CRM_TOKEN}}" }}\n'
        with pytest.raises(SettingsError, match=rf"mcp\.crm\.{key}\.X needs CRM_TOKEN"):
            sources_of(settings(tmp_path, text), {})


def test_a_function_that_is_not_there_is_named(tmp_path: Path) -> None:
    text = '[tools.t]\nkind = "python"\ndescription = "d"\nfunction = "no.where:f"\n'
    with pytest.raises(SettingsError, match=r"tools\.t\.function: no\.where cannot be imported"):
        sources_of(settings(tmp_path, text), {})


@pytest.mark.parametrize(
    ("kind", "made"), [("realtime", "RealtimeAgent"), ("gemini", "GeminiAgent")]
)
async def test_an_agent_with_a_voice_is_made_of_the_settings(kind: str, made: str) -> None:
    if kind == "gemini":
        pytest.importorskip("google.genai", reason="google-genai is not installed")
    settings = Settings(agent=AgentSettings(kind=kind, key="k"))
    agent = speech_agent_of(settings, ())
    port: SpeakingAgent = agent
    assert type(port).__name__ == made
    await agent.close()
