"""Control phrases, acknowledgements and interruptions: above all, what does not count."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intents.turns.controls import backchannel, control, interruption, only_interrupts

CONTROLS = {
    "repeat": """
can you repeat that please
repeat that
could you repeat
please repeat the answer
say that again
can you say that again more slowly
what was that
what did you say
sorry?
sorry what was that
pardon
pardon me
I beg your pardon
come again
huh?
what?
once more please
one more time
I didn't catch that
sorry I didn't quite hear that
i don't understand
I missed that
could you speak up
slower please
""",
    "stop": """
stop
stop it
stop talking
please stop
okay stop
be quiet
could you be quiet please
that's enough
okay that's enough thanks
enough
shut up
never mind
nevermind
pause
cancel that
""",
    "person": """
a person please
person
I want to talk to a person
talk to a human
can I speak to someone
could you put me through to an agent
agent
representative
customer service representative
operator
operator please
real person
a real human being please
let me speak to a manager
transfer me to an operator
connect me with a live agent
I need to talk to somebody
i don't want to talk to a robot
are you a robot
can i talk to a real person please
get me a human
customer service
""",
    "goodbye": """
goodbye
good bye
bye
bye bye
okay bye
thank you goodbye
that's all
that's all thanks
no thanks that's all
that is everything thank you
have a nice day
thanks bye
i'm done
see you later
hang up
that's all thank you goodbye
that's all I needed thank you very much bye
that's everything for today thanks for your help have a nice day
nothing else thank you bye bye
thanks for your time goodbye
that's it then bye
""",
}
NONE = """
that is all the money I have thank you
is that all
that's all my documents goodbye
thanks for your help with my first question
how do I say goodbye
that's all for my first question thank you
thank you very much
I want to stop my card
stop my standing order
how do I repeat my prescription
i want to repeat my order
when do you open
i can't
i want
hello
yes
no
okay
thanks
please
say
i want to talk to a person about my card
can i speak to a doctor
i need an agent for my house insurance
how do i become a representative
are you open
the operator charged me twice
that's all i have in my account
what was that charge on my bill
what did you say the fee was
what
""".strip().splitlines()


@pytest.mark.parametrize(
    ("name", "text"),
    [(name, text) for name, texts in CONTROLS.items() for text in texts.split("\n") if text],
)
def test_control(name: str, text: str) -> None:
    assert control(text) == name
    assert control(f"um {text.upper()}!") == name


@pytest.mark.parametrize("text", [text for text in NONE if text != "what"])
def test_not_a_control(text: str) -> None:
    assert control(text) is None


BACKCHANNELS = """
uh huh
uh-huh
mm hmm
Mhm.
okay
OK ok
right
yeah
yeah yeah
I see
oh I see
got it
sure
okay great
yes yes okay
all right
alright
mm
makes sense
""".strip().splitlines()
NOT_BACKCHANNELS = """
okay stop
yeah but
no
right now
i see a charge
sure thing about my card
what
okay when do you open
hello
""".strip().splitlines()


@pytest.mark.parametrize("text", BACKCHANNELS)
def test_backchannel(text: str) -> None:
    assert backchannel(text)


@pytest.mark.parametrize("text", ["", "...", *NOT_BACKCHANNELS])
def test_not_a_backchannel(text: str) -> None:
    assert not backchannel(text)


def test_backchannel_of_the_tenant() -> None:
    assert not backchannel("roger that")
    assert backchannel("Roger that!", extra=("roger that",))
    assert backchannel("okay roger that", extra=["Roger that"])


INTERRUPTIONS = """
stop
wait
wait wait
hold on
oh hold on a second
no no
no no no that's wrong
excuse me
hang on
actually i meant savings
um actually
sorry but i need something else
okay stop
no wait
yeah but hold on
""".strip().splitlines()
NOT_INTERRUPTIONS = """
uh huh
okay
yeah
no
when do you open
i actually like it
thank you
""".strip().splitlines()


@pytest.mark.parametrize("text", INTERRUPTIONS)
def test_interruption(text: str) -> None:
    assert interruption(text)


@pytest.mark.parametrize("text", ["", *NOT_INTERRUPTIONS])
def test_not_an_interruption(text: str) -> None:
    assert not interruption(text)


@pytest.mark.parametrize(
    "text",
    [
        *("wait", "hold on a second please", "stop stop", "no no that is not what i meant"),
        *("okay wait", "excuse me", "sorry i have a question", "um hang on", "never mind thanks"),
    ],
)
def test_what_only_interrupts(text: str) -> None:
    assert only_interrupts(text)


@pytest.mark.parametrize(
    "text",
    [
        "i've a question for my daughter's maths teacher is email okay",
        "excuse me do you open on sundays",
        "actually i want to talk about my card",
        "wait how much was that",
        "no i meant the holiday hours",
        "hold on i need a person",
        "do you open on sundays",
        "",
    ],
)
def test_what_asks_for_something_as_well(text: str) -> None:
    assert not only_interrupts(text)


@pytest.mark.parametrize("text", INTERRUPTIONS)
def test_nothing_only_interrupts_that_does_not_interrupt(text: str) -> None:
    assert interruption(text)
    assert not only_interrupts(f"{text} when does the library close")


def test_interruption_of_the_tenant() -> None:
    assert not interruption("time out")
    assert interruption("okay time out", extra=("Time out",))


@given(st.text(max_size=40))
def test_any_text_is_bearable(text: str) -> None:
    assert control(text) in {None, "repeat", "stop", "person", "goodbye"}
    assert not (backchannel(text) and control(text) == "stop")
    interruption(text)
    only_interrupts(text)


@pytest.mark.parametrize("text", ["uh huh", "Uh-huh.", "uh huh uh huh", "mm hmm"])
def test_an_acknowledgement_steers_nothing(text: str) -> None:
    assert backchannel(text)
    assert control(text) is None
