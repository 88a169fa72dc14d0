from intents.grammar.features import features


def test_what_happened_does_not_negate_the_question() -> None:
    assert features("i cannot find the form where is it").negations == 0
    assert features("i cannot find the form where is it").all_negations == 1
    assert features("i have no receipt can i return it").negations == 1


def test_states_use_up_their_negation() -> None:
    found = features("are you not open on monday")
    assert found.stated == {"opening": 1}
    assert found.polarity["opening"] == features("are you closed on monday").polarity["opening"]


def test_a_denied_alternative_is_not_asked_for() -> None:
    found = features("can i come on saturday or are you shut that day")
    assert "opening" not in found.polarity


def test_refusing() -> None:
    assert features("do not cancel my card").refuses
    assert features("i no longer need a card").refuses
    assert not features("do you not deliver").refuses
    assert not features("i do not know where my card is").refuses
    lately = features("i do not need my room can you cancel it")
    assert lately.declines
    assert not lately.refuses
