"""The example file, written from a small class of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from gateway.settings.schema.examples import docs, example_of
from gateway.settings.schema.reading import Group, Table, setting


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
    steam: float | str = setting("auto", low=0, high=0.5)
    """How moist."""


@dataclass(frozen=True)
class Spices(Table):
    """What goes
    in what."""

    example: ClassVar[Mapping[str, str]] = {"soup": "pepper"}


@dataclass(frozen=True, kw_only=True)
class Dish:
    """One of them."""

    minutes: int = setting(30, low=1, high=600)
    """How long."""
    notes: Mapping[str, str] = setting({}, says="notes")
    """Whatever else."""


@dataclass(frozen=True)
class Dishes(Group):
    """What is cooked."""

    item: ClassVar[type] = Dish
    example: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "pie": {"minutes": 50, "notes": {"crust": "short"}}
    }


@dataclass(frozen=True, kw_only=True)
class Kitchen:
    """All of it."""

    oven: Oven = Oven()
    spices: Spices = Spices()
    dishes: Dishes = Dishes()


def test_docs_join_lines_and_skip_nothing() -> None:
    assert docs(Oven) == {
        "heat_c": "How hot; in two lines.",
        "names": "What it is called.",
        "key": "Opens it.",
        "steam": "How moist.",
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
        '# How moist. ("auto", or from 0 to 0.5)\n'
        'steam = "auto"\n'
        "\n"
        "# What goes in what.\n"
        "[spices]\n"
        '# soup = "pepper"\n'
        "\n"
        "# What is cooked.\n"
        "[dishes]\n"
        "# minutes = 30: How long. (from 1 to 600)\n"
        "# notes = {}: Whatever else.\n"
        "#\n"
        "# [dishes.pie]\n"
        "# minutes = 50\n"
        '# notes = { crust = "short" }\n'
    )
