"""The seeding benchmark measures what it says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bench.seed import faq, run
from cache_seed.table import read, write
from gateway.errors import UsageError
from gateway.settings.whole import Settings


def test_its_table_is_good_and_without_repetition() -> None:
    entries = faq(200)
    found = read(write(entries).encode())
    assert (len(found.entries), found.errors, found.warnings) == (200, (), ())
    assert len({entry.answer for entry in entries}) == 200
    with pytest.raises(UsageError, match="must be 1 to 200"):
        faq(201)


@pytest.mark.slow
def test_a_small_run_has_all_its_figures(model_folder: Path) -> None:
    settings = Settings()
    settings = replace(settings, model=replace(settings.model, folder=str(model_folder)))
    result = run(settings, rows=10, million=2_000, workers=1)
    figures = result["figures"]
    assert (figures["rows"], figures["reseed_clips"], figures["reader_rows"]) == (10, 0, 2_000)
    assert figures["audio_s"] > 30
    assert figures["x_realtime"] == pytest.approx(figures["audio_s"] / figures["wall_s"], rel=0.1)
    assert max(figures["render_s"], figures["knowledge_s"]) <= figures["wall_s"] + 0.1
    assert result["goals"]["x_realtime"] == ">= 20"
