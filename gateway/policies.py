"""Settings turned into what the core, the shell and the adapters take."""

from __future__ import annotations

import sys
from collections.abc import Callable

from gateway.core.policy import Policy
from gateway.ports import Transcriber, VoiceDetector
from gateway.settings import Settings
from gateway.shell.playout import Pacing


def policy_of(settings: Settings) -> Policy:
    """The core's numbers, in seconds."""
    turn, barge, match = settings.turn, settings.barge_in, settings.match
    return Policy(
        silence_confident=turn.silence_confident_ms / 1000,
        silence_complete=turn.silence_complete_ms / 1000,
        silence_incomplete=turn.silence_incomplete_ms / 1000,
        match_budget=match.budget_ms / 1000,
        max_turn=turn.max_turn_s,
        no_input=turn.no_input_s,
        min_words=barge.min_words,
        min_speech=barge.min_speech_ms / 1000,
        resume_after=barge.resume_after_ms / 1000,
        barge_in=barge.enabled,
        clarify=match.clarify,
        max_clarify=match.max_clarify_per_call,
    )


def pacing_of(settings: Settings) -> Pacing:
    """How sound is sent, in seconds."""
    playout = settings.playout
    return Pacing(lead=playout.lead_ms / 1000, mark_every=playout.mark_every_ms / 1000)


def transcriber_of(settings: Settings) -> Callable[[], Transcriber | None]:
    """Makes the configured recogniser; None where clients bring their own text."""

    def make() -> Transcriber | None:
        if settings.stt.provider == "none":
            return None
        from gateway.adapters.stt.pocketsphinx import PocketsphinxTranscriber

        return PocketsphinxTranscriber(settings.stt.decoders)

    return make


def detector_of() -> Callable[[], VoiceDetector]:
    """Makes one call's voice detector. Blocks: the model all calls share is loaded here."""
    from gateway.adapters.vad.two_step import TwoStepDetector, shared_model

    model = shared_model()
    return lambda: TwoStepDetector(model)


def banner(url: str, made_token: str) -> None:
    """Where to go, on standard error; a token made for this run is shown here and nowhere else."""
    lines = [f"Frontline is up: {url}/"]
    if made_token:
        lines.append(f"Admin token for this run (FRONTLINE_ADMIN__TOKEN is not set): {made_token}")
    print("\n".join(lines), file=sys.stderr, flush=True)
