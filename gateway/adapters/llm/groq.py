"""Groq's models."""

from __future__ import annotations

from functools import partial

from gateway.adapters.llm.completions import Completions

BASE_URL = "https://api.groq.com"


def groq_model(*, name: str, model: str, key: str, base_url: str = "") -> Completions:
    """A model at Groq. Blocks for a second: imports the client.

    A stream that is cut there is billed whole (openrouter.ai, streaming: cancellation).
    """
    import groq
    import httpx

    from gateway.adapters.llm.clients import limits, warmed
    from gateway.adapters.pooled import Pooled

    http = partial(groq.DefaultAsyncHttpxClient, transport=Pooled(limits()))
    base_url = base_url or BASE_URL
    client = warmed(groq, "Groq", http, httpx, key=key, base_url=base_url)
    return Completions(
        client,
        groq,
        httpx,
        path="/openai/v1/chat/completions",
        provider=name,
        model=model,
        cancels=False,
        limit_name="max_completion_tokens",
        extra={},
    )
