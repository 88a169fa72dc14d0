"""One guard is one file, one pair file and one row of docs/matching.md; nothing else lists them."""

import re
from pathlib import Path

import pytest

from intents.decision import Veto
from intents.guards.applied import registry, vetoes
from intents.guards.applied.registry import GUARDS
from intents.guards.entry.guard import NEVER, Scope
from tests.support.tree import ROOT

FILES = {path.stem for path in (ROOT / "intents" / "guards").glob("*.py")} - {"__init__"}
PAIRS = Path(__file__).parents[2] / "data" / "guards" / "pairs"


def test_the_registry_has_every_file() -> None:
    assert set(GUARDS) == FILES


def test_the_documents_have_a_row_for_every_guard() -> None:
    text = (ROOT / "docs" / "matching.md").read_text("utf-8")
    table = text[text.index("| guard | vetoes |") :].partition("\n\n")[0]
    rows = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    assert sorted(rows) == sorted(FILES)


def test_every_guard_has_its_pairs_and_nobody_else() -> None:
    assert {path.stem for path in PAIRS.glob("*.txt")} == FILES
    for path in PAIRS.glob("*.txt"):
        rows = [line for line in path.read_text("utf-8").splitlines() if not line.startswith("#")]
        assert len(rows) >= 5, path.name


def test_no_code_knows_a_guard_by_its_name_in_a_veto() -> None:
    """Whoever has to treat a veto in another way reads a field of the guard's record."""
    by_name = re.compile(r"guard\"?\]? (?:[!=]=|in|not in) [\"(\[{]")
    for package in ("intents", "gateway", "cache_seed", "bench"):
        for path in (ROOT / package).rglob("*.py"):
            assert not by_name.search(path.read_text("utf-8")), path


def test_names_are_unique_and_ranks_give_an_order() -> None:
    ranks = [one.rank for one in GUARDS.values()]
    assert ranks == sorted(set(ranks)), "two guards of a rank are asked in the order of their names"
    assert [name for name, one in GUARDS.items() if one.name != name] == []


def test_what_may_be_told_along_the_way_is_said_of_two_texts() -> None:
    for one in GUARDS.values():
        assert one.excusable == NEVER or one.scope is not Scope.CANDIDATE
        assert list(one.excusable) == sorted(one.excusable, reverse=True), "longest first"


def reasons(found: tuple[Veto, ...]) -> list[str]:
    return [veto.guard for veto in found]


def test_without_a_guard() -> None:
    asked, question = "don't cancel my order on monday", "cancel my order on friday"
    assert reasons(vetoes.veto(asked, question)) == ["polarity", "numbers"]
    with registry.without("polarity", "expired"):
        assert reasons(vetoes.veto(asked, question)) == ["numbers"]
        assert "expired" not in {one.name for one in registry.of_candidate()}
        with registry.without("numbers"):
            assert reasons(vetoes.veto(asked, question)) == []
        assert reasons(vetoes.veto(asked, question)) == ["numbers"]
    assert reasons(vetoes.veto(asked, question)) == ["polarity", "numbers"]


def test_there_is_no_such_guard() -> None:
    with pytest.raises(KeyError), registry.without("polaritty"):
        pass
    assert len(registry.of_words()) + len(registry.of_candidate()) == len(GUARDS)
