"""What the documents say is what the program does, by name and number."""

from __future__ import annotations

import argparse
import ast
import os
import re
import shlex
import subprocess
import sys
import tomllib
import wave
from collections.abc import Iterator
from dataclasses import fields
from enum import Enum
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from cache_seed import columns, table
from gateway import cli
from gateway.admin import api
from gateway.admin.inputs import EntryIn
from gateway.admin.metrics.metrics import Metrics
from gateway.admin.operations import Operation
from gateway.commands import bench
from gateway.core import call, routes, states
from gateway.core.standin import machine
from gateway.core.turn import turn
from gateway.ports.sound import WIRE_FORMATS
from gateway.settings.whole import Settings
from gateway.transports import door, messages, session
from intents import clarifying
from intents.guards.entry import likeness
from intents.learning import calibration
from tests.support.documents import (
    DOCS,
    ROOT,
    TEXTS,
    blocks,
    coded,
    lines_of_code,
    rows,
    section,
    tables,
)
from tests.support.house_server import Gateway, House, house

__all__ = ["house"]

README, PROTOCOL, CSV = TEXTS["README.md"], TEXTS["protocol.md"], TEXTS["csv.md"]
ADMIN, MATCHING, STATES = TEXTS["admin.md"], TEXTS["matching.md"], TEXTS["architecture.md"]
EVERYTHING = "\n".join(TEXTS.values())
SECTIONS = {field.name: getattr(Settings(), field.name) for field in fields(Settings)}

# --- commands and settings ------------------------------------------------------------------------


def subcommands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    actions = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    return {name: one for action in actions for name, one in action.choices.items()}


@pytest.mark.parametrize(
    "line", [one for one in lines_of_code() if re.match(r"(\.venv/bin/)?frontline ", one)]
)
def test_command_lines_are_understood(line: str) -> None:
    words = shlex.split(line, comments=True)
    cli.parser().parse_args(words[1:])


def test_commands_in_the_text_exist() -> None:
    mentioned = [one for one in coded(EVERYTHING) if one.startswith("frontline ")]
    assert len(mentioned) >= 8
    for one in mentioned:
        parser = cli.parser()
        for word in one.split()[1:]:
            inner = subcommands(parser)
            if inner and not word.startswith("-"):
                assert word in inner, one
                parser = inner[word]
            elif word.startswith("-"):
                assert word in parser._option_string_actions, one


def test_options_in_tables_exist() -> None:
    known = subcommands(cli.parser())["seed"]._option_string_actions
    options = [coded(row[0])[0].split()[0] for row in rows(section(CSV, "Errors"))]
    assert "--dry-run" in options
    assert set(options) <= set(known)


def test_make_targets_and_benchmarks_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    said = [one for one in [*lines_of_code(), *coded(EVERYTHING)] if one.startswith("make ")]
    assert {one.split()[1] for one in said} <= targets
    assert set(re.findall(r"NAME=([\w-]+)", EVERYTHING)) <= set(bench.names())


def test_settings_exist() -> None:
    named = "|".join(SECTIONS)
    found = re.findall(rf"`({named})\.([a-z_]+)`", EVERYTHING)
    variables = re.findall(r"FRONTLINE_([A-Z]+(?:_[A-Z]+)*?)__([A-Z_]+)", EVERYTHING)
    pairs = {*found, *((s.lower(), k.lower()) for s, k in variables)} - {("section", "key")}
    assert len(pairs) >= 20
    assert not [pair for pair in pairs if not hasattr(SECTIONS[pair[0]], pair[1])]


def test_silences_are_the_defaults() -> None:
    said = re.findall(r"(\d+)\s+ms\s+\(`turn\.(\w+)`\)", README)
    assert len(said) == 3
    assert all(getattr(Settings().turn, key) == int(value) for value, key in said)


# --- the native call ------------------------------------------------------------------------------

STRUCTS = (messages.Start, messages.Partial, messages.Final, messages.Mark, messages.Dtmf)
SENDERS = (
    *("transports/native.py", "transports/session.py"),
    *("shell/call/runner.py", "shell/call/perform.py"),
)


