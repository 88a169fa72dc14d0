from intents.grammar.features import features
from intents.guards.entry.topics import named
from intents.text.spoken import canonical

MEALS = ("suggest a thai meal", "can you give me a meal suggestion", "i want a meal suggestion",
         "any suggestion for an italian meal")  # fmt: skip
EXPIRY = ("when does my card expire", "what is the expiry date on my card",
          "tell me when the card expires", "how long until my card expires")  # fmt: skip


def says(text: str, questions: tuple[str, ...]) -> bool:
    return named(features(canonical(text)), tuple(map(canonical, questions)))


def test_all_that_the_questions_share_is_named() -> None:
    assert says("can he give me a burmese meal suggestion", MEALS)
    assert says("does it say when the card expires", EXPIRY)


def test_what_the_pronoun_stands_for_is_not_named() -> None:
    assert not says("when does it expire", EXPIRY)
    assert not says("can he suggest one", MEALS)


def test_few_questions_share_too_much_by_chance() -> None:
    assert not says("can he give me a burmese meal suggestion", MEALS[:3])


def test_questions_without_a_word_in_common_are_about_anything() -> None:
    assert not says("can he pay it", ("pay a bill", "close my account", "lost card", "new phone"))


def test_one_word_is_not_enough() -> None:
    assert not says("can they bake", ("bake bread", "bake a cake", "i bake pies", "bake rolls"))
