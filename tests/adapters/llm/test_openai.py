"""OpenAI's models, and others that speak as they do: what is their own."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from gateway.adapters.llm.openai import BASE_URL, openai_model
from gateway.chat import ChatRequest

pytestmark = pytest.mark.anyio

ASKED = ChatRequest(messages=({"role": "user", "content": "hi"},), max_tokens=50)


@pytest.mark.parametrize(
    ("base_url", "limit"),
    [
        ("", "max_completion_tokens"),
        (BASE_URL + "/", "max_completion_tokens"),
        ("http://127.0.0.1:1/v1", "max_tokens"),
    ],
)
async def test_openai_itself_has_the_new_name_of_the_limit(base_url: str, limit: str) -> None:
    model = openai_model(name="o", model="m", key="k", base_url=base_url)
    body = model._body(ASKED)
    assert body == {
        "model": "m",
        "messages": (),
        "stream": True,
        limit: 50,
        "extra_body": {
            "messages": list(ASKED.messages),
            "stream_options": {"include_usage": True},
        },
    }
    assert model.cancels
    await model.close()


async def test_the_client_tries_nothing_again_and_keeps_connections(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://elsewhere/")
    model = openai_model(name="o", model="m", key="")
    client: Any = model._client
    assert client.max_retries == 0
    assert str(client.base_url).startswith(BASE_URL), "only the settings say where it is"
    assert client._client._transport._pool._keepalive_expiry == 120
    assert logging.getLogger("openai").level == logging.WARNING
    await model.close()
