"""A written question as a caller says it and a recogniser writes it down; for evaluation only.

``spoken`` is ``said`` (the caller: greetings, fillers, restarts) and then ``heard`` (the
recogniser: words confused, lost, added). Both are pure: one (text, seed, strength) always gives
one result, and the right answer to the question stays the same. Rates are per word or question
at strength 1 and grow in proportion to it.

How much a caller stumbles is taken from studies of conversation: about 6 disfluencies in 100
words, of which fillers 2.6, repeats 1.5 and restarts 1.9 (Bortfeld et al., Language and Speech
44, 2001); of repeats 76 % are of one word, 20 % of two and 4 % of three (Switchboard, Harmon and
Kapatsinski, JASA 140, 2016). How much a recogniser errs is an assumption: 8 to 10 words in 100,
what telephone speech costs a good one, most of them confusions by sound; ``word_error_rate``
measures it. How often people greet, give a name or say thanks is an assumption too.

What it leaves out: words misheard as their opposite ("can" for "can't"), misheard numbers and
days, and sentences that name one thing and then correct themselves. The right answer to those is
another, or none.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Sequence

from intents.hearing.confusions import joins, kept, table
from intents.text import lexicon
from intents.text.english import ACRONYMS, words

# --- rates at strength 1 ---------------------------------------------------------------------

OPENING = 0.45
ENDING = 0.2
FILLER = 0.026
REPEAT = 0.015
RESTART = 0.019
REPEATED_WORDS = (0.76, 0.20, 0.04)
SPELT_OUT = 0.3
"""Acronyms that come as letters: "a t m"."""
IN_WORDS = 0.5
"""Questions whose numbers come as words: about half of all recognisers write digits."""
LOOSE_APOSTROPHE = 0.15
"""Contractions written without the apostrophe, or in full."""

CONFUSED = 0.072
LOST_SMALL, LOST = 0.04, 0.004
ADDED = 0.008
JOINED = 0.1
"""Two words written as one, where they sound alike."""
LINE_SHAPE = 2.0
"""Errors come together: a line is good or bad. Its rate is drawn from a gamma distribution of
this shape, which makes the standard deviation 0.7 of the mean (an assumption)."""
MOST_CONTENT_CONFUSED = 0.5
"""The share of the content words that may be confused: with more nobody could say what was
asked."""

SMALL: frozenset[str] = lexicon.words("noise-small")
"""Words without stress: the ones that are lost, added and repeated."""

_SMALL_HEARD: dict[str, str] = {
    "a": "the uh of i", "the": "a that of this", "and": "an a then", "to": "a the do too",
    "of": "a for or", "is": "was it's as his", "are": "were or our", "was": "is what",
    "were": "are was where", "it": "that a is", "that": "it the this", "this": "the that his",
    "i": "a i'd i've it", "you": "i he your", "we": "he you they", "my": "the a me",
    "me": "my be we", "your": "you the our", "our": "are or a", "do": "to did you",
    "does": "did is was", "did": "do that", "have": "had of has", "has": "is was have",
    "had": "have has that", "for": "from or of", "from": "for of", "with": "that what would",
    "what's": "what that's was", "it's": "its is that's", "i'm": "i and am", "i'd": "i i've",
    "i've": "i i'd of", "would": "will what were", "will": "would well we'll",
    "could": "could've good", "if": "of it a", "as": "is has", "at": "that a and",
    "be": "been me the", "been": "be being", "there": "their the they're", "some": "the from",
    "so": "to and", "by": "my buy",
}  # fmt: skip
"""Words without stress are mostly taken for one another: "a" for "the", "is" for "was" (the
commonest substitutions of recogniser and human alike: Xiong et al., arXiv 1610.05256)."""
_NAMES = words(
    "anna miller|john carter|priya patel|david kim|maria lopez|chris|sarah johnson|omar haddad|"
    "linda brooks|tom|wei chen|fatima ali|george stone|emily clark|jose ramirez|karen white|"
    "peter novak|grace lee|daniel okafor|susan baker".replace(" ", "_").replace("|", " ")
)
_GREETINGS = (
    "hi", "hello", "hey", "hi there", "hello there", "good morning", "good afternoon", "yeah hi",
    "yes hello", "oh hi", "hi good evening", "hi how are you", "hello how are you doing today",
    "thanks for taking my call", "yeah", "yes", "okay so", "alright", "hi thank you",
)  # fmt: skip
_NAMED = (
    "my name is {}", "my name's {}", "this is {}", "this is {} calling", "it's {}", "i'm {}",
    "you're speaking with {}", "{} here", "name's {}",
)  # fmt: skip
_REASONS = (
    "i was wondering", "i just have a quick question", "i have a question", "quick question",
    "i wanted to ask you something", "i need some help", "i'm hoping you can help me",
    "i was hoping you could help me with something", "i'm calling because",
    "i'm just calling to ask", "so the reason i'm calling is", "i'm on your website and",
    "i've looked everywhere and",
    "my wife told me to call and ask", "i'm sorry to bother you", "maybe you can help me",
    "i was just talking to one of your colleagues and", "i'm a bit confused", "let me see",
    "so here's the thing",
)  # fmt: skip
_FRAMES = (
    "can you tell me", "could you please tell me", "do you know", "i'd like to know",
    "i was wondering if you could tell me", "i just wanted to find out",
    "would you be able to tell me", "i'm trying to find out", "can you help me find out",
    "i wanna know",
)  # fmt: skip
"""Only before a question word."""
_ENDINGS = (
    "please", "thank you", "thanks", "thanks so much", "thank you very much", "if that's okay",
    "if you don't mind", "if possible", "if you could help me with that", "that would be great",
    "i'd appreciate it", "can you help me with that", "you know", "right", "or something",
    "thanks for your help", "that's my question", "yeah", "okay", "please and thank you",
)  # fmt: skip
_LINKS = ("", "", "and", "so", "um", "uh")
_FILLERS = ("um", "um", "um", "uh", "uh", "uh", "er", "you know", "like", "i mean", "hmm")
_EDITS = ("", "", "", "uh", "um", "sorry", "i mean", "no wait", "well")
"""Said between what is given up and what replaces it; mostly nothing."""
_FALSE_STARTS = (
    "can i", "can you", "do you", "i want", "i need to", "what's the", "how do", "is there", "i",
    "so i", "could you", "i was", "where", "when", "what",
)  # fmt: skip
_ADDED = ("a", "the", "and", "to", "it", "i", "is", "of", "that", "uh")
_QUESTION_WORDS = lexicon.words("noise-question-word")

_WRITTEN = re.compile(r"[^\W_]+(?:['.:][^\W_]+)*")
_ONES = (*lexicon.ordered("digit"), *lexicon.ordered("teen"))
_TENS = ("_", "_", *lexicon.ordered("ten-times"))
_ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth",
    "nine": "ninth", "twelve": "twelfth",
}  # fmt: skip
_FULL = {"'s": " is", "'m": " am", "'re": " are", "'ve": " have", "'ll": " will", "n't": " not"}


def spoken(text: str, *, seed: int = 0, strength: float = 1.0) -> str:
    """``text`` as it might reach us from a caller; 0 only takes out punctuation and capitals."""
    return heard(said(text, seed=seed, strength=strength), seed=seed, strength=strength)


def said(text: str, *, seed: int = 0, strength: float = 1.0) -> str:
    """Return what the caller says: lower case, no punctuation but apostrophes."""
    chance = random.Random(f"said {seed} {strength} {text}")
    question = _WRITTEN.findall(text.lower().replace("\u2019", "'"))
    if not question:
        return ""
    question = _pronounced(question, chance, strength)
    parts = _stumbling(question, chance, strength)
    if chance.random() < OPENING * strength:
        parts = _opening(question, chance) + parts
    if chance.random() < ENDING * strength:
        parts += chance.choice(_ENDINGS).split()
    return " ".join(parts)


def heard(text: str, *, seed: int = 0, strength: float = 1.0) -> str:
    """Return what the recogniser makes of the words said."""
    chance = random.Random(f"heard {seed} {strength} {text}")
    said_words = text.split()
    if len(said_words) < 3:  # nothing would be left of it
        return text
    strength *= chance.gammavariate(LINE_SHAPE, 1 / LINE_SHAPE)
    may_confuse = max(1, int(MOST_CONTENT_CONFUSED * sum(w not in SMALL for w in said_words)))
    out: list[str] = []
    for word in said_words:
        written = _written(word, chance, strength, may_confuse > 0)
        may_confuse -= written != word and word not in SMALL
        joined = joins().get((out[-1], written)) if out else None
        if joined and written == word and chance.random() < JOINED * strength:
            out[-1], written = joined, ""
        out += [written] if written else []
        if chance.random() < ADDED * strength:
            out.append(chance.choice(_ADDED))
    return " ".join(out) or text


def word_error_rate(texts: Iterable[str], *, seed: int = 0, strength: float = 1.0) -> float:
    """Words the recogniser of this model got wrong, lost or added, as a share of those said."""
    errors = total = 0
    for text in texts:
        reference = said(text, seed=seed, strength=strength)
        errors += edits(reference.split(), heard(reference, seed=seed, strength=strength).split())
        total += len(reference.split())
    return errors / max(1, total)


def edits(reference: Sequence[str], written: Sequence[str]) -> int:
    """Fewest words to replace, drop or add."""
    row = list(range(len(written) + 1))
    for n, word in enumerate(reference, start=1):
        above, row[0] = row[0], n
        for m, other in enumerate(written, start=1):
            above, row[m] = row[m], min(above + (word != other), row[m] + 1, row[m - 1] + 1)
    return row[-1]


# --- the caller ------------------------------------------------------------------------------


def _pronounced(question: Sequence[str], chance: random.Random, strength: float) -> list[str]:
    """Numbers, acronyms and contractions as they are said and written down."""
    in_words = chance.random() < IN_WORDS * strength
    out: list[str] = []
    for word in question:
        roll = chance.random()
        if word[0].isdigit() and in_words:
            out += _number(word).split()
        elif word in ACRONYMS - {"am", "it", "pc", "ai"} and roll < SPELT_OUT * strength:
            out += list(word) if len(word) < 5 else [word]
        elif "'" in word and roll < LOOSE_APOSTROPHE * strength:
            out += _loose(word, in_full=roll < LOOSE_APOSTROPHE * strength / 2).split()
        else:
            out.append(word)
    return out


def _loose(word: str, *, in_full: bool) -> str:
    for ending, full in _FULL.items():
        if in_full and word.endswith(ending) and word not in ("can't", "won't"):
            possessive = ending == "'s" and f"{word[:-2]}'s" not in _QUESTION_WORDS
            return word if possessive else word[: -len(ending)] + full
    return word.replace("'", "")


def _number(word: str) -> str:
    """ "25" as "twenty five", "401k" as "four zero one k"; what is no number stays."""
    digits = re.match(r"[0-9]+", word)
    assert digits is not None
    rest = word[digits.end() :]
    value = int(digits.group()) if len(digits.group()) <= 4 else -1
    if rest in ("st", "nd", "rd", "th") and 0 < value < 100:
        *tens, last = _cardinal(value).split()
        last = _ORDINALS.get(last, last[:-1] + "ieth" if last.endswith("y") else last + "th")
        return " ".join([*tens, last])
    if not rest and value >= 0 and not word.startswith("0"):
        return _cardinal(value)
    if rest.isalpha() or not rest:
        return " ".join([*(_ONES[int(d)] for d in digits.group()), *([rest] if rest else [])])
    return word


def _cardinal(n: int) -> str:
    if n < 20:
        return _ONES[n]
    if n < 100:
        return _TENS[n // 10] + (f" {_ONES[n % 10]}" if n % 10 else "")
    size, name = (1000, "thousand") if n >= 1000 else (100, "hundred")
    return f"{_cardinal(n // size)} {name}" + (f" {_cardinal(n % size)}" if n % size else "")


def _stumbling(question: Sequence[str], chance: random.Random, strength: float) -> list[str]:
    """Fillers before words, words repeated, beginnings given up."""
    out: list[str] = []
    for n, word in enumerate(question):
        if chance.random() < FILLER * strength:
            out += chance.choice(_FILLERS).split()
        out.append(word)
        roll = chance.random()
        if roll < REPEAT * strength:
            count = chance.choices((1, 2, 3), REPEATED_WORDS)[0]
            out += _again(question[: n + 1][-count:], chance)
    # A restart goes back to the beginning, whatever the word it happens at.
    if chance.random() < RESTART * strength * len(question):
        out = [*_given_up(question, chance), *out]
    return out


def _again(repeated: Sequence[str], chance: random.Random) -> list[str]:
    """The words once more; a number said twice would be another number."""
    if any(kept(word) for word in repeated):
        return []
    edit = chance.choice(_EDITS) if chance.random() < 0.3 else ""
    return [*edit.split(), *repeated]


def _given_up(question: Sequence[str], chance: random.Random) -> list[str]:
    edit = chance.choice(_EDITS).split()
    if chance.random() < 0.6 and len(question) > 3:
        begun = question[: chance.randint(1, min(4, len(question) - 2))]
        if not any(kept(word) for word in begun):
            return [*begun, *edit]
    return [*chance.choice(_FALSE_STARTS).split(), *edit]


def _opening(question: Sequence[str], chance: random.Random) -> list[str]:
    """A greeting, a name, a reason: one or several of them, in that order."""
    asks = question[0] in _QUESTION_WORDS
    parts: list[str] = []
    if chance.random() < 0.75:
        parts.append(chance.choice(_GREETINGS))
    if chance.random() < 0.3:
        name = chance.choice(_NAMES).replace("_", " ")
        parts += [chance.choice(_NAMED).format(name), chance.choice(_LINKS)]
    if not parts or chance.random() < 0.4:
        parts.append(chance.choice(_FRAMES if asks and chance.random() < 0.5 else _REASONS))
    return " ".join(parts).split()


# --- the recogniser --------------------------------------------------------------------------


def _written(word: str, chance: random.Random, strength: float, may_confuse: bool) -> str:
    """The word as written; empty if lost."""
    small, roll = word in SMALL, chance.random()
    if kept(word):
        return word
    lost = (LOST_SMALL if small else LOST) * strength
    if roll < lost:
        return ""
    if roll >= lost + CONFUSED * strength * _hardness(word):
        return word
    if word in _SMALL_HEARD:
        return chance.choice(_SMALL_HEARD[word].split())
    if not (small or may_confuse) or word not in table():
        return word
    options, weights = zip(*table()[word], strict=True)
    written: str = chance.choices(options, weights)[0]
    return written


def _hardness(word: str) -> float:
    """Short words are misheard more often: there is less of them to hear."""
    return 1.3 if len(word) <= 3 else 1.0 if len(word) <= 6 else 0.6
