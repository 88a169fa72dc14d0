"""The differences between the questions of one entry, which do not matter for its answer."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache

from intents.grammar import denials, slots
from intents.grammar.features import Values, Words, features
from intents.grammar.roles import reversed_roles
from intents.grammar.routes import moved, several
from intents.grammar.slots import Kinds
from intents.guards.entry.open_slots import varying
from intents.text.lexicon import contrasts
from intents.text.roots import stem


@dataclass(frozen=True, slots=True)
class Evidence:
    """The evidence of one entry's questions. It is empty if they are not known: then everything
    matters."""

    questions: tuple[str, ...] = ()
    """Canonical."""
    values: Kinds = frozenset()
    """Kinds of amount that differ."""
    polarity: Values = field(default_factory=dict)
    """Contrast to all its values that any question has."""
    denied: frozenset[str] = frozenset()
    """Roots that some question denies."""
    refuses: bool = False
    """Some question wants something not to be done or had."""
    affirmed: frozenset[str] = frozenset()
    """Roots that some question has without a negation."""
    personal: bool = False
    """Some question asks for the caller's own data."""
    anywhere: bool = False
    """They go from and to different things."""
    stems: Counter[str] = field(default_factory=Counter)
    """Stem to the number of questions that have it."""
    places: frozenset[str] = frozenset()
    """The places where any name will do (``varying``)."""

    def few(self, questions: int) -> bool:
        """Return whether so many are few of its questions: the answer does not depend on what they
        say."""
        count = len(self.questions)
        return count >= slots.SEVERAL and questions <= slots.RARE * count

    def either_way(self, query: Words, question: Words) -> bool:
        """Return whether another question has the things of this one the other way round, as the
        query has."""
        if self.anywhere:
            return True
        if any(self.few(self.stems[stem(one)]) for one in moved(query, question)):
            return True
        for other in self.questions:
            words = features(other).words
            if reversed_roles(words, question) and not reversed_roles(words, query):
                return True
        return False


NOTHING = Evidence()
OWN = 2
"""So many questions for the caller's own data, and no recorded answer tells it: a day only says
which of it is wanted."""


@lru_cache(maxsize=4096)
def evidence(questions: tuple[str, ...]) -> Evidence:
    """The evidence of an entry's canonical questions; about 0.1 ms each, once."""
    if not questions:
        return NOTHING
    polarity: dict[str, frozenset[int]] = {}
    denied: set[str] = set()
    affirmed: set[str] = set()
    stems: Counter[str] = Counter()
    all_features = [features(question) for question in questions]
    for one in all_features:
        for name, value in one.polarity.items():
            polarity[name] = polarity.get(name, frozenset()) | value
        if one.negations % 2:
            denied |= denials.denied(one.told)
        else:
            affirmed |= one.roots
        stems.update({stem(word) for word in one.words})
    own = sum(1 for one in all_features if one.personal) >= OWN
    return Evidence(
        questions=questions,
        values=slots.free([one.amounts for one in all_features]) | (slots.TOLD if own else set()),
        polarity=polarity,
        denied=frozenset(denied),
        refuses=any(one.declines for one in all_features),
        affirmed=frozenset(affirmed),
        personal=any(one.personal for one in all_features),
        anywhere=several([one.words for one in all_features]),
        stems=stems,
        places=varying(tuple(one.words for one in all_features)),
    )


def word_for(name: str, values: frozenset[int]) -> str:
    """A word for one of the values of a contrast."""
    return contrasts.WORDS.get((name, min(values)), name).replace("+", " ")
