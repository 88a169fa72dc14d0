from intents.guards.entry.evidence import NOTHING, evidence
from intents.text.spoken import tokens


def test_no_questions_show_nothing() -> None:
    assert evidence(()) is NOTHING
    words = tokens("send money from savings to checking")
    assert not NOTHING.either_way(words, words)


def test_both_sides_of_a_contrast() -> None:
    found = evidence(("is it safe to swim", "is it dangerous to swim"))
    assert len(found.polarity["safe"]) == 2
    assert len(evidence(("is it safe to swim", "can i swim")).polarity["safe"]) == 1


def test_denied_and_affirmed() -> None:
    found = evidence(("i do not want my order", "cancel my order"))
    assert "order" in found.denied & found.affirmed


def test_direction_that_is_seeded_both_ways() -> None:
    there, back = "send money from savings to checking", "send money from checking to savings"
    asked, question = tokens(back), tokens(there)
    assert evidence((there, back)).either_way(asked, question)
    assert not evidence((there,)).either_way(asked, question)


def test_any_place_to_any_place() -> None:
    flights = ("a flight from boston to denver", "a flight from miami to austin")
    assert evidence(flights).anywhere
    assert not evidence(flights[:1]).anywhere


def test_things_that_few_questions_name_may_go_any_way() -> None:
    units = ("convert inches to feet", "convert grams to ounces", "how do i convert a length",
             "make quarts of cups")  # fmt: skip
    asked, question = tokens("convert feet to inches"), tokens(units[0])
    assert evidence(units).either_way(asked, question)
    assert not evidence(units[:3]).either_way(asked, question)
    moves = ("money from savings to checking", "put savings in checking", "checking from savings",
             "send checking some savings")  # fmt: skip
    asked = tokens("money from checking to savings")
    assert not evidence(moves).either_way(asked, tokens(moves[0]))


def test_words_are_counted_by_question() -> None:
    found = evidence(("play the song again song", "play it"))
    assert (found.stems["song"], found.stems["play"]) == (1, 2)


def test_few_questions_of_an_entry() -> None:
    several = evidence(("a card", "my card", "any card", "one card"))
    assert several.few(1)
    assert not several.few(2)
    assert not evidence(several.questions[:3]).few(1)


def test_places_with_several_names() -> None:
    assert evidence(("play adele", "play mozart", "play abba")).places == {"play+"}


def test_personal_questions() -> None:
    assert evidence(("how do i see my balance", "what is my balance")).personal
    assert not evidence(("how do i see my balance",)).personal


def test_several_questions_for_own_data_leave_the_day_open() -> None:
    own = "what is my balance", "how much did i spend"
    assert "weekday" in evidence(own).values
    assert "holiday" not in evidence(own).values
    assert not evidence(own[:1]).values
