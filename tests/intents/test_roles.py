import pytest

from intents.roles import moved, reversed_roles, several


def words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


@pytest.mark.parametrize(
    ("query", "question"),
    [
        ("move money from savings to checking", "move money from checking to savings"),
        ("transfer to savings", "transfer from savings"),
        ("convert dollars to euros", "convert euros to dollars"),
        ("replace milk with cream", "replace cream with milk"),
        ("can i call you", "can you call me"),
        ("do i pay you", "do you pay me"),
        ("change my address", "change your address"),
        ("my ex pays me support", "i pay my ex support"),
        ("the other driver hit my car", "i hit the other driver"),
        ("can the bank call me", "can i call the bank"),
        ("i owe my landlord the deposit", "i am owed the deposit by my landlord"),
        ("can a parents card be a childs", "can a childs card be a parents"),
        ("swap my aisle seat for a window seat", "swap my window seat for an aisle seat"),
        ("forward work calls to my mobile", "forward mobile calls to my work phone"),
        ("what is 2 inches in meters", "what is 2 meters in inches"),
        ("take it off my bill", "add it to my bill"),
        ("how much do you pay for gold", "how much do i pay you for gold"),
    ],
)
def test_reversed(query: str, question: str) -> None:
    there = reversed_roles(words(query), words(question))
    back = reversed_roles(words(question), words(query))
    assert there
    assert back


@pytest.mark.parametrize(
    ("query", "question"),
    [
        ("move money from savings to checking", "move money to checking from savings"),
        ("add a card to apple pay", "use apple pay with a card"),
        ("can i call you", "can i phone you"),
        ("is it safe to take two pills", "a side effect from my pills"),
        ("change my address", "change the address"),
        ("how do i renew my passport", "i need to get my passport renewed"),
        ("is a bike covered by the insurance", "does the insurance cover my bike"),
        ("how do i cash in my points", "how do i turn points into cash"),
        # no way from or to
        ("turn off whisper mode", "go to whisper mode"),
        ("what is off my list", "what is on my to do list"),
        ("i want the laptop to use the printer", "connect the printer to the laptop"),
        ("why have i no access to my account", "why am i locked out of my account"),
        ("are my tires in need of air", "is there air in my tires"),
        ("how many dollars in 10 euros", "what is 10 euros in dollars"),
        ("set the volume to level 4", "set the volume level to 4"),
        # word order
        ("when was i last paid", "when was i paid last"),
        ("are you a person or a robot", "are you a robot or a person"),
        # what things do by themselves, and people to each other
        ("how long should a cake bake", "how long do you bake a cake"),
        ("the plan that i enrolled in", "the plan that i am enrolled in"),
        ("is this a person talking to me", "am i talking to a person"),
        ("what did i request for my vacation", "my vacation request i sent"),
        ("i got to schedule a visit to get my car seen", "i must schedule a visit"),
        # as it is heard
        ("i is wanted to swap salt", "i want to swap salt"),
    ],
)
def test_not_reversed(query: str, question: str) -> None:
    assert reversed_roles(words(query), words(question)) == ""


def test_moved() -> None:
    flights = words("from boston to denver"), words("from denver to boston")
    assert moved(*flights) == ("boston",)
    assert moved(words("swap milk for cream"), words("swap cream for milk")) == ("cream", "milk")
    swapped = words("use milk instead of cream"), words("use cream instead of milk")
    assert moved(*swapped) == ("milk", "cream")
    assert moved(words("can i call you"), words("can you call me")) == ()


def test_several() -> None:
    flights = ("from boston to denver", "to austin from miami"), ("from boston to denver",)
    assert [several([words(one) for one in group]) for group in flights] == [True, False]
