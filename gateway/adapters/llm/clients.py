"""Vendors' own clients, made for calls: warm connections, no attempt of their own, no log of what
callers say. OpenAI's and Groq's are made alike, on transports of different names.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

import httpx2

from gateway.adapters.llm.chunks import Reading
from gateway.adapters.llm.completions import hush, streamed

CONNECT = 2.0
"""Seconds to connect, TLS included."""
WRITE = 5.0
POOL = 1.0
"""Seconds to wait for one of the pool's connections."""
READ = 30.0
"""Seconds without a byte. The hedge's own deadlines come long before."""
CONNECTIONS = 1000
KEPT_FOR = 120.0
"""Seconds an idle connection is kept: callers think for longer than the clients' usual 5."""


def limits() -> httpx2.Limits:
    """The limits of a pool of connections to a vendor."""
    return httpx2.Limits(
        max_connections=CONNECTIONS,
        max_keepalive_connections=CONNECTIONS,
        keepalive_expiry=KEPT_FOR,
    )


def warmed(
    sdk: ModuleType, vendor: str, http: Any, transport: ModuleType, *, key: str, base_url: str
) -> Any:
    """The client ``Async{vendor}``, with all that its first request needs made beforehand.

    ``sdk``: where it is; ``http``: makes the client for HTTP, given its ``timeout``; ``transport``:
    ``httpx`` or ``httpx2``, on which these are built.
    """
    hush()
    _rehearse(getattr(sdk, vendor), sdk.Stream, transport)
    timeout = transport.Timeout(connect=CONNECT, read=READ, write=WRITE, pool=POOL)
    return getattr(sdk, f"Async{vendor}")(
        api_key=key or "none",
        base_url=base_url,
        max_retries=0,  # the hedge knows better what is worth another call
        http_client=http(timeout=timeout),
    )


REHEARSED = b"".join(
    b'data: {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", '
    b'"choices": [{"index": 0, "delta": %s, "finish_reason": %s}]}\n\n' % parts
    for parts in ((b'{"role": "assistant", "content": "Hi"}', b"null"), (b"{}", b'"stop"'))
)


def _rehearse(blocking: Any, stream: Any, transport: ModuleType) -> None:
    """Take one answer from nowhere, blocking.

    Clients make their types when they first need them, which takes a quarter of a second that the
    first caller would wait, and every other call with it.
    """

    def answer(_: Any) -> Any:
        headers = {"content-type": "text/event-stream"}
        return transport.Response(200, headers=headers, content=REHEARSED + b"data: [DONE]\n\n")

    with blocking(
        api_key="none",
        base_url="http://127.0.0.1/",
        max_retries=0,
        http_client=transport.Client(transport=transport.MockTransport(answer)),
    ) as one:
        said = [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}]
        body = {"model": "m", "messages": said, "stream": True}
        reading = Reading()
        for chunk in one.post("/chat/completions", body=body, **streamed(stream)):
            reading.take(chunk)
        reading.end()
