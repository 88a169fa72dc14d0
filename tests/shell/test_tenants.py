"""The live catalogues, kept up to date."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
import weakref
from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import cast

import pytest

from gateway.errors import FrontlineError, StoreFailed
from gateway.ports import AudioFormat, Catalogue, Clip, Encoding, Entry, Store
from gateway.privacy.redactor import general
from gateway.shell import tenants as module
from gateway.shell.routing import Routing
from gateway.shell.tenants import POLL, Serving, Tenants, prepare
from intents.decision import Kind
from intents.models.encoder import Encoder
from tests.faq import adapted, knowledge
from tests.house import FakeMatcher, FakeStore, catalogue, serving

PCM8K = AudioFormat(Encoding.PCM, 8000)


def dated(dates: dict[str, str]) -> Serving:
    entry = Entry(
        id="offer",
        intent="o",
        questions=("offer?",),
        answer="Half price.",
        valid_from=dates.get("from", ""),
        valid_until=dates.get("until", ""),
    )
    one = catalogue()
    return serving(replace(one, entries=(*one.entries, entry)), FakeMatcher())


@pytest.mark.parametrize(
    ("dates", "day", "gone"),
    [
        ({}, "2026-06-01", False),
        ({"from": "2026-06-01"}, "2026-05-31", True),
        ({"from": "2026-06-01"}, "2026-06-01", False),
        ({"until": "2026-06-01"}, "2026-06-01", False),
        ({"until": "2026-06-01"}, "2026-06-02", True),
        ({"from": "2026-06-01", "until": "2026-06-30"}, "2026-06-15", False),
        ({"from": "2026-06-01", "until": "2026-06-30"}, "2025-06-15", True),
    ],
)
def test_answers_have_their_days(dates: dict[str, str], day: str, gone: bool) -> None:
    assert dated(dates).expired(date.fromisoformat(day)) == ({"offer"} if gone else set())


def test_content_names_are_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    one = serving(catalogue(), FakeMatcher())
    key = next(iter(one.catalogue.clips))
    clip, made = one.catalogue.clips[key], []
    wanted = {form: clip.name(form) for form in (PCM8K, AudioFormat(Encoding.MULAW, 8000))}
    name = Clip.name

    def counted(clip: Clip, form: AudioFormat) -> str:
        made.append(form)
        return name(clip, form)

    monkeypatch.setattr(Clip, "name", counted)
    for _ in range(3):
        assert {form: one.names((key,), form) for form in wanted} == {
            form: [content] for form, content in wanted.items()
        }
    assert len(made) <= len(wanted), "each format has a name of its own, and no other is made"


def test_clips_of_a_catalogue() -> None:
    one = catalogue(3)
    made = serving(one, FakeMatcher())
    keys = ("entry:hours", "line:clarify_or")
    assert made.number == 3
    assert made.clips(keys) == keys
    assert made.clips(("entry:hours", "entry:balance")) == ()
    assert made.length(keys) == pytest.approx(1.3)
    assert made.length(()) == 0
    assert made.text(keys) == "<entry:hours 3> <line:clarify_or 3>"
    assert made.names(keys, PCM8K) == [one.clips[key].name(PCM8K) for key in keys]
    assert made.clip("entry:hours") is one.clips["entry:hours"]
    assert made.clip("entry:none") is None


class Office:
    """Tenants over a fake store, with knowledge that is its own text."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        def from_bytes(data: bytes) -> bytes:
            if data == b"damaged":
                raise FrontlineError("knowledge is damaged")
            return data

        patch.setattr(module, "Knowledge", SimpleNamespace(from_bytes=from_bytes))
        patch.setattr(module, "Matcher", lambda knowledge, encoder: (knowledge, encoder))
        self.store = FakeStore()
        self.encoder = cast(Encoder, SimpleNamespace(pieces=len))
        self.tenants = Tenants(cast(Store, self.store), self.encoder)

    def publish(self, number: int, *, tenant: str = "default", knowledge: bytes = b"ok") -> None:
        one = replace(catalogue(number, tenant=tenant), knowledge=knowledge)
        self.store.put_catalogue(one)

    def number(self, tenant: str = "default") -> int | None:
        held = self.tenants.get(tenant)
        return held.number if held else None


@pytest.fixture
def office(monkeypatch: pytest.MonkeyPatch, threads: SimpleNamespace) -> Office:
    return Office(monkeypatch)


def test_a_catalogue_made_ready(office: Office) -> None:
    asked = ("is it in Hadley Street", "in hadley street")
    entry = Entry(id="x", intent="x", questions=asked, answer="x", valid_until="2026-01-01")
    one: Catalogue = replace(catalogue(greeting=400), entries=(entry,), knowledge=b"known")
    made = prepare(one, office.encoder)
    assert cast(object, made.matcher) == (b"known", office.encoder)
    assert made.lines["greeting"] == pytest.approx(0.4)
    assert set(made.lines) == {key[5:] for key in one.clips if key.startswith("line:")}
    assert made.entries == {"x": entry}
    assert made.dated == (entry,)
    assert made.keyterms == ("Hadley Street",)
    assert made.redactor.redact("is quux in hadley street") == "is [word] in hadley street"


