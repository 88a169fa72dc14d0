"""The page needs no token, and nothing but its own files may run in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from gateway.admin.dashboard.page import PAGE


def test_the_page_is_kept_to_its_own_house(http: TestClient) -> None:
    answer = http.get("/dashboard")
    assert answer.status_code == 200
    policy = dict(
        one.strip().partition(" ")[::2]
        for one in answer.headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"


@pytest.mark.parametrize("page", ["/", "/dashboard"])
def test_every_file_it_names_is_served(http: TestClient, page: str) -> None:
    named = re.findall(r'(?:href|src)="(static/[^"]+)"', http.get(page).text)
    assert len(named) >= 5
    for name in named:
        assert http.get(f"/{name}").status_code == 200, name


@pytest.mark.parametrize("script", sorted(PAGE.parent.glob("*.js")), ids=lambda path: path.name)
def test_nothing_that_was_said_becomes_markup(script: Path) -> None:
    text = script.read_text("utf-8")
    for unsafe in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert unsafe not in text
