"""Reading of a section of settings: from a TOML table, then from the environment.

A section is a frozen dataclass. Each field is made by ``setting``, carries what may stand there,
and has a docstring under it; the example file is written from nothing but these. A section whose
keys are the operator's own names is a ``Table``; one of sub-sections under such names a ``Group``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import Field, dataclass, field, fields
from difflib import get_close_matches
from typing import Any, ClassVar, TypeVar, get_type_hints

from gateway.errors import SettingsError
from gateway.settings.schema.confidential import in_address

PREFIX = "FRONTLINE_"
"""Environment variables are ``FRONTLINE_SECTION__KEY``; without ``__`` they are not settings."""

MS = "milliseconds"
S = "seconds"
T = TypeVar("T")
AUTO = "auto"
NumberOrAuto = float | str
"""The type of a number that may be left to us, with the text ``AUTO``."""

WORDS = {"true": True, "yes": True, "on": True, "1": True}
WORDS |= {"false": False, "no": False, "off": False, "0": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """The values that a setting may have."""

    unit: str = ""
    low: float = float("-inf")
    high: float = float("inf")
    choices: tuple[str, ...] = ()
    pattern: str = ""
    """Each text must match the whole of this regular expression."""
    says: str = ""
    """The pattern in words, for the error."""
    secret: bool = False
    """Only from the environment; the value is in no error, log or repr."""


@dataclass(frozen=True, slots=True)
class Table:
    """A section of texts under names of the operator's own; a subclass says which texts."""

    entries: Mapping[str, str] = field(default_factory=dict)
    example: ClassVar[Mapping[str, str]] = {}
    """Shown in the example file, commented out."""

    @classmethod
    def wrong(cls, value: str) -> str:
        """Return what is wrong with a value and what mends it; empty if nothing is."""
        return ""


@dataclass(frozen=True, slots=True)
class Group:
    """A section of sub-sections, ``[section.NAME]``; a subclass says of which class they are."""

    entries: Mapping[str, Any] = field(default_factory=dict)
    item: ClassVar[type]
    example: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """Shown in the example file, commented out: the sub-sections and what stands in them."""

    @classmethod
    def wrong(cls, name: str, item: Any) -> str:
        """Return what is wrong with a sub-section and what mends it, to be read right after its
        name; empty if nothing is."""
        return ""


LONGEST_NAME = 100
"""Characters of a name in a ``Table`` or ``Group``."""

TEXTS = Mapping[str, str]
ANYTHING = Mapping[str, Any]
"""Types of settings that are tables of their own; what stands in them is in no error."""


def setting(default: Any, **rule: Any) -> Any:
    """A field of a section with its rule; keyword arguments are those of ``Rule``."""
    made = Rule(**rule)
    if isinstance(default, dict):
        return field(default_factory=default.copy, repr=False, metadata={"rule": made})
    return field(default=default, repr=not made.secret, metadata={"rule": made})


def variable(section: str, key: str) -> str:
    """Name of the environment variable that sets the key."""
    return f"{PREFIX}{section}__{key}".upper()


def rule_of(item: Field[Any]) -> Rule:
    """The rule a field was made with."""
    rule = item.metadata["rule"]
    assert isinstance(rule, Rule)
    return rule


# --- reading ---------------------------------------------------------------------------------


def read_settings(cls: type[T], table: Mapping[str, Any], name: str, env: Mapping[str, str]) -> T:
    """All sections of ``cls`` from a parsed file called ``name``, overridden by ``env``."""
    sections = get_type_hints(cls)
    known = {f"{one}.{key}" for one, kind in sections.items() for key in _keys(kind)}
    for one, values in table.items():
        _check_section(_printable(one), values, name, sections, known)
    overrides = _overrides(env, sections, known)
    read = {
        one: _reader(kind)(one, kind, table.get(one, {}), name, overrides.get(one, {}))
        for one, kind in sections.items()
    }
    return cls(**read)


def _reader(kind: Any) -> Callable[..., Any]:
    if issubclass(kind, Group):
        return _read_group
    return _read_table if issubclass(kind, Table) else _read_section


def _keys(kind: Any) -> list[str]:
    """The keys a section has; none where they are the operator's own."""
    return [] if issubclass(kind, (Table, Group)) else [item.name for item in fields(kind)]


