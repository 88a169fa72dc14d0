"""What the guards assume of uvicorn and websockets, beyond what these document.

A change here is no fault of theirs: look at ``gateway/serving/guarded_*.py`` before the version is
taken, and only then mend the test.
"""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

import httptools
import pytest
import uvicorn
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.protocol import OPEN, SERVER, Protocol
from websockets.server import ServerProtocol

from gateway.serving.guarded import guarded
from gateway.serving.guarded_http import GuardedHttp
from gateway.serving.limits import Limits
from gateway.serving.places import Places
from tests.support.besieged import PING

HTTP, WEBSOCKET = HttpToolsProtocol, WebSocketsSansIOProtocol


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Is never asked."""


@pytest.fixture
def made() -> tuple[HttpToolsProtocol, WebSocketsSansIOProtocol]:
    """One of each, made as uvicorn makes them."""
    http, websocket = guarded(Places(Limits(connections=1, per_address=1)))
    config = uvicorn.Config(app, http=http, ws=websocket, lifespan="off", log_config=None)
    config.load()
    assert config.http_protocol_class is http
    assert config.ws_protocol_class is websocket
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        options: dict[str, Any] = {"config": config, "server_state": ServerState()}
        return (
            http(**options, app_state={}, _loop=loop),
            websocket(**options, app_state={}, _loop=loop),
        )


def calls(method: Any, *texts: str) -> bool:
    """Whether these stand in the method's source in this order."""
    source = inspect.getsource(method)
    at = -1
    return all((at := source.find(text, at + 1)) >= 0 for text in texts)


def test_what_is_overridden_is_there() -> None:
    for name in (
        *("connection_made", "connection_lost", "data_received", "on_headers_complete"),
        *("on_body", "on_message_complete", "on_response_complete", "handle_websocket_upgrade"),
        *("pause_writing", "resume_writing", "_should_upgrade", "_unset_keepalive_if_required"),
    ):
        assert callable(getattr(HTTP, name)), name
    for name in (
        *("connection_made", "connection_lost", "data_received", "handle_events", "handle_ping"),
        *("handle_cont", "receive", "send", "pause_writing", "resume_writing", "stop_keepalive"),
        "handle_connect",
    ):
        assert callable(getattr(WEBSOCKET, name)), name
    assert callable(FlowControl.resume_reading)


def test_none_of_ours_hides_one_of_theirs() -> None:
    """Names that only we have today."""
    own = {"_feed", "_pace", "_rest", "_soon", "_deaf", "_stopped", "_refuse", "_unread", "look"}
    own |= {"leave", "places", "_limits", "_paused", "_late", "_progress", "_rate", "_slowed"}
    own |= {"_clogged", "_parse", "_answer", "_verdict", "_after", "frames_read", "_go_on"}
    own |= {"taker", "send_now", "_open", "_straight", "_counted", "_follow", "_edges", "_head"}
    assert not own & (set(dir(HTTP)) | set(dir(WEBSOCKET)))


def test_attributes(made: tuple[HttpToolsProtocol, WebSocketsSansIOProtocol]) -> None:
    http, websocket = made
    for name in ("parser", "pipeline", "cycle", "flow", "headers", "client", "loop", "transport"):
        assert hasattr(http, name), name
    for name in ("queue", "conn", "read_paused", "writable", "frames", "close_sent", "loop"):
        assert hasattr(websocket, name), name
    assert (websocket.handshake_initiated, websocket.handshake_complete) == (False, False)
    assert websocket.close_timer is None
    parameters = inspect.signature(RequestResponseCycle).parameters
    assert {"message_event", "keep_alive", "on_response"} <= set(parameters)
    source = inspect.getsource(RequestResponseCycle.__init__)
    for name in ("disconnected", "response_started", "response_complete"):
        assert f"self.{name} = False" in source


