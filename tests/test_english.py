"""Docstrings open with the thing they describe, not with a riddle about it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("bench", "cache_seed", "gateway", "intents", "training")
RIDDLES = frozenset(
    [
        "As",
        "By",
        "How",
        "It",
        "Its",
        "Of",
        "Those",
        "What",
        "When",
        "Where",
        "Whether",
        "Who",
        "Whoever",
    ]
)
"""First words that leave the subject out: "Of each lane", "Whether it is", "What came of it"."""

NOT_YET = ("gateway/admin", "gateway/core", "gateway/shell", "gateway", "intents")
"""Folders whose docstrings are still to be rewritten. The list may only shrink; ``gateway`` means
every module that no finished folder holds."""

DONE = (
    "bench",
    "cache_seed",
    "gateway/adapters",
    "gateway/agents",
    "gateway/commands",
    "gateway/privacy",
    "gateway/serving",
    "gateway/transports",
    "training",
)
"""Folders that are finished, with all that is below them."""


def docstrings(tree: ast.AST) -> Iterator[ast.Constant]:
    """Every string that documents a module, a class, a function or an attribute."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value


def riddles(source: str) -> list[str]:
    """``line: opening`` of each docstring whose first word leaves its subject out."""
    found = []
    for text in docstrings(ast.parse(source)):
        words = text.value.split() if isinstance(text.value, str) else []
        if words and words[0] in RIDDLES:
            found.append(f"{text.lineno}: {' '.join(words[:6])}")
    return found


def home(path: Path) -> str:
    """The finished folder that holds a module, else the most specific unfinished one."""
    name = path.relative_to(ROOT).as_posix()
    holding = [one for one in (*DONE, *NOT_YET) if name.startswith(f"{one}/")]
    assert holding, f"{name} belongs to no folder of DONE or NOT_YET"
    return max(holding, key=len)


def riddles_by_folder() -> dict[str, list[str]]:
    """All riddles, by the folder of DONE or NOT_YET that their module belongs to."""
    found: dict[str, list[str]] = {one: [] for one in (*DONE, *NOT_YET)}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = path.relative_to(ROOT)
            found[home(path)] += [f"{name}:{one}" for one in riddles(path.read_text("utf-8"))]
    return found


@pytest.mark.parametrize("opening", ["Of each lane.", "Whether it is.", "What came of it."])
def test_a_riddle_is_found_wherever_a_docstring_may_stand(opening: str) -> None:
    text = f'"""{opening}"""'
    assert riddles(text)
    assert riddles(f"class One:\n    {text}\n")
    assert riddles(f"class One:\n    size: int\n    {text}\n")
    assert riddles(f"async def one():\n    {text}\n")


def test_a_sentence_with_a_subject_is_no_riddle() -> None:
    assert riddles('def one():\n    """Return whether it is."""\n') == []


def test_docstrings_of_finished_folders_name_their_subject() -> None:
    found = riddles_by_folder()
    assert [one for folder in DONE for one in found[folder]] == []


def test_no_docstring_opens_with_a_bare_of_it_or_by() -> None:
    found = [one for folder in riddles_by_folder().values() for one in folder]
    assert [one for one in found if one.split(": ")[1].split()[0] in ("Of", "It", "By")] == []


def test_a_folder_without_riddles_leaves_the_list_of_unfinished_ones() -> None:
    found = riddles_by_folder()
    assert [folder for folder in NOT_YET if not found[folder]] == []
