"""The owner of a bot behind is told what we have said in its place: a signed POST for each answer.

Never in a call's way: what is to be told is queued, and sent by tasks of its own. ``QUEUE`` bounds
what waits, and of more the oldest is dropped and counted. A POST that fails for want of the other
side (no connection, no answer, 429, 5xx) is tried again, ``TRIES`` in all within ``WITHIN``; any
other answer but 2xx is the owner's last word. Redirects are not followed. What waits when the
process ends is lost.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import time
from collections import deque
from collections.abc import Callable

import httpx2

from gateway.adapters.llm.completions import hush
from gateway.ports.bots import AnswerGiven

log = logging.getLogger("frontline.notify")

QUEUE = 1000
"""Answers that wait to be told. When it is full the oldest are lost and counted."""
AT_ONCE = 4
"""POSTs under way at the same time."""
TRIES = 3
PAUSES = (0.5, 2.0)
"""Seconds before the second try and the third."""
ONE_WITHIN = 3.0
"""Seconds that a try may take."""
WITHIN = 10.0
"""Seconds in which one answer is told, or given up."""
SIGNATURE = "frontline-signature"
QUIET_FOR = 60.0
"""Seconds between two log lines about failures: an endpoint that is down fails for every answer."""


class Failed(Exception):
    """The reason why it was not taken, without the address and what was to be told."""

    def __init__(self, reason: str, *, again: bool) -> None:
        super().__init__(reason)
        self.again = again


def signature(body: bytes, key: str, at: int) -> str:
    """The header that signs a body at that time (Unix seconds): ``t=...,v1=...``."""
    made = hmac.new(key.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={made}"


def body_of(told: AnswerGiven) -> bytes:
    """The body of the POST."""
    fields = {
        "event": "answered",
        "id": told.id,
        "call_id": told.call_id,
        **{name: value for name, value in told.ids.items() if value},
        "tenant": told.tenant,
        "turn": told.turn,
        "at": round(told.at, 3),
        "entry": told.entry,
        "question": told.question,
        "answer": told.answer,
        "whole": told.whole,
    }
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


class BotNotifier:
    """Tells one address."""

    def __init__(
        self,
        url: str,
        key: str,
        lost: Callable[[str, int], None],
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        """``lost``: told of what is dropped or cannot be told. ``transport``: for tests."""
        hush()
        self._url = url
        self._key = key
        self._lost = lost
        self._transport = transport
        self._waiting: deque[AnswerGiven] = deque()
        self._more = asyncio.Event()
        self._complained = -QUIET_FOR

    def __len__(self) -> int:
        return len(self._waiting)

    def tell(self, told: AnswerGiven) -> None:
        """Queue it; returns at once."""
        self._waiting.append(told)
        if len(self._waiting) > QUEUE:
            self._waiting.popleft()
            self._lost("notification", 1)
        self._more.set()

    async def run(self) -> None:
        """Send what is queued, until cancelled."""
        limits = httpx2.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
        async with (
            httpx2.AsyncClient(
                timeout=ONE_WITHIN,
                limits=limits,
                follow_redirects=False,
                trust_env=False,
                transport=self._transport,
            ) as client,
            asyncio.TaskGroup() as tasks,
        ):
            for number in range(AT_ONCE):
                tasks.create_task(self._send_all(client), name=f"notify {number}")

    async def _send_all(self, client: httpx2.AsyncClient) -> None:
        while True:
            while not self._waiting:
                self._more.clear()
                await self._more.wait()
            told = self._waiting.popleft()
            try:
                async with asyncio.timeout(WITHIN):
                    await self._send(client, body_of(told))
            except TimeoutError:
                self._give_up(f"not within {WITHIN:g} s")
            except Failed as failed:
                self._give_up(str(failed))

    async def _send(self, client: httpx2.AsyncClient, body: bytes) -> None:
        for pause in (*PAUSES, None):
            try:
                await self._post(client, body)
                return
            except Failed as failed:
                if pause is None or not failed.again:
                    raise
            await asyncio.sleep(pause)

    async def _post(self, client: httpx2.AsyncClient, body: bytes) -> None:
        headers = {
            "content-type": "application/json",
            SIGNATURE: signature(body, self._key, int(time.time())),
        }
        try:
            async with (
                asyncio.timeout(ONE_WITHIN),
                client.stream("POST", self._url, content=body, headers=headers) as response,
            ):
                status = response.status_code  # its body is of no interest, however long
        except (httpx2.HTTPError, httpx2.StreamError, TimeoutError) as error:
            # without its cause, whose text may hold the address
            raise Failed(type(error).__name__, again=True) from None
        if status // 100 != 2:
            raise Failed(f"status {status}", again=status == 429 or status >= 500)

    def _give_up(self, reason: str) -> None:
        self._lost("notification", 1)
        now = asyncio.get_running_loop().time()
        if now - self._complained >= QUIET_FOR:
            self._complained = now
            log.warning("agent.notify_url was not told of an answer: %s", reason)