def nodes(*files: str) -> Iterator[ast.AST]:
    for file in files:
        yield from ast.walk(ast.parse((ROOT / "gateway" / file).read_text(encoding="utf-8")))


def constant(node: ast.AST | None) -> Any:
    return node.value if isinstance(node, ast.Constant) else None


def called(node: ast.AST) -> tuple[str, Any]:
    """Name of what is called and its first argument; both empty if nothing is."""
    if not isinstance(node, ast.Call) or not node.args:
        return "", ""
    return ast.unparse(node.func).rpartition(".")[2], constant(node.args[0])


def sent() -> dict[str, set[str]]:
    """Type of every message the server sends, and its fields as far as the source shows them."""
    found: dict[str, set[str]] = {}
    for node in nodes(*SENDERS):
        if isinstance(node, ast.Dict):
            keys = [constant(key) for key in node.keys]
            if "type" in keys and (kind := constant(node.values[keys.index("type")])):
                found.setdefault(kind, set()).update(key for key in keys if key)
    return {kind: keys - {"type"} for kind, keys in found.items()}


def headings(text: str) -> set[str]:
    return {one for line in re.findall(r"^### (.*)$", text, re.MULTILINE) for one in coded(line)}


def test_client_messages_are_those_documented() -> None:
    assert headings(section(PROTOCOL, "From the client")) == messages.KNOWN


@pytest.mark.parametrize("struct", STRUCTS, ids=lambda one: one.__struct_config__.tag)
def test_fields_of_client_messages_are_documented(struct: type[msgspec.Struct]) -> None:
    text = section(section(PROTOCOL, "From the client"), f"`{struct.__struct_config__.tag}`")
    listed = [coded(row[0]) for row in tables(text)[0][1:]]
    assert {one for names in listed for one in names} == set(struct.__struct_fields__)


def test_server_messages_are_those_documented() -> None:
    text, kinds = section(PROTOCOL, "From the server"), sent()
    assert len(kinds) >= 10
    assert headings(text) == set(kinds)
    assert not [key for keys in kinds.values() for key in keys if f"`{key}`" not in text]


def test_error_codes_are_those_documented() -> None:
    complaints = {"ClientError", "complain", "_refuse", "_warn", "Ignored"}
    files = ("audio.py", "transports/messages.py", *SENDERS)
    codes = {code for name, code in map(called, nodes(*files)) if name in complaints and code}
    codes |= {
        constant(one.value)
        for node in nodes(*files)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Complaint"
        for one in node.keywords
        if one.arg == "code" and constant(one.value)
    }
    text = section(section(PROTOCOL, "From the server"), "`error`")
    assert {coded(row[0])[0] for row in tables(text)[1][1:]} == codes


def test_close_codes_are_those_documented() -> None:
    listed = {int(row[0]) for row in rows(section(PROTOCOL, "Close codes"))}
    ours = {
        n
        for node in nodes("transports/door.py", "transports/session.py")
        if isinstance(n := constant(node), int)
    }
    of_the_server = {1009, 1012}
    assert {n for n in ours if 1000 <= n < 5000} | of_the_server == listed
    assert {door.UNAUTHORISED, door.MALFORMED, door.OVER_CAPACITY} <= listed


def test_formats_and_limits_are_those_documented() -> None:
    formats = {row[0]: row[1] for row in rows(section(PROTOCOL, "`start`"))}
    for form in WIRE_FORMATS:
        assert str(form.sample_rate) in formats[f"`{form.encoding.value}`"]
    assert f"at most {messages.MAX_TEXT} characters" in PROTOCOL
    assert f"{session.START_WITHIN:g} seconds" in PROTOCOL


def test_json_examples_are_messages() -> None:
    assert [messages.decode(one) for one in blocks(PROTOCOL, "json")]


# --- the table ------------------------------------------------------------------------------------


