"""Written text made fit to be spoken: what a voice would read out wrongly is put into words.

Markup and emoji go; symbols, currency, units, times, telephone numbers and addresses become the
words a person would say. Numbers stay numbers: every voice reads those well. English; other
languages get only what is right in all of them (``words=False``).

``speakable`` of a speakable text changes nothing. It works on a chunk as ``core.chunking`` cuts
them: all that belongs together is in one.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Mapping

Rule = tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]

_MONEY = {
    "$": ("dollar", "cent"),
    "€": ("euro", "cent"),
    "£": ("pound", "penny"),
    "¥": ("yen", ""),
    "₹": ("rupee", "paisa"),
}
_CODES = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹"}
_PLURALS = {"yen": "yen", "penny": "pence", "paisa": "paise", "foot": "feet", "inch": "inches"}
_PLURALS |= {name: name for name in ("degrees Celsius", "degrees Fahrenheit", "hertz")}
_UNITS = {
    "km/h": "kilometer per hour",
    "mph": "mile per hour",
    "kbps": "kilobit per second",
    "Mbps": "megabit per second",
    "Gbps": "gigabit per second",
    "kWh": "kilowatt hour",
    "mm": "millimeter",
    "cm": "centimeter",
    "km": "kilometer",
    "kg": "kilogram",
    "mg": "milligram",
    "ml": "milliliter",
    "mL": "milliliter",
    "GB": "gigabyte",
    "MB": "megabyte",
    "TB": "terabyte",
    "kB": "kilobyte",
    "KB": "kilobyte",
    "kW": "kilowatt",
    "GHz": "gigahertz",
    "MHz": "megahertz",
    "kHz": "kilohertz",
    "Hz": "hertz",
    "ms": "millisecond",
    "ft": "foot",
    "lbs": "pound",
    "lb": "pound",
    "oz": "ounce",
    "hrs": "hour",
    "hr": "hour",
    "mins": "minute",
    "min": "minute",
    "secs": "second",
    "sec": "second",
    "°C": "degrees Celsius",
    "°F": "degrees Fahrenheit",
    "°": "degree",
    "g": "gram",
    "m": "meter",
    "l": "liter",
    "L": "liter",
    "m²": "square meter",
    "km²": "square kilometer",
    "W": "watt",
    "V": "volt",
}
_SHORT = {
    "e.g.": "for example",
    "i.e.": "that is",
    "etc.": "et cetera",
    "approx.": "approximately",
    "vs.": "versus",
    "Mr.": "Mister",
    "Mrs.": "Missus",
    "Dr.": "Doctor",
    "Prof.": "Professor",
    "ext.": "extension",
    "dept.": "department",
    "w/": "with",
}
_SIGNS = {
    "&": " and ",
    "%": " percent ",
    "+": " plus ",
    "=": " equals ",
    "<": " less than ",
    ">": " greater than ",
    "×": " times ",
    "÷": " divided by ",
    "±": " plus or minus ",
    "§": " section ",
    "@": " at ",
    "°": " degrees ",
    "→": " to ",
    "≈": " about ",
    "½": " one half ",
    "¼": " one quarter ",
    "¾": " three quarters ",
    "™": " ",
    "®": " ",
    "©": " ",
    "€": " euros ",
    "£": " pounds ",
    "¥": " yen ",
    "₹": " rupees ",
    "$": " dollars ",
    "#": " number ",
    "/": " ",
    "\\": " ",
    "~": " ",
    "|": ", ",
    "^": " ",
    "_": " ",
    "*": " ",
    "`": " ",
    "{": " ",
    "}": " ",
    "[": " ",
    "]": " ",
    "•": ", ",
    "·": " ",
    "…": ". ",
}
_NAMES = {".": " dot ", "/": " slash ", "-": " dash ", "_": " underscore ", "@": " at "}
_NAMES |= {"?": " question mark ", "=": " equals ", "&": " and ", "#": " hash ", "+": " plus "}
_NAMES |= {":": " colon ", "%": " percent ", "~": " tilde "}

_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)
_YEARS = re.compile(r"(?:19|20)\d\d ?- ?(?:19|20)\d\d|\d{1,2}\.\d{1,2}\.\d{2,4}")
"""The pattern of what looks like a telephone number and is none: years from and to, a date."""
_DIGITS = r"(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?"
_NUMBER = rf"(?<![\w.,]){_DIGITS}"
_SIGN = "|".join(re.escape(one) for one in (*_MONEY, *_CODES))
_SCALE = r"(?:[ ]?(thousand|million|billion|trillion|[kKMB](?!\w)))?"
_SCALES = {"k": "thousand", "K": "thousand", "M": "million", "B": "billion"}


def speakable(text: str, *, words: bool = True, acronyms: Mapping[str, str] | None = None) -> str:
    """The text as it is to be spoken, on one line.

    ``words``: put symbols into English words. ``acronyms``: how to say what stands alone in
    these very letters: ``{"FAQ": "F A Q"}``; what they become is not looked at again.
    """
    rules = (*_MARKUP, *_WORDS) if words else _MARKUP
    while (said := _once(text, rules)) != text:
        text = said
    ways = dict(acronyms or {})
    if ways:
        every = re.compile(rf"(?<!\w)(?:{_alternatives(ways)})(?!\w)")
        text = every.sub(lambda found: ways[found[0]], text)
    return text


def _once(text: str, rules: tuple[Rule, ...]) -> str:
    text = unicodedata.normalize("NFC", html.unescape(text))
    for pattern, spoken in rules:
        text = pattern.sub(spoken, text)
    text = "".join(" " if _is_picture(one) else one for one in text)
    return _tidied(text)


def _is_picture(one: str) -> bool:
    """Emoji, dingbats, and the invisible characters that go with them."""
    kind = unicodedata.category(one)
    return (
        (kind == "So" and one not in "°©®™")
        or kind in ("Cc", "Cf", "Cn", "Co", "Cs")
        or ("\U0001f3fb" <= one <= "\U0001f3ff" or "\ufe00" <= one <= "\ufe0f" or one == "\u20e3")
    )


def _tidied(text: str) -> str:
    """One space between words, none before marks, no mark twice, none at the beginning."""
    text = " ".join(text.split())
    text = re.sub(r" (?=[,.;:!?](?:[\s,.;:!?]|$))", "", text)
    text = re.sub(r"[,;:]+(?=[.!?;:,])", "", text)
    text = re.sub(r"([.!?])[,;:]+", r"\1", text)
    text = re.sub(r"([!?])[!?.]+|\.{2,}", lambda m: m[1] or ".", text)
    text = re.sub(r"\(\s*\)", "", text)
    return re.sub(r"^[\s,.;:!?]+", "", text).strip()


# --- what is taken away -----------------------------------------------------------------------


def _line_end(found: re.Match[str]) -> str:
    """A line's end is a pause: a comma, unless the line has a mark of its own."""
    return found[1] + (" " if found[1] in ".!?,;:" else ", ")


