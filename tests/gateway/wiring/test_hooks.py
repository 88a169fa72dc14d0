"""Settings of hooks, and a server that tells."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.adapters.hooks.delivery import SOON
from gateway.errors import SettingsError
from gateway.ports.bots import AnswerGiven
from gateway.ports.hooks import ANSWERED, KINDS, Happening
from gateway.settings.agent import AgentSettings
from gateway.settings.server import EVENTS, HookSettings, HooksSettings
from gateway.settings.store import StoreSettings
from gateway.settings.whole import Settings, load
from gateway.shell.catalogue.tenants import POLL
from gateway.shell.process.background import Background
from gateway.wiring.hooks import (
    ToldOnce,
    answered,
    delivery_of,
    hooks_of,
    id_of,
    told_of_catalogues,
)
from gateway.wiring.tools import known_secrets

ONE = HookSettings(url="https://crm.example.com/x", secret="${CRM_SECRET}", events=("call.ended",))
SETTINGS = Settings(hooks=HooksSettings({"crm": ONE}))


def test_a_hook_of_the_settings() -> None:
    (hook,) = hooks_of(SETTINGS, {"CRM_SECRET": "0123456789abcdef"})
    assert (hook.name, hook.url, hook.secret) == ("crm", ONE.url, "0123456789abcdef")
    assert hook.kinds == ("call.ended",)
    assert set(EVENTS) == set(KINDS)


def test_the_owner_of_a_bot_is_a_hook_of_its_own() -> None:
    bot = AgentSettings(
        kind="media_stream", url="wss://x.io/m", notify_url="https://x.io/t", notify_key="k"
    )
    (hook,) = hooks_of(Settings(agent=bot), {})
    assert (hook.name, hook.url, hook.secret) == ("agent.notify_url", "https://x.io/t", "k")
    assert (hook.kinds, hook.patience) == ((ANSWERED,), SOON)
    assert not hooks_of(Settings(agent=replace(bot, kind="none")), {})
    assert not hooks_of(Settings(agent=replace(bot, notify_url="")), {})


def test_what_the_owner_is_told() -> None:
    ids = {"call_sid": "CA1", "account_sid": ""}
    given = AnswerGiven(
        id="c-1",
        call_id="c",
        ids=ids,
        tenant="acme",
        turn=1,
        at=100.25,
        entry="hours",
        question="when do you öpen",
        answer="we open",
        whole=True,
    )
    told = answered(given)
    assert (told.kind, told.tenant, told.at, told.id) == (ANSWERED, "acme", 100.25, "c-1")
    assert told.data == {
        "call": "c",
        "call_sid": "CA1",
        "turn": 1,
        "entry": "hours",
        "question": "when do you öpen",
        "answer": "we open",
        "whole": True,
    }


def test_no_log_holds_its_secret() -> None:
    secret = "0123456789abcdef"
    assert secret in known_secrets(SETTINGS, {"CRM_SECRET": secret})


@pytest.mark.parametrize(
    ("environ", "told"), [({}, "CRM_SECRET"), ({"CRM_SECRET": "short"}, "16 characters or more")]
)
def test_a_secret_must_be_there_and_long(environ: dict[str, str], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        hooks_of(SETTINGS, environ)


def test_nobody_to_be_told_is_no_journal(tmp_path: Path) -> None:
    settings = Settings(store=StoreSettings(url=f"sqlite:///{tmp_path}"))
    assert delivery_of(settings, lambda what, count: None, {}) is None
    assert not list(tmp_path.iterdir())
    told = delivery_of(
        replace(settings, hooks=SETTINGS.hooks), lambda what, count: None, {"CRM_SECRET": "x" * 16}
    )
    assert told is not None
    assert (tmp_path / "webhooks.db").exists()
    asyncio.run(told.close())


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ('[hooks.crm]\nsecret = "${A}"', "hooks.crm.url is missing"),
        ('[hooks.crm]\nurl = "https://a.example"', "hooks.crm.secret is missing"),
        ('[hooks.crm]\nurl = "https://a.example"\nsecret = "written down"', "hooks.crm.secret"),
        ('[hooks.crm]\nurl = "ftp://a"\nsecret = "${A}"', "hooks.crm.url"),
        ('[hooks.crm]\nurl = "https://u:p@a.example"\nsecret = "${A}"', "hooks.crm.url"),
        ('[hooks.crm]\nevents = ["call.began"]', "hooks.crm.events"),
        ("[hooks.CRM]\n", "a name is 1 to 32"),
    ],
)
def test_mistakes_name_the_key(tmp_path: Path, table: str, told: str) -> None:
    file = tmp_path / "frontline.toml"
    file.write_text(table)
    with pytest.raises(SettingsError, match=told.replace(".", r"\.")):
        load(file, {})


@dataclass
class Live:
    """The live catalogue of a tenant; a class of its own, as one is looked at and not loaded."""

    number: int
    created: str
    source: str = "house.csv"
    entries: tuple[str, ...] = ()

    @property
    def catalogue(self) -> Live:
        return self


@dataclass
class Shown:
    """What is live, and what was told of it."""

    live: Live
    told: list[Happening] = field(default_factory=list)

    def names(self) -> list[str]:
        return ["house"]

    def get(self, name: str) -> Live:
        return self.live

    def tell(self, happening: Happening) -> None:
        self.told.append(happening)


@pytest.mark.anyio
async def test_all_gateways_tell_of_a_new_catalogue_under_one_id() -> None:
    now = datetime.now(UTC).isoformat()
    first, second = Live(1, now), Live(2, now)
    gateways = [Shown(first), Shown(first)]
    background = Background()
    for one in gateways:
        background.spawn(told_of_catalogues(_any(one), one), name="tell")
    for live in (second, first, second):
        await asyncio.sleep(1.5 * POLL)
        for one in gateways:
            one.live = live
    await asyncio.sleep(1.5 * POLL)
    await background.close()
    here, there = ([one.id for one in gateway.told] for gateway in gateways)
    assert [one.data["number"] for one in gateways[0].told] == [2, 1, 2]
    assert here[:2] == there[:2]
    assert len({*here, *there}) == 4, "what goes live again is news"


def _any(shown: Shown) -> Any:
    return shown


def test_an_old_catalogue_that_goes_live_has_no_common_id() -> None:
    assert id_of("house", 2, "2026-01-01T00:00:00+00:00", 1767225600.0 + 599)
    assert not id_of("house", 2, "2026-01-01T00:00:00+00:00", 1767225600.0 + 601)


def test_the_worker_that_leads_tells() -> None:
    shown, leads = Shown(Live(1, "")), [True]
    once = ToldOnce(shown, lambda: leads[0])
    once.tell(Happening(kind="x", tenant="house", at=1.0))
    leads[0] = False
    once.tell(Happening(kind="x", tenant="house", at=2.0))
    assert [one.at for one in shown.told] == [1.0]
