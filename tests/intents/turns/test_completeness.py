"""Labelled sentences, and a property over every prefix of complete ones."""

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.turn.ending import CERTAIN, FINISHED, UNFINISHED
from intents.turns.completeness import RULES, complete
from tests.support.costs import times_ordinary

DATA = Path(__file__).parents[1] / "data"

UNFINISHED_TEXTS = """
i want to i mean
i want to
i would like to
i'd like to know
and my
how do i
how do i get a
how do i change my
when do you
when is the
what is the
what are your
what are your opening
what time
what kind of
where is
where can i find
who do i
which
why is my
can you
can you tell me
could you please tell me
can i get a
can i pay with
do you
do you have
do you have any
do you know
is there
is there a
is it
is my
are you
are there any
i lost my
i need
i need a
i need to
i need to change my
i forgot
i forgot my
i have a problem with
i have a question about
i am calling about
i am calling because
i was wondering if
my card was stolen and
my card is not working so
i want to cancel the
i want to transfer money from
i want to transfer money from savings to
please send me a
how much is
how much is the
how much does
how long
how many
is the branch on
if i lose my card
because my card
when i try to log in to
what are your um
i lost my card uh
tell me
tell me about the
do you take american express or
i bought it without
what is the difference between
will my card
should i
""".strip().splitlines()

FINISHED_TEXTS = """
yes
nobody could tell me why
no
yes please
no thank you
okay
thanks
neither
yes it is
no i don't
stop
can you repeat that
a person please
goodbye
that's all thanks
uh huh
opening hours
lost card
when do you open
when do you close
what are your opening hours
what are your opening hours on sunday
i lost my card
i lost my wallet yesterday
i want to cancel my order
i want to cancel my appointment for monday
how do i change my pin
how do i log in
how do i sign up
how do i get a new card
can i turn it off
can you call me back
where is my order
where are you located
is delivery free
is the store open
is the store open on sunday
are you open
do you open at 9
are you open until 5 pm
do you deliver
do you have parking
which doctors do you have
what should i do
what should i bring to my appointment
what is this for
how long does delivery take
how long does it take to get a card
how much does it cost to send a wire
how much do i owe
my card was stolen
my order has not arrived
my package never came
someone used my card
there is a mistake on my bill
i need to speak to somebody about my loan
i was charged twice
i am a new customer and i want to open an account
could you tell me what your opening hours are
could you tell me if you are open on monday
do you know when the branch closes
if i lose my card what do i do
is it possible to pay online
i don't want it any more
can i return a gift
how do i schedule a monthly transfer
i want to make a standing order
can i renew my prescription
does my card work abroad
my number is 5 5 5 1 2 3 4 5 6 7 and my name is smith
please block my card right now
""".strip().splitlines()

BETWEEN_TEXTS = """
hi
hello
good morning
hello my name is john
hi there this is mary smith
balance
can i pay
my account number is 1 2 3
sorry
how do i pay
i want to cancel
how do i wash this
""".strip().splitlines()


@pytest.mark.parametrize("text", UNFINISHED_TEXTS)
def test_unfinished(text: str) -> None:
    assert complete(text) < UNFINISHED


@pytest.mark.parametrize("text", FINISHED_TEXTS)
def test_finished(text: str) -> None:
    assert complete(text) > FINISHED


@pytest.mark.parametrize("text", BETWEEN_TEXTS)
def test_between(text: str) -> None:
    assert UNFINISHED <= complete(text) <= FINISHED


def test_there_are_enough_sentences() -> None:
    assert len(UNFINISHED_TEXTS) + len(FINISHED_TEXTS) + len(BETWEEN_TEXTS) >= 120


@pytest.mark.parametrize("text", ["", " ", "um", "...", "uh"])
def test_noise_is_not_finished(text: str) -> None:
    assert complete(text) < UNFINISHED


def cut(sentence: str) -> tuple[list[str], list[str]]:
    """Whole sentences (the line and its marked earlier ends) and all other prefixes."""
    words: list[str] = []
    whole: list[str] = []
    prefixes: list[str] = []
    for word in sentence.split():
        if word == "|":
            whole.append(prefixes.pop())
        else:
            words.append(word)
            prefixes.append(" ".join(words))
    whole.append(prefixes.pop())
    return whole, prefixes


