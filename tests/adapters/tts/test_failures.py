"""What vendors' errors mean, and that their own words are not passed on."""

from __future__ import annotations

from typing import Any

import pytest
from websockets.exceptions import ConnectionClosedError
from websockets.frames import Close

from gateway.adapters.tts.failures import failed, refused
from gateway.core.race.attempts import AttemptFailure
from gateway.errors import ProviderFailed
from gateway.ports.live_speech import VoiceFailed

KEY = "sk-hunter2"


class StatusError(Exception):
    def __init__(self, status: Any, body: Any = None, headers: Any = None) -> None:
        super().__init__(f"key {KEY} refused")
        self.status_code, self.body, self.headers = status, body, headers


class ConnectTimeout(Exception):
    pass


class ConnectError(Exception):
    pass


@pytest.mark.parametrize(
    ("error", "reason", "says"),
    [
        (StatusError(401), AttemptFailure.REFUSED, "set FRONTLINE_TTS__OPENAI_KEY (401)"),
        (StatusError(402, {"err_code": "NO_CREDIT"}), AttemptFailure.REFUSED, "(402 NO_CREDIT)"),
        (
            StatusError(400, {"detail": {"status": "voice_not_found"}}),
            AttemptFailure.REFUSED,
            "not_found",
        ),
        (StatusError(400, {"error": {"code": KEY}}), AttemptFailure.REFUSED, "(400)"),
        (StatusError(400, {"error": "x"}), AttemptFailure.REFUSED, "(400)"),
        (StatusError(418, [1]), AttemptFailure.REFUSED, "(418)"),
        (StatusError(409), AttemptFailure.SERVER, "(409)"),
        (StatusError(503), AttemptFailure.SERVER, "(503)"),
        (StatusError(None), AttemptFailure.BROKEN, "broke off (StatusError)"),
        (ConnectTimeout(KEY), AttemptFailure.SILENT, "too long"),
        (TimeoutError(), AttemptFailure.SILENT, "too long"),
        (ConnectError(KEY), AttemptFailure.UNREACHABLE, "cannot be reached"),
        (ConnectionRefusedError(), AttemptFailure.UNREACHABLE, "cannot be reached"),
        (ConnectionResetError(), AttemptFailure.BROKEN, "cut the connection"),
        (ConnectionClosedError(Close(1011, KEY), None), AttemptFailure.BROKEN, "connection (1011)"),
        (ConnectionClosedError(None, None), AttemptFailure.BROKEN, "(no reason given)"),
        (ValueError(KEY), AttemptFailure.BROKEN, "broke off (ValueError)"),
        (ProviderFailed("espeak is not there"), AttemptFailure.REFUSED, "espeak is not there"),
    ],
    ids=repr,
)
def test_what_it_means(error: Exception, reason: AttemptFailure, says: str) -> None:
    told = failed("openai", error)
    assert told.reason is reason
    assert says in str(told)
    assert KEY not in str(told)
    assert failed("other", told) is told


@pytest.mark.parametrize(
    ("header", "seconds"), [("2", 2.0), ("0.5", 0.5), ("Wed, 21 Oct", None), ("-1", None)]
)
def test_when_to_come_back(header: str, seconds: float | None) -> None:
    told = failed("openai", StatusError(429, headers={"retry-after": header}))
    assert (told.reason, told.retry_after) == (AttemptFailure.RATE_LIMITED, seconds)
    assert failed("openai", StatusError(429)).retry_after is None


def test_refused_on_a_socket() -> None:
    assert refused("elevenlabs", "quota_exceeded").reason is AttemptFailure.REFUSED
    assert refused("elevenlabs", "system_busy").reason is AttemptFailure.RATE_LIMITED
    assert "no code" in str(refused("elevenlabs", KEY))
    assert isinstance(refused("elevenlabs", 7), VoiceFailed)
