"""Settings of hooks, and a server that tells."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.errors import SettingsError
from gateway.ports.hooks import KINDS
from gateway.settings.server import EVENTS, HookSettings, HooksSettings
from gateway.settings.store import StoreSettings
from gateway.settings.whole import Settings, load
from gateway.wiring.hooks import delivery_of, hooks_of
from gateway.wiring.tools import known_secrets

ONE = HookSettings(url="https://crm.example.com/x", secret="${CRM_SECRET}", events=("call.ended",))
SETTINGS = Settings(hooks=HooksSettings({"crm": ONE}))


def test_a_hook_of_the_settings() -> None:
    (hook,) = hooks_of(SETTINGS, {"CRM_SECRET": "0123456789abcdef"})
    assert (hook.name, hook.url, hook.secret) == ("crm", ONE.url, "0123456789abcdef")
    assert hook.kinds == ("call.ended",)
    assert set(EVENTS) == set(KINDS)


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
