"""The example file: every setting with its default, unit and why, from the classes alone."""

from __future__ import annotations

import ast
import inspect
import json
import textwrap
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from typing import Any, get_type_hints

from gateway.settings.schema.reading import (
    AUTO,
    Group,
    NumberOrAuto,
    Rule,
    Table,
    rule_of,
    span,
    variable,
)


def docs(kind: type) -> dict[str, str]:
    """The docstring under each field, on one line; a field without one is missing."""
    body = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    assert isinstance(body, ast.ClassDef)
    found: dict[str, str] = {}
    for name, text in zip(body.body, body.body[1:], strict=False):
        match name, text:
            case ast.AnnAssign(target=ast.Name(id=key)), ast.Expr(
                value=ast.Constant(value=str(doc))
            ):
                found[key] = " ".join(doc.split())
            case _:
                pass
    return found


def example_of(cls: type, title: str) -> str:
    """The example file: every setting with its default, unit and why."""
    blocks = [_comment(title)]
    for one, kind in get_type_hints(cls).items():
        lines = ["", _comment(" ".join((inspect.getdoc(kind) or "").split())), f"[{one}]"]
        if issubclass(kind, (Table, Group)):
            own = _example_group(one, kind) if issubclass(kind, Group) else _shown(kind.example)
            blocks.append("\n".join([*lines, *own]))
            continue
        texts, hints = docs(kind), get_type_hints(kind)
        for item in fields(kind):
            lines += _example_lines(one, item, hints[item.name], texts[item.name])
        blocks.append("\n".join(lines))
    return "\n".join(blocks) + "\n"


def _example_group(one: str, kind: type[Group]) -> list[str]:
    """Every key that a sub-section may have, then some as they could stand there."""
    texts, hints = docs(kind.item), get_type_hints(kind.item)
    lines: list[str] = []
    for item in fields(kind.item):
        rule, default = rule_of(item), _toml(item.default) if item.default is not MISSING else "{}"
        about = texts[item.name] + _about(hints[item.name], rule)
        lines.append(_comment(f"{item.name} = {default}: {about}", "    "))
    for name, values in kind.example.items():
        lines += ["#", f"# [{one}.{name}]", *_shown(values)]
    return lines


def _shown(values: Mapping[str, Any]) -> list[str]:
    return [f"# {key} = {_toml(value)}" for key, value in values.items()]


def _example_lines(one: str, item: Field[Any], kind: Any, text: str) -> list[str]:
    rule = rule_of(item)
    if rule.secret:
        return [_comment(f"{item.name}: {text} Secret: only as {variable(one, item.name)}."), ""]
    return [_comment(text + _about(kind, rule)), f"{item.name} = {_toml(item.default)}"]


def _about(kind: Any, rule: Rule) -> str:
    """Return what may stand there, after what it is for."""
    if rule.choices:
        return " One of " + ", ".join(json.dumps(one) for one in rule.choices) + "."
    if kind in (int, float):
        return f" ({rule.unit + ', ' if rule.unit else ''}{span(rule)})"
    return f' ("{AUTO}", or {span(rule)})' if kind == NumberOrAuto else ""


def _comment(text: str, more: str = "") -> str:
    return "\n".join(textwrap.wrap(text, 96, initial_indent="# ", subsequent_indent=f"# {more}"))


def _toml(value: Any) -> str:
    """A value as TOML; JSON's texts, numbers, booleans and lists of texts are TOML's too."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + " }"
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)
