"""How much is logged, changed while the server runs."""

from __future__ import annotations

import logging

import pytest

from tests.admin.truth import Client

pytestmark = pytest.mark.usefixtures("log_levels")


def test_the_level_changes_and_the_trail_says_so(client: Client) -> None:
    for level in ("debug", "warning"):
        assert client.send("PUT", "/log", {"level": level}) == {"level": level}
        assert client.get("/log") == {"level": level}
        assert logging.getLogger("frontline.turn").isEnabledFor(logging.DEBUG) is (level == "debug")
    assert not logging.getLogger("httpx").isEnabledFor(logging.INFO), "libraries stay quiet"
    lines = client.get("/trail", tenant="*")["changes"]
    assert [(one["what"], one["detail"]) for one in lines] == [
        ("log level", "warning"),
        ("log level", "debug"),
    ]
    client.refused(422, "PUT", "/log", json={"level": "loud"})


def test_an_admin_of_one_tenant_does_not_change_it(client: Client) -> None:
    body = {"name": "Anna", "role": "admin", "tenants": ["default"]}
    secret = client.send("POST", "/tokens", body)["secret"]
    client.headers = {"Authorization": f"Bearer {secret}"}
    assert client.refused(403, "PUT", "/log", json={"level": "debug"})["code"] == "forbidden"
