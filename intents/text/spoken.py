"""Spoken text to canonical text: one form for everything that people say in the same words.

Recognisers write "what's", "whats" and "what is"; people say "um", repeat a word, greet, and
wrap a question in "could you tell me". ``canonical`` removes all that and keeps the meaning:
negations, numbers, dates and every content word stay. It is a fixed point of itself, so a
canonical text may be passed on and made canonical again at no loss.

Language: the tables are English (``intents.text.english``); the rules here only read tables.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from intents.text import english as en
from intents.text import lexicon
from intents.text.closings import without_ending
from intents.text.numerals import numerals
from intents.text.openings import without_opening, without_restart

PASSES = 12
"""Most rounds until nothing changes; two or three are the rule."""
REPEATED = 7
"""Most words that are said over again at once."""
MOST_WORDS = 160
MOST_CHARACTERS = 1200
"""The length after which a text is cut off: no question is that long, and hostile text must stay
cheap."""

_APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u02bc\u00b4`\u2032", "'"))
_WORD = re.compile(r"[0-9]+(?:[.:][0-9]+)+|[^\W_]+(?:'[^\W_]+)*'?")
_CURRENCY = {"$": "dollars", "\u00a3": "pounds", "\u20ac": "euros"}
_AMOUNT = re.compile(r"([$\u00a3\u20ac])\s*([0-9][0-9,]*(?:\.[0-9]+)?)\s*(k|million|billion)?\b")
_DOTTED = re.compile(r"\b[a-z](?:\.[a-z])+\b\.?")
_COUNTRIES = {"us": "usa", "usa": "usa", "uk": "uk"}
_WRITTEN: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), new)
    for pattern, new in (
        (r"(?<=[0-9]),(?=[0-9]{3}\b)", ""),
        (r"\(?\b([0-9]{3})\)?[-. ]{1,2}([0-9]{3})[-. ]([0-9]{4})\b", r"\1\2\3"),
        (r"\b([0-9]{3})-([0-9]{4})\b", r"\1\2"),
        (r"\b401 ?\(k\)", "401k"),
        (r"\b(?!401k\b)([0-9]{2,})k\b", r"\g<1>000"),
        (r"([0-9])\s*([ap])\.?\s?m\b\.?", r"\1 \2m"),
        (r"\b([0-9]+)(mg|kg|ml|km|lbs?|oz|hrs?|mins?)\b", r"\1 \2"),
        (r"\b([^\W\d_]+)-\s+(?=\1)", ""),
        (r",\s*(?:like|you know|i mean|sort of|kind of)\s*,", " "),
        (r"#\s?(?=[0-9])", " number "),
        (r"\bno\.\s?(?=[0-9])", "number "),
        (r"%", " percent "),
        (r"&", " and "),
        (r"@", " at "),
        (r"\bw/o\b", "without"),
        (r"\bw/", "with "),
    )
)
_LETTERS_ONLY = re.compile(r"[a-z' ]*")
_CAUSE = re.compile(r"(?:^|(?<=\s))'cause\b")


@lru_cache(maxsize=4096)
def canonical(text: str) -> str:
    """Lower-case words and digits with single spaces; empty only for noise ("um", "...").

    Contractions are expanded, fillers, greetings, courtesy and immediate repetitions dropped,
    numbers, dates, times and money in digits, spelled letters joined.
    ``canonical(canonical(x)) == canonical(x)``.
    """
    before = None
    for _ in range(PASSES):
        before, text = text, _once(text)
        if text == before:
            break
    return text


@lru_cache(maxsize=4096)
def tokens(text: str) -> tuple[str, ...]:
    """Words of ``canonical(text)``."""
    return tuple(canonical(text).split())


def same(a: str, b: str) -> bool:
    """Return whether both say the same in the same words."""
    return canonical(a) == canonical(b)


@lru_cache(maxsize=4096)
def plain(text: str) -> tuple[str, ...]:
    """Words with contractions expanded and spellings unified, but nothing dropped: for phrases
    in which a filler or a greeting is the message ("uh huh", "no no", "bye")."""
    return tuple(_expand(_words(text)))


def _once(text: str) -> str:
    words = _letters(_expand(_words(text))[:MOST_WORDS])
    words = numerals(_without_fillers(words))
    return _without_courtesy(" ".join(_without_repeats(words)))


@lru_cache(maxsize=256)
def _words(text: str) -> tuple[str, ...]:
    """The words as written; cached for ``plain`` and ``canonical`` of one text."""
    return tuple(_WORD.findall(_written(text))[:MOST_WORDS])


def _written(text: str) -> str:
    """Characters: one alphabet, one case, symbols as words."""
    text = unicodedata.normalize("NFKC", text[:MOST_CHARACTERS])[:MOST_CHARACTERS].lower()
    text = unicodedata.normalize("NFKC", text).translate(_APOSTROPHES)
    text = _CAUSE.sub("because", text)
    if _LETTERS_ONLY.fullmatch(text):
        return text
    text = _AMOUNT.sub(_amount, text)[:MOST_CHARACTERS]
    text = _DOTTED.sub(_dotted, text)
    for pattern, new in _WRITTEN:
        text = pattern.sub(new, text)
    return text


def _amount(found: re.Match[str]) -> str:
    sign, number, scale = found.groups()
    zeros = "000" if scale == "k" and "." not in number else ""
    more = f" {scale}" if scale and scale != "k" else ""
    return f" {number.replace(',', '')}{zeros}{more} {_CURRENCY[sign]} "


def _dotted(found: re.Match[str]) -> str:
    letters = found.group().replace(".", "")
    return f"{_COUNTRIES.get(letters, letters)} "


def _expand(words: Sequence[str]) -> list[str]:
    """Contractions, spellings, compounds."""
    out: list[str] = []
    for i, word in enumerate(words):
        after = words[i + 1] if i + 1 < len(words) else ""
        meant = _meant(out, word, after)
        for written in _expanded(meant, after).split():
            part = en.SPELLINGS.get(written, en.WEEKDAYS.get(written, written))
            joined = en.COMPOUNDS.get((out[-1], part)) if out else None
            if joined is not None:
                out[-1] = joined
            else:
                out.append(part)
    return out


_THERE = frozenset({"their", "they're", "theyre"})
_GREETED = frozenset({"hi", "hello", "hey"})
_BEFORE_THERE = frozenset({"is", "are", "was", "were"})
_INDEFINITE = lexicon.words("indefinite")


def _meant(out: Sequence[str], word: str, after: str) -> str:
    """ "want too pay" to "want to pay", "are their any rooms" to "are there any rooms"."""
    before = out[-1] if out else ""
    if word in _THERE and (
        before in _GREETED or (before in _BEFORE_THERE and (len(out) == 1 or after in _INDEFINITE))
    ):
        return "there"
    heard_right = not after or after in en.HEARD_RIGHT_BEFORE or after.endswith("ing")
    return word if heard_right else en.MISHEARD.get((before, word), word)


def _expanded(word: str, after: str) -> str:
    if word in ("how's", "hows") and after in ("many", "much"):
        return "how"
    if word in en.CONTRACTIONS:
        return en.CONTRACTIONS[word]
    if "'" not in word:
        return en.BARE.get(word, word)
    word = word.rstrip("'")
    for ending, words in en.ENDINGS.items():
        if word.endswith(ending) and len(word) > len(ending):
            had = ending == "'d" and after in ("better", *en.HAS_BEFORE)
            return word[: -len(ending)].replace("'", "") + (" had" if had else words)
    if word.endswith("'s") and len(word) > 2:
        base = word[:-2].replace("'", "")
        if after in en.HAS_BEFORE:
            return f"{base} has"
        if base in en.IS_AFTER or after in en.STATES:
            return f"{base} is"
    return word.replace("'", "")


def _letters(words: list[str]) -> list[str]:
    """Joins spelled-out words: "a t m" to "atm"."""
    out: list[str] = []
    run: list[str] = []
    for word in [*words, ""]:
        if len(word) == 1 and word.isascii() and word.isalpha():
            run.append(word)
            continue
        out += _spelled(run)
        run = []
        if word:
            out.append(word)
    return out


def _spelled(run: list[str]) -> list[str]:
    whole = "".join(run)
    if len(run) == 1:
        return [en.LONE_LETTERS.get(whole, whole)]
    if run == ["u", "s"]:
        return ["usa"]
    if len(run) < 2 or whole in en.ACRONYMS:
        return [whole] if run else []
    if whole in en.FILLERS:
        return run
    if run[0] == run[1] and whole[1:] in en.ACRONYMS:  # begun twice: "p p i n"
        return [whole[1:]]
    if set(run) <= set("ai"):
        return run
    if set(run) <= set(en.LONE_LETTERS):
        return [en.LONE_LETTERS[letter] for letter in run]
    for cut in range(1, len(run)):
        head, tail = whole[:cut], whole[cut:]
        if (head in en.ACRONYMS or head in "ai") and (tail in en.ACRONYMS or tail in "ai"):
            return [head, tail]
    if len(run) == 2 and (run[0] in "ai" or run[1] in "ai"):
        return run
    return [whole]


def _without_fillers(words: list[str]) -> list[str]:
    out: list[str] = []
    i = 0
    while i < len(words):
        skip = _filler_length(words, i, out[-1] if out else "")
        if not skip:
            out.append(words[i])
        i += skip or 1
    return out


def _filler_length(words: list[str], i: int, before: str) -> int:
    """Return how many words from ``i`` on are a filler; ``before`` is the last word that was
    kept."""
    word = words[i]
    after = words[i + 1] if i + 1 < len(words) else ""
    third = words[i + 2] if i + 2 < len(words) else ""
    if word in en.FILLERS:
        return 1
    if word == "like":
        return int(after in en.FILLERS or (i > 0 and words[i - 1] in en.FILLERS))
    if word == "you" and after == "know" and (third or i):
        return 2 if _you_know_is_filler(before, third) else 0
    if word in ("kind", "sort") and after == "of" and before in en.KIND_OF_DROPPED_AFTER:
        return 2
    return 0


def _you_know_is_filler(before: str, after: str) -> bool:
    return before not in en.YOU_KNOW_KEPT_AFTER and after not in en.YOU_KNOW_KEPT_BEFORE


def _without_repeats(words: list[str]) -> list[str]:
    """Restarts: "i want to i want to pay" to "i want to pay". Numbers may repeat."""
    out: list[str] = []
    for word in words:
        out.append(word)
        for n in range(1, min(REPEATED, len(out) // 2) + 1):
            if word != out[-1 - n]:
                continue
            if out[-n:] == out[-2 * n : -n] and any(w.isalpha() for w in out[-n:]):
                del out[-n:]
                break
    return out


def _without_courtesy(text: str) -> str:
    """Greetings, thanks, "please" and frames such as "could you tell me" off both ends."""
    while True:
        shorter = _less_polite(text)
        if not shorter or shorter == text:
            return text
        text = shorter


def _less_polite(text: str) -> str:
    if "please" in text:
        rest = " ".join(word for word in text.split() if word != "please")
        if rest:
            text = rest
    for shorten in (without_restart, without_opening, without_ending):
        if (shorter := shorten(text)) != text:
            return shorter
    for pattern in (en.LEADING, en.LEADING_YES, en.LEADING_AND):
        if (found := pattern.match(text)) is not None:
            return text[found.end() :]
    if (found := en.TRAILING.search(text)) is not None:
        return text[: found.start()]
    if (found := en.CARRIER.match(text)) is not None:
        rest = text[found.end() :].strip()
        if rest.count(" ") >= 1:
            return direct(rest, asks=found.group().endswith((" if", " whether")))
    return text


_AUXILIARY = lexicon.alternation("auxiliary")
_WH = r"(?:what time|how much|how many [^ ]+|how long|how|what|when|where|why)"
_PRONOUN_FIRST = re.compile(rf"({_WH} )?(you|i|we|they|it|there) ({_AUXILIARY})\b(.*)")
_VERB_FIRST = re.compile(rf"({_WH} )?(you|i|we|they) (?!also |just )([^ ]+.*)")
_NOUN_FIRST = re.compile(r"(what|where|when|how much|who) ((?:the|your|my|our|this) .+?) (is|are)$")
_NAMED_FIRST = re.compile(r"((?:what|which) \S+) (this|that|it) (is|was)$")
_LATER_INVERTED = re.compile(
    rf"(?: \S+){{2}} (?!(?:me|know|see|check|out|and|or|but|so|not|also|then) )\S+ (?:{_AUXILIARY})"
    r" (?:i|you|we|they|it|there|my|your|the) "
)
"""Asks, and the clause before says when or where: "when i am in spain is there a fee"."""
_LATER_QUESTION = re.compile(r" (?:what|how|when|where|which|who) ")


def direct(text: str, *, asks: bool) -> str:
    """An indirect question as a direct one: "when you open" to "when do you open".

    ``asks``: the text came after "if" or "whether". What fits no rule is returned as it is.
    """
    if asks and (_LATER_QUESTION.search(text) or _LATER_INVERTED.search(text)):
        return f"if {text}"
    if text.startswith(("when ", "where ")) and _LATER_INVERTED.search(text):
        return text
    if (found := _PRONOUN_FIRST.fullmatch(text)) is not None and (asks or found[1]):
        return f"{found[1] or ''}{found[3]} {found[2]}{found[4]}"
    if (found := _VERB_FIRST.fullmatch(text)) is not None and (asks or found[1]):
        return f"{found[1] or ''}do {found[2]} {found[3]}"
    found = _NOUN_FIRST.fullmatch(text) or _NAMED_FIRST.fullmatch(text)
    if found is not None:  # "what song this is"
        return f"{found[1]} {found[3]} {found[2]}"
    return text
