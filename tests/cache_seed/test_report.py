"""The report as data."""

from __future__ import annotations

import json

from cache_seed.cells import RowError
from cache_seed.entries import Conflict
from cache_seed.report import Outcome, SeedReport


def test_a_report_is_json() -> None:
    report = SeedReport(
        tenant="bank",
        source="bank.csv",
        outcome=Outcome.REFUSED,
        catalogue=None,
        rows=2,
        entries=1,
        questions=3,
        errors=(RowError(2, "answer", "the answer is empty", "write one"),),
        conflicts=(Conflict("a", "b", "one", "two", 0.95, 3),),
    )
    assert not report.ok
    data = json.loads(json.dumps(report.as_dict()))
    assert data["outcome"] == "refused"
    assert data["errors"][0]["mend"] == "write one"
    assert data["conflicts"][0]["similarity"] == 0.95


def test_all_but_a_refusal_is_good() -> None:
    for outcome in Outcome:
        report = SeedReport(
            tenant="", source="", outcome=outcome, catalogue=1, rows=0, entries=0, questions=0
        )
        assert report.ok == (outcome is not Outcome.REFUSED)
