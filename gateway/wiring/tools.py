"""Settings turned into the tools that the agent may run."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Mapping

from gateway.agents.llm_pair import LlmPair
from gateway.agents.speaking import SpeechAgent, SpeechAgentParts
from gateway.agents.tool_agent import ToolAgent
from gateway.agents.toolbox import Toolbox
from gateway.core.reply.fillers import key
from gateway.core.routes import Target, parse
from gateway.ports.tools import ToolSource, ToolSpec, ToolWatcher
from gateway.settings.schema.reading import secret_values
from gateway.settings.tools import McpSettings, ToolSettings, filled, secrets_of
from gateway.settings.whole import Settings
from gateway.shell.live.answers import LiveAnswers
from gateway.shell.live.kept import SpokenValues
from gateway.shell.sound.clips import ClipCache
from gateway.wiring.voices import clip_voice_of

log = logging.getLogger("frontline.tools")


def sources_of(
    settings: Settings,
    environ: Mapping[str, str] = os.environ,
    watcher: ToolWatcher | None = None,
) -> tuple[ToolSource, ...]:
    """Return where tools are from, by the settings; secrets are read from the environment here.
    Blocks: functions, and the SDK of servers, are imported. Raises ``SettingsError`` naming what is
    missing. ``watcher``: told of threads that do not end."""
    declared = settings.tools.entries
    sources: list[ToolSource] = []
    if functions := {name: one for name, one in declared.items() if one.kind == "python"}:
        sources.append(_functions(functions, watcher))
    if requests := {name: one for name, one in declared.items() if one.kind == "http"}:
        sources.append(_requests(requests, environ))
    sources += [_server(name, one, environ) for name, one in settings.mcp.entries.items()]
    _look_for_strangers(settings)
    return tuple(sources)


def with_tools(
    pair: LlmPair,
    sources: tuple[ToolSource, ...],
    settings: Settings,
    watcher: ToolWatcher | None = None,
) -> ToolAgent:
    """The pair as an agent that runs tools. ``watcher``: told of each run."""
    llm = settings.llm
    toolbox = Toolbox(sources, watcher)
    return ToolAgent(pair, toolbox, rounds=llm.tool_rounds, start_wait=llm.call_start_wait_s)


def live_of(
    settings: Settings,
    sources: tuple[ToolSource, ...],
    clips: ClipCache,
    watcher: ToolWatcher | None = None,
) -> LiveAnswers | None:
    """Return who looks up the live values of answers; None where no tool of the settings has any,
    and where a bot behind answers. Raises as ``voices.clip_voice_of``."""
    kinds = {name: one.kinds for name, one in settings.tools.entries.items() if one.values}
    if not kinds or settings.agent.kind == "media_stream":
        return None
    declared = sources[: len(sources) - len(settings.mcp.entries)]
    return LiveAnswers(
        tools=Toolbox(declared, watcher),
        kinds=kinds,
        voice=clip_voice_of(settings),
        clips=clips,
        kept=SpokenValues(settings.live.kept_kib << 10, time.monotonic),
        within=settings.live.value_within_ms / 1000,
    )


def need_sdk(settings: Settings) -> None:
    """Raise ``SettingsError`` where the agent's SDK is missing: before serving begins, when it can
    still be told in a line."""
    if settings.agent.kind == "gemini":
        from gateway.agents.gemini import need_sdk

        need_sdk()


def speech_agent_of(
    settings: Settings, sources: tuple[ToolSource, ...], watcher: ToolWatcher | None = None
) -> SpeechAgent:
    """The agent with a voice of its own that the settings name. ``watcher``: told of each tool's
    run. Blocks: the vendor's client is imported here. Raises ``SettingsError``."""
    agent, llm = settings.agent, settings.llm
    kind: Callable[[SpeechAgentParts], SpeechAgent]
    if agent.kind == "gemini":
        from gateway.agents.gemini import GeminiAgent

        kind = GeminiAgent
    else:
        from gateway.agents.realtime import RealtimeAgent

        kind = RealtimeAgent
    parts = SpeechAgentParts(
        key=agent.key,
        toolbox=Toolbox(sources, watcher),
        style=llm.style,
        about=llm.about,
        model=agent.model,
        voice=agent.voice,
        url=agent.url,
    )
    return kind(parts)


