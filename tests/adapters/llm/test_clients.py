"""Vendors' own clients as they are made for calls."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from gateway.adapters.llm import groq, openai
from gateway.adapters.llm.clients import CONNECT, CONNECTIONS, KEPT_FOR, POOL, READ, WRITE
from gateway.adapters.llm.completions import Completions

pytestmark = pytest.mark.anyio

Make = Callable[..., Completions]


def of_openai(client: Any) -> Any:
    return client._client._transport._pool


def of_groq(client: Any) -> Any:
    return client._client._transport._client._transport._pool


@pytest.mark.parametrize(
    ("vendor", "make", "base_url", "pool_of"),
    [
        ("openai", openai.openai_model, openai.BASE_URL, of_openai),
        ("groq", groq.groq_model, groq.BASE_URL, of_groq),
    ],
)
async def test_it_tries_nothing_again_and_keeps_connections(
    monkeypatch: pytest.MonkeyPatch,
    vendor: str,
    make: Make,
    base_url: str,
    pool_of: Callable[[Any], Any],
) -> None:
    monkeypatch.setenv(f"{vendor.upper()}_BASE_URL", "http://elsewhere/")
    model = make(name="one", model="m", key="")
    client: Any = model._client
    assert client.max_retries == 0
    assert str(client.base_url).startswith(base_url), "only the settings say where it is"
    times = client._client.timeout
    assert (times.connect, times.read, times.write, times.pool) == (CONNECT, READ, WRITE, POOL)
    pool = pool_of(client)
    assert (pool._keepalive_expiry, pool._max_connections) == (KEPT_FOR, CONNECTIONS)
    assert pool._max_keepalive_connections == CONNECTIONS
    assert logging.getLogger(vendor).level == logging.WARNING
    await model.close()


@pytest.mark.parametrize("make", [openai.openai_model, groq.groq_model])
async def test_its_types_are_made_before_the_first_request(
    monkeypatch: pytest.MonkeyPatch, make: Make
) -> None:
    rehearsed: list[str] = []

    class Reading:
        def take(self, chunk: Any) -> None:
            choice = chunk["choices"][0]
            rehearsed.append(choice["delta"].get("content") or choice["finish_reason"])

        def end(self) -> None:
            rehearsed.append("end")

    monkeypatch.setattr("gateway.adapters.llm.clients.AnswerReader", Reading)
    model = make(name="one", model="m", key="k")
    assert rehearsed == ["Hi", "stop", "end"]
    await model.close()
