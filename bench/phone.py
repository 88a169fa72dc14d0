"""``make demo DOOR=twilio``: a caller on a line that buffers as Twilio does, against a running
gateway. It presses keys and prints what comes; there is nobody's account behind it.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from xml.etree.ElementTree import fromstring

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.providers.twilio import CALL, SILENCE, TwilioCall, sign

LISTENS = 6.0
"""Seconds that the caller listens at first, and after a key."""
REFUSALS = {
    403: "it wants Twilio's signature: give the account's token with --token",
    404: "it has no catalogue to answer from: seed a table first",
    503: "it takes no more calls",
}


class NoCall(Exception):
    """The call did not come about, or was cut off, and why."""


def stream_of(address: str, token: str) -> tuple[str, dict[str, str]]:
    """Ask the webhook as Twilio does; the stream's address and its parameters. Raises ``NoCall``
    where there is none."""
    url, form = f"{address}/twilio/voice", {"CallSid": CALL, "From": "+15550000001", "To": "+1555"}
    headers = {"X-Twilio-Signature": sign(url, token, form)} if token else {}
    body = urllib.parse.urlencode(form).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as answer:
            stream = fromstring(answer.read()).find("Connect/Stream")
    except urllib.error.HTTPError as error:
        raise NoCall(REFUSALS.get(error.code, f"it answers {error.code}")) from None
    except (urllib.error.URLError, OSError):
        raise NoCall("nobody answers: start `make demo` in another terminal") from None
    if stream is None:
        raise NoCall("its webhook answers with no stream")
    told = {one.attrib["name"]: one.attrib["value"] for one in stream.findall("Parameter")}
    return stream.attrib["url"], told


async def listen(socket: ClientConnection, call: TwilioCall) -> None:
    """Take what the gateway sends until it closes."""
    with contextlib.suppress(ConnectionClosed):
        async for frame in socket:
            call.receive(frame)


async def speak(call: TwilioCall) -> None:
    """Send what the caller's side has to say until it, or the gateway, hangs up."""
    with contextlib.suppress(ConnectionClosed):
        await call.run()


async def talk(address: str, token: str, keys: str, listens: float) -> None:
    """One call: what is heard at first, then a key, and what is heard after it."""
    url, told = await asyncio.to_thread(stream_of, address, token)
    headers = {"X-Twilio-Signature": sign(url, token)} if token else {}
    async with connect(url, additional_headers=headers, compression=None) as socket:
        call = TwilioCall(socket.send, parameters=told)
        async with asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(listen(socket, call))
            running = tasks.create_task(speak(call))
            call.open()
            for key in ("", *keys):
                began, before = time.monotonic(), len(call.received)
                if key:
                    call.press(key)
                await call.speak(SILENCE * round(8000 * listens))
                show(key, call, began, before)
                if listening.done():
                    break
            gone = listening.done()
            call.stop()
            await running
            await socket.close()
            await listening
    if gone:
        why = socket.close_reason or "no reason told"
        raise NoCall(f"it has hung up: {why} ({socket.close_code})")
    print(f"errors that Twilio would raise: {call.errors or 'none'}")


def show(key: str, call: TwilioCall, began: float, before: int) -> None:
    """Print the sound that followed a key, or the call's begin."""
    what = f"key {key}" if key else "at first"
    new = call.received[before:]
    sound = [(at, one) for at, one in new if one["event"] == "media"]
    if not sound:
        print(f"{what}: nothing came")
        return
    size = sum(len(base64.b64decode(one["media"]["payload"])) for _, one in sound)
    first = (sound[0][0] - began) * 1000
    print(f"{what}: first sound after {first:.1f} ms, {size / 8000:.1f} s of it")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.phone")
    parser.add_argument("--address", default="http://127.0.0.1:8080")
    parser.add_argument("--token", default="", help="the account's token, where one is set")
    parser.add_argument("--keys", default="12")
    parser.add_argument("--listens", type=float, default=LISTENS, help="seconds after each key")
    args = parser.parse_args()
    try:
        asyncio.run(talk(args.address.rstrip("/"), args.token, args.keys, args.listens))
    except NoCall as why:
        print(f"{args.address}: {why}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
