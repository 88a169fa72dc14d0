"""Groq's models: what is their own."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from gateway.adapters.llm.groq import BASE_URL, groq_model
from gateway.chat import ChatRequest

pytestmark = pytest.mark.anyio

ASKED = ChatRequest(messages=({"role": "user", "content": "hi"},), max_tokens=50)


async def test_what_is_asked() -> None:
    model = groq_model(name="g", model="m", key="k")
    assert model._body(ASKED) == {
        "model": "m",
        "messages": (),
        "stream": True,
        "max_completion_tokens": 50,
        "extra_body": {"messages": list(ASKED.messages)},
    }
    assert not model.cancels, "a stream that is cut is billed whole"
    await model.close()


async def test_the_client_tries_nothing_again_and_keeps_connections(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GROQ_BASE_URL", "http://elsewhere/")
    model = groq_model(name="g", model="m", key="")
    client: Any = model._client
    assert client.max_retries == 0
    assert str(client.base_url).startswith(BASE_URL), "only the settings say where it is"
    pool = client._client._transport._client._transport._pool
    assert (pool._keepalive_expiry, pool._max_connections) == (120, 1000)
    assert logging.getLogger("groq").level == logging.WARNING
    await model.close()
