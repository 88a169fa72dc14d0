"""``frontline audit``: a store's turns, and figures typed in."""

from __future__ import annotations

import argparse
import json
import shlex
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway import cli
from gateway.adapters.store.sqlite import SqliteStore
from gateway.audit.calculator import STAGES
from gateway.audit.turns import BUDGETS
from gateway.commands import audit
from gateway.errors import UsageError
from gateway.ports.records import TurnQuery, TurnRecord
from tests.support.documents import TEXTS, blocks, coded, rows, section
from tests.support.stored import turn

Run = Callable[..., Any]

SLOW = {"endpointing_ms": 650.0, "match_ms": 3.0, "agent_ms": 900.0, "tts_ms": 80.0}
QUICK = {"endpointing_ms": 200.0, "gateway_ms": 4.0}
FIGURES = ["--transport", "80", "--carrier", "60", "--endpointing", "500", "--stt", "120/250"]
FIGURES += ["--llm-ttft", "350/900", "--tts-ttfb", "90/200"]


def waited(number: int, waits: dict[str, float], path: str, **more: Any) -> TurnRecord:
    timeline = {**waits, "ttfa_ms": sum(waits.values())}
    return turn("a", number, **{"at": time.time(), "path": path, "timeline": timeline, **more})


def put(folder: Path, turns: Iterable[TurnRecord]) -> None:
    store = SqliteStore(folder / "var" / "store")
    store.write(list(turns))
    store.close()


@pytest.fixture
def busy(tmp_path: Path) -> None:
    """A store with thirty quick turns, ten slow ones, and one without sound."""
    quick = [waited(n, QUICK, "cache") for n in range(1, 31)]
    slow = [waited(n, SLOW, "agent") for n in range(31, 41)]
    put(tmp_path, [*quick, *slow, waited(41, {}, "none", timeline={})])


# --- recorded turns -------------------------------------------------------------------------------


def test_where_it_went_worst_first_and_what_to_do(busy: None, run: Run) -> None:
    done = run("audit")
    lines = [line.rstrip() for line in done.out.splitlines()]
    assert (done.code, done.err) == (1, "")
    assert lines[0] == "turns of default: 40; 1 without sound are left out"
    agent = lines.index("agent, 10 turns: p50 1633, p95 1633, p99 1633 ms: over 700 at p95")
    cache = lines.index("cache, 30 turns: p50 204, p95 204, p99 204 ms: within 700")
    assert agent < cache
    rows = [line.split() for line in lines[agent + 2 : agent + 6]]
    assert [row[0] for row in rows] == ["agent", "endpointing", "tts", "match"]
    assert rows[1][1:] == ["10", "650", "650", "650", "40", "%", "200", "+450"]
    assert "Of fewer than 20 turns the p95 is the slowest of them." in lines
    advice = lines[lines.index("What to do, worst first; settings in [ ] as they are now") :]
    assert advice[1] == "1. agent (LLM), on agent: 620 ms over its budget"
    assert any("turn.silence_complete_ms [650]" in line for line in advice)
    assert "\x1b" not in done.out, "no colour for a pipe"


def test_json_for_programs(busy: None, run: Run) -> None:
    done = run("audit", "--json", "--at", "p50")
    told = json.loads(done.out)
    assert done.code == 1
    assert (told["kind"], told["tenant"], told["judged_at"]) == ("recorded", "default", "p50")
    assert (told["over"], told["turns"], told["without_sound"]) == (True, 40, 1)
    agent, cache = told["paths"]
    assert (agent["path"], agent["turns"], agent["p95_ms"], agent["over_ms"]) == (
        *("agent", 10, 1633.0),
        933.0,
    )
    assert cache["over_ms"] == 0
    worst = agent["stages"][0]
    assert (worst["name"], worst["count"], worst["p99_ms"]) == ("agent", 10, 900.0)
    assert (worst["budget_ms"], worst["over_ms"], worst["cost_ms"]) == (280.0, 620.0, 620.0)
    assert worst["share"] == pytest.approx(900 / 1633, abs=1e-4)
    assert [one["stage"] for one in told["advice"]] == ["agent", "endpointing"]
    assert told["advice"][0]["do"]
    assert told["budget_ms"] == BUDGETS


def test_a_path_within_its_budget_is_0_and_a_budget_of_ones_own_counts(
    busy: None, run: Run
) -> None:
    done = run("audit", "--path", "cache")
    assert done.code == 0
    assert "Every stage is within its budget." in done.out
    assert run("audit", "--path", "cache", "--budget", "endpointing=150").code == 1
    assert run("audit", "--budget", "ttfa=1800", "--budget", "llm=900").code == 0


