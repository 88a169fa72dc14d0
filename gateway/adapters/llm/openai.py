"""OpenAI's models, and whatever speaks as its API does."""

from __future__ import annotations

from gateway.adapters.llm import completions
from gateway.adapters.llm.completions import Completions

BASE_URL = "https://api.openai.com/v1"


def openai_model(*, name: str, model: str, key: str, base_url: str = "") -> Completions:
    """A model at OpenAI, or at ``base_url``. Blocks for a second: imports the client.

    A stream that is cut at OpenAI stops being billed (openrouter.ai, streaming: cancellation).
    """
    import httpx2
    import openai

    completions.hush()
    completions.rehearse(openai.OpenAI, httpx2)
    client = openai.AsyncOpenAI(
        api_key=key or "none",
        base_url=base_url or BASE_URL,
        max_retries=0,  # the hedge knows better what is worth another call
        http_client=openai.DefaultAsyncHttpxClient(
            timeout=httpx2.Timeout(
                connect=completions.CONNECT,
                read=completions.READ,
                write=completions.WRITE,
                pool=completions.POOL,
            ),
            limits=httpx2.Limits(
                max_connections=completions.CONNECTIONS,
                max_keepalive_connections=completions.CONNECTIONS,
                keepalive_expiry=completions.KEPT_FOR,
            ),
        ),
    )
    own = not base_url or base_url.rstrip("/") == BASE_URL
    return Completions(
        client,
        openai,
        httpx2,
        provider=name,
        model=model,
        cancels=True,
        # OpenAI's newer models take only the new name, other servers often only the old one.
        limit_name="max_completion_tokens" if own else "max_tokens",
        extra={"stream_options": {"include_usage": True}},
    )
