from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.core.actions import Act, AskAgent, CloseTurn, EndCall, Path, Play, Stop, TellDecision
from gateway.core.events import Bearing, MarkReached, Verdict, VerdictKind
from gateway.core.policy import Policy
from gateway.core.reply.lines import GREETING, HANDOFF
from gateway.core.reply.playback import Playback
from gateway.core.reply.response import Response
from gateway.core.routes import Route, Target
from gateway.core.turn.questions import QuestionContext
from gateway.core.turn.turn import Turn
from gateway.shell.catalogue.verdicts import action_of
from tests.support.script import LINES, answer, clarify, final, miss, route, system


def resolved(text: str, verdict: Verdict) -> Turn:
    turn = Turn(1, Policy(), asked=QuestionContext(), recogniser=False, now=0.0)
    turn.receive(final(text), 0.0)
    turn.outcome = verdict
    return turn


def response(lines: dict[str, float] | None = None, policy: Policy | None = None) -> Response:
    policy = policy or Policy()
    return Response(
        policy, system(LINES if lines is None else lines), Playback(policy.playback_grace)
    )


def test_an_answer_whose_clip_is_not_rendered_is_handed_off() -> None:
    verdict = Verdict(kind=VerdictKind.ANSWER, entry="hours")
    decision, order = response().answer(resolved("when", verdict), 1.0)
    assert isinstance(decision, TellDecision) and decision.path is Path.HANDOFF
    assert isinstance(order, Play) and order.clips == ("line:handoff",)


def test_without_a_hand_off_line_the_turn_is_closed_in_silence() -> None:
    actions = response({}).answer(resolved("when", miss()), 1.0)
    assert [type(action) for action in actions] == [TellDecision, CloseTurn]


def test_goodbye_without_a_line_ends_at_once() -> None:
    actions = response({}).answer(resolved("bye", route("control:goodbye")), 1.0)
    assert [type(action) for action in actions] == [TellDecision, CloseTurn, EndCall]


def test_a_person_is_a_hand_off() -> None:
    decision, _ = response().answer(resolved("a person", route("control:person")), 1.0)
    assert isinstance(decision, TellDecision) and decision.path is Path.HANDOFF


def test_a_routed_entry_with_an_answer_says_it() -> None:
    verdict = Verdict(
        kind=VerdictKind.ROUTE,
        entry="balance",
        action=Route(Target.TRANSFER),
        clips=("entry:balance",),
        length=2.0,
    )
    decision, order = response().answer(resolved("my balance", verdict), 1.0)
    assert isinstance(decision, TellDecision) and decision.path is Path.ROUTE
    assert isinstance(order, Play) and order.clips == ("entry:balance",)


def routed(action: str, *, own: bool = False) -> Verdict:
    clips, length = (("entry:balance",), 2.0) if own else ((), 0.0)
    kind = VerdictKind.ROUTE
    return Verdict(kind=kind, entry="balance", action=action_of(action), clips=clips, length=length)


@pytest.mark.parametrize("action", ["transfer", "transfer:billing", "agent:deep", "tool:status"])
def test_an_action_follows_what_announces_it(action: str) -> None:
    ours = response(policy=Policy(tools=True))
    verdict = routed(action)
    decision, order = ours.answer(resolved("my balance", verdict), 1.0)
    assert isinstance(decision, TellDecision) and decision.path is Path.ROUTE
    assert isinstance(order, Play) and order.clips == ("line:handoff",)
    ours.on_air(1, 1.1)
    ours._playback.done(1)
    assert ours._closed() == [Act(turn=1, verdict=verdict)]
    assert ours._closed() == [], "once"


@pytest.mark.parametrize("own", [True, False])
def test_an_agent_that_can_runs_the_tool(own: bool) -> None:
    ours = response(policy=Policy(agent=True, tools=True))
    actions = ours.answer(resolved("my balance", routed("tool:status", own=own)), 1.0)
    decision, asked, *announced = actions
    assert isinstance(decision, TellDecision) and decision.path is Path.AGENT
    assert isinstance(asked, AskAgent) and (asked.tool, asked.route) == ("status", "")
    assert [type(one) for one in announced] == [Play] * own


def test_who_cuts_in_has_changed_their_mind() -> None:
    ours = response()
    ours.answer(resolved("my balance", routed("transfer")), 1.0)
    assert any(isinstance(action, Stop) for action in ours.interrupted())
    assert ours._closed() == []


