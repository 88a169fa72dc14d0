"""A decision of the understanding side, in the core's words."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.core.events import Verdict, VerdictKind
from gateway.shell.routing import Routing, likely_intent
from gateway.shell.tenants import Serving
from intents.decision import Decision, Kind


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a verdict was made from; carried through the core for the record."""

    decision: Decision
    serving: Serving
    took: float
    """Seconds the matching took."""
    shadow: bool = False


def brief(verdict: Verdict) -> dict[str, object]:
    """What helps whoever takes the turn over."""
    told = {"intent": verdict.intent, "prompt": verdict.prompt}
    return {key: value for key, value in told.items() if value}


def spoken(decision: Decision, serving: Serving) -> tuple[str, ...]:
    """Keys of the clips that say the decision; none if one of them is not rendered."""
    if decision.kind is Kind.CLARIFY and decision.clarify is not None:
        first, *rest = (f"label:{entry}" for entry in decision.clarify)
        return serving.clips(
            ("line:clarify", first, *(key for one in rest for key in ("line:clarify_or", one)))
        )
    if decision.entry:
        return serving.clips((f"entry:{decision.entry}",))
    return ()


def judge(
    made: Decision, serving: Serving, routing: Routing, took: float, text: str, *, shadow: bool
) -> Verdict:
    """The decision in the core's words, routed as the settings say, with the clips that say it.

    In shadow mode nothing of the cache is spoken: the decision is only kept as evidence.
    """
    decision = routing.applied(made, serving.entries)
    evidence = Evidence(decision, serving, took, shadow)
    intent = likely_intent(decision, serving.entries)
    command = decision.action.startswith("control:") and not decision.entry
    if shadow and not command:
        return Verdict(
            kind=VerdictKind.MISS,
            upset=decision.upset,
            reason="shadow mode",
            intent=intent,
            prompt=routing.prompt(intent),
            evidence=evidence,
        )
    clips = spoken(decision, serving)
    return Verdict(
        kind=VerdictKind(decision.kind.value),
        entry=decision.entry,
        action=decision.action,
        clips=clips,
        length=serving.length(clips),
        says=serving.text(clips),
        clarify=decision.clarify,
        upset=decision.upset,
        confidence=decision.confidence,
        open_ended=serving.continuations.goes_on(text),
        reason=decision.reason,
        intent=intent,
        prompt=routing.prompt(intent),
        evidence=evidence,
    )
