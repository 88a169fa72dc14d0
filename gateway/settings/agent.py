"""The section ``[agent]``: the agent behind the cache."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.errors import SettingsError
from gateway.settings.schema.reading import S, setting, variable

KEY = {"pattern": r"[\x21-\x7e]*", "says": "printable ASCII without spaces", "secret": True}
NAME = {"pattern": r"\S*", "says": "a name, or empty"}
URL = {"pattern": r"((https?|wss?)://[^/\s]+\S*)?", "says": 'a URL such as "wss://example.com/v1"'}

NOTIFY = {
    "pattern": r"(https?://[^/\s@]+(/\S*)?)?",
    "says": 'a URL such as "https://example.com/answered", without a password in it',
}
SPEAKING = ("gemini", "realtime")
"""Kinds of agents that have a voice of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSettings:
    """The agent that answers what the cache does not."""

    answer_within_s: float = setting(2.0, unit=S, low=0.1, high=30)
    """The time that a media_stream bot has to answer; then the caller is handed off."""

    clarify: bool = setting(False)
    """In front of a media_stream bot: ask back where two entries may be meant. Off, only whole and
    sure answers are spoken, and the bot gets the rest."""

    fallback: str = setting("line", choices=("line", "pair"))
    """In front of a media_stream bot that is dead (it does not answer in time, or its connection
    breaks): the hand-off line is said and the call ends ("line"), or the models of [llm] go on
    ("pair")."""

    ground: bool = setting(True)
    """The language models are told of the two or three approved answers nearest to what the caller
    said, as possibly relevant, each with what a guard has against it."""

    key: str = setting("", **KEY)
    """The key of realtime or gemini at its vendor; of media_stream: the token that signs the
    handshake with your bot as your carrier signs it. Empty: that is not signed."""

    kind: str = setting("llm", choices=("gemini", "llm", "media_stream", "none", "realtime"))
    """The agent: the language models of [llm] ("llm"), OpenAI Realtime, Gemini Live, a bot of your
    own that speaks Media Streams, or nobody. Realtime and Gemini speak with a voice of their own;
    llm.style and llm.about are what they are told."""

    model: str = setting("", **NAME)
    """The model of realtime or gemini; empty: gpt-realtime-2.1 or gemini-3.8-live."""

    notify_key: str = setting("", **KEY)
    """Signs what notify_url is told, as hooks are signed."""

    notify_url: str = setting("", **NOTIFY)
    """The address at the owner of a media_stream bot that is told of each answer given in the
    bot's place, by a signed POST. Empty: nobody is told."""

    url: str = setting("", **URL)
    """The agent's address; empty: the vendor's own. Of media_stream: your bot's, such as
    "wss://bot.example.com/media"."""

    voice: str = setting("", **NAME)
    """The voice of realtime or gemini; empty: marin or Kore."""

    withhold: str = setting("turn", choices=("never", "turn"))
    """The part of a caller's turn that a media_stream bot hears, if it was silent before: nothing,
    until it is known whether the cache answers ("turn"), or everything, and its reply to what the
    cache answers is dropped ("never")."""


def check_agent(agent: AgentSettings, stt: str, *, models: bool = False) -> None:
    """Raise ``SettingsError`` where the agent cannot work with these. ``stt``: the recogniser.
    ``models``: language models can be asked."""
    if agent.kind in SPEAKING and not agent.key:
        raise SettingsError(
            f"agent.kind {agent.kind} needs a key: set {variable('agent', 'key')} in the "
            "environment"
        )
    if stt == "agent" and agent.kind != "realtime":
        why = "answers whatever it hears" if agent.kind == "gemini" else "hears nothing"
        raise SettingsError(
            f'stt.provider agent needs agent.kind "realtime": an agent of the kind {agent.kind} '
            f"{why}; set stt.provider to a recogniser"
        )
    if agent.notify_url and not agent.notify_key:
        raise SettingsError(
            f"agent.notify_url needs a key to sign with: set {variable('agent', 'notify_key')} in "
            "the environment"
        )
    if agent.notify_url and agent.kind != "media_stream":
        raise SettingsError(
            "agent.notify_url is told what was answered in a bot's place: set agent.kind to "
            '"media_stream", or take it out'
        )
    if agent.kind == "media_stream":
        if not agent.url.startswith(("ws://", "wss://")):
            raise SettingsError(
                "agent.kind media_stream needs agent.url, your bot's address, such as "
                '"wss://bot.example.com/media"'
            )
        if stt == "none":
            raise SettingsError(
                "agent.kind media_stream needs a recogniser: set stt.provider, for nothing is "
                "answered of what is not understood"
            )
        if agent.fallback == "pair" and not models:
            raise SettingsError(
                "agent.fallback pair needs a language model: set "
                f"{variable('llm', 'primary_key')} in the environment, or llm.primary_base_url"
            )