def test_an_extension_can_be_offered_before_the_application_runs() -> None:
    assert calls(WEBSOCKET.handle_connect, "self.response = ", "!= 101", '"extensions": {', "queue")
    assert calls(WEBSOCKET.handle_connect, "put_nowait", "create_task")


def test_a_message_is_written_as_send_now_does() -> None:
    assert calls(
        WEBSOCKET.send, "self.writable.wait()", "send_binary", "send_text(", "transport.write"
    )


def test_a_disconnected_request_is_neither_read_nor_written() -> None:
    assert calls(RequestResponseCycle.send, "if self.disconnected:", "return", "response_started")
    assert calls(RequestResponseCycle.receive, "message_event.wait()", "if self.disconnected")


def test_answers_are_asked_for_in_our_words() -> None:
    """The cycle gets the method of the object, so that a subclass hears of the response's end."""
    assert calls(HTTP.on_headers_complete, "on_response=self.on_response_complete")
    assert calls(HTTP.on_headers_complete, "self.flow.pause_reading()", "self.pipeline.append")
    assert calls(HTTP.on_response_complete, "self.flow.resume_reading()", "self.pipeline.pop()")
    assert calls(HTTP.on_body, "HIGH_WATER_LIMIT", "self.flow.pause_reading()")


def test_the_flow_is_made_when_the_connection_is() -> None:
    assert calls(HTTP.connection_made, "self.flow = FlowControl(transport)")
    assert calls(FlowControl.resume_reading, "self.read_paused = False", ".resume_reading()")


def test_the_upgrade_goes_through_the_websockets_own_methods() -> None:
    assert calls(
        HTTP.handle_websocket_upgrade,
        *("self.ws_protocol_class(", "protocol.connection_made(self.transport)"),
        *("protocol.data_received(", "self.transport.set_protocol(protocol)"),
    )


def test_the_parser_calls_what_a_subclass_overrides() -> None:
    seen: list[str] = []

    class Told(GuardedHttp):
        def __init__(self) -> None:
            """Nothing of a connection: only what the parser calls."""

        def on_headers_complete(self) -> None:
            seen.append("head")

        def on_message_begin(self) -> None:
            seen.append("begin")

        def on_header(self, name: bytes, value: bytes) -> None:
            seen.append("header")

        def on_url(self, url: bytes) -> None:
            seen.append("url")

        def on_body(self, body: bytes) -> None:
            seen.append("body")

        def on_message_complete(self) -> None:
            seen.append("whole")

    parser = httptools.HttpRequestParser(Told())
    parser.feed_data(b"POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\nx")
    assert seen == ["begin", "url", "header", "head", "body", "whole"]


def test_a_frame_is_an_event() -> None:
    """Every kind of frame is in ``events`` until uvicorn fetches it."""
    conn = Protocol(SERVER, state=OPEN)
    conn.receive_data(PING * 3)
    assert len(conn.events) == 3
    assert len(conn.events_received()) == 3
    assert conn.events == []
    assert calls(WEBSOCKET.data_received, "self.conn.receive_data", "self.handle_events()")
    assert calls(WEBSOCKET.handle_events, "self.conn.events_received()", "self.handle_ping()")


def test_a_handshake_that_fails_leaves_its_answer_to_be_sent() -> None:
    conn = ServerProtocol()
    conn.receive_data(b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n")
    assert conn.handshake_exc is not None
    assert conn.events_received() == []
    assert b"".join(conn.data_to_send()).startswith(b"HTTP/1.1 414")


def test_the_close_timer_keeps_the_connection_after_the_application() -> None:
    assert calls(WEBSOCKET.run_asgi, "if self.close_timer is None:", "self.transport.close()")
    assert calls(WEBSOCKET.send, "self.close_sent = True", "self.close_timer =")
    assert calls(WEBSOCKET.handle_close, "if self.close_sent:", "self.transport.close()")
    assert calls(WEBSOCKET.connection_lost, "self.close_timer.cancel()")
    assert calls(WEBSOCKET.receive, "self.queue.get()", "self.transport.resume_reading()")
