"""Secrets are masked, the rest is not."""

from __future__ import annotations

import pytest

from tests.providers.journal import masked


@pytest.mark.parametrize(
    ("field", "value", "kept"),
    [
        ("authorization", "Bearer sk-1", "Bearer ***"),
        ("Authorization", "sk-1", "***"),
        ("xi-api-key", "sk-1", "***"),
        ("xi_api_key", "sk-1", "***"),
        ("sec-websocket-protocol", "token, sk-1", "token, ***"),
        ("sec-websocket-protocol", "realtime, openai-insecure-api-key.sk-1", "realtime, ***"),
        ("token", ["sk-1"], ["***"]),
        ("TrustedClientToken", ["sk-1"], ["***"]),
        ("content-type", "text/plain", "text/plain"),
        ("max_tokens", 100, 100),
        ("authorization", None, None),
        ("body", {"api_key": "sk-1", "text": "x"}, {"api_key": "***", "text": "x"}),
        ("messages", [{"content": "my token"}], [{"content": "my token"}]),
    ],
)
def test_masked(field: str, value: object, kept: object) -> None:
    assert masked({field: value}) == {field: kept}
