"""A sentence by microphone beside the admin API: the ticket, and the socket it opens."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from gateway.adapters.stt.scripted import ScriptedTranscriber
from gateway.settings.stt import SttSettings
from gateway.settings.whole import Settings
from gateway.wiring.app import Parts, create_app
from tests.admin.conftest import HERE, TOKEN
from tests.admin.truth import Client
from tests.support.speech import say

SAID = [("where", 900.0), ("can", 1000.0), ("i", 1100.0), ("park", 1200.0)]


@pytest.fixture
def http(settings: Settings) -> Iterator[TestClient]:
    """The whole server with a recogniser that knows what will be said."""
    parts = Parts(transcriber=lambda: ScriptedTranscriber(lambda call: SAID))
    with TestClient(create_app(settings, admin_token=TOKEN, parts=parts), HERE) as running:
        yield running


def opened(http: TestClient, ticket: str) -> Any:
    return http.websocket_connect(
        "ws://localhost/admin/v1/hear", subprotocols=["frontline.hear.v1", f"ticket.{ticket}"]
    )


def of_calls(metrics: str) -> list[str]:
    """The lines that count calls and turns."""
    return [line for line in metrics.splitlines() if re.match(r"frontline_(call|turn)", line)]


def test_a_spoken_sentence_comes_back_and_leaves_no_trace(http: TestClient, client: Client) -> None:
    before = http.get("/metrics").text
    ticket = client.send("POST", "/hear", {"tenant": "default"})["ticket"]
    with opened(http, ticket) as socket:
        assert socket.accepted_subprotocol == "frontline.hear.v1"
        assert socket.receive_json() == {"type": "ready"}
        pcm = say("where can i park please").between(500, 700).pcm
        for at in range(0, len(pcm), 640):
            socket.send_bytes(pcm[at : at + 640])
        socket.send_json({"type": "end"})
        heard = [socket.receive_json()]
        while heard[-1]["type"] != "final":
            heard.append(socket.receive_json())
    assert heard[-1] == {"type": "final", "text": "where can i park"}
    assert {"type": "partial", "text": "where can"} in heard
    assert client.get("/turns", tenant="*")["turns"] == []
    assert client.get("/calls")["calls"] == []
    after = http.get("/metrics").text
    assert of_calls(after) == of_calls(before)
    assert "park" not in after


def test_a_ticket_opens_it_once_and_nothing_else_does(http: TestClient, client: Client) -> None:
    ticket = client.send("POST", "/hear", {})["ticket"]
    with opened(http, ticket) as socket:
        assert socket.receive_json() == {"type": "ready"}
        socket.send_json({"type": "end"})
        assert socket.receive_json() == {"type": "final", "text": ""}
    for shown in (ticket, "", TOKEN):
        with opened(http, shown) as socket, pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_json()
        assert closed.value.code == 4401


@pytest.mark.parametrize("provider", ["none", "agent"])
def test_without_a_recogniser_it_says_what_to_set(settings: Settings, provider: Any) -> None:
    mute = dataclasses.replace(settings, stt=SttSettings(provider=provider))
    parts = Parts(transcriber=lambda: None)
    with TestClient(create_app(mute, admin_token=TOKEN, parts=parts), HERE) as http:
        problem = Client(http, TOKEN).refused(409, "POST", "/hear", json={})
    assert problem["code"] == "no_recogniser"
    assert "stt.provider" in problem["message"]


def test_a_tenant_without_a_catalogue_has_nothing_to_try(client: Client) -> None:
    assert client.refused(404, "POST", "/hear", json={"tenant": "nobody"})["field"] == "tenant"
