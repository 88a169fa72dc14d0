"""The gateway that the page's tests call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.house_server import TENANT, Gateway, House, house

__all__ = ["ADMIN_TOKEN", "house", "live_server"]

ADMIN_TOKEN = "the-token-of-the-pages-tests"


@dataclass(frozen=True)
class LiveServer:
    """A gateway without a call token, on a copy of the house."""

    gateway: Gateway
    tenant: str = TENANT

    @property
    def url(self) -> str:
        """The page."""
        return self.gateway.url

    @property
    def store(self) -> Path:
        """The folder it serves from."""
        return self.gateway.house.folder

    def clip(self, entry: str, format_name: str = "pcm_s16le_16000") -> bytes:
        """An entry's answer as it goes over the wire."""
        return self.gateway.house.clip(entry, format_name)


@pytest.fixture(scope="session")
def live_server(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """Up for the whole session."""
    copy = house.copy(tmp_path_factory.mktemp("page") / "store")
    with Gateway(copy, {"FRONTLINE_ADMIN__TOKEN": ADMIN_TOKEN}) as gateway:
        yield LiveServer(gateway)
