"""``frontline ask``: the decision, the nearest questions, and why."""

from __future__ import annotations

import argparse
import time
from datetime import datetime
from typing import Any

from gateway.commands.console import dump, say, table
from gateway.commands.parts import live_catalogue, opened_encoder, opened_store
from gateway.explain import explain
from gateway.settings import Settings
from gateway.shell.tenants import prepare
from intents.decision import Context


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Decide as a call would; prints, and answers 0 whatever was decided."""
    encoder = opened_encoder(settings)
    with opened_store(settings, read_only=True) as store:
        serving = prepare(live_catalogue(store, settings.tenant.default), encoder)
    today = datetime.now().astimezone().date()
    context = Context(excluded=serving.expired(today), may_clarify=settings.match.clarify)
    text = " ".join(args.text)
    began = time.perf_counter()
    decision = serving.matcher.match(text, final=not args.partial, context=context)
    took = (time.perf_counter() - began) * 1000
    answer = explain(decision, serving.entries, catalogue=serving.number, match_ms=took)
    if args.json:
        dump(answer)
    else:
        show(answer)
    return 0


def show(answer: dict[str, Any]) -> None:
    """The explanation for a person."""
    colour = {"cache": "green", "clarify": "yellow", "route": "cyan"}.get(answer["path"], "red")
    sure = f", confidence {answer['confidence']:.3f}" if answer["confidence"] else ""
    say(f"{answer['path']}{sure}  ({answer['match_ms']:.1f} ms)", style=f"bold {colour}")
    if answer["reason"]:
        say(answer["reason"])
    if answer["action"]:
        say(f"action: {answer['action']}")
    if answer["entry"]:
        say(f"entry {answer['entry']['id']}, catalogue {answer['catalogue']}")
        say(f'"{answer["entry"]["answer"]}"')
    if answer["clarify"]:
        say(f"between {' and '.join(answer['clarify'])}")
    for veto in answer["vetoes"]:
        say(f"veto ({veto['guard']}) on {veto['entry']}: {veto['reason']}", style="red")
    if answer["candidates"]:
        say()
        table(
            ("nearest question", "entry", "similarity", "probability"),
            [
                (c["question"], c["id"], c["similarity"], c["probability"])
                for c in answer["candidates"]
            ],
        )
