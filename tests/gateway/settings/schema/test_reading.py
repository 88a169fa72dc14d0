"""The machinery under the settings, on a small class of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import SettingsError
from gateway.settings.schema.reading import (
    AUTO,
    Group,
    Table,
    read_settings,
    setting,
    variable,
)


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
    steam: float | str = setting(AUTO, low=0, high=0.5)
    """How moist."""


@dataclass(frozen=True)
class Spices(Table):
    """What goes
    in what."""

    example: ClassVar[Mapping[str, str]] = {"soup": "pepper"}

    @classmethod
    def wrong(cls, value: str) -> str:
        return f"{value!r} is no spice" if value == "soap" else ""


@dataclass(frozen=True, kw_only=True)
class Dish:
    """One of them."""

    minutes: int = setting(30, low=1, high=600)
    """How long."""
    notes: Mapping[str, str] = setting({}, says="notes")
    """Whatever else."""
    plan: Mapping[str, Any] = setting({}, says="a plan")
    """What first."""


@dataclass(frozen=True)
class Dishes(Group):
    """What is cooked."""

    item: ClassVar[type] = Dish

    @classmethod
    def wrong(cls, name: str, item: Any) -> str:
        return ".minutes is too short" if name == "roast" and item.minutes < 60 else ""


@dataclass(frozen=True, kw_only=True)
class Kitchen:
    """All of it."""

    oven: Oven = Oven()
    spices: Spices = Spices()
    dishes: Dishes = Dishes()


def test_variable_names() -> None:
    assert variable("oven", "heat_c") == "FRONTLINE_OVEN__HEAT_C"


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


def test_a_group_takes_sections_under_names_of_the_operators_own() -> None:
    pie: dict[str, Any] = {
        "minutes": 40,
        "notes": {"crust": "short"},
        "plan": {"first": [1, {"a": 2}]},
    }
    read = read_settings(
        Kitchen, {"dishes": {"pie": pie, "soup": {}}}, "f", {"FRONTLINE_DISHES__PIE__MINUTES": "50"}
    )
    assert read.dishes.entries == {"pie": Dish(**{**pie, "minutes": 50}), "soup": Dish()}
    assert read_settings(Kitchen, {}, "f", {}).dishes == Dishes()
    assert Group.wrong("any", "thing") == ""


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"pie": 1}, "f: dishes.pie is a section: write [dishes.pie] and its keys below"),
        ({"pie": {"minuets": 1}}, "f: unknown key dishes.pie.minuets; did you mean minutes?"),
        ({"pie": {"minutes": 0}}, "f: dishes.pie.minutes is a whole number from 1 to 600; got 0"),
        ({"pie": {"notes": {"a": 1}}}, "f: dishes.pie.notes is a table of notes"),
        ({"pie": {"notes": "a"}}, "f: dishes.pie.notes is a table of notes"),
        ({"pie": {"plan": [1]}}, "f: dishes.pie.plan is a table of a plan"),
        ({"roast": {"minutes": 5}}, "f: dishes.roast.minutes is too short"),
        ({"x" * 101: {}}, "a name has 1 to 100 characters"),
    ],
)
def test_what_may_not_stand_in_a_group(values: dict[str, object], expected: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(Kitchen, {"dishes": values}, "f", {})
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    "variable", ["DISHES__PIE__MINUTES", "DISHES__SOUP__HOURS", "DISHES__SOUP"]
)
def test_the_environment_sets_what_stands_in_the_file(variable: str) -> None:
    with pytest.raises(SettingsError, match=f"FRONTLINE_{variable}"):
        read_settings(Kitchen, {"dishes": {"soup": {}}}, "f", {f"FRONTLINE_{variable}": "5"})


@given(st.integers(-1000, 1000))
def test_a_number_is_taken_exactly_within_its_range(heat: int) -> None:
    table = {"oven": {"heat_c": heat}}
    if 50 <= heat <= 300:
        assert read_settings(Kitchen, table, "f", {}).oven.heat_c == heat
    else:
        with pytest.raises(SettingsError, match=r"f: oven\.heat_c is in degrees"):
            read_settings(Kitchen, table, "f", {})


@pytest.mark.parametrize("given", [AUTO, 0, 0.0, 0.25, 0.5])
def test_a_number_may_be_left_to_us(given: float | str) -> None:
    read = read_settings(Kitchen, {"oven": {"steam": given}}, "f", {}).oven.steam
    environ = {"FRONTLINE_OVEN__STEAM": f"{given}"}
    assert read == given == read_settings(Kitchen, {}, "f", environ).oven.steam
    assert isinstance(read, str if given == AUTO else float)
    assert read_settings(Kitchen, {}, "f", {}).oven.steam == AUTO


@pytest.mark.parametrize(
    "given", ["Auto", "automatic", "", "0.2", -0.1, 0.51, float("nan"), True, [AUTO], {}]
)
def test_what_is_neither_a_number_nor_left_to_us(given: object) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(Kitchen, {"oven": {"steam": given}}, "f", {})
    expected = f'f: oven.steam is "auto" or a number from 0 to 0.5; got {given!r}'
    assert str(caught.value) == expected


@pytest.mark.parametrize("text", ["Auto", "", "half", "0.6", "nan", "-1"])
def test_nor_in_the_environment(text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(Kitchen, {}, "f", {"FRONTLINE_OVEN__STEAM": text})
    said = str(caught.value)
    assert "FRONTLINE_OVEN__STEAM" in said
    assert 'is "auto" or a number from 0 to 0.5; got ' in said


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
tables = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=9), inner)
)


@given(
    st.dictionaries(
        st.sampled_from(["oven", "ovn", "spices", "dishes", ""]) | st.text(max_size=9), tables
    )
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
    for key in ("HEAT_C", "NAMES", "STEAM"):
        try:
            read_settings(Kitchen, {}, "f", {f"FRONTLINE_OVEN__{key}": text})
        except SettingsError as error:
            assert str(error).isprintable()
            assert "FRONTLINE_OVEN__" in str(error)