def _spec(name: str, one: ToolSettings) -> ToolSpec:
    return ToolSpec(
        name=name,
        description=one.description,
        parameters=one.schema,
        timeout=one.timeout_s,
        retries=one.retries,
        idempotent=one.idempotent,
        at_call_start=one.at_call_start,
        max_chars=one.max_result_chars,
        from_call=one.from_call,
    )


def _functions(declared: Mapping[str, ToolSettings], watcher: ToolWatcher | None) -> ToolSource:
    from gateway.adapters.tools.python import PythonTools, function_of

    return PythonTools(
        [
            (
                _spec(name, one),
                function_of(one.function, f"tools.{name}.function", one.schema["properties"]),
            )
            for name, one in declared.items()
        ],
        watcher,
    )


def _requests(declared: Mapping[str, ToolSettings], environ: Mapping[str, str]) -> ToolSource:
    from gateway.adapters.tools.http import HttpRequest, HttpTools, hosts_of

    asked = {
        name: HttpRequest(
            method=one.method,
            url=filled(one.url, environ, f"tools.{name}.url", in_url=True),
            headers=_filled(one.headers, environ, f"tools.{name}.headers"),
            hosts=hosts_of(one.url, one.allowed_hosts),
            networks=one.private_networks,
            secrets=frozenset(secrets_of(_texts(one), environ)),
        )
        for name, one in declared.items()
    }
    return HttpTools([(_spec(name, one), asked[name]) for name, one in declared.items()])


def _server(name: str, one: McpSettings, environ: Mapping[str, str]) -> ToolSource:
    from gateway.adapters.tools.mcp import McpLimits, McpServer, over_http, over_stdio

    if one.url:
        url = filled(one.url, environ, f"mcp.{name}.url", in_url=True)
        headers = _filled(one.headers, environ, f"mcp.{name}.headers")
        connect = over_http(url, headers, one.private_networks)
    else:
        where = f"mcp.{name}"
        command = [filled(word, environ, f"{where}.command") for word in one.command]
        connect = over_stdio(command, _filled(one.env, environ, f"{where}.env"))
    limits = McpLimits(
        tools=one.tools,
        at_call_start=one.at_call_start,
        from_call=one.from_call,
        timeout=one.timeout_s,
        max_chars=one.max_result_chars,
        secrets=frozenset(secrets_of(_texts(one), environ)),
    )
    return McpServer(name, connect, limits)


def _texts(one: ToolSettings | McpSettings) -> list[str]:
    """Return where it may name variables of the environment."""
    own = [*one.command, *one.env.values()] if isinstance(one, McpSettings) else []
    return [one.url, *one.headers.values(), *own]


def known_secrets(settings: Settings, environ: Mapping[str, str] = os.environ) -> set[str]:
    """All secrets that the settings hold or name: what no log may hold."""
    texts = [text for one in settings.tools.entries.values() for text in _texts(one)]
    texts += [text for one in settings.mcp.entries.values() for text in _texts(one)]
    texts += [one.secret for one in settings.hooks.entries.values()]
    tokens = set(settings.server.further_tokens)
    return secret_values(settings) | tokens | secrets_of(texts, environ)


def _filled(texts: Mapping[str, str], environ: Mapping[str, str], where: str) -> dict[str, str]:
    return {name: filled(text, environ, f"{where}.{name}") for name, text in texts.items()}


def _look_for_strangers(settings: Settings) -> None:
    """Intents that go to a tool nobody declares are handed off: say so."""
    known = set(map(key, settings.tools.entries))
    for intent, action in settings.intents.entries.items():
        route = parse(action)
        name = route.name
        of_server = any(key(name).startswith(f"{key(one)}_") for one in settings.mcp.entries)
        if route.target is Target.TOOL and key(name) not in known and not of_server:
            log.warning("intents.%s goes to a tool that is not declared: %s", intent, name)
