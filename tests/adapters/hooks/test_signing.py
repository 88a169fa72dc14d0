"""The signature of a webhook, as Standard Webhooks have it."""

from __future__ import annotations

import base64

import pytest

from gateway.adapters.hooks.signing import headers_of, key_of

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_the_example_of_the_specification() -> None:
    """The message, its moment and its signature as the specification's own libraries test them."""
    headers = headers_of(
        SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330.9, b'{"test": 2432232314}'
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert headers["webhook-timestamp"] == "1614265330"
    assert headers["webhook-id"] == "msg_p5jXN8AQM9LWM0D4loKWxJek"


@pytest.mark.parametrize(
    "change", [("msg_2", 1.0, b"a"), ("msg_1", 2.0, b"a"), ("msg_1", 1.0, b"b")]
)
def test_the_signature_covers_id_moment_and_body(change: tuple[str, float, bytes]) -> None:
    first = headers_of(SECRET, "msg_1", 1.0, b"a")["webhook-signature"]
    assert headers_of(SECRET, *change)["webhook-signature"] != first
    assert headers_of("another", "msg_1", 1.0, b"a")["webhook-signature"] != first


def test_a_secret_is_its_bytes_or_written_in_base64() -> None:
    assert key_of("a plain secret") == b"a plain secret"
    assert key_of(f"whsec_{base64.b64encode(b'key').decode()}") == b"key"
    assert key_of("whsec_no base64") == b"whsec_no base64"
