"""Lines of the trail."""

from __future__ import annotations

from gateway.admin.people.lines import change, line_id


def test_later_lines_have_greater_ids() -> None:
    ids = [line_id(now) for now in (1.0, 1.0, 9.5, 1_700_000_000.0, 1_800_000_000.0)]
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)


def test_a_line_is_bounded() -> None:
    line = change("a", "Anna", "flag", "bank", "x" * 1000, "y" * 1000)
    assert (len(line.subject), len(line.detail)) == (200, 500)
    assert (line.who, line.name, line.what, line.tenant) == ("a", "Anna", "flag", "bank")
