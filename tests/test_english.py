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


@pytest.mark.parametrize("opening", ["Of each lane.", "Whether it is.", "What came of it."])
def test_a_riddle_is_found_wherever_a_docstring_may_stand(opening: str) -> None:
    text = f'"""{opening}"""'
    assert riddles(text)
    assert riddles(f"class One:\n    {text}\n")
    assert riddles(f"class One:\n    size: int\n    {text}\n")
    assert riddles(f"async def one():\n    {text}\n")


def test_a_sentence_with_a_subject_is_no_riddle() -> None:
    assert riddles('def one():\n    """Return whether it is."""\n') == []


@pytest.mark.parametrize("package", PACKAGES)
def test_docstrings_name_their_subject(package: str) -> None:
    paths = sorted((ROOT / package).rglob("*.py"))
    assert paths
    assert [
        f"{path.relative_to(ROOT)}:{one}"
        for path in paths
        for one in riddles(path.read_text("utf-8"))
    ] == []
