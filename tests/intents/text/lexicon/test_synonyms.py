from intents.text.lexicon.synonyms import SYNONYMS, groups


def test_each_line_has_two_words_at_least() -> None:
    for line in SYNONYMS:
        assert len(set(line.split())) == len(line.split()) >= 2, line


def test_words_and_phrases_share_a_group() -> None:
    found = groups()
    assert found["buy"] & found["purchase"]
    assert found["turn+on"] & found["enable"]
    assert not found["turn+on"] & found["turn+off"]
