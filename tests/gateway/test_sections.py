"""The machinery under the settings, on a small class of its own."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import SettingsError
from gateway.sections import docs, example_of, read_settings, setting, variable


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


@dataclass(frozen=True, kw_only=True)
class Kitchen:
    """All of it."""

    oven: Oven = Oven()


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
    )


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


@given(st.dictionaries(st.sampled_from(["oven", "ovn", ""]) | st.text(max_size=9), tables))
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