@pytest.mark.anyio
class TestRefresh:
    async def test_what_is_published_is_served(self, office: Office) -> None:
        assert (office.number(), office.tenants.names()) == (None, [])
        office.publish(1)
        office.publish(1, tenant="bank")
        await office.tenants.refresh()
        assert (office.number(), office.tenants.names()) == (1, ["bank", "default"])
        held = office.tenants.get("bank")
        assert held is not None and office.tenants.redactor("bank") is held.redactor
        assert office.tenants.redactor("nobody") is general()
        office.publish(2)
        await office.tenants.refresh()
        assert (office.number(), office.number("bank")) == (2, 1)
        office.store.live["default"] = 1  # rolled back
        await office.tenants.refresh()
        assert office.number() == 1

    async def test_settings_for_intents_that_are_not_there_are_warned_about_once(
        self, office: Office, caplog: pytest.LogCaptureFixture
    ) -> None:
        routing = Routing.of({"opening": "transfer", "Mortgage": "transfer"}, {"account": "x"})
        tenants = Tenants(cast(Store, office.store), office.encoder, routing)
        office.publish(1)
        for _ in range(3):
            await tenants.refresh()
        warnings = [one.getMessage() for one in caplog.records if one.levelno == logging.WARNING]
        assert warnings == [
            "catalogue 1 of default has no intent mortgage, which the settings route or brief"
        ]

    async def test_only_what_changed_is_loaded(self, office: Office) -> None:
        office.publish(1)
        for _ in range(3):
            await office.tenants.refresh()
        assert office.store.loads == [("default", 1)]

    async def test_a_tenant_without_a_live_number_is_left_out(self, office: Office) -> None:
        office.publish(1)
        office.store.live["default"] = cast(int, None)
        await office.tenants.refresh()
        assert office.tenants.names() == []

    async def test_what_cannot_be_served_leaves_the_one_before(
        self, office: Office, caplog: pytest.LogCaptureFixture
    ) -> None:
        office.publish(1)
        await office.tenants.refresh()
        office.publish(2, knowledge=b"damaged")
        for _ in range(3):
            await office.tenants.refresh()
        assert office.number() == 1
        assert office.store.loads.count(("default", 2)) == 1
        errors = [line for line in caplog.records if line.levelno == logging.ERROR]
        assert len(errors) == 1
        assert "knowledge is damaged" in errors[0].getMessage()
        office.publish(3)
        await office.tenants.refresh()
        assert office.number() == 3
        office.store.live["default"] = 2
        await office.tenants.refresh()
        assert office.number() == 3
        assert office.store.loads.count(("default", 2)) == 2  # said again

    async def test_a_damaged_tenant_does_not_keep_the_others(self, office: Office) -> None:
        office.publish(1, tenant="a", knowledge=b"damaged")
        office.publish(1, tenant="b")
        await office.tenants.refresh()
        assert office.tenants.names() == ["b"]

    async def test_what_the_store_could_not_read_is_tried_again(
        self, office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        office.publish(1)
        load = office.store.load

        def fail(tenant: str, number: int | None = None) -> Catalogue:
            raise StoreFailed("busy")

        monkeypatch.setattr(office.store, "load", fail)
        await office.tenants.refresh()
        assert office.number() is None
        monkeypatch.setattr(office.store, "load", load)
        await office.tenants.refresh()
        assert office.number() == 1

    async def test_watching_goes_on_when_the_store_is_down(
        self, office: Office, caplog: pytest.LogCaptureFixture
    ) -> None:
        office.publish(1)
        office.store.broken = StoreFailed("gone fishing")
        async with asyncio.TaskGroup() as tasks:
            watch = tasks.create_task(office.tenants.watch())
            await asyncio.sleep(1.5 * POLL)
            assert office.number() is None
            assert "gone fishing" in caplog.text
            office.store.broken = None
            await asyncio.sleep(POLL)
            assert office.number() == 1
            office.publish(2)
            await asyncio.sleep(POLL + 0.1)
            assert office.number() == 2
            watch.cancel()


# --- a catalogue with an encoder of its own -------------------------------------------------------


@pytest.mark.slow
@pytest.mark.real_loop
@pytest.mark.anyio
async def test_an_adapted_catalogue_is_loaded_beside_the_loop_and_freed_when_replaced(
    encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[int] = []
    adapt = Encoder.adapted

    def noting(self: Encoder, top: bytes) -> Encoder:
        threads.append(threading.get_ident())
        return adapt(self, top)

    monkeypatch.setattr(Encoder, "adapted", noting)
    known = adapted(encoder)
    made = len(threads)
    store = FakeStore()
    tenants = Tenants(cast(Store, store), encoder)

    async def live(number: int) -> Serving:
        store.put_catalogue(replace(catalogue(number), knowledge=known.to_bytes()))
        await tenants.refresh()
        held = tenants.get("default")
        assert held is not None and held.number == number
        return held

    first = await live(1)
    assert len(threads) == made + 1
    assert threads[-1] != threading.get_ident(), "loading a graph takes longer than the loop may"
    decision = first.matcher.match("do you have a parking lot", final=True)
    assert (decision.kind, decision.entry) == (Kind.ANSWER, "parking")
    own = first.matcher._encoder
    assert own is not encoder
    graph, held = weakref.ref(own._top), weakref.ref(own)
    del own, first
    await live(2)
    gc.collect()
    assert (graph(), held()) == (None, None), "graph and remembered texts are gone"
    assert encoder.embed(["still there"]).shape == (1, encoder.dimension)


@pytest.mark.anyio
async def test_damaged_upper_layers_leave_the_catalogue_before(
    encoder: Encoder, threads: SimpleNamespace, caplog: pytest.LogCaptureFixture
) -> None:
    store = FakeStore()
    tenants = Tenants(cast(Store, store), encoder)
    for number, top in ((1, b""), (2, b"junk")):
        data = replace(knowledge(encoder), top=top).to_bytes()
        store.put_catalogue(replace(catalogue(number), knowledge=data))
        await tenants.refresh()
    held = tenants.get("default")
    assert held is not None and held.number == 1
    assert "catalogue 2 of default cannot be served: the catalogue's encoder" in caplog.text