def _check_section(
    one: str, values: object, name: str, sections: Mapping[str, Any], known: Iterable[str]
) -> None:
    if one not in sections:
        if not isinstance(values, dict):
            raise SettingsError(
                f"{name}: {one} stands outside a [section]{_nearest_key(one, one, known)}"
            )
        raise SettingsError(f"{name}: unknown section [{one}]{_nearest(one, sections, '[{}]')}")
    if not isinstance(values, dict):
        raise SettingsError(f"{name}: {one} is a section: write [{one}] and its keys below it")
    for key in values:
        if f"{one}.{key}" not in known and not issubclass(sections[one], (Table, Group)):
            hint = _nearest_key(f"{one}.{key}", key, known)
            raise SettingsError(f"{name}: unknown key {one}.{_printable(key)}{hint}")


def _overrides(
    env: Mapping[str, str], sections: Mapping[str, Any], known: Iterable[str]
) -> dict[str, dict[str, str]]:
    """Settings in the environment, by section; an unknown one is an error, like in the file."""
    found: dict[str, dict[str, str]] = {one: {} for one in sections}
    for name, value in env.items():
        if not name.startswith(PREFIX) or "__" not in name:
            continue
        one, _, key = name.removeprefix(PREFIX).lower().partition("__")
        own = one in sections and issubclass(sections[one], (Table, Group)) and key
        if f"{one}.{key}" not in known and not own:
            names = [variable(*dotted.split(".")) for dotted in known]
            raise SettingsError(f"environment: unknown variable {name}{_nearest(name, names)}")
        found[one][key] = value
    return found


def _read_section(
    one: str, kind: Any, values: Mapping[str, Any], name: str, overrides: Mapping[str, str]
) -> Any:
    hints = get_type_hints(kind)
    in_group = "." in one  # they say themselves what may stand there
    read: dict[str, Any] = {}
    for item in fields(kind):
        key, rule = item.name, rule_of(item)
        where, expected = f"{one}.{key}", expects(hints[key], rule)
        if key in values:
            if rule.secret:
                raise SettingsError(
                    f"{name}: {where} is a secret and must not stand in a file: "
                    f"set {variable(one, key)} in the environment"
                )
            if not in_group and (found := _secret_in(values[key])):
                raise SettingsError(
                    f"{name}: {where} holds {found}, a secret, which must not stand in a file: "
                    f"set {variable(one, key)} in the environment"
                )
            read[key] = _checked(values[key], hints[key], rule, f"{name}: {where} {expected}")
        if key in overrides:
            given, variable_name = overrides[key], variable(one, key)
            value = _from_text(given, hints[key])
            read[key] = _checked(
                value, hints[key], rule, f"environment: {variable_name} {expected}"
            )
    return kind(**read)


def _read_table(
    one: str, kind: Any, values: Mapping[str, Any], name: str, overrides: Mapping[str, str]
) -> Any:
    entries: dict[str, str] = {}
    for key, value in values.items():
        entries[key] = _cell(kind, key, value, f"{name}: {one}.{_printable(key)}")
    for key, value in overrides.items():
        entries[key] = _cell(kind, key, value, f"environment: {variable(one, key)}")
    return kind(entries)


def _read_group(
    one: str, kind: Any, values: Mapping[str, Any], name: str, overrides: Mapping[str, str]
) -> Any:
    hints = get_type_hints(kind.item)
    settable: dict[str, dict[str, str]] = {key: {} for key in values}
    for given, text in overrides.items():
        key, _, field_name = given.partition("__")
        if key not in settable or field_name not in hints:
            raise SettingsError(
                f"environment: unknown variable {variable(one, given)}; it is "
                f"{variable(one, 'name')}__KEY, of a [{one}.NAME] that stands in the file"
            )
        settable[key][field_name] = text
    entries: dict[str, Any] = {}
    for key, inner in values.items():
        where = f"{one}.{_printable(key)}"
        _check_name(key, f"{name}: {where}")
        if not isinstance(inner, dict):
            raise SettingsError(f"{name}: {where} is a section: write [{where}] and its keys below")
        for unknown in inner.keys() - hints.keys():
            hint = _nearest(unknown, hints)
            raise SettingsError(f"{name}: unknown key {where}.{_printable(unknown)}{hint}")
        entries[key] = _read_section(where, kind.item, inner, name, settable[key])
        if wrong := kind.wrong(key, entries[key]):
            raise SettingsError(f"{name}: {where}{wrong}")
    return kind(entries)


def _check_name(key: str, where: str) -> None:
    if not key.strip() or len(key) > LONGEST_NAME:
        raise SettingsError(f"{where}: a name has 1 to {LONGEST_NAME} characters")


def _cell(kind: type[Table], key: str, value: object, where: str) -> str:
    _check_name(key, where)
    if not isinstance(value, str):
        raise SettingsError(f"{where} is a text; got {value!r}")
    if wrong := kind.wrong(value):
        raise SettingsError(f"{where}: {wrong}")
    return value


