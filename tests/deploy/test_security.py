"""``SECURITY.md``: each defence names a test, and each of these tests is there."""

from __future__ import annotations

import ast
import re

from gateway.settings.whole import Settings
from tests.support.tree import ROOT

TEXT = (ROOT / "SECURITY.md").read_text()
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TEXT)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def test_every_test_that_is_named_is_there() -> None:
    assert len(NAMED) > 30
    lost = []
    for path, name in NAMED:
        tree = ast.parse((ROOT / path).read_text("utf-8"))
        found = {one.name for one in ast.walk(tree) if isinstance(one, FUNCTIONS)}
        lost += [f"{path}::{name}"] if name not in found else []
    assert lost == []


def test_each_defence_names_its_test() -> None:
    part = TEXT.partition("## Who may attack")[2].partition("## What is not defended")[0]
    defences = re.split(r"^- ", part, flags=re.MULTILINE)[1:]
    assert len(defences) > 20
    assert [one for one in defences if "`tests/" not in one] == []


def test_every_setting_that_is_named_is_one() -> None:
    settings = Settings()
    named = re.findall(r"`(server|records|tenant|store)\.(\w+)", TEXT)
    assert named
    assert [one for one in named if not hasattr(getattr(settings, one[0]), one[1])] == []
