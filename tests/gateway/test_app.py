"""The application's own routes and life; calls through it are in tests/e2e."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.testclient import TestClient

from gateway import app as application
from gateway.agents.llm_pair import LlmPair
from gateway.app import Parts, create_app, uvicorn_options
from gateway.errors import SettingsError
from gateway.settings import Settings, load
from gateway.settings_server import ServerSettings
from tests.fakes import FakeAgent, FakeVoice

HERE = "http://localhost"
PAGE_PARTS = Parts(transcriber=lambda: None)


@pytest.fixture
def settings(tmp_path: Path, model_folder: Path) -> Settings:
    environment = {
        "FRONTLINE_STORE__URL": f"sqlite:///{tmp_path / 'store'}",
        "FRONTLINE_MODEL__FOLDER": str(model_folder),
    }
    return load(None, environment)


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    with TestClient(create_app(settings, admin_token="secret", parts=PAGE_PARTS), HERE) as client:
        yield client


def test_it_is_alive_and_not_ready_without_a_catalogue(client: TestClient) -> None:
    assert client.get("/healthz").text == "ok\n"
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {
        "ready": False,
        "tenants": [],
        "reason": "no catalogue is live",
        "degraded": [],
    }


def test_the_page_and_what_it_must_know(client: TestClient) -> None:
    page = client.get("/")
    assert page.status_code == 200 and "<html" in page.text
    assert "default-src 'self'" in page.headers["content-security-policy"]
    facts = client.get("/v1/page", params={"tenant": "nobody"}).json()
    assert facts["tenant"] == "nobody" and facts["suggestions"] == []
    assert facts["stt"] is False and facts["token_required"] is False
    assert client.get("/static/app.js").status_code == 200


def test_metrics_are_open_and_the_admin_pages_are_not(client: TestClient) -> None:
    assert "frontline_" in client.get("/metrics").text
    assert client.get("/admin/v1/catalogues").status_code == 401


@pytest.mark.parametrize("path", ["/", "/v1/page", "/metrics", "/readyz", "/admin/v1/calls", "/no"])
def test_a_page_that_rebinds_its_name_gets_nothing(client: TestClient, path: str) -> None:
    answer = client.get(path, headers={"Host": "evil.example:8080"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (421, "unknown_host")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_page_at_the_public_address_may_call(settings: Settings) -> None:
    server = ServerSettings(public_url="https://calls.example.com")
    app = create_app(replace(settings, server=server), parts=PAGE_PARTS)
    origin = {"Origin": "https://calls.example.com"}
    with TestClient(app, HERE) as client:
        for url in ("ws://10.0.0.4:8080/v1/call", "ws://calls.example.com/v1/call"):
            with client.websocket_connect(url, headers=origin) as call:
                call.send_json({"type": "start", "stt": "client", "tenant": "nobody"})
                assert call.receive_json()["code"] == "unknown_tenant"


def test_without_an_agent_nobody_speaks_for_one(client: TestClient) -> None:
    services = cast(Starlette, client.app).state.frontline.live_services()
    assert (services.agent, services.voice, services.policy.agent) == (None, None, False)


def test_an_agent_has_a_voice_and_both_are_closed(settings: Settings) -> None:
    llm = replace(settings.llm, primary_base_url="http://127.0.0.1:9/v1")
    app = create_app(replace(settings, llm=llm), parts=PAGE_PARTS)
    with TestClient(app, HERE):
        services = app.state.frontline.live_services()
        assert isinstance(services.agent, LlmPair) and services.policy.agent
        assert services.voice.name == "espeak"
    assert len(services.agent._background) == 0


def test_tests_bring_their_own_agent_and_voice(settings: Settings) -> None:
    agent, voice = FakeAgent(), FakeVoice()
    parts = replace(PAGE_PARTS, agent=lambda: agent, voice=lambda: voice)
    app = create_app(settings, parts=parts)
    with TestClient(app, HERE):
        services = app.state.frontline.live_services()
        assert (services.agent, services.voice) == (agent, voice)


def test_a_server_that_is_stopping_takes_no_calls(client: TestClient) -> None:
    app = cast(Starlette, client.app)
    app.state.frontline.draining = True
    assert client.get("/readyz").json()["reason"] == "shutting down"
    with client.websocket_connect("ws://localhost/v1/call", subprotocols=["frontline.v1"]) as call:
        assert str(call.accepted_subprotocol) == "frontline.v1"
        closed = dict(call.receive())
    assert closed == {"type": "websocket.close", "code": 1013, "reason": "shutting down"}


def test_a_missing_model_is_a_setting_to_mend(tmp_path: Path) -> None:
    environment = {
        "FRONTLINE_STORE__URL": f"sqlite:///{tmp_path / 'store'}",
        "FRONTLINE_MODEL__FOLDER": str(tmp_path / "nothing"),
    }
    with pytest.raises(SettingsError, match="frontline model build"):
        create_app(load(None, environment))


def test_messages_are_bounded_and_never_compressed(settings: Settings) -> None:
    options = uvicorn_options(settings)
    assert options["ws_max_size"] == 64 * 1024
    assert options["ws_per_message_deflate"] is False


def test_certificates_reach_the_server(settings: Settings) -> None:
    server = ServerSettings(tls_cert="chain.pem", tls_key="key.pem")
    options = uvicorn_options(replace(settings, server=server))
    assert (options["ssl_certfile"], options["ssl_keyfile"]) == ("chain.pem", "key.pem")


def test_without_calls_a_signal_stops_at_once(settings: Settings) -> None:
    app = create_app(settings, parts=PAGE_PARTS)
    server = application.Server(uvicorn.Config(app), app.state.frontline)
    server.handle_exit(15, None)
    assert server.should_exit
    app.state.frontline.store.close()


@pytest.mark.anyio
@pytest.mark.real_loop
async def test_what_is_loaded_is_spared_before_the_server_says_it_is_up(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = create_app(settings, parts=PAGE_PARTS)
    config = uvicorn.Config(app, **uvicorn_options(settings))
    config.load()
    done: list[str] = []
    monkeypatch.setattr(application, "spare_loaded", lambda: done.append("spared"))
    server = application.Server(config, app.state.frontline, lambda: done.append("up"))
    server.lifespan = config.lifespan_class(config)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        await server.startup([listening])
        await server.shutdown([listening])
    assert done == ["spared", "up"]
