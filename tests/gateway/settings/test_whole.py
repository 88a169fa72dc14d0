"""Settings: defaults, the file, the environment, and one clear line for whatever is wrong."""

from __future__ import annotations

import json
import tomllib
from dataclasses import FrozenInstanceError, fields, replace
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from gateway.errors import SettingsError
from gateway.settings.schema.examples import docs
from gateway.settings.schema.reading import Group, Table, rule_of, variable
from gateway.settings.server import AdminSettings, ServerSettings
from gateway.settings.stt import SttSettings
from gateway.settings.whole import Settings, check_serving, example, load

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "frontline.example.toml"


def write(folder: Path, text: str) -> Path:
    path = folder / "frontline.toml"
    path.write_text(text)
    return path


def refusal(folder: Path, text: str, environ: dict[str, str] | None = None) -> str:
    """The one line with which the text is refused."""
    with pytest.raises(SettingsError) as caught:
        load(write(folder, text), environ or {})
    line = str(caught.value)
    assert "\n" not in line
    return line


def test_without_a_file_the_defaults_hold() -> None:
    settings = load(None, {})
    assert settings == Settings()
    assert settings.server.port == 8080
    assert settings.match.max_wrong_rate == 0.01
    assert settings.store.folder == Path("var/store")


def test_a_file_changes_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    text = '[server]\nport = 9000\nallowed_origins = ["https://shop.example"]\n'
    text += "[turn]\nmax_turn_s = 30\n"
    settings = load(write(tmp_path, text), {})
    assert settings.server.port == 9000
    assert settings.server.allowed_origins == ("https://shop.example",)
    assert settings.turn.max_turn_s == 30.0
    assert isinstance(settings.turn.max_turn_s, float)
    assert settings.match == Settings().match


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    environ = {
        "FRONTLINE_SERVER__PORT": "9001",
        "FRONTLINE_MATCH__CLARIFY": "off",
        "FRONTLINE_RENDER__LOUDNESS_LUFS": "-16",
        "FRONTLINE_BARGE_IN__BACKCHANNELS": "go on, I see",
        "FRONTLINE_BARGE_IN__INTERRUPTIONS": '["hold on, please"]',
        "FRONTLINE_LINES__GREETING": "Hello.",
        "FRONTLINE_TEST_DATA": "not a setting",
        "PATH": "/bin",
    }
    settings = load(write(tmp_path, "[server]\nport = 9000\n"), environ)
    assert settings.server.port == 9001
    assert settings.match.clarify is False
    assert settings.render.loudness_lufs == -16.0
    assert settings.barge_in.backchannels == ("go on", "I see")
    assert settings.barge_in.interruptions == ("hold on, please",)
    assert settings.lines.greeting == "Hello."


@pytest.mark.parametrize(("told", "share"), [('"auto"', "auto"), ("0.2", 0.2), ("0", 0.0)])
def test_the_share_of_near_misses_is_estimated_or_told(
    tmp_path: Path, told: str, share: float | str
) -> None:
    assert Settings().match.near_share == "auto"
    path = write(tmp_path, f"[match]\nnear_share = {told}\n")
    assert load(path, {}).match.near_share == share
    assert load(path, {"FRONTLINE_MATCH__NEAR_SHARE": "0.1"}).match.near_share == 0.1
    assert load(path, {"FRONTLINE_MATCH__NEAR_SHARE": "auto"}).match.near_share == "auto"


def test_intents_are_routed_and_briefed_by_name(tmp_path: Path) -> None:
    text = '[intents]\n"opening hours" = "answer"\nmortgage = "agent:deep"\n'
    text += '[prompts]\nmortgage = """Two\nlines."""\n'
    settings = load(write(tmp_path, text), {"FRONTLINE_INTENTS__MENU": "dtmf:1"})
    assert settings.intents.entries == {
        "opening hours": "answer",
        "mortgage": "agent:deep",
        "menu": "dtmf:1",
    }
    assert settings.prompts.entries == {"mortgage": "Two\nlines."}


