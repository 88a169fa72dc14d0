"""Classes of small words: what their readers rely on."""

from itertools import combinations

from intents.grammar.phrasing import AUXILIARIES, DETERMINERS, PREPOSITIONS, SUBJECTS


def test_what_a_word_is_decides_what_may_follow_it() -> None:
    for one, other in combinations((AUXILIARIES, DETERMINERS, PREPOSITIONS), 2):
        assert one.isdisjoint(other)
    assert SUBJECTS.isdisjoint(AUXILIARIES | PREPOSITIONS)


def test_canonical_text_has_one_word_for_a_denied_auxiliary() -> None:
    assert "cannot" in AUXILIARIES
    assert "not" not in AUXILIARIES


def test_a_subject_begins_with_a_pronoun_or_a_determiner() -> None:
    assert {"i", "you", "my", "the", "this"} <= SUBJECTS
    assert not {"an", "me", "card"} & SUBJECTS
