"""Requests read: queries, bodies and their limits; errors by whose fault they are."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.datastructures import QueryParams
from starlette.requests import Request

from gateway import errors
from gateway.admin import wire
from gateway.admin.schema import AskIn, EntriesQuery, NoQuery, SeedQuery
from gateway.admin.wire import MAX_JSON, Refused, read_query, refusal_of
from tests.admin.truth import Client


def test_a_query_is_read_with_its_defaults() -> None:
    query = read_query(QueryParams("limit=7&search=a%20b"), EntriesQuery)
    assert (query.limit, query.search, query.offset) == (7, "a b", 0)
    assert read_query(QueryParams("skip_bad=1&dry_run=false"), SeedQuery).skip_bad is True


@pytest.mark.parametrize(
    ("text", "code", "field"),
    [
        ("limit=x", "bad_parameter", "limit"),
        ("limit=1&limit=2", "bad_parameter", "limit"),
        ("limits=1", "unknown_parameter", "limits"),
        ("=1", "unknown_parameter", ""),
    ],
)
def test_a_query_that_is_wrong(text: str, code: str, field: str) -> None:
    with pytest.raises(Refused) as caught:
        read_query(QueryParams(text), EntriesQuery)
    assert (caught.value.status, caught.value.problem.code) == (400, code)
    assert caught.value.problem.field == field


def test_no_query_is_asked_for() -> None:
    with pytest.raises(Refused, match="there are none here"):
        read_query(QueryParams("a=1"), NoQuery)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.NotFound("x"), 404),
        (errors.UsageError("x"), 400),
        (errors.SettingsError("x"), 400),
        (errors.DataError("x"), 422),
        (errors.StoreFailed("x"), 503),
        (errors.Overtaken("x"), 409),
        (errors.ProviderFailed("x"), 500),
        (errors.GatewayBug("x"), 500),
    ],
)
def test_errors_by_fault(error: errors.FrontlineError, status: int) -> None:
    assert refusal_of(error).status == status


@pytest.mark.parametrize("body", [b"", b"{", b"{'a': 1}", b"\xff\xfe", b'{"text": "\xff"}'])
def test_a_body_that_is_no_json(client: Client, body: bytes) -> None:
    error = client.refused(400, "POST", "/ask", content=body)
    assert error["code"] == "not_json"


def test_a_body_that_is_too_large(client: Client) -> None:
    error = client.refused(413, "POST", "/ask", content=b"x" * (MAX_JSON + 1))
    assert error == {"code": "too_large", "message": "a body may have 1 MiB here"}

    def chunks() -> Iterator[bytes]:
        for _ in range(17):
            yield b" " * (MAX_JSON // 16)

    assert client.refused(413, "POST", "/ask", content=chunks())["code"] == "too_large"


def test_a_body_in_chunks_is_read_whole(client: Client) -> None:
    parts = [b'{"text": "where ', b"can i ", b'park"}']
    assert client.ask("POST", "/ask", content=iter(parts)).json()["path"] == "cache"


def test_a_whole_number_may_be_written_with_a_point(client: Client) -> None:
    for number in (b"1.0", b"1e0", b"1"):
        body = b'{"number": ' + number + b"}"
        assert client.ask("POST", "/catalogues/rollback", content=body).json()["live"] == 1
    half = client.refused(422, "POST", "/catalogues/rollback", content=b'{"number": 1.5}')
    assert half["field"] == "number"


def slow(*pieces: tuple[float, bytes]) -> Request:
    """A request whose body comes in pieces, each after so many seconds; then nothing more."""
    left = list(pieces)

    async def receive() -> dict[str, Any]:
        if not left:
            await asyncio.sleep(1e6)
        wait, piece = left.pop(0)
        await asyncio.sleep(wait)
        return {"type": "http.request", "body": piece, "more_body": True}

    return Request({"type": "http", "method": "POST", "headers": []}, receive)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("pieces", "seconds"),
    [
        ([], wire.GRACE),
        ([(0.0, b"{")] * 3, wire.GRACE),
        ([(1.0, b" ")] * 5000, wire.GRACE),
        ([(0.1, b" " * 1000)] * 1000, wire.GRACE / (1 - 10_000 / wire.LEAST_RATE)),
        ([(0.0, b" " * (1 << 20))], wire.STALLED),
        ([(19.0, b" " * 20_000)], wire.GRACE),
    ],
    ids=["silent", "begun", "a byte a second", "too low a rate", "stalls at the end", "late"],
)
async def test_a_body_that_comes_too_slowly_is_given_up(
    pieces: list[tuple[float, bytes]], seconds: float
) -> None:
    clock = asyncio.get_running_loop().time
    began = clock()
    with pytest.raises(Refused) as caught:
        await wire.read_body(slow(*pieces), AskIn)
    assert clock() - began == pytest.approx(seconds, rel=0.01)
    assert (caught.value.status, caught.value.problem.code) == (408, "too_slow")
    assert "16 KiB a second" in caught.value.problem.message
    assert caught.value.headers == {"Connection": "close"}


@pytest.mark.anyio
async def test_even_a_body_of_the_least_rate_has_an_end() -> None:
    clock = asyncio.get_running_loop().time
    began = clock()
    body = wire._limited(slow(*[(1.0, b" " * (17 << 10))] * 2000), wire.MAX_TABLE)
    with pytest.raises(Refused, match="too slowly"):
        async for _ in body:
            pass
    assert clock() - began == pytest.approx(wire.WITHIN, rel=0.01)


def test_deep_nesting_is_refused(client: Client) -> None:
    deep = b'{"text":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    assert client.ask("POST", "/ask", content=deep).status_code in (400, 422)
