"""Forms of one word give one root."""

import re
from pathlib import Path

import pytest

import intents
from intents.text.roots import participle, root, singular, stem


@pytest.mark.parametrize(
    "forms",
    [
        "cancel cancels cancelled cancelling",
        "pay pays paid paying",
        "expire expires expired expiring",
        "try tries tried",
        "owe owes owed",
        "stop stops stopped stopping",
        "pass passes passed",
        "delivery deliveries",
        "take takes took taken taking",
        "use uses used using",
        "call calls called",
        "coffee coffees",
        "employee employees",
        "movie movies",
        "address addresses",
        "bring brings bringing brought",
        "need needs needed needing",
        "speed speeds",
        "agree agrees agreed agreeing",
    ],
)
def test_forms_of_one_word(forms: str) -> None:
    assert len({root(form) for form in forms.split()}) == 1


def test_other_words_stay_apart() -> None:
    words = [
        "card",
        "care",
        "bill",
        "ball",
        "send",
        "loan",
        "lend",
        "borrow",
        "open",
        "close",
        "it",
        "is",
    ]
    assert len({root(word) for word in words}) == len(words)


def test_participles() -> None:
    assert all(participle(word) for word in ["booked", "taught", "paid", "sent"])
    assert not any(participle(word) for word in ["book", "teach", "account", "today"])


def test_words_made_of_one_share_a_stem() -> None:
    assert stem("renewal") == stem("renew") == stem("renewing")
    assert stem("buses") == stem("bus")
    assert stem("card") != stem("care")


def test_nothing_but_plurals_are_made_singular() -> None:
    assert [singular(word) for word in ["bags", "pass", "training"]] == ["bag", "pass", "training"]


_CUTS = re.compile(r"""(?:removesuffix|rstrip)\(["'](?:s|es|ed|ing|e)["']\)|\w\[:[45]\]""")
_NO_WORDS = "queries.py"
"""There the first five of a list are named."""


def test_words_lose_their_endings_nowhere_else() -> None:
    found = [
        f"{path.name}: {cut}"
        for path in Path(intents.__file__).parent.rglob("*.py")
        for cut in _CUTS.findall(path.read_text("utf-8"))
        if path.name not in ("roots.py", _NO_WORDS)
    ]
    assert found == []
    assert _CUTS.search("word[:5]")
    assert _CUTS.search("word.rstrip('es')")
