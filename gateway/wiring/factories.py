"""Settings turned into what the core, the shell and the adapters take."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from gateway.agents.llm_pair import LlmPair
from gateway.agents.media_stream import MediaStreamBots
from gateway.agents.prompting import Prompting
from gateway.agents.watching import RaceWatcher
from gateway.core.policy import Policy
from gateway.core.race.attempts import Hedging
from gateway.core.standin.machine import StandInPolicy
from gateway.errors import ProviderFailed, SettingsError
from gateway.ports.agents import HearingAgent
from gateway.ports.bots import Bots
from gateway.ports.models import ChatModel
from gateway.ports.speech_in import Transcriber
from gateway.ports.turn_end import TurnEnd
from gateway.settings.whole import Settings
from gateway.shell.catalogue.routing import Routing
from gateway.shell.process.admission import Bounds
from gateway.shell.sound.playout import Pacing

if TYPE_CHECKING:
    from gateway.adapters.vad.two_step import SpeechModel

MARGIN = 0.1
"""Seconds by which the pair gives up before the call: so much may pass until it is asked."""


def policy_of(settings: Settings) -> Policy:
    """The core's numbers, in seconds."""
    turn, barge, match = settings.turn, settings.barge_in, settings.match
    fillers = settings.fillers
    return Policy(
        silence_confident=turn.silence_confident_ms / 1000,
        silence_complete=turn.silence_complete_ms / 1000,
        silence_incomplete=turn.silence_incomplete_ms / 1000,
        wordless=turn.wordless_ms / 1000,
        match_budget=match.budget_ms / 1000,
        max_turn=turn.max_turn_s,
        patience=turn.patience,
        unchanged=turn.unchanged_ms / 1000,
        no_input=turn.no_input_s,
        min_words=barge.min_words,
        min_speech=barge.min_speech_ms / 1000,
        resume_after=barge.resume_after_ms / 1000,
        barge_in=barge.enabled,
        clarify=match.clarify,
        max_clarify=match.max_clarify_per_call,
        filler_after=fillers.filler_after_ms / 1000,
        filler_again=fillers.again_ms / 1000,
        bridge_after=fillers.bridge_after_ms / 1000,
        give_up_after=fillers.give_up_after_ms / 1000,
        agent_stall=fillers.stall_ms / 1000,
        floor_words=fillers.floor_words,
        keys=frozenset(settings.dtmf.entries),
    )


def pacing_of(settings: Settings) -> Pacing:
    """Return how sound is sent, in seconds."""
    playout = settings.playout
    return Pacing(lead=playout.lead_ms / 1000, mark_every=playout.mark_every_ms / 1000)


def routing_of(settings: Settings) -> Routing:
    """Return where intents go, and what agents are told of them."""
    return Routing.of(settings.intents.entries, settings.prompts.entries)


def transcriber_of(
    settings: Settings, reconnected: Callable[[], None] = lambda: None
) -> Callable[[], Transcriber | None]:
    """Makes the configured recogniser; None where clients bring their own text, or it is the
    agent. ``reconnected``: called when one that is reached over a network is tried again for a
    call."""

    def make() -> Transcriber | None:
        stt = settings.stt
        if stt.provider in ("none", "agent"):
            return None
        if stt.provider.startswith("deepgram"):
            from gateway.adapters.stt.deepgram import DeepgramTranscriber
            from gateway.adapters.stt.deepgram_flux import FluxTranscriber

            kind = FluxTranscriber if stt.provider == "deepgram-flux" else DeepgramTranscriber
            return kind(
                stt.api_key, model=stt.model, base_url=stt.base_url, reconnected=reconnected
            )
        if stt.provider == "whisper":
            from gateway.adapters.stt.whisper import WhisperTranscriber

            return WhisperTranscriber(stt.decoders, model=stt.model)
        from gateway.adapters.stt.pocketsphinx import PocketsphinxTranscriber

        return PocketsphinxTranscriber(stt.decoders)

    return make


def agents_ear(agent: object, settings: Settings) -> Transcriber | None:
    """The agent as the recogniser, where the settings want it so and it can be one."""
    if settings.stt.provider == "agent" and isinstance(agent, HearingAgent):
        return agent.transcriber(settings.stt.model)
    return None


def models_of(settings: Settings) -> list[dict[str, ChatModel]]:
    """The configured language models by preference, each provider's by lane, ``fast`` and ``deep``;
    empty where none can be asked. Blocks for a second or two: the providers' clients are imported
    here."""
    llm = settings.llm
    pair = [
        _models(
            llm.primary_provider,
            llm.primary_model,
            llm.primary_deep_model,
            llm.primary_key,
            llm.primary_base_url,
        ),
        _models(
            llm.secondary_provider,
            llm.secondary_model,
            llm.secondary_deep_model,
            llm.secondary_key,
            llm.secondary_base_url,
            beside=llm.primary_provider,
        ),
    ]
    return [models for models in pair if models]


