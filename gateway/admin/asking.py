"""``POST /admin/v1/ask``: what a caller would be answered, and why. Nothing is recorded."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime

import msgspec

from gateway.admin.inputs import AskIn
from gateway.admin.operations import Admin, AdminRequest
from gateway.admin.outputs import AskOut
from gateway.admin.wire import Refused
from gateway.explain import demands, explain
from gateway.shell.catalogue.routing import Routing
from gateway.shell.catalogue.tenants import Serving
from intents.decision import Context, Decision


async def ask(admin: Admin, asked: AdminRequest) -> AskOut | list[AskOut]:
    """One answer to ``text``, a list of them to ``texts``."""
    body: AskIn = asked.body
    if (body.text is None) == (body.texts is None):
        raise Refused(422, "invalid", "send either text or texts", "text")
    serving = admin.serving(body.tenant)
    texts = [body.text] if body.text is not None else body.texts or []
    context = Context(
        excluded=serving.expired(datetime.now().astimezone().date()),
        may_clarify=admin.settings.match.clarify,
    )
    sections = admin.settings
    routing = Routing.of(sections.intents.entries, sections.prompts.entries)
    answers = await asyncio.to_thread(_decide, serving, routing, texts, body.final, context)
    return answers[0] if body.text is not None else answers


def _decide(
    serving: Serving, routing: Routing, texts: Sequence[str], final: bool, context: Context
) -> list[AskOut]:
    """Blocks: some milliseconds a text, each timed by itself as in a call."""
    answers = []
    for text in texts:
        began = time.perf_counter()
        decision = serving.matcher.match(text, final=final, context=context)
        took = (time.perf_counter() - began) * 1000
        answers.append(shown(routing.applied(decision, serving.entries), serving, took))
    return answers


def shown(decision: Decision, serving: Serving, took: float) -> AskOut:
    """The decision as it is answered; ``took`` in ms."""
    answer = explain(decision, serving.entries, catalogue=serving.number, match_ms=took)
    return msgspec.convert(answer | demands(decision, serving.matcher), AskOut)