_MARKUP: tuple[Rule, ...] = (
    (re.compile(r"```\w*\n?"), ""),
    (re.compile(r"<!--.*?-->|</?[a-zA-Z][^<>]*>", re.DOTALL), " "),
    (re.compile(r"!?\[([^\[\]]*)\]\((?:[^()\s]|\([^()]*\))*\)"), r"\1"),
    (re.compile(r"^[ \t]*(?:[-*_][ \t]*){3,}$|^[ \t|:-]*-{3,}[ \t|:-]*$", re.MULTILINE), ""),
    (re.compile(r"^[ \t]*(?:#{1,6}|>+|[-*+•])[ \t]+", re.MULTILINE), ""),
    (re.compile(r"^[ \t]*\|(.*?)\|?[ \t]*$", re.MULTILINE), r"\1"),
    (re.compile(r"(\*{1,3}|_{1,3}|~~|`+)(?=\S)([^\n]*?\S)\1(?!\w)"), r"\2"),
    (re.compile(r"(\S)[ \t]*\n\s*(?=\S)"), _line_end),
)


# --- what is put into words -------------------------------------------------------------------


def _count(number: str, name: str) -> str:
    """``1 dollar``, ``2 dollars``, ``1 mile per hour``."""
    plural = _PLURALS.get(name)
    if plural is None:
        first, space, rest = name.partition(" per ")
        plural = f"{first}s{space}{rest}"
    return f"{number} {name if number == '1' else plural}"


def _money(sign: str, whole: str, part: str | None, scale: str | None) -> str:
    unit, small = _MONEY[sign]
    many = _count("", unit)
    if scale:
        return f"{whole}{part or ''} {_SCALES.get(scale, scale)}{many}"
    if not part:
        return _count(whole, unit)
    if len(part) != 3 or not small:
        return f"{whole}{part}{many}"
    cents = str(int(part[1:]))
    if cents == "0":
        return _count(whole, unit)
    if whole == "0":
        return _count(cents, small)
    return f"{_count(whole, unit)} and {_count(cents, small)}"


