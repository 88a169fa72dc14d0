"""A decision of the understanding side, in the core's words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gateway.core.events import Verdict, VerdictKind
from gateway.core.reply.lines import CLARIFY, CLARIFY_OR
from gateway.core.routes import Route, RouteError, parse
from gateway.live.template import TemplateWrong, has_braces
from gateway.live.template import parse as template
from gateway.ports.store import Entry
from gateway.shell.catalogue.routing import Routing, likely_intent
from gateway.shell.catalogue.tenants import Serving
from intents.decision import Decision, Kind

MUTE = "its clip is not there"
"""Why a turn that was decided on is a miss all the same."""
NOBODY = "its live values cannot be looked up for this caller"
"""The same, of an entry with live values."""


def never(entry: Entry) -> bool:
    """Return that an entry's live values cannot be looked up: nobody is there to do it."""
    return False


@dataclass(frozen=True, slots=True)
class VerdictEvidence:
    """The evidence that a verdict was made from; carried through the core for the record."""

    decision: Decision
    serving: Serving
    took: float
    """Seconds the matching took."""


@dataclass(slots=True, eq=False)
class Shadow:
    """The decision that would have been made on a turn of mode ``shadow``: known some milliseconds
    after the turn has gone on without it, so that nobody waits for it."""

    serving: Serving
    decision: Decision | None = None
    took: float = 0.0
    late: Callable[[], None] | None = None
    """The function to call again when it is known."""

    def settle(self, made: Decision, routing: Routing, took: float) -> None:
        """Take in the decision, now that it is known."""
        self.decision, self.took = routing.applied(made, self.serving.entries), took
        if self.late is not None:
            self.late()


def passed_on(reason: str, evidence: Shadow | None = None) -> Verdict:
    """The verdict on a turn that the cache has no say in."""
    return Verdict(kind=VerdictKind.MISS, reason=reason, evidence=evidence)


def action_of(text: str) -> Route | None:
    """Return what a decision's action stands for; None where it has none, and where it is of a
    catalogue older than the grammar of actions."""
    try:
        return parse(text) if text else None
    except RouteError:
        return None


def told_action(verdict: Verdict) -> str:
    """The verdict's action as the operator wrote it, also one that stands for nothing; empty if
    there is none."""
    if verdict.action is not None:
        return str(verdict.action)
    evidence = verdict.evidence
    if verdict.kind is VerdictKind.ROUTE and isinstance(evidence, VerdictEvidence):
        return evidence.decision.action
    return ""


def brief(verdict: Verdict) -> dict[str, object]:
    """Return what helps whoever takes the turn over."""
    told = {"intent": verdict.intent, "prompt": verdict.prompt}
    return {key: value for key, value in told.items() if value}


def spoken(decision: Decision, serving: Serving) -> tuple[str, ...]:
    """Keys of the clips that say the decision; none if one of them is not rendered."""
    if decision.kind is Kind.CLARIFY and decision.clarify is not None:
        first, *rest = (f"label:{entry}" for entry in decision.clarify)
        return serving.clips(
            (CLARIFY.clip, first, *(key for one in rest for key in (CLARIFY_OR.clip, one)))
        )
    if decision.entry:
        return serving.clips((f"entry:{decision.entry}",))
    return ()


def live_clips(entry: Entry) -> tuple[str, ...]:
    """Keys of the clips of an entry with live values, the fallback line first; empty if it has
    none."""
    if not entry.fallback or not has_braces(entry.answer):
        return ()
    try:
        fixed = range(len(template(entry.answer).fixed))
    except TemplateWrong:  # of a catalogue older than live values
        return ()
    return (f"fallback:{entry.id}", *(f"part{number}:{entry.id}" for number in fixed))


def judge(
    made: Decision,
    serving: Serving,
    routing: Routing,
    took: float,
    text: str,
    answerable: Callable[[Entry], bool] = never,
) -> Verdict:
    """The decision in the core's words, routed as the settings say, with the clips that say it. An
    answer or a question that cannot be spoken is none: the turn is a miss. ``answerable``: whether
    the live values of an entry can be looked up for this caller."""
    decision = routing.applied(made, serving.entries)
    evidence = VerdictEvidence(decision, serving, took)
    intent = likely_intent(decision, serving.entries)
    clips = spoken(decision, serving)
    entry = serving.entries.get(decision.entry) if decision.kind is Kind.ANSWER else None
    parts = live_clips(entry) if entry is not None else ()
    live = entry is not None and bool(serving.clips(parts)) and answerable(entry)
    if decision.kind in (Kind.ANSWER, Kind.CLARIFY) and not clips and not live:
        return Verdict(
            kind=VerdictKind.MISS,
            upset=decision.upset,
            reason=NOBODY if parts else MUTE,
            intent=intent,
            prompt=routing.prompt(intent),
            evidence=evidence,
        )
    return Verdict(
        kind=VerdictKind(decision.kind.value),
        entry=decision.entry,
        action=action_of(decision.action),
        clips=clips,
        live=live,
        length=serving.length(clips),
        says=serving.text(clips),
        clarify=decision.clarify,
        upset=decision.upset,
        confidence=decision.confidence,
        verbatim=decision.verbatim,
        open_ended=serving.continuations.goes_on(text),
        reason=decision.reason,
        intent=intent,
        prompt=routing.prompt(intent),
        evidence=evidence,
    )
