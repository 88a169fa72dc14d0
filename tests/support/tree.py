"""The source tree as the architecture tests read it: parsed, never imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("intents", "cache_seed", "gateway")


@dataclass(frozen=True)
class Module:
    """One source file."""

    path: Path
    """Relative to the root."""

    @property
    def name(self) -> str:
        """Dotted: ``gateway.core.turn.turn``, ``gateway.core`` for its ``__init__``."""
        parts = self.path.with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def text(self) -> str:
        return (ROOT / self.path).read_text(encoding="utf-8")

    def imports(self, *, at_import: bool = False) -> set[str]:
        """Dotted names of what it imports; ``at_import``: only what importing it imports."""
        return imports_of(self.text, self.name, at_import=at_import)


def modules(*packages: str) -> list[Module]:
    """Every module of the packages, in order."""
    found = [p for one in packages or PACKAGES for p in (ROOT / one).rglob("*.py")]
    return [Module(path.relative_to(ROOT)) for path in sorted(found)]


def imports_of(text: str, name: str, *, at_import: bool = False) -> set[str]:
    """What the source text of module ``name`` imports."""
    found: set[str] = set()
    for node in _nodes(ast.parse(text), at_import=at_import):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: relative import; write the whole name"
            module = node.module or ""
            found |= {_whole(module, alias.name) for alias in node.names}
    return found


def _whole(module: str, name: str) -> str:
    """``from gateway import audio`` imports ``gateway.audio``; a class is not a module."""
    path = ROOT.joinpath(*module.split("."), name)
    inner = path.with_suffix(".py").exists() or path.is_dir()
    return f"{module}.{name}" if inner else module


def _nodes(tree: ast.AST, *, at_import: bool) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if at_import:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
                continue
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
                continue
        yield node
        yield from _nodes(node, at_import=at_import)
