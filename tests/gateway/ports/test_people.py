"""Roles in their order, and how long a token lives."""

from __future__ import annotations

import pytest

from gateway.ports.people import Role, Token


def test_each_role_has_the_rights_of_those_before() -> None:
    assert Role.VIEWER < Role.EDITOR < Role.ADMIN


@pytest.mark.parametrize(
    ("expires", "revoked", "lives"),
    [
        (0.0, 0.0, True),
        (10.0, 0.0, False),
        (10.1, 0.0, True),
        (0.0, 3.0, False),
        (20.0, 3.0, False),
    ],
)
def test_a_token_lives_until_it_expires_or_is_revoked(
    expires: float, revoked: float, lives: bool
) -> None:
    token = Token(
        id="a",
        name="Anna",
        role=Role.VIEWER,
        digest="",
        created=1.0,
        expires=expires,
        revoked=revoked,
    )
    assert token.lives(10.0) is lives
