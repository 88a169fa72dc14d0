"""Groq's models: what is their own."""

from __future__ import annotations

import pytest

from gateway.adapters.llm.groq import groq_model
from gateway.ports.models import ChatRequest

pytestmark = pytest.mark.anyio

ASKED = ChatRequest(messages=({"role": "user", "content": "hi"},), max_tokens=50)


async def test_what_is_asked() -> None:
    model = groq_model(name="g", model="m", key="k")
    assert model._body(ASKED) == {
        "model": "m",
        "messages": ASKED.messages,
        "stream": True,
        "max_completion_tokens": 50,
    }
    assert not model.cancels, "a stream that is cut is billed whole"
    await model.close()
