"""Connections for vendors' clients that are made on httpx: it sends nothing itself, httpx2 does.

httpx's own pool loses the place of a request that is cancelled at a bad moment (httpcore, issue
1093), for ever. Hedges and callers who cut in cancel all day: after some hours the pool would be
full of places that nobody holds, and the vendor as good as down. httpx2's pool gives them back.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator

import httpx
import httpx2


class Pooled(httpx.AsyncBaseTransport):
    """``httpx.AsyncClient(transport=Pooled(limits))``. Takes the environment's proxies, as httpx
    does; timeouts are those of the requests."""

    def __init__(self, limits: httpx2.Limits | None = None) -> None:
        self._client = httpx2.AsyncClient(limits=limits or httpx2.Limits(), follow_redirects=False)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send it. Raises what httpx itself would."""
        with _translated():
            given = httpx2.Request(
                request.method,
                str(request.url),
                headers=request.headers.raw,
                content=await request.aread(),
                extensions=dict(request.extensions),
            )
            answer = await self._client.send(given, stream=True)
        # these hold the stream of the connection, which httpx would take for its own
        extensions = {key: answer.extensions[key] for key in ("http_version", "reason_phrase")}
        return httpx.Response(
            answer.status_code,
            headers=answer.headers.raw,
            stream=_Body(answer),
            extensions=extensions,
        )

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.aclose()


class _Body(httpx.AsyncByteStream):
    """An answer's body, as it comes."""

    def __init__(self, answer: httpx2.Response) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _translated():
            async for data in self._answer.aiter_raw():
                yield data

    async def aclose(self) -> None:
        with _translated():
            await self._answer.aclose()


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """Both call their errors alike. Without the cause, which holds the request and so the key."""
    try:
        yield
    except httpx2.TransportError as error:
        kind = getattr(httpx, type(error).__name__, httpx.TransportError)
        raise kind(str(error)) from None
