"""``ports.CallControl`` over Twilio's REST API, through its SDK."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import cached_property
from typing import Any

from gateway.errors import ProviderFailed

TIMEOUT = 5.0
"""Seconds of one request; a caller hears nothing meanwhile."""


class TwilioControl:
    """One account. The SDK waits for its answers, so each request has a thread."""

    def __init__(self, account_sid: str, auth_token: str, api_url: str) -> None:
        self._account_sid = account_sid
        self._auth_token = auth_token
        self._api_url = api_url.rstrip("/")

    @cached_property
    def _client(self) -> Any:
        from twilio.http.http_client import TwilioHttpClient  # takes 0.1 s, and few need it
        from twilio.rest import Client

        http = TwilioHttpClient(timeout=TIMEOUT, max_retries=1)
        client = Client(self._account_sid, self._auth_token, http_client=http)
        client.api.base_url = self._api_url
        return client

    async def redirect(self, call: str, instructions: str) -> None:
        """See ``CallControl``."""
        await self._told(lambda: self._client.calls(call).update(twiml=instructions))

    async def hang_up(self, call: str) -> None:
        """See ``CallControl``."""
        await self._told(lambda: self._client.calls(call).update(status="completed"))

    async def _told(self, request: Callable[[], object]) -> None:
        from requests import RequestException
        from twilio.base.exceptions import TwilioException, TwilioRestException

        try:
            await asyncio.to_thread(request)
        except TwilioRestException as error:  # its text holds the call's address
            raise ProviderFailed(f"Twilio answered {error.status}, code {error.code}") from None
        except (RequestException, TwilioException) as error:
            raise ProviderFailed(f"Twilio: {type(error).__name__}") from None
