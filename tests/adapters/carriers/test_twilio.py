"""Twilio's REST API through its SDK, against a local server."""

from __future__ import annotations

import pytest

from gateway.adapters.carriers.twilio import TwilioControl
from gateway.errors import ProviderFailed
from tests.providers.behaviour import Behaviour
from tests.providers.server import Server
from tests.providers.twilio import ACCOUNT, CALL
from tests.providers.twilio_api import TwilioApi

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]


async def test_a_call_is_redirected_and_ended() -> None:
    api = TwilioApi("secret")
    async with Server(api) as server:
        control = TwilioControl(ACCOUNT, "secret", server.http + "/")
        await control.redirect(CALL, "<Response/>")
        await control.hang_up(CALL)
    assert api.updates == [(CALL, {"Twiml": "<Response/>"}), (CALL, {"Status": "completed"})]


@pytest.mark.parametrize("status", [401, 404, 429, 500])
async def test_a_refusal_is_told_without_the_call(status: int) -> None:
    async with Server(TwilioApi("secret")) as server:
        server.behaviour = Behaviour(status=status)
        control = TwilioControl(ACCOUNT, "secret", server.http)
        with pytest.raises(ProviderFailed, match=str(status)) as failed:
            await control.hang_up(CALL)
    assert CALL not in str(failed.value)


async def test_nobody_there() -> None:
    async with Server(TwilioApi("secret")) as server:
        address = server.http
    control = TwilioControl(ACCOUNT, "secret", address)
    with pytest.raises(ProviderFailed, match="Twilio: ConnectionError"):
        await control.hang_up(CALL)
