from __future__ import annotations

from dataclasses import fields

import pytest

from gateway.core.reply import lines
from gateway.core.reply.lines import HANDOFF, LineKind, SystemLine
from gateway.settings.lines import LinesSettings


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("handoff", HANDOFF),
        ("filler:1", SystemLine(LineKind.FILLER, "1")),
        ("more:12", SystemLine(LineKind.MORE, "12")),
        ("bridge:2", SystemLine(LineKind.BRIDGE, "2")),
        ("intent:mortgage_advice", SystemLine(LineKind.INTENT, "mortgage_advice")),
        ("tool:my:balance", SystemLine(LineKind.TOOL, "my:balance")),
        ("other:1", SystemLine(LineKind.PHRASE, "other:1")),
        ("phrase:x", SystemLine(LineKind.PHRASE, "phrase:x")),
        ("filler", SystemLine(LineKind.PHRASE, "filler")),
    ],
)
def test_a_line_is_read_and_written(text: str, line: SystemLine) -> None:
    assert SystemLine.parse(text) == line
    assert str(line) == text
    assert line.clip == f"line:{text}"
    assert SystemLine.of_clip(line.clip) == line


@pytest.mark.parametrize("key", ["entry:line:1", "label:handoff", "handoff"])
def test_other_clips_say_no_line(key: str) -> None:
    assert SystemLine.of_clip(key) is None


def test_the_lines_that_are_said_by_name_are_those_of_the_settings() -> None:
    said = {one.name for one in vars(lines).values() if isinstance(one, SystemLine)}
    assert said == {one.name for one in fields(LinesSettings)}
