import pytest

from intents.grammar.routes import moved, other_way, several


def words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


@pytest.mark.parametrize(
    ("query", "question"),
    [
        ("move money from savings to checking", "move money from checking to savings"),
        ("transfer to savings", "transfer from savings"),
        ("convert dollars to euros", "convert euros to dollars"),
        ("what is 2 inches in meters", "what is 2 meters in inches"),
        ("what is a mile in feet", "how many feet to miles and a foot in miles"),
        ("take it off my bill", "add it to my bill"),
        ("switch from a monthly plan to a yearly plan", "go to monthly from a yearly plan"),
        ("put cash in checking from savings", "put cash in savings from checking"),
        ("forward texts to email", "forward emails to text"),
        ("use my phone as a key", "use my key as a phone"),
        ("swap my aisle seat for a window seat", "swap my window seat for an aisle seat"),
    ],
)
def test_other_way(query: str, question: str) -> None:
    assert other_way(words(query), words(question))
    assert other_way(words(question), words(query))


def test_the_reason_names_words_and_no_roots() -> None:
    query, question = (
        words("charge my tablet from my phone"),
        words("charge my phone from my tablet"),
    )
    assert other_way(query, question) == "'tablet' and 'phone' the other way round"
    assert set(moved(query, question)) == {"tablet", "phone"}


@pytest.mark.parametrize(
    ("query", "question"),
    [
        ("move money from savings to checking", "move money to checking from savings"),
        ("turn off whisper mode", "go to whisper mode"),
        ("what is off my list", "what is on my to do list"),
        ("i want the laptop to use the printer", "connect the printer to the laptop"),
        ("why have i no access to my account", "why am i locked out of my account"),
        ("are my tires in need of air", "is there air in my tires"),
        ("how many dollars in 10 euros", "what is 10 euros in dollars"),
        ("set the volume to level 4", "set the volume level to 4"),
        ("when was i last paid", "when was i paid last"),
        ("are you a person or a robot", "are you a robot or a person"),
        ("how far is the hotel from the beach", "how far is the beach from the hotel"),
        ("can i get a letter in polish", "how do i translate a letter from polish"),
        ("how do i turn down the heating", "how do i turn the heating down"),
        ("can my sister pick my tablets up", "can my sister pick up my tablets"),
        ("i missed my appointment yesterday", "i missed yesterday appointment"),
    ],
)
def test_the_same_way(query: str, question: str) -> None:
    assert other_way(words(query), words(question)) == ""


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