def test_columns_and_their_other_names_are_documented() -> None:
    listed = {coded(row[0])[0]: row[2] for row in rows(section(CSV, "Columns"))}
    assert set(listed) == set(columns.COLUMNS)
    said: dict[str, str] = {}
    for column, others in listed.items():
        for name in others.split(", "):
            said |= {name.replace("(s)", end): column for end in ("", "s")}
    names = {name.replace(" ", "_"): column for name, column in said.items()}
    assert names | {one: one for one in columns.COLUMNS} == columns._MEANING
    short = [
        one for row in rows(section(README, "Seed your own questions")) for one in coded(row[0])
    ]
    assert set(short) == set(columns.COLUMNS)


def test_actions_are_those_documented() -> None:
    listed = [one for row in rows(section(CSV, "Actions")) for one in coded(row[0])]
    filled = [one.replace("DIGITS", "1#").replace("QUEUE", "billing") for one in listed]
    assert {routes.parse(one).target for one in filled} == set(routes.Target)
    controls = {one.partition(":")[2] for one in listed if one.startswith("control:")}
    assert controls == set(routes.CONTROLS)
    (example,) = blocks(CSV, "toml")
    settings = tomllib.loads(example)
    assert all(routes.parse(action) for action in settings["intents"].values())
    assert set(settings) <= set(SECTIONS)


@pytest.mark.parametrize("example", [*blocks(README, "csv"), *blocks(CSV, "csv")])
def test_example_tables_are_good(example: str) -> None:
    found = table.read(example.encode())
    assert found.entries
    assert not found.errors + found.warnings


def test_limits_of_tables_are_those_documented() -> None:
    for limit in (table.MAX_ENTRIES, table.MAX_QUESTIONS, table.MAX_ERRORS):
        assert f"{limit:,}" in CSV


# --- admin ----------------------------------------------------------------------------------------


def known_routes() -> dict[tuple[str, str], Operation]:
    return {(one.method, one.path.replace(":path", "")): one for one in api.OPERATIONS}


def test_admin_routes_are_those_documented() -> None:
    listed = {}
    for name, parameters, _ in tables(section(ADMIN, "The API"))[0][1:]:
        if name.startswith(("`GET", "`POST", "`PUT", "`DELETE")):
            method, _, path = coded(name)[0].partition(" ")
            listed[method, path] = set(re.findall(r"[a-z_]+", parameters))
    known = known_routes()
    assert set(listed) == set(known)
    for route, operation in known.items():
        wanted = set(operation.query.__struct_fields__)
        if operation.body not in (None, EntryIn):
            wanted |= set(operation.body.__struct_fields__)
        assert wanted <= listed[route], route


def requests() -> list[str]:
    return [one for one in lines_of_code() if re.search(r"(\$at|/admin/v1)/", one)]


@pytest.mark.parametrize("line", requests())
def test_admin_examples_would_be_taken(line: str) -> None:
    words = shlex.split(line.replace("$at", "http://x/admin/v1").replace("localhost", "http://x"))
    (address,) = (urlsplit(one) for one in words if "/admin/v1/" in one)
    data = next((b for a, b in pairwise(words) if a.startswith("-d")), None)
    method = words[words.index("-X") + 1] if "-X" in words else ""
    method = method or ("POST" if data or "--data-binary" in words else "GET")
    path = re.sub(r"^(/entries|/turns)/.+", r"\1/{id}", address.path.partition("/admin/v1")[2])
    operation = known_routes()[method, path]
    asked = {name: values[0] for name, values in parse_qs(address.query).items()}
    msgspec.convert(asked, operation.query, strict=False)
    if data is not None:
        msgspec.json.decode(data, type=operation.body)


def test_metrics_are_those_documented() -> None:
    listed = {coded(row[0])[0] for row in rows(section(ADMIN, "Health and metrics"))}
    real = {
        one.name + "_total" * (one.type == "counter")
        for one in Metrics().registry.collect()
        if not one.name.startswith("frontline_process")
    }
    assert {one for one in listed if one.startswith("frontline")} == real


# --- understanding, and the states ----------------------------------------------------------------