def shares(lines: list[str]) -> tuple[float, float, float]:
    """Whole called finished, whole called unfinished, prefixes called finished."""
    whole = [complete(text) for line in lines for text in cut(line)[0]]
    prefixes = [complete(text) for line in lines for text in cut(line)[1]]
    return (
        sum(score > FINISHED for score in whole) / len(whole),
        sum(score < UNFINISHED for score in whole) / len(whole),
        sum(score > FINISHED for score in prefixes) / len(prefixes),
    )


def test_prefixes_of_marked_sentences() -> None:
    lines = (DATA / "sentences.txt").read_text(encoding="utf-8").splitlines()
    finished, lost, early = shares([line for line in lines if not line.startswith("#")])
    assert finished > 0.9
    assert lost < 0.05
    assert early < 0.2


def test_prefixes_of_paraphrases() -> None:
    """Not marked: prefixes that are sentences count as early here, so the bound is the same."""
    rows = (DATA / "paraphrases.txt").read_text(encoding="utf-8").splitlines()
    lines = [part.strip() for row in rows if not row.startswith("#") for part in row.split("|")]
    finished, lost, early = shares(lines)
    assert finished > 0.9
    assert lost < 0.05
    assert early < 0.2


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=50))
def test_any_text_has_a_score(text: str) -> None:
    assert 0.0 <= complete(text) <= 1.0


def test_each_rule_decides_something() -> None:
    """A rule that never decides on our sentences would be dead."""
    from intents.text.spoken import canonical, plain

    decided = set()
    for text in [*UNFINISHED_TEXTS, *FINISHED_TEXTS, *BETWEEN_TEXTS]:
        words = tuple(canonical(text).split())
        if not words:
            continue
        for rule in RULES:
            if rule(words, " ".join(plain(text))) is not None:
                decided.add(rule)
                break
    assert decided == set(RULES)


def test_fast_enough_for_every_partial() -> None:
    texts = [f"could you tell me what it costs to send {n} letters" for n in range(300)]
    began = time.perf_counter()
    for text in texts:
        complete(text)
    assert (time.perf_counter() - began) / len(texts) < 2e-3


@pytest.mark.parametrize(
    ("text", "over"),
    [
        ("what is the weather like", True),
        ("what are your rooms like", True),
        ("what does the app look like", True),
        ("what will the visit be like", True),
        ("i would like", False),
        ("what would the like", False),
        ("how is the like", False),
    ],
)
def test_like_may_end_a_question(text: str, over: bool) -> None:
    assert (complete(text) > FINISHED) is over


HOSTILE = ("1 a " * 250, "@a" * 500, "$1 " * 333, "0:00 " * 200, "\ufdfa" * 1000, "$1, " * 250)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_cheap(text: str) -> None:
    assert times_ordinary(complete, text) < 3


@pytest.mark.parametrize(
    ("text", "certain"),
    [
        ("when does the branch open", True),
        ("can you tell me where the nearest branch is", True),
        ("we moved house last week", False),
        ("my card was stolen", False),
    ],
)
def test_a_whole_question_is_certain_and_a_statement_is_not(text: str, certain: bool) -> None:
    assert (complete(text) >= CERTAIN) is certain


@pytest.mark.parametrize(
    "text",
    [
        *("i would like to know how tall the tower is", "can you tell me what my balance is"),
        *("i want to know which card to take", "i do not know what to do"),
        *("nobody could tell me why", "the name of the man i spoke to"),
    ],
)
def test_a_question_inside_a_sentence_ends_it(text: str) -> None:
    assert complete(text) >= FINISHED


@pytest.mark.parametrize("text", ["i want to i mean", "on monday no sorry", "a new card or rather"])
def test_what_is_about_to_be_said_again_is_not_finished(text: str) -> None:
    assert complete(text) < UNFINISHED


@pytest.mark.parametrize("text", ["tell me what the", "can you tell me how the"])
def test_such_a_question_may_still_go_on(text: str) -> None:
    assert complete(text) < UNFINISHED
