"""Which tenant is meant."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from starlette.requests import Request

from gateway.admin.operations import Admin, AdminRequest
from gateway.admin.people.persons import STRANGER
from gateway.admin.wire import Refused
from gateway.settings.store import TenantSettings
from gateway.settings.whole import Settings


@pytest.fixture
def admin() -> Admin:
    live: dict[str, Any] = {"bank": "what serves the bank"}
    services: Any = SimpleNamespace(tenants=live)
    nothing: Any = None
    settings = Settings(tenant=TenantSettings(default="bank"))
    return Admin(
        settings=settings,
        services=lambda: services,
        jobs=nothing,
        document=nothing,
        gate=nothing,
        events=nothing,
    )


def test_no_tenant_means_the_default(admin: Admin) -> None:
    assert (admin.tenant(""), admin.tenant("shop")) == ("bank", "shop")


def test_a_star_means_all(admin: Admin) -> None:
    assert (admin.scope("*"), admin.scope(""), admin.scope("shop")) == ("", "bank", "shop")


def test_what_serves_a_tenant(admin: Admin) -> None:
    assert str(admin.serving("")) == "what serves the bank"
    with pytest.raises(Refused, match="no catalogue is live for tenant shop"):
        admin.serving("shop")


def test_a_part_of_the_path() -> None:
    request = Request({"type": "http", "path_params": {"id": "a/b"}})
    assert AdminRequest(request, None, None, STRANGER).named("id") == "a/b"
