"""Actions: what is one, and what is said of what is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.routes import MEND, Route, RouteError, Target, parse


@pytest.mark.parametrize(
    ("action", "route"),
    [
        ("", Route(Target.ANSWER)),
        ("answer", Route(Target.ANSWER)),
        ("tool:order_status", Route(Target.TOOL, "order_status")),
        ("agent:fast", Route(Target.AGENT, "fast")),
        ("agent:deep", Route(Target.AGENT, "deep")),
        ("agent:Mortgage.2", Route(Target.AGENT, "Mortgage.2")),
        ("transfer", Route(Target.TRANSFER)),
        ("transfer:billing", Route(Target.TRANSFER, "billing")),
        ("transfer:+15550100", Route(Target.TRANSFER, "+15550100")),
        ("transfer:sip:desk@example.com", Route(Target.TRANSFER, "sip:desk@example.com")),
        ("dtmf:1*#0", Route(Target.DTMF, "1*#0")),
        ("control:repeat", Route(Target.CONTROL, "repeat")),
        ("control:goodbye", Route(Target.CONTROL, "goodbye")),
    ],
)
def test_actions_are_read_and_written(action: str, route: Route) -> None:
    assert parse(action) == route
    assert str(route) == (action or "answer")


@pytest.mark.parametrize(
    ("action", "reason", "mend"),
    [
        ("trasnfer", "'trasnfer' is no action", "did you mean transfer?"),
        ("Transfer", "'Transfer' is no action", "did you mean transfer?"),
        ("agents:deep", "'agents:deep' is no action", "did you mean agent:deep?"),
        ("pizza", "'pizza' is no action", MEND),
        ("answer:now", "answer takes no name", "write answer"),
        ("tool", "has nothing after tool", "write it as tool:NAME"),
        ("dtmf:", "has nothing after dtmf", "write it as dtmf:DIGITS"),
        ("dtmf:12a", "after dtmf: stand up to 32 of 0 to 9, * and #", "write it as dtmf:DIGITS"),
        ("dtmf:" + "1" * 33, "after dtmf: stand", "write it as dtmf:DIGITS"),
        ("tool:a b", "after tool: stand letters", "write it as tool:NAME"),
        ("control:repat", "after control: stand repeat", "did you mean control:repeat?"),
        ("control:sing", "after control: stand", "write it as control:repeat|stop|person|goodbye"),
    ],
)
def test_what_is_no_action_is_told_with_its_mend(action: str, reason: str, mend: str) -> None:
    with pytest.raises(RouteError) as caught:
        parse(action)
    assert reason in caught.value.reason
    assert caught.value.mend == mend
    assert str(caught.value) == f"{caught.value.reason}; {mend}"


@given(st.text(max_size=80))
def test_any_text_is_an_action_or_refused_in_one_line(text: str) -> None:
    try:
        route = parse(text)
    except RouteError as error:
        assert str(error).isprintable()
    else:
        assert parse(str(route)) == route
