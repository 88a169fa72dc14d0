"""``make demo DOOR=twilio``, or ``DOOR=vonage``: a caller on a line that buffers as that carrier's
does, against a running gateway. It presses keys and prints what comes; there is nobody's account
behind it.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from xml.etree.ElementTree import fromstring

import jwt
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.providers.twilio import CALL, SILENCE, TwilioCall, sign
from tests.providers.vonage import VonageCall

LISTENS = 6.0
"""Seconds that the caller listens at first, and after a key."""
REFUSALS = {
    403: "it wants the carrier's signature: give the account's token or secret with --token",
    404: "it has no catalogue to answer from: seed a table first",
    503: "it takes no more calls",
}


class NoCall(Exception):
    """The call did not come about, or was cut off, and why."""


@dataclass(frozen=True, slots=True)
class Opening:
    """The socket that a carrier is told to open, and how."""

    url: str
    headers: Mapping[str, str]
    told: Mapping[str, str]
    """The call's facts in the socket's first message."""


class TwilioPhone:
    """A caller at Twilio's."""

    def __init__(self, token: str) -> None:
        self._token = token

    def dial(self, address: str) -> Opening:
        """Ask the webhook as Twilio does. Raises ``NoCall``."""
        url = f"{address}/twilio/voice"
        form = {"CallSid": CALL, "From": "+15550000001", "To": "+1555"}
        body = urllib.parse.urlencode(form).encode()
        stream = fromstring(asked(url, body, self._signed(url, form))).find("Connect/Stream")
        if stream is None:
            raise NoCall("its webhook answers with no stream")
        told = {one.attrib["name"]: one.attrib["value"] for one in stream.findall("Parameter")}
        return Opening(stream.attrib["url"], self._signed(stream.attrib["url"]), told)

    def _signed(self, url: str, form: Mapping[str, str] | None = None) -> dict[str, str]:
        return {"X-Twilio-Signature": sign(url, self._token, form)} if self._token else {}

    def call(self, socket: ClientConnection, opening: Opening) -> TwilioCall:
        """The line."""
        return TwilioCall(socket.send, parameters=opening.told)

    async def listen(self, call: TwilioCall, seconds: float) -> None:
        """Say nothing for so long."""
        await call.speak(SILENCE * round(8000 * seconds))

    def sound(self, call: TwilioCall, after: int) -> list[tuple[float, float]]:
        """The instants at which sound came, each with its seconds, after so many messages."""
        return [
            (at, len(base64.b64decode(one["media"]["payload"])) / 8000)
            for at, one in call.received[after:]
            if one["event"] == "media"
        ]

    def hang_up(self, call: TwilioCall) -> None:
        """End the call."""
        call.stop()


class VonagePhone:
    """A caller at Vonage's."""

    RATE = 16_000

    def __init__(self, token: str) -> None:
        self._token = token

    def dial(self, address: str) -> Opening:
        """Ask the webhook as Vonage does. Raises ``NoCall``."""
        body = json.dumps({"from": "1555", "to": "1556", "uuid": "demo"}).encode()
        claims = {"iat": int(time.time()), "payload_hash": sha256(body).hexdigest()}
        headers = {"Content-Type": "application/json"}
        if self._token:
            signed = jwt.encode(claims, self._token, algorithm="HS256")
            headers["Authorization"] = f"Bearer {signed}"
        flow = json.loads(asked(f"{address}/vonage/answer", body, headers))
        if not flow or not flow[0].get("endpoint"):
            raise NoCall("its webhook answers with no socket")
        [socket] = flow[0]["endpoint"]
        shown = {"Authorization": socket["authorization"]["value"]}
        return Opening(socket["uri"], shown, socket["headers"])

    def call(self, socket: ClientConnection, opening: Opening) -> VonageCall:
        """The line."""
        return VonageCall(socket.send, rate=self.RATE, headers=opening.told)

    async def listen(self, call: VonageCall, seconds: float) -> None:
        """Say nothing for so long."""
        await call.speak(bytes(2 * round(self.RATE * seconds)))

    def sound(self, call: VonageCall, after: int) -> list[tuple[float, float]]:
        """The instants at which sound came, each with its seconds, after so many messages."""
        return [
            (at, len(one) / 2 / self.RATE)
            for at, one in call.received[after:]
            if isinstance(one, bytes)
        ]

    def hang_up(self, call: VonageCall) -> None:
        """End the call."""
        call.end()


PHONES = {"twilio": TwilioPhone, "vonage": VonagePhone}


def asked(url: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    """The answer of a webhook. Raises ``NoCall``."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, dict(headers))) as answer:
            read: bytes = answer.read()
            return read
    except urllib.error.HTTPError as error:
        raise NoCall(REFUSALS.get(error.code, f"it answers {error.code}")) from None
    except (urllib.error.URLError, OSError):
        raise NoCall("nobody answers: start `make demo` in another terminal") from None


def stream_of(address: str, token: str) -> tuple[str, dict[str, str]]:
    """The address of the stream that Twilio is told to open, and its parameters. Raises
    ``NoCall``."""
    opening = TwilioPhone(token).dial(address)
    return opening.url, dict(opening.told)


async def listen(socket: ClientConnection, call: TwilioCall | VonageCall) -> None:
    """Take what the gateway sends until it closes."""
    with contextlib.suppress(ConnectionClosed):
        async for frame in socket:
            call.receive(frame)


async def speak(call: TwilioCall | VonageCall) -> None:
    """Send what the caller's side has to say until it, or the gateway, hangs up."""
    with contextlib.suppress(ConnectionClosed):
        await call.run()


async def talk(door: str, address: str, token: str, keys: str, listens: float) -> None:
    """One call: what is heard at first, then a key, and what is heard after it."""
    phone: Any = PHONES[door](token)
    opening = await asyncio.to_thread(phone.dial, address)
    async with connect(opening.url, additional_headers=opening.headers, compression=None) as socket:
        call = phone.call(socket, opening)
        async with asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(listen(socket, call))
            running = tasks.create_task(speak(call))
            call.open()
            for key in ("", *keys):
                began, before = time.monotonic(), len(call.received)
                if key:
                    call.press(key)
                await phone.listen(call, listens)
                show(key, phone.sound(call, before), began)
                if listening.done():
                    break
            gone = listening.done()
            phone.hang_up(call)
            await running
            await socket.close()
            await listening
    if gone:
        why = socket.close_reason or "no reason told"
        raise NoCall(f"it has hung up: {why} ({socket.close_code})")
    print(f"errors that {door.capitalize()} would raise: {call.errors or 'none'}")


def show(key: str, sound: list[tuple[float, float]], began: float) -> None:
    """Print the sound that followed a key, or the call's begin."""
    what = f"key {key}" if key else "at first"
    if not sound:
        print(f"{what}: nothing came")
        return
    first = (sound[0][0] - began) * 1000
    print(f"{what}: first sound after {first:.1f} ms, {sum(s for _, s in sound):.1f} s of it")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.phone")
    parser.add_argument("--door", choices=PHONES, default="twilio", help="whose line it is on")
    parser.add_argument("--address", default="http://127.0.0.1:8080")
    parser.add_argument("--token", default="", help="the account's token or secret, if one is set")
    parser.add_argument("--keys", default="12")
    parser.add_argument("--listens", type=float, default=LISTENS, help="seconds after each key")
    args = parser.parse_args()
    try:
        asyncio.run(talk(args.door, args.address.rstrip("/"), args.token, args.keys, args.listens))
    except NoCall as why:
        print(f"{args.address}: {why}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
