"""OpenAI's models, and others that speak as they do: what is their own."""

from __future__ import annotations

import pytest

from gateway.adapters.llm.openai import BASE_URL, openai_model
from gateway.ports.models import ChatRequest

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
        "messages": ASKED.messages,
        "stream": True,
        limit: 50,
        "stream_options": {"include_usage": True},
    }
    assert model.cancels
    await model.close()
