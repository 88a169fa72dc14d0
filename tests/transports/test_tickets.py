"""Tickets: once, not for long, and none but ours."""

from __future__ import annotations

import pytest

from gateway.transports.tickets import LIFE, StreamTicket, TicketRefused, Tickets

TICKET = StreamTicket(tenant="acme", call="CA1")


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def test_once_and_also_at_another_replica() -> None:
    clock = Clock()
    one, other = Tickets("secret", clock), Tickets("secret", clock)
    token = one.issue(TICKET)
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")
    assert other.redeem(token) == TICKET
    with pytest.raises(TicketRefused, match="used"):
        other.redeem(token)
    assert one.issue(TICKET) != one.issue(TICKET)


def test_not_for_long() -> None:
    clock = Clock()
    tickets = Tickets("secret", clock)
    token = tickets.issue(TICKET)
    clock.now += LIFE + 2
    with pytest.raises(TicketRefused, match="expired"):
        tickets.redeem(token)


def test_none_but_ours() -> None:
    clock = Clock()
    mine, theirs = Tickets("", clock), Tickets("", clock)
    token = mine.issue(TICKET)
    body, _, seal = token.partition(".")
    for wrong in ("", ".", "x", body, f"{body}.", f"{body}x.{seal}", f".{seal}", "ÿ.ÿ"):
        with pytest.raises(TicketRefused, match="unknown"):
            mine.redeem(wrong)
    with pytest.raises(TicketRefused, match="unknown"):
        theirs.redeem(token)
