"""The rules that an entry with live values must keep before it is published.

Values are of tools in the settings (``[tools.NAME] values``), have a declared type each, and need a
line that is said in place of what cannot be.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from gateway.live.template import LiveValue, TemplateWrong, has_braces, parse
from gateway.ports.store import Entry

LANGUAGE = "en"
"""The language in which values can be said."""

Declared = Mapping[str, Collection[str]]
"""The fields of each tool that answers may say."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """The reason why an entry cannot be published, and how to mend it."""

    column: str
    reason: str
    mend: str


def mistake_of(entry: Entry, declared: Declared) -> Mistake | None:
    """The first mistake in the entry's live values; None if there is none."""
    if not has_braces(entry.answer):
        if not entry.fallback:
            return None
        reason = "it has a fallback line, and no live value in its answer"
        mend = "leave it empty, or write a value like {order.status} into the answer"
        return Mistake("fallback", reason, mend)
    try:
        template = parse(entry.answer)
    except TemplateWrong as wrong:
        return Mistake("answer", wrong.reason, wrong.mend)
    strangers = (_stranger(value, declared) for value in template.values)
    return next(filter(None, strangers), None) or _incomplete(entry)


def _stranger(value: LiveValue, declared: Declared) -> Mistake | None:
    fields = declared.get(value.tool)
    if not fields:
        known = ", ".join(sorted(name for name in declared if declared[name])) or "none"
        reason = f"{value}: there is no tool {value.tool} whose values may be said"
        mend = f"declare values in [tools.{value.tool}] of the settings (there are: {known})"
        return Mistake("answer", reason, mend)
    if value.field not in fields:
        reason = f"{value}: the tool {value.tool} has no value {value.field}"
        mend = f"declare it in [tools.{value.tool}] values (there are: {', '.join(sorted(fields))})"
        return Mistake("answer", reason, mend)
    return None


def _incomplete(entry: Entry) -> Mistake | None:
    if entry.action:
        reason = "an entry with live values cannot have an action"
        return Mistake("action", reason, "leave it empty, or take the values out of the answer")
    if entry.locale.replace("_", "-").partition("-")[0].lower() != LANGUAGE:
        reason = f"values are said in English, and its locale is {entry.locale}"
        return Mistake("locale", reason, "write an answer without values")
    if not entry.fallback:
        reason = "an answer with live values needs a fallback line"
        mend = "write what is said when one cannot be had, such as: I cannot see that just now."
        return Mistake("fallback", reason, mend)
    if has_braces(entry.fallback):
        return Mistake("fallback", "a fallback line is fixed words", "take { and } out of it")
    return None
