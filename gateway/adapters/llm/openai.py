"""OpenAI's models, and whatever speaks as its API does."""

from __future__ import annotations

from functools import partial

from gateway.adapters.llm.completions import Completions

BASE_URL = "https://api.openai.com/v1"


def openai_model(*, name: str, model: str, key: str, base_url: str = "") -> Completions:
    """A model at OpenAI, or at ``base_url``. Blocks for a second: imports the client.

    A stream that is cut at OpenAI stops being billed (openrouter.ai, streaming: cancellation).
    """
    import httpx2
    import openai

    from gateway.adapters.llm.clients import limits, warmed

    http = partial(openai.DefaultAsyncHttpxClient, limits=limits())
    base_url = base_url or BASE_URL
    client = warmed(openai, "OpenAI", http, httpx2, key=key, base_url=base_url)
    return Completions(
        client,
        openai,
        httpx2,
        path="/chat/completions",
        provider=name,
        model=model,
        cancels=True,
        # OpenAI's newer models take only the new name, other servers often only the old one.
        limit_name="max_completion_tokens" if _is_own(base_url) else "max_tokens",
        extra={"stream_options": {"include_usage": True}},
    )


def _is_own(base_url: str) -> bool:
    return base_url.rstrip("/") == BASE_URL
