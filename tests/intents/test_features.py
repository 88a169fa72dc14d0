from intents.features import features, stem


def test_what_happened_does_not_negate_the_question() -> None:
    assert features("i cannot find the form where is it").negations == 0
    assert features("i cannot find the form where is it").all_negations == 1
    assert features("i have no receipt can i return it").negations == 1


def test_states_use_up_their_negation() -> None:
    found = features("are you not open on monday")
    assert found.negations == 0
    assert found.polarity["opening"] == features("are you closed on monday").polarity["opening"]


def test_a_denied_alternative_is_not_asked_for() -> None:
    found = features("can i come on saturday or are you shut that day")
    assert "opening" not in found.polarity


def test_denied_words_end_with_their_clause() -> None:
    assert "renew" in features("how do i not renew my plan").denied
    assert features("do not cancel but renew my plan").denied == {"cance"}


def test_refusing() -> None:
    assert features("do not cancel my card").refuses
    assert features("i no longer need a card").refuses
    assert not features("do you not deliver").refuses
    assert not features("i do not know where my card is").refuses


def test_without_speaks_of_one_thing() -> None:
    assert features("can i get meals without meat at school").denied == {"meat"}


def test_stem() -> None:
    assert stem("renewal") == stem("renew")