def test_keys_are_pressed_at_once_where_nothing_is_said() -> None:
    verdict = routed("dtmf:1#")
    actions = response().answer(resolved("menu", verdict), 1.0)
    assert [type(action) for action in actions] == [TellDecision, CloseTurn, Act]
    decision, order = response().answer(resolved("menu", routed("dtmf:1#", own=True)), 1.0)
    assert isinstance(decision, TellDecision) and decision.path is Path.ROUTE
    assert isinstance(order, Play) and order.clips == ("entry:balance",)


@pytest.mark.parametrize("action", ["tool:status", "no action at all"])
def test_what_nobody_can_carry_out_is_handed_off(action: str) -> None:
    ours = response()
    decision, order = ours.answer(resolved("my balance", routed(action, own=True)), 1.0)
    assert isinstance(decision, TellDecision) and decision.path is Path.HANDOFF
    assert isinstance(order, Play) and order.clips == ("line:handoff",)
    ours._playback.done(1)
    assert not [one for one in ours._closed() if isinstance(one, Act)]


@pytest.mark.parametrize(
    ("action", "path", "clips", "after"),
    [
        ("control:person", Path.HANDOFF, ("entry:balance",), [CloseTurn]),
        ("control:goodbye", Path.ROUTE, ("entry:balance",), [CloseTurn, EndCall]),
        ("control:repeat", Path.ROUTE, ("line:nothing_to_repeat",), [CloseTurn]),
    ],
)
def test_an_entry_may_steer_the_call(
    action: str, path: Path, clips: tuple[str, ...], after: list[type]
) -> None:
    ours = response()
    decision, order = ours.answer(resolved("x", routed(action, own=True)), 1.0)
    assert isinstance(decision, TellDecision) and decision.path is path
    assert isinstance(order, Play) and order.clips == clips
    ours._playback.done(1)
    assert [type(one) for one in ours._closed()] == after


def test_clarifying_can_be_switched_off() -> None:
    assert not response(policy=Policy(clarify=False)).asked.may_clarify
    assert response().asked.may_clarify


@pytest.mark.parametrize("manner", list(Bearing))
@pytest.mark.parametrize(
    "verdict",
    [
        answer(),
        Verdict(kind=VerdictKind.ANSWER, entry="hours"),
        clarify(),
        miss(),
        *(route(action) for action in ("agent:deep", "transfer", "control:repeat", "dtmf:1", "x")),
        route("tool:balance"),
    ],
    ids=lambda one: f"{one.kind} {one.action}{'' if one.clips else ' unsaid'}",
)
@pytest.mark.parametrize("before", ["nothing", "the agent", "its question", "an offer"])
@pytest.mark.parametrize(
    "policy", [Policy(agent=True, tools=True), Policy()], ids=["agent", "none"]
)
def test_what_an_agent_would_be_asked_is_what_it_is_asked(
    policy: Policy, before: str, verdict: Verdict, manner: Bearing
) -> None:
    ours = response(policy=policy)
    if before == "an offer":
        ours.answer(resolved("opening", clarify()), 0.5)
        ours.interrupted()
    elif before != "nothing":
        ours.answer(resolved("why is the sky blue", miss()), 0.5)
        ours.interrupted()
    ours.handover.asked = before == "its question" and policy.agent
    turn = resolved("red ones", verdict)
    turn.utterance = replace(turn.utterance, manner=manner)
    would = ours.would_ask(turn, verdict)
    assert would == ours.would_ask(turn, verdict), "it changes nothing"
    asked = [one for one in ours.answer(turn, 1.0) if isinstance(one, AskAgent)]
    if verdict.action == Route(Target.TOOL, "balance") and before != "its question":
        assert would is None, "no tool is run ahead"
    elif before == "an offer" and verdict.kind is VerdictKind.MISS and manner is Bearing.NORMAL:
        assert would is None, "it is the rest of what was cut off"
        assert [one.text for one in asked] == ["opening red ones"] * policy.agent
    else:
        assert asked == ([would] if would else [])


def test_a_line_that_is_not_rendered_is_not_said() -> None:
    assert response({}).line(GREETING, 0.0) == []
    assert response().resume(0.0) == []


def test_a_failing_line_without_a_failure_line_closes_the_turn() -> None:
    ours = response({"handoff": 1.0})
    ours.answer(resolved("when", miss()), 1.0)
    sound = ours._playback.done(1)
    assert sound is not None
    assert [type(action) for action in ours.replace(sound, 1.1)] == [CloseTurn]


