"""What goes in comes out, field by field."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

from hypothesis import given
from hypothesis import strategies as st

from gateway.adapters.store import codec
from gateway.ports import Clip, Entry
from intents.decision import Candidate, Veto

_TEXTS = st.lists(st.text(), max_size=3).map(tuple)
_ANY_TEXT = st.text() | st.just("half \ud83d a pair")
_ENTRY = st.builds(
    Entry,
    id=st.text(),
    intent=st.text(),
    questions=_TEXTS,
    answer=_ANY_TEXT,
    counter_examples=_TEXTS,
    locale=st.text(),
    voice=st.text(),
    tags=_TEXTS,
    valid_from=st.text(),
    valid_until=st.text(),
    action=st.text(),
)
_CLIP = st.builds(
    Clip,
    text=_ANY_TEXT,
    voice=st.text(),
    model=st.text(),
    settings=st.text(),
    duration_ms=st.integers(0),
)


@given(st.lists(_ENTRY, max_size=3))
def test_entries(entries: list[Entry]) -> None:
    assert codec.entries_from_json(codec.entries_to_json(entries)) == tuple(entries)


@given(st.dictionaries(st.text(), _CLIP, max_size=3))
def test_clips(clips: dict[str, Clip]) -> None:
    assert codec.clips_from_json(codec.clips_to_json(clips)) == clips


def test_fields_of_another_version() -> None:
    entry = Entry(id="a", intent="b", questions=("c",), answer="d")
    (row,) = json.loads(codec.entries_to_json([replace(entry, tags=("x",))]))
    del row["tags"]
    row["mood"] = "calm"
    assert codec.entries_from_json(json.dumps([row])) == (entry,)


def test_evidence_of_dataclasses() -> None:
    veto = Veto(guard="numbers", entry="a", reason="5 is not 6")
    candidate = Candidate(id="a", intent="b", question="c", similarity=0.5, probability=0.25)
    found = json.loads(codec.to_json({"vetoes": (veto,), "candidates": [candidate]}))
    assert found["vetoes"] == [asdict(veto)]
    assert found["candidates"][0]["similarity"] == 0.5
