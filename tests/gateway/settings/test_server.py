"""The section of where calls come in."""

from __future__ import annotations

import pytest

from gateway.errors import SettingsError
from gateway.settings.schema.reading import variable
from gateway.settings.server import AdminSettings, ServerSettings, check_server
from gateway.settings.whole import Settings, check_serving, load
from gateway.wiring.tools import known_secrets


def test_connections_must_carry_the_calls() -> None:
    with pytest.raises(SettingsError, match=r"server\.max_connections must not be less than .*200"):
        load(None, {"FRONTLINE_SERVER__MAX_CONNECTIONS": "199"})
    assert load(None, {"FRONTLINE_SERVER__MAX_CONNECTIONS": "200"}).server.max_connections == 200


def test_left_open_they_follow_the_calls() -> None:
    check_server(ServerSettings(max_calls=5000), "settings")


def test_few_from_one_address_are_the_operators_choice() -> None:
    check_server(ServerSettings(max_connections_per_address=3), "settings")


@pytest.mark.parametrize(
    "url", ["", "https://calls.example.com", "http://10.0.0.7:8080/line", "https://[2001:db8::1]/"]
)
def test_a_public_address(url: str) -> None:
    assert load(None, {variable("server", "public_url"): url}).server.public_url == url


@pytest.mark.parametrize(
    "url",
    ["calls.example.com", "wss://calls.example.com", "https://a:b@calls.example.com", "https://"],
)
def test_what_is_no_public_address(url: str) -> None:
    with pytest.raises(SettingsError, match=r"server\.public_url|SERVER__PUBLIC_URL"):
        load(None, {variable("server", "public_url"): url})


@pytest.mark.parametrize("host", ["calls.example.com", "*.example.com", "frontline", "my_box.lan"])
def test_names_that_may_be_allowed(host: str) -> None:
    given = {variable("server", "allowed_hosts"): f'["{host}"]'}
    assert load(None, given).server.allowed_hosts == (host,)


@pytest.mark.parametrize(
    "host", ["https://calls.example.com", "calls.example.com:8080", "*", "a.*.com", "", "a b"]
)
def test_names_that_may_not(host: str) -> None:
    with pytest.raises(SettingsError, match="host names without a port"):
        load(None, {variable("server", "allowed_hosts"): f'["{host}"]'})


@pytest.mark.parametrize("given", ["10.1.0.0/16", "192.0.2.7", "2001:db8::/32", "::1"])
def test_proxies(given: str) -> None:
    found = load(None, {variable("server", "trusted_proxies"): f'["{given}"]'})
    assert found.server.trusted_proxies == (given,)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("balancer", "addresses or networks"),
        ("*", "addresses or networks"),
        ("10.1.0.0/99", r"server\.trusted_proxies: 10\.1\.0\.0/99 is no address"),
        ("10.1.2.3/16", r"has host bits set"),
        ("0.0.0.0/0", r"is everybody: name the proxies alone"),
        ("::/0", r"is everybody"),
    ],
)
def test_no_proxies(given: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        load(None, {variable("server", "trusted_proxies"): f'["{given}"]'})


def test_further_call_tokens() -> None:
    given = {
        "FRONTLINE_SERVER__CALL_TOKEN": "one",
        "FRONTLINE_SERVER__MORE_CALL_TOKENS": "*=two== acme,bank=three",
    }
    settings = load(None, given)
    assert settings.server.further_tokens == {"two==": (), "three": ("acme", "bank")}
    assert {"one", "two==", "three"} <= known_secrets(settings, {})
    assert "three" not in repr(settings)
    check_serving(settings)


@pytest.mark.parametrize("given", ["hunter2", "=hunter2", "*=", "Acme=hunter2", "*=a  *=hunter2"])
def test_no_call_tokens(given: str) -> None:
    with pytest.raises(SettingsError, match=r"MORE_CALL_TOKENS.*pairs such as") as caught:
        load(None, {"FRONTLINE_SERVER__MORE_CALL_TOKENS": given})
    assert "hunter2" not in str(caught.value)


def test_further_tokens_are_as_long_and_do_not_stand_alone() -> None:
    with pytest.raises(SettingsError, match="needs FRONTLINE_SERVER__CALL_TOKEN"):
        check_serving(Settings(server=ServerSettings(more_call_tokens="*=two")))
    long = "0123456789abcdef"
    server = ServerSettings(host="192.0.2.7", call_token=long, more_call_tokens=f"*={long} a=two")
    with pytest.raises(SettingsError, match=r"MORE_CALL_TOKENS \(number 2\) must have at least"):
        check_serving(Settings(server=server, admin=AdminSettings(token=long)))