def test_a_greeting_that_fails_is_replaced_and_accounts_for_nothing() -> None:
    ours = response({"greeting": 1.0, "failure": 1.0})
    ours.line(GREETING, 0.0)
    sound = ours._playback.done(1)
    assert sound is not None
    (order,) = ours.replace(sound, 0.1)
    assert isinstance(order, Play) and order.clips == ("line:failure",)
    assert ours.on_air(order.generation, 0.2) == []


def test_an_account_that_is_closed_is_not_closed_again_by_a_failure() -> None:
    ours = response({"handoff": 1.0})
    ours.answer(resolved("when", miss()), 1.0)
    assert [type(action) for action in ours.on_air(1, 1.1)] == [CloseTurn]
    sound = ours._playback.done(1)
    assert sound is not None
    assert ours.replace(sound, 1.2) == []


def test_what_is_held_before_it_is_accounted_for_keeps_its_turn() -> None:
    ours = response()
    ours.answer(resolved("when", answer()), 1.0)
    ours.hold()
    (order,) = ours.resume(2.0)
    assert isinstance(order, Play)
    (account,) = ours.on_air(order.generation, 2.1)
    assert isinstance(account, CloseTurn) and account.turn == 1


def test_a_line_that_is_held_without_an_account_goes_on_without_one() -> None:
    ours = response()
    ours.answer(resolved("when", answer()), 1.0)
    ours._account.forget()
    ours.hold()
    assert [type(action) for action in ours.resume(2.0)] == [Play]


def test_the_offer_survives_an_answer_that_was_not_understood() -> None:
    ours = response()
    ours.answer(resolved("open", clarify()), 1.0)
    ours._playback.done(1)
    turn = Turn(2, Policy(), asked=ours.asked, recogniser=False, now=4.0)
    turn.receive(final("mumble", confidence=0.1), 4.0)
    turn.outcome = miss()
    ours.answer(turn, 4.1)
    assert ours.asked.offered == ("hours", "holidays")


# --- callers whom we cut off ---


def cut_off(
    at: float, rest: Verdict, *, before: Verdict | None = None, text: str = "on sundays"
) -> AskAgent | None:
    """What the agent is asked of a caller whose answer was cut by more words when so many seconds
    of it had been heard."""
    ours = response(policy=Policy(agent=True))
    actions = ours.answer(resolved("when do you open", before or answer()), 1.0)
    order = actions[-1]
    assert isinstance(order, Play)
    ours._playback.mark(MarkReached(generation=order.generation, position=at))
    ours.interrupted()
    turn = resolved(text, rest)
    asked = [one for one in ours.answer(turn, 3.0) if isinstance(one, AskAgent)]
    return asked[0] if asked else None


@pytest.mark.parametrize("before", [answer(), clarify()])
def test_the_rest_of_a_question_that_we_cut_off_is_asked_with_its_beginning(
    before: Verdict,
) -> None:
    asked = cut_off(0.4, miss(), before=before)
    assert asked is not None and asked.text == "when do you open on sundays"


def test_who_cuts_in_later_has_another_question() -> None:
    asked = cut_off(1.4, miss())
    assert asked is not None and asked.text == "on sundays"


def test_a_whole_question_is_no_rest() -> None:
    sky = "why is the sky blue"
    asked = cut_off(0.4, miss(), text=sky)
    assert asked is not None and asked.text == sky


def test_the_rest_is_a_question_of_its_own_where_the_cache_knows_it() -> None:
    assert cut_off(0.4, answer("sundays")) is None


def test_a_line_of_ours_that_is_cut_is_the_answer_to_nothing() -> None:
    """The answer was heard to its end; then a line is cut as it begins."""
    ours = response(policy=Policy(agent=True))
    order = ours.answer(resolved("when do you open", answer()), 1.0)[-1]
    assert isinstance(order, Play)
    sound = ours._playback.done(order.generation)
    assert sound is not None
    ours.finished(sound, 5.0)
    assert ours.line(HANDOFF, 9.0)
    ours.interrupted()
    asked = ours.answer(resolved("on sundays", miss()), 10.0)
    assert [one.text for one in asked if isinstance(one, AskAgent)] == ["on sundays"]


def test_a_key_that_was_answered_is_no_beginning_of_a_question() -> None:
    ours = response(policy=Policy(agent=True))
    ours.answer(resolved("", answer()), 1.0)
    ours.interrupted()
    asked = ours.answer(resolved("on sundays", miss()), 3.0)
    assert [one.text for one in asked if isinstance(one, AskAgent)] == ["on sundays"]
