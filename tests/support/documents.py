"""The documents as their tests read them: fenced blocks, sections, tables."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")])
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in DOCS}


def blocks(text: str, language: str) -> list[str]:
    """Contents of the fenced blocks in that language."""
    fence = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
    return [body for kind, body in fence.findall(text) if kind == language]


def lines_of_code() -> list[str]:
    """Every command line of every document."""
    code = "\n".join(body for text in TEXTS.values() for body in blocks(text, "sh"))
    return [line.strip() for line in code.splitlines() if line.strip()]


def section(text: str, title: str) -> str:
    """What stands under a heading, up to the next of its level or above."""
    found = re.search(rf"^(#+) {re.escape(title)}$", text, re.MULTILINE)
    assert found, f"no heading {title!r}"
    rest = text[found.end() :]
    end = re.search(rf"^#{{1,{len(found[1])}}} ", rest, re.MULTILINE)
    return rest[: end.start()] if end else rest


def tables(text: str) -> list[list[list[str]]]:
    """Cells of the rows of each table, its header first."""
    found = re.findall(r"(?:^ *\|.*\|\n)+", text, re.MULTILINE)
    return [
        [
            [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1]]
            for line in one.splitlines()
            if set(line.strip()) - set("|- ")
        ]
        for one in found
    ]


def rows(text: str) -> list[list[str]]:
    """The rows of all tables without their headers."""
    return [row for one in tables(text) for row in one[1:]]


def coded(text: str) -> list[str]:
    """What stands between backticks in a line."""
    return re.findall(r"`([^`\n]+)`", text)