def test_guards_and_thresholds_are_those_documented() -> None:
    read = section(MATCHING, "Read together")
    for number in (likeness.SURE, likeness.MOST):
        assert re.search(rf"\b{number:g}\b", read), number
    assert " : ".join(f"{100 * share:.0f}" for share in calibration.SHARES) in MATCHING
    asking = section(MATCHING, "Asking back")
    for number in (clarifying.LIKELY, clarifying.SECOND, clarifying.SAME):
        assert re.search(rf"\b{number}\b", asking), number
    few = f"fewer than {calibration.FEW_KNOWN} "
    assert few in MATCHING
    assert few in README
    assert f"at least {calibration.NEAR_EXACT}" in " ".join(MATCHING.split())


@pytest.mark.parametrize(
    ("title", "file", "kinds", "transitions"),
    [
        ("The call", "core/states.py", states.CallState, call.TRANSITIONS),
        ("A turn of the caller", "core/turn/turn.py", turn.TurnState, turn.TRANSITIONS),
        ("In front of a bot", "core/standin/machine.py", machine.Floor, machine.TRANSITIONS),
    ],
    ids=["call", "turn", "in front"],
)
def test_states_are_those_drawn(
    title: str, file: str, kinds: type[Enum], transitions: dict[Any, dict[type, Any]]
) -> None:
    text = section(STATES, title)
    (drawing,) = blocks(text, "mermaid")
    drawn = set(re.findall(r"([A-Z]+) --> ([A-Z]+)", drawing))
    assert {name for edge in drawn for name in edge} == {one.name for one in kinds}
    assert arrows_of(file) <= drawn
    (head, *marks) = tables(text)[0]
    listed = {
        (state, coded(row[0])[0])
        for row in marks
        for state, mark in zip(head[1:], row[1:], strict=True)
        if mark
    }
    real = {(one.name, event.__name__) for one in kinds for event in transitions[one]}
    assert listed == real


def arrows_of(file: str) -> set[tuple[str, str]]:
    """The transitions that the states' docstrings tell of."""
    (body,) = (
        n.body
        for n in nodes(file)
        if isinstance(n, ast.ClassDef) and n.name in ("CallState", "TurnState", "Floor")
    )
    found = set()
    for state, text in pairwise(body):
        if isinstance(state, ast.Assign) and isinstance(text, ast.Expr):
            arrows = str(constant(text.value)).partition("->")[2]
            name = ast.unparse(state.targets[0])
            found |= {(name, other) for other in re.findall(r"[A-Z]{2,}", arrows)}
    assert found
    return found


# --- the text itself ------------------------------------------------------------------------------

each = pytest.mark.parametrize("path", DOCS, ids=lambda one: one.name)


@each
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", TEXTS[path.name]):
        assert "://" in target or (path.parent / target).exists(), target


@each
def test_no_other_hosts_and_no_machine_paths(path: Path) -> None:
    text = TEXTS[path.name]
    hosts = re.findall(r"\w+://([^/:\s\"`]+)", text)
    hosts += re.findall(r"\b[\w.-]+\.(?:com|org|net|io|dev|cloud)\b", text)
    assert set(hosts) <= {"localhost", "127.0.0.1", "www.example.com"}
    assert not re.search(r"(?<![\w.])/(?:home|root|tmp|work|Users)/", text)


@each
def test_code_in_python_compiles(path: Path) -> None:
    for example in blocks(TEXTS[path.name], "python"):
        compile(example, path.name, "exec")


def test_the_readme_is_not_too_long() -> None:
    assert README.count("\n") <= 356


@pytest.mark.slow
def test_the_example_client_gets_its_answer(house: House, tmp_path: Path) -> None:
    (example,) = blocks(README, "python")
    with Gateway(house.copy(tmp_path / "store"), {"FRONTLINE_STT__PROVIDER": "none"}) as gateway:
        done = subprocess.run(
            [sys.executable, "-c", example, "when", "do", "you", "open"],
            cwd=tmp_path,
            env={**os.environ, "CALL_URL": f"ws://{gateway.address}/v1/call"},
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    told = [ast.literal_eval(line) for line in done.stdout.splitlines()]
    assert [(one["type"], one["path"]) for one in told] == [
        ("decision", "cache"),
        ("turn", "cache"),
    ]
    with wave.open(str(tmp_path / "answer.wav")) as file:
        assert file.readframes(file.getnframes()) == house.clip("hours")
