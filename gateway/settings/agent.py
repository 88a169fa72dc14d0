"""The section ``[agent]``: the agent behind the cache."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.errors import SettingsError
from gateway.settings.schema.reading import setting, variable

KEY = {"pattern": r"[\x21-\x7e]*", "says": "printable ASCII without spaces", "secret": True}
NAME = {"pattern": r"\S*", "says": "a name, or empty"}
URL = {"pattern": r"((https?|wss?)://[^/\s]+\S*)?", "says": 'a URL such as "wss://example.com/v1"'}


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSettings:
    """The agent that answers what the cache does not."""

    key: str = setting("", **KEY)
    """The key of realtime at its vendor."""

    kind: str = setting("llm", choices=("llm", "none", "realtime"))
    """The agent: the language models of [llm] ("llm"), OpenAI Realtime, or nobody.
    Realtime speaks with a voice of its own; llm.style and llm.about are what it is told."""

    model: str = setting("", **NAME)
    """The model of realtime; empty: gpt-realtime-2.1."""

    url: str = setting("", **URL)
    """The agent's address; empty: the vendor's own."""

    voice: str = setting("", **NAME)
    """The voice of realtime; empty: marin."""


def check_agent(agent: AgentSettings) -> None:
    """Raise ``SettingsError`` where the agent cannot work with these."""
    if agent.kind == "realtime" and not agent.key:
        raise SettingsError(
            f"agent.kind {agent.kind} needs a key: set {variable('agent', 'key')} in the "
            "environment"
        )
