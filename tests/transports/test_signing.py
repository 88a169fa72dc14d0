"""Signatures, against what Twilio's own validator makes."""

from __future__ import annotations

from hashlib import sha256

import pytest
from twilio.request_validator import RequestValidator

from gateway.transports.signing import SETTINGS, TwilioKeys, public_address, twilio_signature
from tests.support.socketless import Socketless

TOKEN = "12345"
URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
FORM = {
    "CallSid": ["CA1234567890ABCDE"],
    "Digits": ["1234"],
    "From": ["+14158675309"],
    "To": ["+18005551212"],
    "Caller": ["+14158675309"],
}
KEYS = TwilioKeys(token=TOKEN, shared={"wk_1": "other"})


def flat(form: dict[str, list[str]]) -> dict[str, str]:
    return {name: values[0] for name, values in form.items()}


@pytest.mark.parametrize("algorithm", ["HMAC_SHA1", "HMAC_SHA256"])
@pytest.mark.parametrize("form", [FORM, {}])
def test_it_is_what_twilio_makes(algorithm: str, form: dict[str, list[str]]) -> None:
    expected = RequestValidator(TOKEN).compute_signature(URL, flat(form), algorithm)
    assert twilio_signature(URL, form, TOKEN, algorithm[5:].lower()) == expected


def test_the_example_of_the_documentation() -> None:
    assert twilio_signature(URL, FORM, TOKEN) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


def asked(signature: str, **headers: str) -> Socketless:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Socketless(headers={"x-twilio-signature": signature, **named})


@pytest.mark.parametrize(
    ("signed_url", "seen_url"),
    [
        ("https://a.example/v", "https://a.example/v"),
        ("https://a.example:443/v", "https://a.example/v"),
        ("https://a.example/v", "https://a.example:443/v"),
        ("wss://a.example/m/t", "wss://a.example/m/t"),
        ("wss://a.example:443/m/t", "wss://a.example/m/t"),
        ("https://a.example/v", "https://a.example:8443/v"),
        ("https://[::1]/v", "https://[::1]:443/v"),
    ],
)
def test_with_or_without_the_port(signed_url: str, seen_url: str) -> None:
    signature = RequestValidator(TOKEN).compute_signature(signed_url, flat(FORM))
    assert KEYS.signed(asked(signature).socket, seen_url, FORM)


@pytest.mark.parametrize(
    ("url", "form"),
    [
        ("http://mycompany.com/myapp.php?foo=1&bar=2", FORM),
        ("https://evil.com/myapp.php?foo=1&bar=2", FORM),
        ("https://mycompany.com/myapp.php", FORM),
        (URL, {}),
        (URL, {**FORM, "To": ["+1"]}),
    ],
)
def test_of_another_request_it_is_worth_nothing(url: str, form: dict[str, list[str]]) -> None:
    signature = twilio_signature(URL, FORM, TOKEN)
    assert KEYS.signed(asked(signature).socket, URL, FORM)
    assert not KEYS.signed(asked(signature).socket, url, form)


def test_none_wrong_or_unreadable() -> None:
    assert not KEYS.signed(Socketless().socket, URL, FORM)
    assert not KEYS.signed(asked("").socket, URL, FORM)
    assert not KEYS.signed(asked(twilio_signature(URL, FORM, "wrong")).socket, URL, FORM)
    assert not KEYS.signed(asked("ÿ").socket, URL, FORM)


def test_a_shared_key_is_looked_up_by_its_id() -> None:
    good = twilio_signature(URL, FORM, "other", "sha256")

    def signed(settings: str, signature: str = good) -> bool:
        headers = {"x-twilio-signature": signature, SETTINGS: settings}
        return KEYS.signed(Socketless(headers=headers).socket, URL, FORM)

    assert signed("key=wk_1,algorithm=HMAC_SHA256")
    assert signed("algorithm=HMAC_SHA256, key=wk_1")
    assert not signed("key=wk_2,algorithm=HMAC_SHA256")
    assert not signed("key=wk_1,algorithm=HMAC_MD5")
    assert not signed("key=wk_1")
    by_token = twilio_signature(URL, FORM, TOKEN, "sha256")
    assert signed("algorithm=HMAC_SHA256", by_token)


def test_a_body_that_is_no_form_is_signed_by_its_hash() -> None:
    body = b'{"a":1}'
    url = f"https://a.example/v?bodySHA256={sha256(body).hexdigest()}"
    request = asked(twilio_signature(url, {}, TOKEN)).socket
    assert KEYS.signed(request, url, {}, body)
    assert not KEYS.signed(request, url, {}, b"{}")


@pytest.mark.parametrize(
    ("public_url", "headers", "socket", "expected"),
    [
        ("https://p.example/gate", {}, False, "https://p.example/gate/twilio/voice"),
        ("https://p.example/gate/", {}, True, "wss://p.example/gate/twilio/voice"),
        ("", {"x-forwarded-proto": "https"}, True, "wss://gateway.example/twilio/voice"),
        ("", {"x-forwarded-proto": "https"}, False, "https://gateway.example/twilio/voice"),
        (
            "",
            {"x-forwarded-proto": "https", "x-forwarded-host": "p.example"},
            False,
            "https://p.example/twilio/voice",
        ),
        ("", {}, True, "ws://gateway.example/twilio/voice"),
    ],
)
def test_the_address_that_the_carrier_was_given(
    public_url: str, headers: dict[str, str], socket: bool, expected: str
) -> None:
    connection = Socketless("/twilio/voice", headers).socket
    assert public_address(connection, public_url, socket=socket) == expected