def test_settings_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        Settings().server.port = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            '[match]\nbudget_ms = "80ms"',
            "frontline.toml: match.budget_ms is in milliseconds, a whole number from 5 to 2000; "
            "got '80ms'",
        ),
        ("[match]\nbudget_ms = 0.08", "whole number from 5 to 2000; got 0.08"),
        ("[match]\nbudget_ms = 3000", "from 5 to 2000; got 3000"),
        ("[match]\nbudget_ms = true", "got True"),
        ("[match]\nmax_wrong_rate = 1", "match.max_wrong_rate is in parts of one, a number"),
        ("[match]\nmax_wrong_rate = nan", "from 0 to 0.5; got nan"),
        (
            '[match]\nnear_share = "much"',
            "frontline.toml: match.near_share is \"auto\" or a number from 0 to 0.5; got 'much'",
        ),
        ("[match]\nnear_share = 0.6", '"auto" or a number from 0 to 0.5; got 0.6'),
        ("[match]\nclarify = 1", "match.clarify is true or false; got 1"),
        ("[server]\nport = 65536", "server.port is a whole number from 0 to 65535; got 65536"),
        ('[server]\nallowed_origins = "*"', "server.allowed_origins is a list of origins"),
        ('[server]\nallowed_origins = ["shop.example"]', "got ['shop.example']"),
        (
            '[stt]\nprovider = "siri"',
            'stt.provider is one of "pocketsphinx", "deepgram", "deepgram-flux", "whisper", '
            '"agent", "none"; got \'siri\'',
        ),
        ('[stt]\napi_key = "k"', "set FRONTLINE_STT__API_KEY in the environment"),
        ('[tenant]\ndefault = "../x"', "tenant.default is 1 to 63 lower-case letters"),
        ('[lines]\nhandoff = " "', "lines.handoff is a text of 1 to 500 characters"),
        ("[turn]\nsilence_complete_ms = 100", "must not fall: got 200, 100 and 1100"),
        ('[intents]\nx = "trasnfer"', "intents.x: 'trasnfer' is no action; did you mean transfer?"),
        ('[intents]\nx = ""', "intents.x: ' ' is no action; write answer"),
        ("[intents]\nx = 1", "intents.x is a text; got 1"),
        ('[prompts]\nx = " "', "prompts.x: a prompt has 1 to 2000 characters; got 1"),
    ],
)
def test_a_wrong_value_is_named_with_what_was_expected(
    tmp_path: Path, text: str, expected: str
) -> None:
    assert expected in refusal(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[server]\nprot = 1", "unknown key server.prot; did you mean server.port?"),
        ("[server]\nbudget_ms = 1", "unknown key server.budget_ms; did you mean match.budget_ms?"),
        ("[sever]\nport = 1", "unknown section [sever]; did you mean [server]?"),
        ("[quite_other]\nport = 1", "unknown section [quite_other]"),
        ("port = 1", "port stands outside a [section]; did you mean server.port?"),
        ("server = 1", "server is a section: write [server]"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(
    tmp_path: Path, text: str, expected: str
) -> None:
    assert expected in refusal(tmp_path, text)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("FRONTLINE_SERVER__PROT", "1", "did you mean FRONTLINE_SERVER__PORT?"),
        ("FRONTLINE_SERVER__PORT", "http", "FRONTLINE_SERVER__PORT is a whole number"),
        ("FRONTLINE_MATCH__BUDGET_MS", "80ms", "is in milliseconds, a whole number from 5 to 2000"),
        ("FRONTLINE_MATCH__CLARIFY", "maybe", "is true or false; got 'maybe'"),
        ("FRONTLINE_BARGE_IN__BACKCHANNELS", "[1", "is a list of phrases"),
    ],
)
def test_a_wrong_variable_is_named(name: str, value: str, expected: str) -> None:
    with pytest.raises(SettingsError, match="environment: ") as caught:
        load(None, {name: value})
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("[server]\ncall_token", "FRONTLINE_SERVER__CALL_TOKEN"),
        ("[admin]\ntoken", "FRONTLINE_ADMIN__TOKEN"),
    ],
)
def test_secrets_come_from_the_environment_alone(tmp_path: Path, key: str, name: str) -> None:
    line = refusal(tmp_path, f'{key} = "hunter2"')
    assert f"set {name} in the environment" in line
    assert "hunter2" not in line
    settings = load(None, {name: "hunter2"})
    assert "hunter2" in (settings.server.call_token, settings.admin.token)
    assert "hunter2" not in repr(settings)


