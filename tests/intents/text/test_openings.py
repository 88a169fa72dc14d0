import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intents.text import openings
from intents.text.english import words
from intents.text.openings import without_opening, without_restart
from intents.text.spoken import canonical

OPENINGS = [
    # names
    ("hi my name is anna miller i lost my card", "i lost my card"),
    ("my name's wei chen and i lost my card", "i lost my card"),
    ("yeah hi my name is chris and i was wondering what time you open", "what time do you open"),
    ("hello this is priya patel calling so can i change my pin", "can i change my pin"),
    ("hi this is wei chen speaking can i change my pin", "can i change my pin"),
    ("hi anna miller here i lost my card", "i lost my card"),
    ("you're speaking with david kim how do i pay", "how do i pay"),
    ("hi there i'm tom how do i pay", "how do i pay"),
    ("my name is chris cancel my card", "cancel my card"),
    # greetings
    ("hello how are you doing today when do you open", "when do you open"),
    ("hello how are i doing today when do you open", "when do you open"),
    ("hello are you doing today when do you open", "when do you open"),
    ("thanks for taking my call when do you open", "when do you open"),
    ("good morning how are you can i pay my bill", "can i pay my bill"),
    ("hello can you hear me what is my balance", "what is my balance"),
    # preambles
    ("sorry i have one more question what is my balance", "what is my balance"),
    ("i'm trying to figure out how i can pay", "how can i pay"),
    ("i'm a customer of yours and i lost my card", "i lost my card"),
    ("i was just wondering if you could help me i lost my card", "i lost my card"),
    ("i have a quick question do you deliver on sunday", "do you deliver on sunday"),
    ("i'm calling my card is lost", "my card is lost"),
    ("let me see what is my balance", "what is my balance"),
    ("i need some help the card is lost", "the card is lost"),
    ("quick question what is my balance", "what is my balance"),
    ("i'm calling because my card is lost", "my card is lost"),
    ("so the reason i'm calling is i lost my card", "i lost my card"),
    ("i was wondering can i pay by card", "can i pay by card"),
    ("i was hoping you could help me with something where is my order", "where is my order"),
    ("i need some help my account is locked", "my account is locked"),
    ("sorry to bother you is there a fee", "is there a fee"),
    ("my wife told me to call and ask what is the fee", "what is the fee"),
    ("i was just talking to one of your colleagues and my card is lost", "my card is lost"),
    ("would you be able to tell me what the fee is", "what is the fee"),
    ("can you help me find out where my order is", "where is my order"),
    ("i was wondering if you could tell me when you open", "when do you open"),
    ("i was wondering if you can tell me where my order is", "where is my order"),
    ("i was hoping you could let me know what the fee is", "what is the fee"),
    ("i wonder if you could tell me what time you close", "what time do you close"),
    ("i'd be grateful if you could tell me how i pay", "how do i pay"),
    ("any chance you could tell me when you open", "when do you open"),
    ("could you possibly tell me what the fee is", "what is the fee"),
    ("it would be great if you could tell me when you open", "when do you open"),
    ("i'm ringing to find out if you deliver", "do you deliver"),
    ("what i'd like to know is when do you open", "when do you open"),
    ("i've got a question regarding my order number", "my order number"),
    ("i can't work out how to pay my bill", "how to pay my bill"),
    ("just a quick one when do you open", "when do you open"),
    ("sorry is there a fee for that", "is there a fee for that"),
    ("hope you can help is there a fee", "is there a fee"),
    ("i've looked everywhere and where is my order", "where is my order"),
    ("hi i've been on hold for ages and is there a fee", "is there a fee"),
    ("can i ask you something is there a fee", "is there a fee"),
    ("i was told to call and ask what is the fee", "what is the fee"),
]
RESTARTS = [
    ("can i what is my balance", "what is my balance"),
    ("do you um how do i pay my bill", "how do i pay my bill"),
    ("i want sorry i want to pay my bill", "i want to pay my bill"),
    ("i need i mean i need a new card", "i need a new card"),
    ("what is the can you cancel my card", "can you cancel my card"),
    ("my p p i n", "my pin"),
    ("where no wait book a table for two", "book a table for 2"),
    ("can you no wait cancel my card", "cancel my card"),
    ("redeem no wait redeem credit card points", "redeem credit card points"),
    ("redeem wait redeem credit card points", "redeem credit card points"),
    ("so i sorry add swimming to my calendar", "add swimming to my calendar"),
    ("hello there i'm john carter order a new card", "order a new card"),
    ("i'm on your website and can you check my order", "can you check my order"),
    ("what is this length no wait what is the length", "what is the length"),
    ("when are a tires no wait when are my are my tires due", "when are my tires due"),
    ("i want to pay no wait i want to cancel my order", "i want to cancel my order"),
    ("so what time is the what time does the pool open", "what time does the pool open"),
    ("what it's the fee what is the fee for a card", "what is the fee for a card"),
    ("is it possible to well is it possible to pay late", "is it possible to pay late"),
    ("has the status of i mean has the status changed", "has the status changed"),
    ("can i well the strip on my card is worn", "the strip on my card is worn"),
    ("how do no wait is the fee too high", "is the fee too high"),
    ("can you i mean are there shots i need", "are there shots i need"),
    ("can i on my savings what is the rate", "on my savings what is the rate"),
    ("do you what fine rooms do you have", "what fine rooms do you have"),
    ("how do what room um would you recommend", "what room would you recommend"),
    (
        "what's the number what's the number for the gas line please",
        "what is the number for the gas line",
    ),
    (
        "where is the nearest cash machine where is the nearest cash machine open now",
        "where is the nearest cash machine open now",
    ),
]
MISHEARD = [
    ("i want too pay my bill", "i want to pay my bill"),
    ("what is in you're account", "what is in your account"),
    ("i forgot my pass word", "i forgot my password"),
    ("when is my pay check coming", "when is my paycheck coming"),
]
KEPT = [
    "my name is wrong on my card",
    "my name is misspelled can you fix it",
    "my name is spelled wrong how do i change it",
    "my name is the same on both cards",
    "my name is on the wrong account",
    "this is urgent i need a new card",
    "this is identity theft i need help",
    "this is not working can i get help",
    "it is raining can i still come",
    "i am moving can i keep my account",
    "i am travelling to spain can i use my card",
    "i am overdrawn and i need help",
    "my card here is broken what can i do",
    "customer service here i was told to call",
    "i need help with my bill",
    "i need help paying my bill",
    "can you help me with my order",
    "i am calling",
    "i have 2 questions about fees",
    "when do you open",
    "how do you do this",
    "what can i do",
    "where can i pay",
    "i can pay my bill",
    "is it okay to pay late",
    "the power here is out since monday can i get help",
    "i want what they have",
    "as well as my card",
    "are you well enough to come in",
    "does the well water taste odd",
    "what is the fee what is the limit",
    "where is it where is my parcel",
    "i lost my card sorry i need a new one",
    "i cannot pay sorry i lost my job",
    "do you open on monday no wait do you open on tuesday",
    "i like it too can you send it",
    "it is too late to cancel",
    "are you okay",
    "how are you",
    "can i share my ticket with my friend",
    "look up my order",
    "can i ask something without paying",
    "morning opening hours",
    "i am trying to see my balance",
    "how are you this fine day",
    "i am calling sick today i have a fever",
    "let me see the reminder list",
    "my name is harold pemberton with 2 rs",
    "do not continue with what you are doing",
    "who are you speaking with",
    "how do i wait list a guest",
    "can you wait until i find my card",
    "what do i mean by that",
    "what i mean is the savings account",
    "book a table for 5 no wait 6",
    "i do not want no wait cancel my card",
]