def _money_first(found: re.Match[str]) -> str:
    sign = _CODES.get(found[1], found[1])
    return f" {_money(sign, found[2], found[3], found[4])} "


def _money_last(found: re.Match[str]) -> str:
    return f" {_money(_CODES.get(found[4], found[4]), found[1], found[2], found[3])} "


def _unit(found: re.Match[str]) -> str:
    return " " + _count(found[1] + (found[2] or ""), _UNITS[found[3]]) + " "


def _time(found: re.Match[str]) -> str:
    hour, minute = str(int(found[1])), found[2]
    half = f" {found[3][0].lower()} m" if found[3] else ""
    if not minute:
        return f" {hour}{half} "
    if minute == "00":
        whole = " o'clock" if 1 <= int(hour) <= 12 else " hundred"
        return f" {hour}{half or whole} "
    return f" {hour} {'oh ' + minute[1] if minute[0] == '0' else minute}{half} "


def _phone(found: re.Match[str]) -> str:
    """Digit by digit, with a pause after each group; as it is if that is no telephone number."""
    groups = re.findall(r"\d+", found[0])
    if sum(map(len, groups)) < 7 or _YEARS.fullmatch(found[0]):
        return found[0]
    spoken = ", ".join(" ".join(part) for group in groups for part in _threes(group))
    return f" {'plus ' if found[0].startswith('+') else ''}{spoken} "


def _threes(run: str) -> list[str]:
    """A run of digits in groups of three, the last of three or four."""
    groups = []
    while len(run) > 4:
        groups.append(run[:3])
        run = run[3:]
    return [*groups, run]


def _date(found: re.Match[str]) -> str:
    month, day = int(found[2]), int(found[3])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return found[0]
    return f"{_MONTHS[month - 1]} {day}, {found[1]}"


def _address(found: re.Match[str]) -> str:
    """An address of web or mail, its signs by name."""
    bare = re.sub(r"^(?:https?|ftp)://", "", found[0]).rstrip("/")
    return " " + "".join(_NAMES.get(one, one) for one in bare) + " "


def _alternatives(table: Mapping[str, str]) -> str:
    return "|".join(re.escape(one) for one in sorted(table, key=len, reverse=True))


_WORDS: tuple[Rule, ...] = (
    (
        re.compile(
            r"(?:https?|ftp)://[^\s<>\"'()\[\]]*[\w/]"
            r"|(?<![\w.@])www\.[\w-]+(?:\.[\w-]+)+(?:/[^\s<>\"'()\[\]]*[\w/])?"
            r"|[\w.+-]*\w@[\w-]+(?:\.[\w-]+)+"
        ),
        _address,
    ),
    (re.compile(rf"(?<!\w)({_SIGN}) ?{_DIGITS}{_SCALE}(?!\d)"), _money_first),
    (re.compile(rf"{_NUMBER}{_SCALE} ?({_SIGN})(?!\w)"), _money_last),
    (re.compile(r"(?<![\w-])(\d{4})-(\d\d)-(\d\d)(?![\w-])"), _date),
    (re.compile(r"(?i)(\d ?[ap]\.?m\b\.?|:\d\d) ?[–-] ?(?=\d)"), r"\1 to "),
    (
        re.compile(
            r"(?<![\w.,:])([01]?\d|2[0-3]):([0-5]\d)(?:[ ]?([ap]\.?m\b\.?))?(?![\w:])",
            re.IGNORECASE,
        ),
        _time,
    ),
    (re.compile(r"(?<![\w.,:])(1[0-2]|0?[1-9])()?[ ]?([ap]\.?m\b)\.?(?!\w)", re.IGNORECASE), _time),
    (re.compile(r"(?<![\w.,])(?:\+|\(\d)?\d(?:[ .()-]{0,2}\d){5,14}(?![\w]|[,.]\d)"), _phone),
    (re.compile(rf"{_NUMBER} ?({_alternatives(_UNITS)})(?![\w/²])"), _unit),
    (re.compile(r"(?<!\w)[Nn]o\. ?(?=\d)"), "number "),
    (re.compile(r"(\d)\s?[–-]\s?(?=\d)"), r"\1 to "),
    (re.compile(r"(?<!\w)[-−](?=\d)"), "minus "),
    (re.compile(rf"(?<!\w)(?:{_alternatives(_SHORT)})(?=\W|$)"), lambda m: _SHORT[m[0]] + " "),
    (re.compile(f"[{re.escape(''.join(_SIGNS))}]"), lambda m: _SIGNS[m[0]]),
    (re.compile(r"\s[–—-]+\s|[–—]+"), ", "),
)
