"""What redaction leaves: of personal data next to nothing, of questions nearly all."""

from __future__ import annotations

from itertools import islice

import pytest

from bench import privacy
from bench.planted import planted
from gateway.privacy.redactor import Redactor, redact
from intents.models.encoder import Encoder


@pytest.fixture(scope="module")
def figures() -> dict[str, float]:
    return privacy.survival(redact)


def test_at_most_one_in_a_hundred_planted_data_survives(figures: dict[str, float]) -> None:
    assert figures["texts"] >= 16_000
    assert figures["survived_pct"] <= 1.0
    assert figures["heldout_survived_pct"] <= 1.0


@pytest.mark.parametrize(
    ("kind", "most"),
    [
        *((one, 0.0) for one in ("phone_number", "card_number", "iban", "account_number", "plate")),
        *((one, 0.0) for one in ("email", "web_address", "postcode", "date_of_birth", "diagnosis")),
        *((one, 0.0) for one in ("name_common", "name_rare", "name_spelled", "pin_or_code")),
        *((one, 0.0) for one in ("national_id", "reference")),
        *(("street_address", 0.5), ("password", 3.0), ("name_also_a_word", 2.0)),
    ],
)
def test_no_kind_is_worse_than_it_was(figures: dict[str, float], kind: str, most: float) -> None:
    assert figures[f"{kind}_survived_pct"] <= most


def test_what_is_not_redacted_survives() -> None:
    some = privacy.survival(lambda text: text, islice(planted(), 0, None, 97))
    assert some["survived_pct"] > 95


def test_harmless_questions_keep_their_words() -> None:
    found = privacy.masked(Redactor())
    assert found["masked_samples_pct"] <= 1
    assert found["masked_samples_own_pct"] <= 0.1
    assert found.get("masked_clinc_pct", 0.0) <= 3


def test_a_text_takes_the_event_loop_less_than_five_milliseconds() -> None:
    assert privacy.timed(redact, 20) < 5  # half a millisecond on an idle machine


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_questions_can_be_grouped_as_well_as_before(
    encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(privacy, "_clinc", dict)  # the sample tables are there everywhere
    found = privacy.grouping(encoder, redact)
    assert found["grouping_lost_points"] <= 2
    assert found["grouped_kept_pct"] >= found["grouped_said_pct"]
