"""Cookies of sessions: signed, bounded in time, ended."""

from __future__ import annotations

import pytest

from gateway.admin.people.sessions import ENDED, LASTS, Sessions

TOKEN = "0123456789ab"


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_cookie_is_read_by_every_server_with_the_same_token() -> None:
    cookie, session = Sessions("key", Clock()).open(TOKEN, 0.0)
    assert Sessions("key", Clock()).read(cookie) == session
    assert Sessions("another", Clock()).read(cookie) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda cookie: "",
        lambda cookie: cookie[:-1] + ("0" if cookie[-1] != "0" else "1"),
        lambda cookie: cookie.replace(TOKEN, "configured"),
        lambda cookie: cookie.replace(".44200.", ".99999."),
        lambda cookie: cookie + "\n",
        lambda cookie: "." + cookie,
    ],
)
def test_a_cookie_that_was_changed_is_none(change: object) -> None:
    sessions = Sessions("key", Clock())
    cookie, _ = sessions.open(TOKEN, 0.0)
    assert ".44200." in cookie
    assert sessions.read(change(cookie)) is None  # type: ignore[operator]


@pytest.mark.parametrize(("expires", "until"), [(0.0, 1000 + LASTS), (1500.0, 1500.0)])
def test_a_session_ends_with_its_day_and_its_token(expires: float, until: float) -> None:
    clock = Clock()
    sessions = Sessions("key", clock)
    cookie, session = sessions.open(TOKEN, expires)
    assert session.until == until
    clock.now = until - 1
    assert sessions.read(cookie) == session
    clock.now = until
    assert sessions.read(cookie) is None


def test_a_session_that_was_ended_is_over_and_the_others_are_not() -> None:
    sessions = Sessions("key", Clock())
    cookies = [sessions.open(TOKEN, 0.0) for _ in range(2)]
    sessions.end(cookies[0][1].id)
    assert [sessions.read(one) is None for one, _ in cookies] == [True, False]


def test_what_was_ended_is_remembered_within_bounds() -> None:
    sessions = Sessions("key", Clock())
    for number in range(ENDED + 5):
        sessions.end(str(number))
    assert len(sessions._ended) == ENDED


def test_the_proof_belongs_to_one_session() -> None:
    sessions = Sessions("key", Clock())
    first, second = (sessions.open(TOKEN, 0.0)[1].id for _ in range(2))
    assert sessions.proof(first) == Sessions("key", Clock()).proof(first) != sessions.proof(second)