def test_the_settings_say_what_each_may_take(busy: None, tmp_path: Path, run: Run) -> None:
    given = "[budget]\nttfa_ms = 1800\ntransport_ms = 100\nagent_ms = 900\nendpointing_ms = 660\n"
    (tmp_path / "frontline.toml").write_text(given)
    done = run("audit")
    assert done.code == 0
    assert "agent, 10 turns: p50 1633, p95 1633, p99 1633 ms: within 1650" in done.out
    assert "1650 of the 1800 that a caller may wait, the" in " ".join(done.out.split())
    assert "Every stage is within its budget." in done.out
    told = json.loads(run("audit", "--json", "--budget", "agent=800").out)
    changed = {"ttfa": 1800, "transport": 100, "agent": 800, "endpointing": 660}
    assert told["budget_ms"] == {**BUDGETS, **changed}, "the command line has the last word"
    assert told["over"], "and is kept"
    typed = json.loads(run("audit", "--json", *FIGURES).out)
    assert typed["budget_ms"] == {**BUDGETS, **changed, "agent": 900}


def test_a_stage_over_what_the_settings_say_is_no_failure(
    busy: None, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRONTLINE_BUDGET__ENDPOINTING_MS", "150")
    done = run("audit", "--path", "cache")
    assert done.code == 0
    assert "1. endpointing, on cache: 50 ms over its budget" in done.out


def test_only_turns_since_then_of_that_tenant(tmp_path: Path, run: Run) -> None:
    old = waited(1, SLOW, "agent", at=time.time() - 3 * 86_400)
    other = waited(2, SLOW, "agent", tenant="shop", id="b-2")
    put(tmp_path, [old, other, waited(3, QUICK, "cache")])
    assert json.loads(run("audit", "--json").out)["turns"] == 2
    assert json.loads(run("audit", "--json", "--since", "2d").out)["turns"] == 1
    told = json.loads(run("--tenant", "shop", "audit", "--json").out)
    assert (told["tenant"], told["turns"]) == ("shop", 1)


def test_many_turns_are_read_in_pages_and_up_to_a_limit(tmp_path: Path, run: Run) -> None:
    now = time.time()
    turns = [waited(n, QUICK, "cache", at=now - n) for n in range(1, 2 * audit.PAGE + 10)]
    put(tmp_path, turns)
    assert json.loads(run("audit", "--json").out)["turns"] == len(turns)
    assert json.loads(run("audit", "--json", "--limit", str(audit.PAGE)).out)["turns"] == audit.PAGE
    assert run("audit", "--limit", "7").out.startswith("the newest 7 turns of default: 7")


def test_pages_are_not_asked_for_beyond_the_end() -> None:
    asked = []

    class Store:
        def turns(self, query: TurnQuery) -> list[TurnRecord]:
            asked.append((query.before, query.limit))
            return [turn("a", n) for n in range(query.limit if len(asked) < 2 else 3)]

    found = list(audit.turns_of(Store(), TurnQuery(tenant="x"), 2 * audit.PAGE))  # type: ignore[arg-type]
    assert len(found) == audit.PAGE + 3
    assert asked == [("", audit.PAGE), (f"a-{audit.PAGE - 1}", audit.PAGE)]


def test_a_loop_that_stood_still_is_told(tmp_path: Path, run: Run) -> None:
    put(tmp_path, [waited(1, QUICK, "cache", evidence={"stall_ms": 41.5})])
    done = run("audit")
    assert "The event loop stood still in 1 of these waits, for 42 ms at the longest" in done.out
    assert json.loads(run("audit", "--json").out)["stalled"] == {"turns": 1, "longest_ms": 41.5}


def test_an_empty_store_is_a_clear_sentence(tmp_path: Path, run: Run) -> None:
    done = run("audit")
    assert (done.code, done.out) == (2, "")
    assert "no turns of tenant default are recorded: take a call" in done.err
    assert "--llm-ttft 350/900" in done.err
    assert not Path("var").exists(), "looking makes nothing"
    put(tmp_path, [waited(1, QUICK, "cache")])
    done = run("audit", "--path", "agent", "--since", "24h", "--json")
    assert (done.code, done.out) == (2, "")
    assert "are recorded that went to agent since " in done.err
    put(tmp_path, [waited(2, {}, "agent", timeline={})])
    assert "with sound" in run("audit", "--path", "agent").err


# --- figures typed in -----------------------------------------------------------------------------


def test_the_sum_what_becomes_of_it_and_what_to_do(run: Run) -> None:
    done = run("audit", *FIGURES)
    lines = [line.rstrip() for line in done.out.splitlines()]
    assert (done.code, done.err) == (1, "")
    assert lines[0].split("  ")[0] == "p50/p95 in ms"
    assert lines[3].split() == ["endpointing", "500", "200", "500", "200"]
    assert lines[5].split()[:3] == ["agent", "(LLM)", "350/900"]
    (typed,) = [line for line in lines if line.startswith("as typed: ")]
    assert typed.startswith("as typed: 1230 ms, p95 1794, p99 ")
    assert typed.endswith(" over 800, where a call feels broken")
    (hit,) = [line for line in lines if line.startswith("Frontline, cache: ")]
    assert hit.endswith("over a person's 300, within 800")
    assert any(
        line.startswith("Percentiles do not add: the p95s together are 1990") for line in lines
    )
    worst = lines.index("What to do, worst first; settings in [ ] as they are now")
    assert lines[worst + 1] == "1. agent (LLM): 620 ms over its budget"
    assert not Path("var").exists(), "it needs no store"


def test_fixed_figures_say_how_to_see_the_tail(run: Run) -> None:
    done = run("audit", "--endpointing", "100", "--stt", "100ms")
    assert done.code == 0
    assert "as typed: 200 ms: as quick as a person (300)" in done.out
    assert "No spread was given: type p50 and p95" in done.out
    assert "Every stage is within its budget." in done.out


def test_figures_as_json(run: Run) -> None:
    done = run("audit", "--json", *FIGURES)
    told = json.loads(done.out)
    assert (done.code, told["kind"], told["over"]) == (1, "typed", True)
    assert (told["sum_of_p50_ms"], told["sum_of_p95_ms"]) == (1200, 1990)
    plans = {plan["name"]: plan for plan in told["plans"]}
    assert list(plans) == ["typed", "hit", "miss", "filler"]
    agent = plans["typed"]["stages"]["agent"]
    assert (agent["p50_ms"], agent["p95_ms"]) == (
        *(pytest.approx(350, abs=0.5), pytest.approx(900, abs=1)),
    )
    assert plans["hit"]["p50_ms"] < 400 < plans["miss"]["p50_ms"] < plans["typed"]["p50_ms"]
    assert plans["miss"]["extra_calls"] > 0.1
    assert [one["stage"] for one in told["advice"]][:2] == ["agent", "endpointing"]


def test_settings_have_their_say(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONTLINE_TURN__SILENCE_CONFIDENT_MS", "120")
    plans = json.loads(run("audit", "--json", "--endpointing", "500").out)["plans"]
    assert plans[1]["stages"]["endpointing"]["p50_ms"] == 120


@pytest.mark.parametrize(
    ("budget", "at", "code"),
    [
        ("ttfa=1300", "p50", 0),
        ("ttfa=1300", "p95", 1),
        ("ttfa=3000", "p99", 0),
        ("stt=99", "p50", 1),
    ],
)
def test_the_exit_code_follows_budget_and_percentile(
    run: Run, budget: str, at: str, code: int
) -> None:
    more = ["--budget", "ttfa=3000"] if code and budget.startswith("stt") else []
    assert run("audit", *FIGURES, *more, "--budget", budget, "--at", at).code == code


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["--llm-ttft", "fast"], "--llm-ttft wants milliseconds, as 120"),
        (["--tts-ttfb", "9/3"], "--tts-ttfb wants p50 before p95"),
        (["--stt", "-5"], "--stt wants milliseconds"),
        (["--budget", "endpoint=3"], "no stage 'endpoint'; did you mean endpointing?"),
        (["--budget", "zzz=3"], "one of transport, carrier, endpointing"),
        (["--budget", "stt"], "--budget wants STAGE=MS"),
        (["--budget", "stt=1/2"], "--budget wants STAGE=MS"),
        (["--stt", "5", "--path", "cache"], "--path is about recorded turns"),
        (["--stt", "5", "--since", "1d"], "--since is about recorded turns"),
        (["--since", "yesterday"], "--since wants 90m, 24h, 7d, 2w or a date"),
    ],
)
def test_what_is_wrong_is_told_with_code_2(run: Run, argv: list[str], says: str) -> None:
    try:
        done = run("audit", *argv)
    except SystemExit as end:  # argparse's own
        assert end.code == 2
        return
    assert (done.code, done.out) == (2, "")
    assert says in done.err


