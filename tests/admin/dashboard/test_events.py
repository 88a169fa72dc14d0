"""A stream of events lasts as long as its client listens."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

from starlette.responses import StreamingResponse

from gateway.admin.dashboard import events
from gateway.admin.dashboard.listeners import Events
from gateway.admin.inputs import EventsQuery
from gateway.admin.operations import Admin, AdminRequest
from gateway.admin.people.persons import STRANGER
from gateway.settings.whole import Settings
from tests.support.virtual import VirtualLoop


def test_who_goes_is_forgotten() -> None:
    async def gone() -> int:
        hub = Events()
        nothing: Any = None
        live: Any = SimpleNamespace()
        admin = Admin(
            settings=Settings(),
            services=lambda: live,
            jobs=nothing,
            document=nothing,
            gate=nothing,
            events=hub,
        )
        answer = await events.events(admin, AdminRequest(nothing, EventsQuery(), None, STRANGER))
        assert isinstance(answer, StreamingResponse)
        stream: Any = answer.body_iterator
        await anext(stream)
        assert len(hub) == 1
        await stream.aclose()
        return len(hub)

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        assert runner.run(gone()) == 0
