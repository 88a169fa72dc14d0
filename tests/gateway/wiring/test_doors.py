"""The carriers' doors as the settings have them."""

from __future__ import annotations

import pytest
from starlette.routing import Route, WebSocketRoute

from gateway.settings.whole import load
from gateway.wiring import doors

SID = "AC" + "0" * 32


def test_the_paths_are_fixed() -> None:
    def services() -> object:
        raise AssertionError("nobody calls")

    made = doors.routes(load(None, {}), services, lambda: False)  # type: ignore[arg-type]
    sockets = {one.path for one in made if isinstance(one, WebSocketRoute)}
    hooks = {one.path: one.methods for one in made if isinstance(one, Route)}
    assert sockets == {"/twilio/media", "/twilio/media/{token}", "/vonage/media"}
    assert hooks == {
        "/twilio/voice": {"POST"},
        "/twilio/status": {"POST"},
        "/vonage/answer": {"GET", "HEAD", "POST"},
        "/vonage/event": {"POST"},
    }


@pytest.mark.parametrize(
    ("environ", "keys", "control"),
    [
        ({}, False, False),
        ({"FRONTLINE_TWILIO__AUTH_TOKEN": "t"}, True, False),
        ({"FRONTLINE_TWILIO__AUTH_TOKEN": "t", "FRONTLINE_TWILIO__ACCOUNT_SID": SID}, True, True),
        (
            {"FRONTLINE_TWILIO__SIGNING_KEY": "s", "FRONTLINE_TWILIO__SIGNING_KEY_ID": "k"},
            True,
            False,
        ),
    ],
)
def test_what_the_account_can_do(environ: dict[str, str], keys: bool, control: bool) -> None:
    account = doors.twilio_account(load(None, environ))
    assert (bool(account.keys), account.control is not None) == (keys, control)


def test_vonage_is_told_the_rate_and_the_secret() -> None:
    environ = {"FRONTLINE_VONAGE__SIGNATURE_SECRET": "s", "FRONTLINE_VONAGE__SAMPLE_RATE": "8000"}
    account = doors.vonage_account(load(None, environ))
    assert (account.signature_secret, account.sample_rate) == ("s", 8000)