def test_moments_are_read() -> None:
    now = 1_000_000_000.0
    assert audit.moment("90m", now) == now - 5400
    assert audit.moment("2W", now) == now - 1_209_600
    assert audit.moment("2001-09-09T00:00:00+00:00", now) == (
        datetime(2001, 9, 9, tzinfo=UTC).timestamp()
    )
    assert audit.moment("999999d", now) == 0.0
    with pytest.raises(UsageError):
        audit.moment("9999999d", now)


def test_there_is_an_option_for_every_stage() -> None:
    assert {stage for _, stage, _ in cli.FIGURES} == set(STAGES)
    given = [part for option, _, _ in cli.FIGURES for part in (f"--{option}", "7")]
    args: argparse.Namespace = cli.parser().parse_args(["audit", *given])
    assert {one.p50 for one in audit.figures_of(args).values()} == {7.0}
    assert list(audit.figures_of(args)) == list(STAGES)


def test_help_has_examples_and_tells_the_exit_codes(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        run("audit", "--help")
    said = capsys.readouterr().out
    assert "frontline audit --since 24h --path agent" in said
    assert "Exit code 0: within the budget, 1: over it" in said


def test_options_and_the_example_are_those_documented(run: Run) -> None:
    text = section(TEXTS["audit.md"], "Figures typed in")
    listed = [(coded(row[0])[0].removeprefix("--"), coded(row[1])[0], row[2]) for row in rows(text)]
    assert listed == list(cli.FIGURES)
    (command,), (shown,) = blocks(text, "sh"), blocks(text, "text")
    said = {" ".join(line.split()) for line in run(*shlex.split(command)[1:]).out.splitlines()}
    assert {" ".join(line.split()) for line in shown.splitlines()} <= said
