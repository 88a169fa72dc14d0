"""Groq's models."""

from __future__ import annotations

from gateway.adapters.llm import completions
from gateway.adapters.llm.completions import Completions

BASE_URL = "https://api.groq.com"


def groq_model(*, name: str, model: str, key: str, base_url: str = "") -> Completions:
    """A model at Groq. Blocks for a second: imports the client.

    A stream that is cut there is billed whole (openrouter.ai, streaming: cancellation).
    """
    import groq
    import httpx
    import httpx2

    from gateway.adapters.pooled import Pooled

    completions.hush()
    completions.rehearse(groq.Groq, httpx)
    client = groq.AsyncGroq(
        api_key=key or "none",
        base_url=base_url or BASE_URL,
        max_retries=0,  # the hedge knows better what is worth another call
        http_client=groq.DefaultAsyncHttpxClient(
            timeout=httpx.Timeout(
                connect=completions.CONNECT,
                read=completions.READ,
                write=completions.WRITE,
                pool=completions.POOL,
            ),
            transport=Pooled(
                httpx2.Limits(
                    max_connections=completions.CONNECTIONS,
                    max_keepalive_connections=completions.CONNECTIONS,
                    keepalive_expiry=completions.KEPT_FOR,
                )
            ),
        ),
    )
    return Completions(
        client,
        groq,
        httpx,
        provider=name,
        model=model,
        cancels=False,
        limit_name="max_completion_tokens",
        extra={},
    )
