"""A bank for the demo: what its agent says, and the system its tool asks. Both are scripts.

The agent understands nothing: it looks for words in what the caller said and says what somebody
wrote down, so that a miss can be heard without keys. Where a tool is offered that tells the
balance, it is called, and its result put into a sentence.
"""

from __future__ import annotations

import json
import re
from typing import Any

from tests.providers.chat import Reply, ToolCall
from tests.providers.server import Answer
from tests.providers.websocket import Socket
from tests.providers.wire import Request

BALANCE = "account_balance"
"""The tool."""

SCRIPT: tuple[tuple[str, str], ...] = (
    (
        r"mortgage|buy(ing)? (a|my|our) (house|home|flat)",
        "Yes, we lend for homes. An adviser looks at your income and the price with you, which "
        "takes about an hour. Shall I pass you on to one?",
    ),
    (
        r"business|company|self.?employed|freelanc",
        "We have an account for businesses. Bring your registration and an identity card to any "
        "branch, and it is open the next day.",
    ),
    (
        r"invest|stocks?\b|shares?\b|funds?\b|pension",
        "That is a matter for our advisers. They meet you in the branch or by video, and the "
        "first hour costs nothing. Would you like an appointment?",
    ),
    (
        r"\bdogs?\b|\bcats?\b|\bpets?\b",
        "Yes, dogs are welcome in our branches. Please keep yours on a lead.",
    ),
    (
        r"child|children|kids?\b|son\b|daughter",
        "Yes, from the age of seven children can have an account. It is free, and a parent "
        "decides how much they can spend.",
    ),
    (
        r"job|career|work for you|apprentice",
        "We would be glad to hear from you. Open positions are on our website, under careers.",
    ),
    (
        r"robot|machine|computer|human|real person|who are you",
        "I am the bank's telephone assistant. What I say in this demo is a script, and I can pass "
        "you on to a colleague if you like.",
    ),
    (r"thank|thanks", "You are welcome. Is there anything else?"),
    (
        r"joke|funny|story",
        "Why did the bank teller lose his job? He lost interest. Now, what can I do for you?",
    ),
    (
        r"weather|rain|sunny",
        "I cannot see outside from here, I am afraid. But our branches are warm and dry.",
    ),
)
UNKNOWN = (
    "I do not know that one, I am sorry. A colleague in the branch can tell you more. "
    "Is there anything else that I can do for you?"
)


def agent(body: dict[str, Any]) -> Reply:
    """A model of ``tests.providers.chat``."""
    last = body["messages"][-1]
    if last.get("role") == "tool":
        return Reply(_told(last.get("content") or ""))
    said = [one["content"] for one in body["messages"] if one.get("role") == "user"]
    text = str(said[-1]).lower() if said else ""
    offered = [one["function"]["name"] for one in body.get("tools") or ()]
    if BALANCE in offered and re.search(r"balance|how much (money )?(do i|have i|is)", text):
        return Reply(tool_calls=(ToolCall(BALANCE, "{}"),))
    return Reply(next((answer for words, answer in SCRIPT if re.search(words, text)), UNKNOWN))


def _told(result: str) -> str:
    """The tool's result as a sentence."""
    try:
        balance = json.loads(result)["balance"]
    except (ValueError, TypeError, KeyError):
        return "I cannot look at your account just now, I am sorry. Please try again later."
    return f"You have {balance} in your account. Is there anything else?"


class System:
    """The bank's own system: ``tests.providers.server.Provider``. ``GET /balance``."""

    async def answer(self, request: Request) -> Answer:
        if (request.method, request.path) != ("GET", "/balance"):
            return Answer.json({"error": "not found"}, 404)
        return Answer.json({"balance": "one thousand two hundred and forty dollars"})

    def refusal(self, status: int, code: str, request: Request) -> Answer:
        return Answer.json({"error": code or "not now"}, status)

    def welcome(self, request: Request) -> Answer:
        return Answer.json({"error": "not found"}, 404)

    async def talk(self, request: Request, socket: Socket) -> None:
        """Never called: no WebSocket is welcome."""
