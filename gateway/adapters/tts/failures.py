"""The meaning of a vendor's error. The text never holds what the vendor or its client wrote, which
may repeat the key: only status, the vendor's own code, and what mends it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from websockets.exceptions import ConnectionClosed

from gateway.core.race.attempts import AttemptFailure
from gateway.errors import ProviderFailed
from gateway.ports.live_speech import VoiceFailed

_MENDS = {
    400: "it does not take the request: check its voice and model",
    401: "it refused the key: set {variable}",
    402: "the account has no credit left",
    403: "the key may not use this voice, model or format",
    404: "no such service, voice or model: check its base_url and voice",
    422: "it does not take the request: check its voice and model",
    429: "too many requests at once",
}
_CODE = re.compile(r"[a-z][a-z_+]{2,40}", re.IGNORECASE)


def failed(voice: str, error: Exception) -> VoiceFailed:
    """The failure for any exception of the vendors' clients and their transports."""
    if isinstance(error, VoiceFailed):
        return error
    if isinstance(error, ProviderFailed):  # our own text
        return VoiceFailed(voice, AttemptFailure.REFUSED, str(error))
    status, headers = _status(error)
    if status >= 400:
        variable = f"FRONTLINE_TTS__{voice.upper()}_KEY"
        mend = _MENDS.get(status, "it has a fault of its own").format(variable=variable)
        code = _code(getattr(error, "body", None))
        why = f"{mend} ({status}{' ' + code if code else ''})"
        if status == 429:
            return VoiceFailed(voice, AttemptFailure.RATE_LIMITED, why, _seconds(headers))
        # 408 and 409 are moods, not refusals
        refused = status < 500 and status not in (408, 409)
        return VoiceFailed(voice, AttemptFailure.REFUSED if refused else AttemptFailure.SERVER, why)
    if isinstance(error, ConnectionClosed):
        code = str(error.rcvd.code) if error.rcvd else "no reason given"
        return VoiceFailed(voice, AttemptFailure.BROKEN, f"it closed the connection ({code})")
    kinds = " ".join(kind.__name__ for kind in type(error).__mro__)
    if "Timeout" in kinds:
        return VoiceFailed(voice, AttemptFailure.SILENT, "it took too long")
    if isinstance(error, ConnectionResetError | ConnectionAbortedError | BrokenPipeError):
        return VoiceFailed(voice, AttemptFailure.BROKEN, "it cut the connection")
    if "Connect" in type(error).__name__ or "Connector" in kinds or "refused" in kinds.lower():
        return VoiceFailed(voice, AttemptFailure.UNREACHABLE, "it cannot be reached")
    return VoiceFailed(voice, AttemptFailure.BROKEN, f"it broke off ({type(error).__name__})")


def refused(voice: str, code: object) -> VoiceFailed:
    """The failure for an error message on a WebSocket; ``code``: the vendor's own."""
    known = code if isinstance(code, str) and _CODE.fullmatch(code) else "no code"
    limits = ("too_many_concurrent_requests", "system_busy", "EXCESSIVE_FLUSH")
    reason = AttemptFailure.RATE_LIMITED if known in limits else AttemptFailure.REFUSED
    return VoiceFailed(voice, reason, f"it refused what it was sent ({known})")


def _status(error: Exception) -> tuple[int, Mapping[str, str]]:
    """HTTP status and headers; 0 if the error has none."""
    response = getattr(error, "response", None)  # OpenAI's client, httpx, websockets
    for source in (error, response):
        for name in ("status_code", "status"):  # aiohttp: status
            status = getattr(source, name, None)
            if isinstance(status, int):
                headers = getattr(error, "headers", None) or getattr(response, "headers", None)
                return status, headers or {}
    return 0, {}


def _code(body: Any) -> str:
    """The vendor's own code in an error's body: OpenAI's, ElevenLabs', Deepgram's."""
    for key in ("error", "detail"):
        if isinstance(body, Mapping) and isinstance(body.get(key), Mapping):
            body = body[key]
    if not isinstance(body, Mapping):
        return ""
    found = body.get("code") or body.get("status") or body.get("err_code")
    return found if isinstance(found, str) and _CODE.fullmatch(found) else ""


def _seconds(headers: Mapping[str, str]) -> float | None:
    """Retry-After in seconds; None if it is none, or a date."""
    found = re.fullmatch(r"\d{1,6}(\.\d+)?", headers.get("retry-after", "").strip())
    return float(found[0]) if found else None
