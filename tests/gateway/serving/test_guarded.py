"""The pair of protocols that uvicorn is given."""

from __future__ import annotations

from gateway.serving.guarded import guarded
from gateway.serving.guarded_http import GuardedHttp
from gateway.serving.guarded_websocket import GuardedWebSocket
from gateway.serving.limits import Limits
from gateway.serving.places import Places


def test_both_share_the_house_and_no_two_servers_do() -> None:
    limits = Limits(connections=1, per_address=1)
    one, other = Places(limits), Places(limits)
    http, websocket = guarded(one)
    assert issubclass(http, GuardedHttp)
    assert issubclass(websocket, GuardedWebSocket)
    assert http.places is websocket.places is one
    assert guarded(other)[0].places is other
    assert http.places is one
