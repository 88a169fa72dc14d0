"""The machinery under the settings, on a small class of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import SettingsError
from gateway.sections import Table, docs, example_of, read_settings, setting, variable


@dataclass(frozen=True, kw_only=True)
class Oven:
    """The oven."""

    heat_c: int = setting(180, unit="degrees", low=50, high=300)
    """How hot;
    in two lines."""
    names: tuple[str, ...] = setting(())
    """What it is called."""
    key: str = setting("", secret=True)
    """Opens it."""


@dataclass(frozen=True)
class Spices(Table):
    """What goes
    in what."""

    example: ClassVar[Mapping[str, str]] = {"soup": "pepper"}

    @classmethod
    def wrong(cls, value: str) -> str:
        return f"{value!r} is no spice" if value == "soap" else ""


@dataclass(frozen=True, kw_only=True)
class Kitchen:
    """All of it."""

    oven: Oven = Oven()
    spices: Spices = Spices()


def test_variable_names() -> None:
    assert variable("oven", "heat_c") == "FRONTLINE_OVEN__HEAT_C"


def test_docs_join_lines_and_skip_nothing() -> None:
    assert docs(Oven) == {
        "heat_c": "How hot; in two lines.",
        "names": "What it is called.",
        "key": "Opens it.",
    }


def test_the_example_has_value_unit_range_and_why() -> None:
    assert example_of(Kitchen, "A kitchen.") == (
        "# A kitchen.\n"
        "\n"
        "# The oven.\n"
        "[oven]\n"
        "# How hot; in two lines. (degrees, from 50 to 300)\n"
        "heat_c = 180\n"
        "# What it is called.\n"
        "names = []\n"
        "# key: Opens it. Secret: only as FRONTLINE_OVEN__KEY.\n"
        "\n"
        "\n"
        "# What goes in what.\n"
        "[spices]\n"
        '# soup = "pepper"\n'
    )


def test_a_table_takes_names_of_the_operators_own() -> None:
    file = {"spices": {"Fish Pie": "salt", "soup": "salt"}}
    read = read_settings(Kitchen, file, "f", {"FRONTLINE_SPICES__SOUP": "pepper"})
    assert read.spices.entries == {"Fish Pie": "salt", "soup": "pepper"}
    assert read_settings(Kitchen, {}, "f", {}).spices == Spices()
    assert Table.wrong("anything") == ""


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"soup": "soap"}, "f: spices.soup: 'soap' is no spice"),
        ({"soup": 1}, "f: spices.soup is a text; got 1"),
        ({"soup": {"a": "b"}}, "f: spices.soup is a text; got {'a': 'b'}"),
        ({" ": "salt"}, "f: spices. : a name has 1 to 100 characters"),
        ({"x" * 101: "salt"}, "a name has 1 to 100 characters"),
    ],
)
def test_what_may_not_stand_in_a_table(values: dict[str, object], expected: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(Kitchen, {"spices": values}, "f", {})
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("variable", "expected"),
    [
        ("FRONTLINE_SPICES__SOUP", "environment: FRONTLINE_SPICES__SOUP: 'soap' is no spice"),
        ("FRONTLINE_SPICES__", "unknown variable FRONTLINE_SPICES__"),
        ("FRONTLINE_SPICE__SOUP", "unknown variable FRONTLINE_SPICE__SOUP"),
    ],
)
def test_a_table_in_the_environment(variable: str, expected: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(Kitchen, {}, "f", {variable: "soap"})
    assert expected in str(caught.value)


@given(st.integers(-1000, 1000))
def test_a_number_is_taken_exactly_within_its_range(heat: int) -> None:
    table = {"oven": {"heat_c": heat}}
    if 50 <= heat <= 300:
        assert read_settings(Kitchen, table, "f", {}).oven.heat_c == heat
    else:
        with pytest.raises(SettingsError, match=r"f: oven\.heat_c is in degrees"):
            read_settings(Kitchen, table, "f", {})


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
tables = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=9), inner)
)


@given(
    st.dictionaries(st.sampled_from(["oven", "ovn", "spices", ""]) | st.text(max_size=9), tables)
)
def test_any_table_is_read_or_refused_in_one_line(table: dict[str, object]) -> None:
    try:
        read = read_settings(Kitchen, table, "f", {})
    except SettingsError as error:
        assert str(error).startswith("f: ")
        assert str(error).isprintable()
    else:
        assert isinstance(read.oven.names, tuple)


@given(st.text(max_size=20))
def test_any_text_in_the_environment_is_read_or_refused(text: str) -> None:
    for key in ("HEAT_C", "NAMES"):
        try:
            read_settings(Kitchen, {}, "f", {f"FRONTLINE_OVEN__{key}": text})
        except SettingsError as error:
            assert str(error).isprintable()
            assert "FRONTLINE_OVEN__" in str(error)
