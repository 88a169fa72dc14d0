"""What providers' errors mean."""

from __future__ import annotations

import math
from typing import Any

import groq
import httpx
import httpx2
import openai
import pytest

from gateway.adapters.llm.faults import failed, retry_after
from gateway.core.race.attempts import AttemptFailure

SDKS: list[Any] = [(openai, httpx2), (groq, httpx)]


def status(sdk: Any, http: Any, code: int, body: Any = None, **headers: str) -> Exception:
    request = http.Request("POST", "http://x/")
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    response = http.Response(code, headers=named, request=request)
    error: Exception = sdk.APIStatusError("the caller said: 4111", response=response, body=body)
    return error


@pytest.mark.parametrize(("sdk", "http"), SDKS)
@pytest.mark.parametrize(
    ("code", "body", "reason"),
    [
        (400, None, AttemptFailure.SERVER),
        (401, None, AttemptFailure.REFUSED),
        (402, None, AttemptFailure.REFUSED),
        (403, None, AttemptFailure.REFUSED),
        (404, {"code": "model_not_found"}, AttemptFailure.REFUSED),
        (413, None, AttemptFailure.SERVER),
        (429, {"code": "rate_limit_exceeded"}, AttemptFailure.RATE_LIMITED),
        (429, {"error": {"code": "insufficient_quota"}}, AttemptFailure.REFUSED),
        (429, "not an object", AttemptFailure.RATE_LIMITED),
        (498, None, AttemptFailure.SERVER),
        (500, None, AttemptFailure.SERVER),
        (503, None, AttemptFailure.SERVER),
    ],
)
def test_statuses(sdk: Any, http: Any, code: int, body: Any, reason: AttemptFailure) -> None:
    found = failed(status(sdk, http, code, body, retry_after="2"), sdk)
    assert found.reason is reason
    assert found.retry_after == (2.0 if reason is AttemptFailure.RATE_LIMITED else None)
    assert "4111" not in str(found)


@pytest.mark.parametrize(("sdk", "http"), SDKS)
def test_what_is_no_status(sdk: Any, http: Any) -> None:
    request = http.Request("POST", "http://x/")
    cases = [
        (sdk.APITimeoutError(request=request), AttemptFailure.SILENT),
        (sdk.APIConnectionError(request=request), AttemptFailure.UNREACHABLE),
        (http.ReadTimeout("x"), AttemptFailure.SILENT),
        (http.ReadError("x"), AttemptFailure.BROKEN),
        (http.RemoteProtocolError("x"), AttemptFailure.BROKEN),
        (sdk.APIError("x", request, body={"type": "server_error"}), AttemptFailure.SERVER),
        (
            sdk.APIError("x", request, body={"code": "rate_limit_exceeded"}),
            AttemptFailure.RATE_LIMITED,
        ),
        (sdk.APIError("x", request, body={"type": "insufficient_quota"}), AttemptFailure.REFUSED),
        (ValueError("x"), AttemptFailure.BROKEN),
        (OSError("x"), AttemptFailure.BROKEN),
    ]
    for error, reason in cases:
        assert failed(error, sdk).reason is reason, repr(error)
    known = failed(ValueError(), sdk)
    assert failed(known, sdk) is known


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "2.5"}, 2.5),
        ({"retry-after": "-1"}, 0.0),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after": "Thu, 01 Jan 1970 00:01:40 GMT"}, 90.0),
        ({"retry-after": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0.0),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "soon"}, None),
    ],
)
def test_when_to_come_back(headers: dict[str, str], seconds: float | None) -> None:
    found = retry_after(headers, now=10.0)
    assert found == seconds
    assert found is None or math.isfinite(found)