def _from_text(text: str, kind: Any) -> Any:
    """The text of an environment variable as the type wants it; as it is if it cannot be."""
    try:
        if kind is bool:
            return WORDS.get(text.strip().lower(), text)
        if kind is int:
            return int(text)
        if kind == NumberOrAuto and text.strip() == AUTO:
            return AUTO
        if kind is float or kind == NumberOrAuto:
            return float(text)
        if kind == tuple[str, ...]:
            if text.lstrip().startswith("["):
                return json.loads(text)
            return [part.strip() for part in text.split(",") if part.strip()]
    except ValueError:
        return text
    return text


def _checked(value: Any, kind: Any, rule: Rule, complaint: str) -> Any:
    """The value if it may stand there, a list as a tuple; raises ``SettingsError``."""
    if not _fits(value, kind, rule):
        hidden = rule.secret or kind in (TEXTS, ANYTHING) or bool(_secret_in(value))
        raise SettingsError(complaint if hidden else f"{complaint}; got {value!r}")
    if kind is float or (kind == NumberOrAuto and value != AUTO):
        return float(value)
    return tuple(value) if isinstance(value, list) else value


def _secret_in(value: object) -> str:
    """Which secret a text, or one of a list, holds; empty if none."""
    texts = value if isinstance(value, list) else [value]
    return next((found for one in texts if isinstance(one, str) and (found := in_address(one))), "")


def secret_values(settings: Any) -> set[str]:
    """The values of all secrets in the settings' sections, passwords in addresses among them:
    what no log may hold."""
    found: set[str] = set()
    for section in fields(settings):
        values = getattr(settings, section.name)
        if isinstance(values, (Table, Group)):
            continue
        for item in fields(values):
            if not isinstance(value := getattr(values, item.name), str):
                continue
            if rule_of(item).secret:
                found.add(value)
            elif in_address(value):
                found |= {value, value.rpartition("@")[0].rpartition(":")[2]}
    return found - {""}


def _fits(value: Any, kind: Any, rule: Rule) -> bool:
    if kind is bool:
        return isinstance(value, bool)
    if kind in (int, float):
        right = isinstance(value, int if kind is int else (int, float))
        return right and not isinstance(value, bool) and rule.low <= value <= rule.high
    if kind == NumberOrAuto:
        return value == AUTO or _fits(value, float, rule)
    if kind == tuple[str, ...]:
        return isinstance(value, list) and all(_fits(one, str, rule) for one in value)
    if kind in (TEXTS, ANYTHING):
        inner = value.values() if isinstance(value, dict) else [None]
        return isinstance(value, dict) and (
            kind == ANYTHING or all(_fits(one, str, rule) for one in inner)
        )
    if not isinstance(value, str) or (rule.choices and value not in rule.choices):
        return False
    return not rule.pattern or re.fullmatch(rule.pattern, value) is not None


def expects(kind: Any, rule: Rule) -> str:
    """Return what a setting of this type and rule must be, to be read after its name."""
    if rule.choices:
        return "is one of " + ", ".join(json.dumps(one) for one in rule.choices)
    if kind is bool:
        return "is true or false"
    if kind in (int, float):
        number = "a whole number" if kind is int else "a number"
        unit = f"in {rule.unit}, " if rule.unit else ""
        return f"is {unit}{number} {span(rule)}"
    if kind == NumberOrAuto:
        return f'is "{AUTO}" or a number {span(rule)}'
    if kind == tuple[str, ...]:
        return f"is a list of {rule.says or 'texts'}"
    if kind in (TEXTS, ANYTHING):
        return f"is a table of {rule.says or 'texts'}"
    return f"is {rule.says or 'a text'}"


def span(rule: Rule) -> str:
    """The range in words: ``from 5 to 2000``."""
    return f"from {rule.low:g} to {rule.high:g}".replace("e+06", "000000")


def _printable(name: str) -> str:
    """A name somebody else wrote, fit for one line."""
    return name if name.isprintable() else ascii(name)


def _nearest(word: str, known: Iterable[str], shown: str = "{}") -> str:
    near = get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"; did you mean {shown.format(near[0])}?" if near else ""


def _nearest_key(dotted: str, key: str, known: Iterable[str]) -> str:
    """A hint: the same key in another section if there is one, else the nearest name."""
    elsewhere = [one for one in sorted(known) if one.endswith(f".{key}")]
    if elsewhere:
        return f"; did you mean {elsewhere[0]}?"
    return _nearest(dotted, sorted(known))
