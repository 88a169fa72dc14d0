"""A turn's record, made from the core's account of it.

An account may come twice: when the sound begins, and when the caller cuts it short, which is just
when the next answer is wanted. What is the same in both, free of personal data, is made once: it
takes most of a millisecond.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from itertools import chain

from gateway.core.actions import CloseTurn, Path
from gateway.core.events import Verdict
from gateway.core.felt import TurnFelt
from gateway.core.routes import PERSON
from gateway.ports.records import TurnRecord
from gateway.privacy.callers import caller_of
from gateway.privacy.evidence import bare_evidence, kept_evidence, kept_reason, lost
from gateway.privacy.redactor import Redactor, general
from gateway.shell.call.observe import LiveCall
from gateway.shell.catalogue.routing import likely_intent
from gateway.shell.catalogue.verdicts import (
    MUTE,
    Shadow,
    VerdictEvidence,
    spoken,
    told_action,
)
from intents.decision import Decision, Kind

UNDECIDED = Decision(kind=Kind.MISS)
"""The decision that stands in for a turn of mode ``shadow`` before it is decided on."""


REMEMBERED = 8
"""Turns of which it is known what was taken out: a reason may quote an earlier one."""


class Recorder:
    """Makes the records of one call's turns."""

    def __init__(
        self,
        live: LiveCall,
        redactor: Callable[[], Redactor] = general,
        *,
        keep_text: bool = True,
        caller_key: str = "",
    ) -> None:
        """``redactor``: of what is live now. Without ``keep_text`` nothing that is said is kept."""
        self._live = live
        self._redactor = redactor
        self._keep_text = keep_text
        self._caller_key = caller_key
        self._text = ("", "")  # the newest, as it was said and as it is kept
        self._lost: deque[frozenset[str]] = deque(maxlen=REMEMBERED)
        self._verdict: Verdict | None = None  # the newest, and its details
        self._details: Mapping[str, object] = {}

    def record(
        self,
        action: CloseTurn,
        timeline: Mapping[str, float],
        felt: TurnFelt | None = None,
        news: Mapping[str, float] | None = None,
    ) -> TurnRecord:
        """The record; ``timeline`` in ms. ``felt``: the caller's, if anything is known of it;
        ``news``: see ``FeltCall.news``."""
        verdict = action.verdict
        entry, intent, question, number = verdict.entry, "", "", 0
        confidence, evidence = verdict.confidence, verdict.evidence
        shadow = isinstance(evidence, Shadow)
        if isinstance(evidence, (VerdictEvidence, Shadow)):
            decision, serving = evidence.decision or UNDECIDED, evidence.serving
            entry = entry or decision.entry
            intent = serving.entries[entry].intent if entry in serving.entries else ""
            question, number = decision.question, serving.number
            confidence = decision.confidence if shadow else confidence
        text = self._kept_text(action.utterance.text, verdict)
        details = self._kept_details(verdict)
        if told_action(verdict) and action.path is Path.HANDOFF and verdict.action != PERSON:
            details["degraded"] = True  # it could not be carried out
        if felt is not None:
            details["felt"] = _felt(felt) | dict(news or {})
        if action.lost or verdict.reason == MUTE:
            details["lost"] = True  # what was decided on could not be played
        return TurnRecord(
            id=f"{self._live.id}-{action.turn}",
            call_id=self._live.id,
            tenant=self._live.tenant,
            turn=action.turn,
            at=time.time(),
            path=action.path.value,
            text=text,
            entry=entry,
            intent=intent,
            question=question,
            confidence=confidence,
            decided_on=action.decided_on,
            catalogue=number,
            interrupted=action.interrupted,
            shadow=shadow,
            timeline=timeline,
            evidence=details,
            caller=caller_of(self._live.caller, self._caller_key),
        )

    def _kept_text(self, said: str, verdict: Verdict) -> str:
        if self._text[0] != said:
            kept = self._redactor_of(verdict).redact(said)
            self._lost.append(lost(said, kept))
            self._text = said, kept
        return self._text[1] if self._keep_text else ""

    def _redactor_of(self, verdict: Verdict) -> Redactor:
        """The redactor of the catalogue that was asked."""
        evidence = verdict.evidence
        if isinstance(evidence, (VerdictEvidence, Shadow)):
            return evidence.serving.redactor
        return self._redactor()

    def _kept_details(self, verdict: Verdict) -> dict[str, object]:
        if self._verdict is not verdict or isinstance(verdict.evidence, Shadow):  # which changes
            gone = frozenset(chain.from_iterable(self._lost))
            details = _details(verdict, gone, self._redactor_of(verdict))
            self._verdict = verdict
            self._details = details if self._keep_text else bare_evidence(details)
        return dict(self._details)


def _felt(felt: TurnFelt) -> dict[str, object]:
    waits = {
        "detection_ms": felt.detection,
        "first_sound_ms": felt.first_sound,
        "answer_ms": felt.answer,
    }
    known = {name: round(wait * 1000, 1) for name, wait in waits.items() if wait is not None}
    return {"speech_end": felt.source.value, **known}


def _details(verdict: Verdict, gone: frozenset[str], redactor: Redactor) -> dict[str, object]:
    details: dict[str, object] = {"reason": kept_reason(verdict.reason, gone, redactor)}
    intent, action, evidence = verdict.intent, told_action(verdict), verdict.evidence
    if isinstance(evidence, (VerdictEvidence, Shadow)) and evidence.decision is not None:
        decision, serving = evidence.decision, evidence.serving
        details = kept_evidence(decision, gone, redactor)
        details["match_ms"] = round(evidence.took * 1000, 3)
        if isinstance(evidence, Shadow):
            details["says"] = serving.text(spoken(decision, serving))
            intent, action = likely_intent(decision, serving.entries), decision.action
        if intent:
            details["likely_intent"] = intent
    if action:
        details["action"] = action
    return details
