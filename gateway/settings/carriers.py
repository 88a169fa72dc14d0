"""The sections of the carriers that bring calls: ``[twilio]``, ``[vonage]``, ``[transfers]`` and
``[dtmf]``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from gateway.core.routes import RouteError, parse
from gateway.errors import SettingsError
from gateway.settings.schema.reading import Table, setting

SECRET = {"pattern": r"[\x21-\x7e]*", "says": "printable ASCII without spaces", "secret": True}
ADDRESS = {
    "pattern": r"|https?://[^\s?#]+",
    "says": 'an address such as "https://api.example.com"',
}

ENTRY = "entry:"
"""The action of a key that is answered with an entry begins with this."""

DESTINATION = r"\+[0-9]{3,15}|sips?:[^\s<>\"]{1,200}|queue:[\w.-]{1,64}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TwilioSettings:
    """The Twilio account whose numbers lead here."""

    account_sid: str = setting("", pattern=r"(AC[0-9a-fA-F]{32})?", says="AC and 32 hex digits")
    """The account's SID; with the token it lets calls be transferred and hung up."""
    auth_token: str = setting("", **SECRET)
    """The account's token; where it is set, every webhook and handshake must be signed with it."""
    signing_key_id: str = setting("", pattern=r"[\w-]*", says="letters, digits, _ and -")
    """The id of a shared key for webhooks, if Twilio signs with one (HMAC-SHA256)."""
    signing_key: str = setting("", **SECRET)
    """The secret of that shared key."""
    api_url: str = setting("https://api.twilio.com", **ADDRESS)
    """The address of Twilio's REST API."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VonageSettings:
    """The Vonage account whose numbers lead here."""

    signature_secret: str = setting("", **SECRET)
    """The account's signature secret; where it is set, every webhook must be signed with it."""
    sample_rate: int = setting(16000, low=8000, high=24000)
    """Samples per second of the sound, either way: 8000, 16000 or 24000."""


@dataclass(frozen=True, slots=True)
class TransferSettings(Table):
    """The destinations of transfers, by the queue that an action names ("transfer:cards");
    "default" is for those that name none or an unknown one, and for the hand-off to a person. A
    number as "+15551234567", an address as "sip:desk@example.com", or a carrier's own queue as
    "queue:support" (Twilio only). Without a destination the call stays here."""

    example: ClassVar[Mapping[str, str]] = {"default": "+15551234567", "cards": "queue:cards"}

    @classmethod
    def wrong(cls, value: str) -> str:
        """See ``Table.wrong``."""
        if re.fullmatch(DESTINATION, value, re.ASCII):
            return ""
        return 'a destination is "+15551234567", "sip:NAME@HOST" or "queue:NAME"'

    def of(self, queue: str) -> str:
        """The destination of that queue; empty if there is none."""
        known = self.entries.get(queue)
        if known is None and not self.wrong(queue):
            return queue
        return known or self.entries.get("default", "")


@dataclass(frozen=True, slots=True)
class DtmfSettings(Table):
    """The actions of keys, written like the table's action ("transfer", "control:repeat") or as
    "entry:ID" for a cached answer. While a clarifying question stands, 1 and 2 answer it."""

    example: ClassVar[Mapping[str, str]] = {"1": "entry:opening-hours", "0": "transfer"}

    @classmethod
    def wrong(cls, value: str) -> str:
        """See ``Table.wrong``."""
        if value.startswith(ENTRY):
            return "" if value.removeprefix(ENTRY).strip() else "write it as entry:ID"
        try:
            parse(value or " ")
        except RouteError as error:
            return f"{error}, or entry:ID"
        return ""


def check_carriers(vonage: VonageSettings, dtmf: DtmfSettings, name: str) -> None:
    """Raise ``SettingsError`` for a rate that Vonage does not have, and for keys that no telephone
    has."""
    if vonage.sample_rate not in (8000, 16000, 24000):
        raise SettingsError(
            f"{name}: vonage.sample_rate must be 8000, 16000 or 24000; got {vonage.sample_rate}"
        )
    for key in dtmf.entries:
        if not re.fullmatch("[0-9*#]", key):
            raise SettingsError(f"{name}: dtmf.{key[:20]} is no key: write 0 to 9, * or #")