def test_a_refused_secret_is_not_shown() -> None:
    with pytest.raises(SettingsError) as caught:
        load(None, {"FRONTLINE_ADMIN__TOKEN": "hunter 2"})
    assert "hunter" not in str(caught.value)
    assert "FRONTLINE_ADMIN__TOKEN" in str(caught.value)


def test_malformed_toml_is_one_line_with_its_place(tmp_path: Path) -> None:
    line = refusal(tmp_path, "[server]\nport = = 1\n")
    assert "not valid TOML" in line
    assert "line 2" in line


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no such file"):
        load(tmp_path / "absent.toml", {})
    with pytest.raises(SettingsError, match="cannot be read"):
        load(tmp_path, {})
    (tmp_path / "wide.toml").write_text("[server]\n", encoding="utf-16")
    with pytest.raises(SettingsError, match="not UTF-8"):
        load(tmp_path / "wide.toml", {})


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "bom.toml").write_text("[server]\nport = 9\n", encoding="utf-8-sig")
    assert load(tmp_path / "bom.toml", {}).server.port == 9


# --- serving -----------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "localhost", "::1", "[::1]"])
def test_this_machine_alone_needs_no_tokens(host: str) -> None:
    check_serving(Settings(server=ServerSettings(host=host)))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "calls.example", ""])
def test_a_reachable_host_needs_both_tokens(host: str) -> None:
    open_to_all = Settings(server=ServerSettings(host=host))
    both = "FRONTLINE_SERVER__CALL_TOKEN and FRONTLINE_ADMIN__TOKEN"
    with pytest.raises(SettingsError, match=both):
        check_serving(open_to_all)
    long, short = "0123456789abcdef", "hunter2hunter2h"
    half = replace(open_to_all, server=replace(open_to_all.server, call_token=long))
    with pytest.raises(SettingsError, match=r"set FRONTLINE_ADMIN__TOKEN in"):
        check_serving(half)
    with pytest.raises(SettingsError, match=r": FRONTLINE_ADMIN__TOKEN must have at least 16 ch"):
        check_serving(replace(half, admin=AdminSettings(token=short)))
    both_short = replace(half, server=replace(half.server, call_token=short))
    with pytest.raises(SettingsError, match=both) as caught:
        check_serving(replace(both_short, admin=AdminSettings(token=short)))
    assert "openssl rand -hex 16" in str(caught.value)
    assert short not in str(caught.value)
    check_serving(replace(half, admin=AdminSettings(token=long)))


def test_a_short_token_does_on_this_machine() -> None:
    check_serving(Settings(server=ServerSettings(call_token="t"), admin=AdminSettings(token="t")))


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ('[store]\nurl = "redis://:hunter2@cache/0"', "FRONTLINE_STORE__URL"),
        ('[llm]\nprimary_base_url = "https://a:hunter2@llm"', "FRONTLINE_LLM__PRIMARY_BASE_URL"),
        ('[stt]\nbase_url = "wss://hunter2@stt.example"', "FRONTLINE_STT__BASE_URL"),
        ('[tts]\nopenai_base_url = "http://tts/v1?api_key=hunter2"', "FRONTLINE_TTS__OPENAI_BASE_"),
        ('[tts]\nopenai_base_url = "a:hunter2@tts"', "FRONTLINE_TTS__OPENAI_BASE_URL"),
        ('[server]\nallowed_origins = ["https://a:hunter2@b"]', "FRONTLINE_SERVER__ALLOWED_ORIG"),
    ],
)
def test_an_address_in_the_file_holds_no_secret(tmp_path: Path, line: str, name: str) -> None:
    said = refusal(tmp_path, line)
    assert "must not stand in a file" in said
    assert f"set {name}" in said
    assert "hunter2" not in said


