"""Secrets are known by their place, their name and their look."""

from __future__ import annotations

import pytest

from gateway.confidential import (
    in_address,
    in_command,
    in_header,
    in_variable,
    is_secret_name,
    looks_like_key,
)

KEY = "k3J9xQ2mZ7pL4vT8bN1c"


@pytest.mark.parametrize(
    "address",
    [
        "https://user:hunter2@crm.example/v1",
        "https://hunter2@crm.example/v1",
        "redis://:hunter2@cache:6379/0",
        "redis+sentinel://:hunter2@a:1,b:2/main",
        "user:hunter2@crm.example",
        "postgresql://shop:hunter2@db/orders",
        "https://crm.example/v1?api_key=hunter2",
        "https://crm.example/v1?a=1&apiKey=hunter2",
        "https://crm.example/v1?X-Amz-Signature=hunter2",
        "https://crm.example/v1?access_token=hunter2",
        "https://crm.example/v1?code=hunter2",
        "https://crm.example/v1#token=hunter2",
        f"https://crm.example/v1?q={KEY}",
        f"https://hooks.example/services/{KEY}",
        "https://x:${PASSWORD}hunter2@crm.example",
    ],
)
def test_an_address_with_a_secret(address: str) -> None:
    assert in_address(address)
    assert in_variable("DATABASE", address)
    assert in_command(["program", address]) == (1, in_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "",
        "sqlite:///var/store",
        "https://crm.example:8443/v1?q=keywords&monkey=1&n=5",
        "https://crm.example/orders/{order_id}?key=${CRM_KEY}&token={token}",
        "https://crm.example/@someone/a:b",
        "https://crm.example/authentication/2024-11-18/version2",
        "mail a@b.example at 10:30",
        "https://[::1",
    ],
)
def test_an_address_without(address: str) -> None:
    assert in_address(address) == ""


@pytest.mark.parametrize(
    "text",
    [
        "sk-proj-abcdefghij",
        "gsk_aaaaaaaaaaaaaa",
        "Bearer eyJhbGciOiJIUzI1NiJ9.e30.x",
        "AKIAIOSFODNN7EXAMPLE",
        "ghp_abcdefghijklmnop",
        KEY,
        "5f2b8c1d9e3a7f4b6c0d",
        "123e4567-e89b-12d3-a456-426614174000",
    ],
)
def test_what_looks_like_a_key(text: str) -> None:
    assert looks_like_key(text)
    assert in_command(["npx", "server", text])[0] == 2
    assert in_variable("PLAIN", text)
    assert in_header("User-Agent", text)


@pytest.mark.parametrize(
    "text",
    [
        "@modelcontextprotocol/server-filesystem@2024.11.1",
        "/usr/lib/python3.11/site-packages/shop/server.py",
        "AuthenticationServiceV2Production2024",
        "application/vnd.example.v2+json",
        "20241118202411182024",
        "en-US,en;q=0.9",
        "${CRM_KEY}",
        "Bearer ${A1B2C3D4E5F6G7H8I9J0K1L2}",
    ],
)
def test_what_does_not(text: str) -> None:
    assert not looks_like_key(text)


@pytest.mark.parametrize("name", ["X-Shop", "Authorization", "X-API-Key", "Cookie", "X-Tenant"])
def test_a_header_of_any_name_may_hold_a_secret(name: str) -> None:
    assert in_header(name, "hunter2")
    assert not in_header(name, "${SHOP}")
    assert not in_header(name, "Bearer ${SHOP}")
    assert not in_header(name, "")
    assert in_header(name, "${SHOP} sk-proj-abcdefghij")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Accept", "application/json"),
        ("content-type", "application/json; charset=utf-8"),
        ("User-Agent", "Frontline/1.0"),
        ("Anthropic-Version", "2023-06-01"),
    ],
)
def test_headers_that_everybody_sends_may_stand_there(name: str, value: str) -> None:
    assert in_header(name, value) == ""


@pytest.mark.parametrize(
    ("words", "at"),
    [
        (["--api-key", "hunter2"], 2),
        (["--apiKey=hunter2"], 1),
        (["-e", "SHOP_TOKEN=hunter2"], 2),
        (["--password", "hunter2"], 2),
        (["--header", "X-Shop: hunter2"], 2),
        (["-H", "Authorization: Bearer hunter2"], 2),
        (["--db", "postgres://shop:hunter2@db/orders"], 2),
        (["--url=https://crm.example?sig=hunter2"], 1),
    ],
)
def test_a_command_line_with_a_secret(words: list[str], at: int) -> None:
    found, what = in_command(["program", *words])
    assert (found, bool(what)) == (at, True)
    assert "hunter2" not in what


@pytest.mark.parametrize(
    "words",
    [
        ["-y", "@modelcontextprotocol/server-filesystem", "/srv/files"],
        ["--key-file", "/run/secrets/shop"],
        ["--api-key", "${SHOP_KEY}"],
        ["--api-key=${SHOP_KEY}", "--verbose"],
        ["--token", "--verbose"],
        ["--header", "Authorization: Bearer ${SHOP_KEY}"],
        ["--header", "Accept: text/plain"],
        ["postgres://shop:${PASSWORD}@db/orders"],
        ["--port", "8080", "--mode=fast"],
    ],
)
def test_a_command_line_without(words: list[str]) -> None:
    assert in_command(["program", *words]) == (0, "")


@pytest.mark.parametrize("name", ["api_key", "apiKey", "X-Amz-Signature", "client-secret", "sid"])
def test_names_of_secrets(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize("name", ["keyword", "monkeys", "tokenizer", "signal", "side", "author"])
def test_other_names(name: str) -> None:
    assert not is_secret_name(name)


@pytest.mark.parametrize("name", ["SHOP_TOKEN", "PASSWORD", "AUTH"])
def test_variables_named_as_secrets(name: str) -> None:
    assert in_variable(name, "hunter2")
    assert not in_variable(name, "${SHOP}")
    assert not in_variable("MODE", "fast")
