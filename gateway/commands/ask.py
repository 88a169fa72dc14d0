"""``frontline ask``: the decision, the nearest questions, why, and what would change it."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.commands.console import dump, say, table
from gateway.commands.parts import live_catalogue, opened_encoder, opened_store
from gateway.explain import demands, explain
from gateway.settings.schema.reading import AUTO
from gateway.settings.whole import Settings
from gateway.shell.catalogue.expecting import expect
from gateway.shell.catalogue.tenants import Serving, prepare
from gateway.wiring.factories import routing_of
from intents.decision import Context, Decision
from intents.guards.applied.registry import GUARDS
from intents.guards.entry.guard import Scope
from intents.learning.calibration import Calibration

LIKELY = 0.2
"""Classifier's probability from which an entry other than the first is worth a mend."""


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Decide as a call would; prints, and answers 0 whatever was decided."""
    with opened_store(settings, read_only=True) as store:
        catalogue = live_catalogue(store, settings.tenant.default)  # before a model is built for it
        serving = prepare(catalogue, opened_encoder(settings))
        if settings.match.near_share == AUTO:
            expect(store, settings.tenant.default, serving)
    today = datetime.now().astimezone().date()
    context = Context(excluded=serving.expired(today), may_clarify=settings.match.clarify)
    text = " ".join(args.text)
    began = time.perf_counter()
    decision = serving.matcher.match(text, final=not args.partial, context=context)
    took = (time.perf_counter() - began) * 1000
    decision = routing_of(settings).applied(decision, serving.entries)
    answer = explained(decision, serving, text, took)
    if args.json:
        dump(answer)
    else:
        show(answer)
    return 0


def explained(decision: Decision, serving: Serving, text: str, took: float) -> dict[str, Any]:
    """The explanation of a decision, ready for JSON; ``took`` in ms."""
    answer = explain(decision, serving.entries, catalogue=serving.number, match_ms=took)
    knowledge = serving.matcher.knowledge
    answer |= demands(decision, serving.matcher)
    answer["because"] = because(answer, serving.matcher.point.calibration)
    answer["mends"] = mends(answer, text, float(knowledge.summary["max_wrong_rate"]))
    return answer


def because(answer: Mapping[str, Any], calibration: Calibration) -> list[str]:
    """The decision in words, a sentence a line."""
    if not answer["candidates"]:
        return [_sentence(answer["reason"])]
    best = answer["candidates"][0]
    lines = []
    forbidden = [veto for veto in answer["vetoes"] if veto["entry"] == best["id"]]
    score, threshold = answer["score"], answer["threshold"]
    reason, _, how = answer["reason"].partition(", ")
    if reason == "asked word for word":
        lines.append(f'"{best["question"]}" is a question of {best["id"]}, word for word.')
    else:
        reaches = "reaches" if score >= threshold else "is below"
        lines.append(
            f"{best['id']} comes first with a score of {score:.2f}, which {reaches} the threshold "
            f"of {threshold:.2f}."
        )
    if answer.get("reading") is not None and answer["reading_weight"]:
        says = "the same" if answer["reading"] > 0 else "another thing"
        lines.append(
            f"Read beside the entry's questions it seems to ask for {says} "
            f"({answer['reading']:+.1f}), which is in the score."
        )
    if how and answer["path"] in ("cache", "route", "clarify"):
        lines.append(f"It was decided {how}.")  # misheard: see docs/matching.md
    if best["similarity"] < calibration.floor:
        few = f"Its similarity {best['similarity']:.2f} is below {calibration.floor:.2f}"
        lines.append(
            f"{few}, but read word by word it asks for the same."
            if answer["path"] in ("cache", "route")
            else f"{few}: the catalogue has too few questions to be sure with less."
        )
    if forbidden and score >= threshold:
        lines.append("It would have been spoken but for what follows.")
    questions = {one["id"]: one["question"] for one in answer["candidates"]}
    lines += [
        f"The guard {veto['guard']} forbids {veto['entry']}, next to its question "
        f'"{questions.get(veto["entry"], "")}": {veto["reason"]}.'
        for veto in answer["vetoes"]
    ]
    if answer["clarify"]:
        lines.append(f"So the caller is asked about {' and '.join(answer['clarify'])}.")
    return lines


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def mends(answer: Mapping[str, Any], text: str, max_wrong_rate: float) -> list[str]:
    """The changes an operator can make if the decision is not the wanted one; each takes effect
    after seeding.
    """
    if answer["path"] in ("cache", "route"):
        if not answer["entry"]:
            return []
        entry = answer["entry"]["id"]
        return [f'if that is wrong, add "{text}" to the counter_example of {entry}']
    if not answer["candidates"]:
        return []
    vetoed = {veto["entry"] for veto in answer["vetoes"]}
    best = answer["candidates"][0]["id"]
    likely = [one["id"] for one in answer["candidates"] if one["probability"] >= LIKELY]
    found = [
        _after_veto(veto["guard"], veto["entry"], text)
        for veto in answer["vetoes"]
        if veto["entry"] in (best, *likely)
    ]
    free = [entry for entry in likely if entry not in vetoed]
    if len(free) > 1:
        found.append(f"let the questions of {free[0]} and {free[1]} say how the two differ")
    if best not in vetoed:
        found.append(f'if {best} answers it, add "{text}" to its questions')
        if not answer["clarify"]:
            found.append(
                f"to answer with less, raise match.max_wrong_rate (now {100 * max_wrong_rate:g} %)"
            )
    return list(dict.fromkeys(found))


def _after_veto(name: str, entry: str, text: str) -> str:
    guard = GUARDS[name]
    if guard.mend:
        return f"if {entry} answers it, {guard.mend}"
    if guard.scope is Scope.WORDING:
        return f'if {entry} answers it, add "{text}" to its questions: none of them says that'
    return (
        f'if {entry} answers it all the same, add "{text}" to its questions; if it means another '
        "thing, seed it as an entry of its own"
    )


def show(answer: dict[str, Any]) -> None:
    """The explanation for a person."""
    colour = {"cache": "green", "clarify": "yellow", "route": "cyan"}.get(answer["path"], "red")
    sure = f", confidence {answer['confidence']:.3f}" if answer["confidence"] else ""
    say(f"{answer['path']}{sure}  ({answer['match_ms']:.1f} ms)", style=f"bold {colour}")
    if answer["action"]:
        say(f"action: {answer['action']}")
    if answer["entry"]:
        say(f"entry {answer['entry']['id']}, catalogue {answer['catalogue']}")
        say(f'"{answer["entry"]["answer"]}"')
    for line in answer["because"]:
        say(line)
    for mend in answer["mends"]:
        say(f"  -> {mend}", style="cyan")
    if answer["candidates"]:
        say()
        table(
            ("nearest question", "entry", "similarity", "probability"),
            [
                (c["question"], c["id"], c["similarity"], c["probability"])
                for c in answer["candidates"]
            ],
        )