def test_an_address_with_a_secret_may_come_from_the_environment() -> None:
    settings = load(None, {"FRONTLINE_STORE__URL": "redis://:hunter2@cache/0"})
    assert settings.store.url == "redis://:hunter2@cache/0"
    with pytest.raises(SettingsError, match="TTS__OPENAI_BASE_URL is a URL") as caught:
        load(None, {"FRONTLINE_TTS__OPENAI_BASE_URL": "a:hunter2@tts"})
    assert "hunter2" not in str(caught.value)


def test_certificate_and_key_go_together(tmp_path: Path) -> None:
    here = str(tmp_path / "cert.pem")
    with pytest.raises(SettingsError, match="together"):
        check_serving(Settings(server=ServerSettings(tls_cert=here)))
    with pytest.raises(SettingsError, match=r"server\.tls_cert: no such file"):
        check_serving(Settings(server=ServerSettings(tls_cert=here, tls_key=here)))
    Path(here).touch()
    check_serving(Settings(server=ServerSettings(tls_cert=here, tls_key=here)))


# --- the example ---------------------------------------------------------------------------------


def test_the_example_is_what_the_code_says() -> None:
    assert EXAMPLE.read_text() == example(), (
        "run: python -m gateway.settings.whole > " + EXAMPLE.name
    )


def shown(kind: type[Table]) -> str:
    """The commented lines of a table's example, as they would be without the sign."""
    lines = [line.removeprefix("# ") for line in EXAMPLE.read_text().splitlines()]
    values = tuple(json.dumps(text) for text in kind.example.values())
    return "\n".join(one for one in lines if one.endswith(values))


def test_the_example_sets_every_default(tmp_path: Path) -> None:
    assert load(EXAMPLE, {}) == Settings()
    table = tomllib.loads(EXAMPLE.read_text())
    for section, kind in get_type_hints(Settings).items():
        if issubclass(kind, Group):
            assert table[section] == {}
            continue
        if issubclass(kind, Table):
            assert table[section] == {}
            as_shown = load(write(tmp_path, f"[{section}]\n" + shown(kind)), {})
            assert getattr(as_shown, section).entries == kind.example
            continue
        wanted = {one.name for one in fields(kind) if not rule_of(one).secret}
        assert set(table[section]) == wanted


@pytest.mark.parametrize(("section", "kind"), get_type_hints(Settings).items())
def test_every_setting_is_documented(section: str, kind: type[Any]) -> None:
    if issubclass(kind, Table):
        assert f"[{section}]" in EXAMPLE.read_text()
        assert kind.__doc__ != Table.__doc__
        return
    if issubclass(kind, Group):
        assert kind.__doc__ != Group.__doc__
        kind = kind.item
    found = docs(kind)
    for one in fields(kind):
        assert one.name in found, f"{section}.{one.name} has no docstring under it"
        assert found[one.name].endswith("."), f"{section}.{one.name}"
        if rule_of(one).secret:
            assert variable(section, one.name) in EXAMPLE.read_text()
        unit = {"ms": "milliseconds", "s": "seconds"}.get(one.name.rpartition("_")[2])
        assert unit is None or rule_of(one).unit == unit


@pytest.mark.parametrize("provider", ["deepgram", "deepgram-flux"])
def test_a_recogniser_elsewhere_needs_its_key(provider: str) -> None:
    with pytest.raises(SettingsError, match="FRONTLINE_STT__API_KEY"):
        check_serving(Settings(stt=SttSettings(provider=provider)))
    check_serving(Settings(stt=SttSettings(provider=provider, api_key="k")))