def agent_of(settings: Settings, watcher: RaceWatcher) -> LlmPair | None:
    """The pair of ``models_of``; None where none can be asked. Blocks as it does."""
    llm = settings.llm
    kind = settings.agent.kind
    if kind == "none" or (kind == "media_stream" and settings.agent.fallback != "pair"):
        return None
    asked = models_of(settings)
    if not asked:
        return None
    lanes = {lane: [models[lane] for models in asked] for lane in ("fast", "deep")}
    if lanes["deep"] == lanes["fast"]:
        del lanes["deep"]
    return LlmPair(
        lanes,
        prompting=Prompting(
            style=llm.style,
            about=llm.about,
            max_tokens=llm.max_tokens,
            context_tokens=llm.context_tokens,
            temperature=None if llm.temperature < 0 else llm.temperature,
        ),
        hedging=hedging_of(settings),
        speculate=llm.speculate,
        watcher=watcher,
    )


def bots_of(settings: Settings) -> Bots | None:
    """The bot that stands behind and hears the caller itself; None where there is none."""
    agent = settings.agent
    return MediaStreamBots(agent.url, agent.key) if agent.kind == "media_stream" else None


def before_bots(policy: Policy, settings: Settings) -> Policy:
    """The policy of a call in front of one: what is not answered surely is the bot's, which is told
    as soon as that is likely; it does not wait for words that do not come."""
    return replace(
        policy,
        agent=True,
        behind=True,
        clarify=policy.clarify and settings.agent.clarify,
        speculate=True,
        stt_patience=0.0,
    )


def standin_of(settings: Settings) -> StandInPolicy:
    """Return how calls stand in front of a bot, in seconds."""
    agent = settings.agent
    return StandInPolicy(withhold=agent.withhold == "turn", dial_within=agent.answer_within_s)


def hedging_of(settings: Settings) -> Hedging:
    """Return how the pair is hedged. It gives up before the call does: a provider that is only cut
    has not failed, and would be asked again by every caller."""
    llm = settings.llm
    return Hedging(
        budget=llm.budget,
        rescue_after=llm.rescue_after_s,
        give_up=min(llm.give_up_s, settings.fillers.give_up_after_ms / 1000 - MARGIN),
        stall=llm.stall_s,
    )


def _models(
    kind: str, model: str, deep: str, key: str, base_url: str, *, beside: str = ""
) -> dict[str, ChatModel]:
    """A provider's model of each lane; none where neither key nor address is given."""
    if not key and not base_url:
        return {}
    name = f"{kind}-2" if kind == beside else kind
    if kind == "groq":
        from gateway.adapters.llm.groq import groq_model as made
    else:
        from gateway.adapters.llm.openai import openai_model as made
    fast = made(name=name, model=model, key=key, base_url=base_url)
    return {"fast": fast, "deep": fast.another(deep) if deep else fast}


def turn_end_of(settings: Settings) -> TurnEnd | None:
    """The configured ear for the end of a turn; None where there is none. With "auto" that is one
    which is installed. Blocks: the network is loaded here."""
    ear = settings.turn.ear
    if ear == "off" or settings.stt.provider == "none":
        return None
    from gateway.adapters.turn_end.smart_turn import SmartTurn, model_file

    try:
        return SmartTurn(model_file())
    except ProviderFailed as error:
        if ear == "auto":
            return None
        raise SettingsError(f"turn.ear is {ear!r}, but {error}") from error


def bounds_of(settings: Settings) -> Bounds:
    """Return beyond what no further call is taken; their number is the doors' own rule."""
    server, tenant = settings.server, settings.tenant
    return Bounds(
        lag=server.busy_lag_ms / 1000,
        cpu=server.busy_cpu,
        tenant_calls=tenant.max_calls,
        tenant_turns=tenant.turns_per_minute,
    )


def voice_model() -> SpeechModel:
    """The network of the voice detector, loaded once in a process. Blocks."""
    from gateway.adapters.vad.silero import shared_model

    return shared_model()


def banner(url: str, made_token: str) -> None:
    """Tell where to go, on standard error; a token made for this run is shown here and nowhere
    else."""
    lines = [f"Frontline is up: {url}/"]
    if made_token:
        lines.append(f"Admin token for this run (FRONTLINE_ADMIN__TOKEN is not set): {made_token}")
    print("\n".join(lines), file=sys.stderr, flush=True)