@pytest.mark.parametrize(("text", "expected"), [*OPENINGS, *RESTARTS, *MISHEARD])
def test_what_is_around_the_question_goes(text: str, expected: str) -> None:
    assert canonical(text) == expected


@pytest.mark.parametrize("text", KEPT)
def test_what_may_be_meant_stays(text: str) -> None:
    assert canonical(text) == text


GUARDED = words("not cannot never no without monday sunday today 5 200")
THINGS = words("card refund transfer order")
AROUND = words(
    "hi hello yes so and i am calling because my name is anna miller this here speaking have a "
    "quick question was wondering can you help me with that need some how are doing what when do "
    "if okay right yeah sorry mean want to the it would be great the reason thank for taking call"
)


@settings(max_examples=600, deadline=None)
@given(st.lists(st.sampled_from([*GUARDED, *THINGS, *AROUND]), min_size=1, max_size=14))
def test_guarded_words_are_never_dropped(said: list[str]) -> None:
    """Said once each, so that none is a repetition."""
    once = list(dict.fromkeys(said))
    text = " ".join(once)
    kept = set(canonical(text).replace("cannot", "cannot can not").split())
    for word in set(once) & set(GUARDED):
        assert word in kept or (word.isdigit() and any(word in one for one in kept))
    if not {"name", "is", "speaking", "calling", "here"} & set(once):  # anything may be a name
        assert {word for word in once if word in THINGS} <= kept
    assert canonical(canonical(text)) == canonical(text)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from([*GUARDED, *AROUND]), min_size=1, max_size=12).map(" ".join))
def test_enough_is_left(text: str) -> None:
    for shorten in (without_opening, without_restart):
        shorter = shorten(text)
        assert shorter
        if shorter != text:
            assert len(shorter.split()) >= 2
            assert len(shorter) < len(text)


@given(st.text(max_size=60))
def test_any_text_is_bearable(text: str) -> None:
    said = " ".join(text.split())
    for shorten in (without_opening, without_restart):
        assert len(shorten(said)) <= len(said)


def test_first_names_are_not_words_that_start_a_sentence() -> None:
    assert not openings.FIRST_NAMES & openings.STARTS
    assert not openings.FIRST_NAMES & openings._NO_NAME
