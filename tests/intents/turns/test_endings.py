"""The tables do not contradict one another."""

from intents.turns import endings


def test_nouns_and_states_are_modifiers() -> None:
    assert endings.NOUNS <= endings.MODIFIERS
    assert endings.STATES <= endings.MODIFIERS
    assert endings.NOUNS.isdisjoint(endings.STATES)


def test_verbs_are_in_one_table() -> None:
    assert endings.NEEDS_OBJECT.isdisjoint(endings.MAYBE_OBJECT)
    assert endings.STRANDED <= endings.HANGING | endings.PARTICLES


def test_frames_are_beginnings() -> None:
    for text in ("how do i", "can you tell me", "i want to", "is there", "what time", "is the"):
        assert endings.FRAMES.fullmatch(text), text
    for text in ("when do you open", "i lost my card", "where is my order"):
        assert not endings.FRAMES.fullmatch(text), text


def test_a_clause_waits_for_its_main_clause() -> None:
    assert endings.CLAUSE_FIRST.match("if i lose my card")
    assert endings.MAIN_CLAUSE.search(" i lose my card what do i do")
    assert not endings.MAIN_CLAUSE.search(" i lose my card")
