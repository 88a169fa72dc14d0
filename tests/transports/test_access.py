"""Who may call."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import HTTPConnection

from gateway.transports import access

TOKEN = "s3cret/+ü"


def connection(**headers: str) -> HTTPConnection:
    """A request with these headers; ``_`` stands for ``-``."""
    raw = [
        (name.replace("_", "-").lower().encode(), value.encode("latin-1"))
        for name, value in headers.items()
    ]
    return HTTPConnection({"type": "websocket", "headers": raw})


def in_protocol(token: str) -> str:
    return "token." + base64.urlsafe_b64encode(token.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("Bearer abc", "abc"),
        ("bearer  abc ", "abc"),
        ("Basic abc", ""),
        ("abc", ""),
        ("Bearer", ""),
        ("", ""),
    ],
)
def test_the_token_of_a_header(header: str, token: str) -> None:
    assert access.bearer(connection(authorization=header)) == token
    assert access.call_token(connection(authorization=header)) == token


def test_no_header_is_no_token() -> None:
    assert access.call_token(connection()) == ""


@pytest.mark.parametrize("token", ["a", "ab", "abc", "abcd", TOKEN])
def test_the_token_of_a_sub_protocol(token: str) -> None:
    request = connection(sec_websocket_protocol=f"frontline.v1, {in_protocol(token)}")
    assert access.offered(request) == ["frontline.v1", in_protocol(token)]
    assert access.call_token(request) == token


def test_padding_is_no_fault() -> None:
    padded = "token." + base64.urlsafe_b64encode(b"ab").decode()
    assert padded.endswith("=")
    assert access.call_token(connection(sec_websocket_protocol=padded)) == "ab"


@pytest.mark.parametrize("encoded", ["a", "abcde", "_w", "é", "\xff\xff\xff\xff", ""])
def test_what_is_no_token_is_no_token(encoded: str) -> None:
    request = connection(sec_websocket_protocol=f"token.{encoded}", authorization="Bearer other")
    assert access.call_token(request) == ""


def test_other_sub_protocols_are_passed_over() -> None:
    request = connection(sec_websocket_protocol=" , chat,,", authorization="Bearer abc")
    assert access.offered(request) == ["chat"]
    assert access.call_token(request) == "abc"


@given(st.text(), st.text())
def test_same_is_equality(one: str, other: str) -> None:
    try:
        one.encode(), other.encode()
    except UnicodeEncodeError:
        return
    assert access.same(one, other) == (one == other)
    assert access.same(one, one)


@pytest.mark.parametrize(
    ("origin", "host", "allowed"),
    [
        ("", "call.example", True),  # not a browser
        ("https://call.example", "call.example", True),
        ("http://127.0.0.1:8080", "127.0.0.1:8080", True),
        ("https://listed.example", "call.example", True),
        ("https://evil.example", "call.example", False),
        ("https://call.example.evil.example", "call.example", False),
        ("https://call.example@evil.example", "call.example", False),
        ("https://call.example:444", "call.example", False),
        ("https://call.example", "call.example:443", True),
        ("http://call.example", "Call.Example:80", True),
        ("https://call.example", "call.example:80", False),
        ("http://[::1]:8080", "[::1]:8080", True),
        ("https://call.example", "call.example:x", False),
        ("https://call.example", "", False),
        ("chrome-extension://call.example", "call.example", False),
        ("http://[", "call.example", False),
        ("null", "call.example", False),
        ("null", "", False),
        ("file://", "", False),
    ],
)
def test_origins(origin: str, host: str, allowed: bool) -> None:
    request = connection(origin=origin, host=host) if origin else connection(host=host)
    assert access.allowed_origin(request, ("https://listed.example",)) == allowed


def test_a_request_without_a_host_has_no_page() -> None:
    assert not access.allowed_origin(connection(origin="null"), ())


@pytest.mark.parametrize(
    ("offers", "token", "answer"),
    [
        ("token, s3cret", "s3cret", "token"),
        ("token.czNjcmV0", "s3cret", "token.czNjcmV0"),
        ("frontline.v1, token.czNjcmV0", "s3cret", "frontline.v1"),
        ("chat", "", None),
    ],
)
def test_every_way_to_offer_a_token_is_answered(
    offers: str, token: str, answer: str | None
) -> None:
    scope = {"type": "websocket", "headers": [(b"sec-websocket-protocol", offers.encode())]}
    connection = HTTPConnection(scope)
    assert access.call_token(connection) == token
    assert access.chosen(connection) == answer
