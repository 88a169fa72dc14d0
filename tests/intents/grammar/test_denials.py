import pytest

from intents.grammar.denials import Denial, DenialKind, contradicted, denials, denied, refuses
from intents.text.roots import root

NOTHING: frozenset[str] = frozenset()


def only(text: str) -> Denial:
    (found,) = denials(text)
    return found


@pytest.mark.parametrize(
    ("text", "kind", "verb", "about"),
    [
        ("my card does not work abroad", DenialKind.DOES, "work", ("abroad",)),
        ("i have no checks", DenialKind.HAS, "", ("check",)),
        ("if i have not got a receipt", DenialKind.HAS, "", ("receipt",)),
        ("my bin has not been emptied", DenialKind.DOES, "empty", ()),
        ("can i order without creating an account", DenialKind.DOES, "creat", ("account",)),
        ("can i order without an account", DenialKind.HAS, "", ("account",)),
        ("no parking", DenialKind.WANTS, "", ("park",)),
        ("i do not want a new card", DenialKind.WANTS, "", ("new", "card")),
        ("i do not want to cancel my card", DenialKind.DOES, "cancel", ("card",)),
        ("i am not on the list", DenialKind.PLACE, "on", ("list",)),
        ("which jabs does my puppy not need", DenialKind.DOES, root("need"), ("jab", "puppy")),
    ],
)
def test_what_is_denied(text: str, kind: DenialKind, verb: str, about: tuple[str, ...]) -> None:
    found = only(text)
    assert (found.kind, found.verb, found.about) == (kind, verb, about)


@pytest.mark.parametrize(
    "text",
    ["i do not know how to pay", "do not you open on monday", "no wait i want to pay",
     "when do i renew my card so it does not expire", "when do you open"],
)  # fmt: skip
def test_some_negations_deny_nothing(text: str) -> None:
    assert denials(text) == ()


@pytest.mark.parametrize(
    ("text", "other", "word"),
    [
        ("i do not have checks", "i have checks", "checks"),
        ("i do not have checks", "i need to order checks", ""),
        ("my password does not work", "my password works now", "works"),
        ("my password does not work", "my password fails to work", ""),
        ("i cannot find my phone", "can you help me find my phone", ""),
        ("i cannot find my phone", "i can find my phone", "find"),
        ("why do i not have to pay", "why do i have to pay", "pay"),
        ("i cannot understand you", "you talk too fast to understand", ""),
        ("if i have not got a ticket", "i need a ticket", "ticket"),
        ("i am not on the list", "i am on the list", "list"),
        ("i am not on the list", "put me onto the list", ""),
    ],
)
def test_only_what_is_denied_contradicts(text: str, other: str, word: str) -> None:
    assert contradicted(only(text), tuple(other.split()), NOTHING) == word


def test_what_both_deny_is_no_contradiction() -> None:
    words = ("my", "card", "has", "never", "worked")
    assert contradicted(only("my card does not work"), words, frozenset({"work"})) == ""


def test_denied_words_end_with_their_clause() -> None:
    assert denied("do not cancel but renew my plan") == {"cancel"}
    assert denied("can i get meals without meat at school") == {"meat"}


def test_refusing() -> None:
    assert refuses("do not cancel my card")
    assert refuses("i no longer need a card")
    assert not refuses("do not understand why my card is blocked")
