"""A question in slightly other words that change nothing, for teaching what does not matter.

Openings are swapped ("how do i", "how can i"), articles come and go, possessives become articles;
or the text is said and heard as ``intents.hearing.noise`` has it. What is asked stays the same.
"""

from __future__ import annotations

import random

from intents.hearing import noise
from intents.text.english import words
from intents.text.spoken import canonical

HEARD = 0.4
"""The share of texts that are misheard instead of reworded."""
OPENINGS: tuple[tuple[str, ...], ...] = (
    ("how do i", "how can i", "how would i", "how could i", "how to", "tell me how to"),
    ("can i", "may i", "could i", "am i allowed to", "is it possible to", "can we", "could we"),
    ("do you have", "have you got", "do you have any", "do you guys have", "you have"),
    ("do you", "do you guys", "does your company", "would you"),
    ("what is", "tell me", "could you tell me", "what would be", "i want to know"),
    ("when do you", "what time do you", "from when do you"),
    ("where can i", "where do i", "where could i", "where would i"),
    ("where is", "where do i find", "where can i find"),
    ("is there", "have you got", "do you have", "are there"),
    ("i want to", "i would like to", "i need to", "i am looking to", "help me", "let me"),
    ("i need", "i want", "i would like", "i am after"),
    ("i have lost", "i lost"),
    ("i cannot", "i am not able to", "i am unable to"),
    ("how much is", "what is the price of", "how much does it cost for", "what do you charge for"),
    ("how long does", "how much time does"),
    ("please", "could you please", "can you please", "would you"),
    ("why is", "why would", "how come"),
)
"""Ways to begin that ask for the same; a text has one if it begins with it."""
ARTICLES = frozenset(words("a an the my our any some your"))
BEFORE = ("so", "quick question", "i was wondering", "i would like to know", "yes", "okay", "and")
AFTER = ("please", "if i may ask", "can you tell me", "do you know", "thanks")


def loosened(text: str, seed: int) -> str:
    """A canonical text for a canonical text; the same for the same seed. It may not differ."""
    chance = random.Random(f"{seed} {text}")
    if chance.random() < HEARD:
        return canonical(noise.spoken(text, seed=seed)) or text
    changes = chance.sample((_opened, _articled, _framed), chance.choice((1, 1, 2)))
    for change in changes:
        text = change(text, chance)
    return canonical(text) or text


def reworded(text: str, seed: int) -> str:
    """A canonical text for a canonical text, neither misheard nor with other articles: only begun
    or ended in another way. The same for the same seed. It may not differ."""
    chance = random.Random(f"{seed} {text}")
    return canonical(chance.choice((_opened, _framed))(text, chance)) or text


def _opened(text: str, chance: random.Random) -> str:
    for ways in OPENINGS:
        for way in ways:
            if text.startswith(f"{way} "):
                return f"{chance.choice(ways)}{text[len(way) :]}"
    return text


def _articled(text: str, chance: random.Random) -> str:
    said = text.split()
    places = [place for place, word in enumerate(said) if word in ARTICLES]
    if not places:
        return text
    place = chance.choice(places)
    said[place : place + 1] = chance.choice(((), ("the",), ("my",), ("a",), ("any",)))
    return " ".join(said)


def _framed(text: str, chance: random.Random) -> str:
    if chance.random() < 0.5:
        return f"{chance.choice(BEFORE)} {text}"
    return f"{text} {chance.choice(AFTER)}"
