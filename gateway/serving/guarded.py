"""The two guarded protocols of one server, as uvicorn's options."""

from __future__ import annotations

from gateway.serving.guarded_http import GuardedHttp
from gateway.serving.guarded_websocket import GuardedWebSocket
from gateway.serving.places import Places


def guarded(house: Places) -> tuple[type[GuardedHttp], type[GuardedWebSocket]]:
    """Classes for uvicorn's ``http`` and ``ws``: it makes their objects itself, so what they share
    is their class's."""

    class Http(GuardedHttp):
        places = house

    class WebSocket(GuardedWebSocket):
        places = house

    return Http, WebSocket
