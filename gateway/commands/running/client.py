"""The client of a running server's admin API."""

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from gateway.errors import FrontlineError, UsageError
from gateway.settings.whole import Settings

TOKEN = "FRONTLINE_TOKEN"
"""The variable with a person's token; without it that of the settings is used."""

ANY = ("0.0.0.0", "::", "")
"""Addresses that a server listens on and nobody can ask."""

TIMEOUT = 600.0
"""Seconds for an answer: a promotion renders and publishes."""


class AdminClient:
    """Asks, and makes errors of what is refused."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def get(self, path: str, /, **params: Any) -> Any:
        """The answer to a GET; parameters that are None are left out."""
        given = {name: value for name, value in params.items() if value is not None}
        return self._asked("GET", path, params=given)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """The answer to a POST."""
        return self._asked("POST", path, json=body)

    def _asked(self, method: str, path: str, **options: Any) -> Any:
        try:
            answer = self._http.request(method, f"/admin/v1{path}", **options)
        except httpx.HTTPError as error:
            where = self._http.base_url
            raise FrontlineError(
                f"no answer from {where} ({type(error).__name__}): is it up? name another with "
                "--server"
            ) from None
        if answer.is_success:
            return answer.json()
        raise _refusal(answer)


def _refusal(answer: httpx.Response) -> FrontlineError:
    """The error in the words of the server; exit 2 where something else has to be asked."""
    try:
        error = answer.json()["error"]
        message = f"{error['message']}" + (f" ({error['field']})" if error.get("field") else "")
    except (ValueError, KeyError, TypeError):
        message = f"the server answers {answer.status_code}: is it Frontline?"
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        message = f"the server does not know the token: set {TOKEN}, or FRONTLINE_ADMIN__TOKEN"
    wrong = 400 <= answer.status_code < 500
    return UsageError(message) if wrong else FrontlineError(message)


def address_of(args: argparse.Namespace, settings: Settings) -> str:
    """The address of the server: as asked for, else where the settings have it listen."""
    if args.server:
        if not args.server.startswith(("http://", "https://")):
            raise UsageError(
                f"--server takes an address such as https://host:8080, not {args.server}"
            )
        return str(args.server)
    server = settings.server
    host = "127.0.0.1" if server.host in ANY else server.host
    name = f"[{host}]" if ":" in host else host
    return f"http{'s' if server.tls_cert else ''}://{name}:{server.port}"


@contextlib.contextmanager
def opened(args: argparse.Namespace, settings: Settings) -> Iterator[AdminClient]:
    """The client. Raises ``UsageError`` where there is no token to ask with."""
    token = os.environ.get(TOKEN, "") or settings.admin.token
    if not token:
        raise UsageError(
            f"no token: set {TOKEN} (frontline token create), or FRONTLINE_ADMIN__TOKEN"
        )
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    with connected(address_of(args, settings), headers) as http:
        yield AdminClient(http)


def connected(address: str, headers: Mapping[str, str]) -> httpx.Client:
    """The connection."""
    timeout = httpx.Timeout(TIMEOUT, connect=5.0)
    return httpx.Client(base_url=address, headers=dict(headers), timeout=timeout)
