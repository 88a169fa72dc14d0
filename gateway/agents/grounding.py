"""The approved answers near a question, as a model is told of them.

They are marked as possibly relevant: the cache did not find any of them sure enough to be spoken.
"""

from __future__ import annotations

from collections.abc import Sequence

from gateway.agents.context import tokens
from gateway.ports.agents import NearAnswer

RULE = (
    "Possibly relevant, approved answers to questions near the caller's. Use one only where it "
    "answers what the caller asks, and then keep to it. Never invent prices, times or policies: "
    "what is not said here or above, you do not know."
)
FREE = 'Asked: "{question}" Answer: "{answer}"'
OBJECTED = 'Asked: "{question}" Not what the caller asks ({objection}). Its answer: "{answer}"'
FORBIDDEN = 'Asked: "{question}" Not to be answered with this ({objection}).'


def grounds(near: Sequence[NearAnswer], most: int) -> str:
    """The part of the prompt that tells of them, of about so many tokens at most: the farthest are
    left out first, and none is cut. Empty if there are none, or there is no room."""
    lines, left = list[str](), most - tokens(RULE)
    for one in near:
        line = _told(one)
        left -= tokens(line) + 1
        if left < 0:
            break
        lines.append(f"- {line}")
    return "\n".join([RULE, *lines]) if lines else ""


def _told(one: NearAnswer) -> str:
    objected = OBJECTED if one.answer else FORBIDDEN
    text = objected if one.objection else FREE
    return text.format(question=one.question, answer=one.answer, objection=one.objection)
