"""The meaning of a provider's error: the clients' exceptions, in the hedge's words.

OpenAI's and Groq's clients name their exceptions alike, and both let others through: Groq's its
transport's once the headers are there, both ``ValueError`` for what is no JSON or no UTF-8.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from math import isfinite
from types import ModuleType
from typing import Any

from gateway.core.race.attempts import AttemptFailure
from gateway.ports.models import ChatFailed

SHAPELESS = (ValueError, AttributeError, TypeError, KeyError, IndexError)
"""The errors in which reading an answer of another shape ends."""

REFUSED_STATUSES = {401, 402, 403, 404}
REFUSED_CODES = {"insufficient_quota", "invalid_api_key", "model_not_found", "billing_not_active"}
LIMIT_CODES = {"rate_limit_exceeded", "tokens", "requests"}


def failed(error: Exception, sdk: ModuleType) -> ChatFailed:
    """Why an attempt failed. ``sdk``: the module of the client's exceptions."""
    if isinstance(error, ChatFailed):
        return error
    if isinstance(error, sdk.APITimeoutError) or _named(error, "Timeout"):
        return ChatFailed(AttemptFailure.SILENT)
    if isinstance(error, sdk.APIConnectionError):
        return ChatFailed(AttemptFailure.UNREACHABLE)
    code = _code(error)
    if isinstance(error, sdk.APIStatusError):
        headers = error.response.headers
        status = error.status_code
        if status in REFUSED_STATUSES or code in REFUSED_CODES:
            return ChatFailed(AttemptFailure.REFUSED)
        if status == 429:
            return ChatFailed(AttemptFailure.RATE_LIMITED, retry_after(headers, time.time()))
        return ChatFailed(AttemptFailure.SERVER)
    if isinstance(error, sdk.APIError):  # an error object in the stream
        if code in REFUSED_CODES:
            return ChatFailed(AttemptFailure.REFUSED)
        return ChatFailed(
            AttemptFailure.RATE_LIMITED if code in LIMIT_CODES else AttemptFailure.SERVER
        )
    return ChatFailed(AttemptFailure.BROKEN)


def _named(error: Exception, part: str) -> bool:
    """Return whether the error or a base of it has ``part`` in its name. Each client has its own
    transport errors, so only names tell what they are.
    """
    return any(part in kind.__name__ for kind in type(error).__mro__)


def _code(error: Exception) -> str:
    body: Any = getattr(error, "body", None)
    if isinstance(body, dict):
        inner = body.get("error", body)
        if isinstance(inner, dict):
            return str(inner.get("code") or inner.get("type") or "")
    return ""


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds from ``now`` (Unix), of ``Retry-After-Ms`` or ``Retry-After`` as seconds or a date;
    None without them or if they are not understood."""
    for name, unit in (("retry-after-ms", 1000), ("retry-after", 1)):
        try:
            seconds = float(headers[name]) / unit
        except (KeyError, ValueError):
            continue
        if isfinite(seconds):
            return max(0.0, seconds)
    try:
        return max(0.0, parsedate_to_datetime(headers["retry-after"]).timestamp() - now)
    except (KeyError, ValueError, OverflowError):
        return None
