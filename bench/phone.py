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
import urllib.parse
import urllib.request
from xml.etree.ElementTree import fromstring

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.providers.twilio import CALL, SILENCE, TwilioCall, sign

LISTENS = 6.0
"""Seconds that the caller listens after a key."""


def stream_of(address: str, token: str) -> tuple[str, dict[str, str]]:
    """Ask the webhook as Twilio does; the stream's address and its parameters."""
    url, form = f"{address}/twilio/voice", {"CallSid": CALL, "From": "+15550000001", "To": "+1555"}
    headers = {"X-Twilio-Signature": sign(url, token, form)} if token else {}
    body = urllib.parse.urlencode(form).encode()
    with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as answer:
        stream = fromstring(answer.read()).find("Connect/Stream")
    assert stream is not None, "the webhook answers with a stream"
    told = {one.attrib["name"]: one.attrib["value"] for one in stream.findall("Parameter")}
    return stream.attrib["url"], told


async def listen(socket: ClientConnection, call: TwilioCall) -> None:
    """Take what the gateway sends until it closes."""
    with contextlib.suppress(ConnectionClosed):
        async for frame in socket:
            call.receive(frame)


async def talk(address: str, token: str, keys: str) -> None:
    """One call: a key, and what is heard after it."""
    url, told = await asyncio.to_thread(stream_of, address, token)
    headers = {"X-Twilio-Signature": sign(url, token)} if token else {}
    async with connect(url, additional_headers=headers, compression=None) as socket:
        call = TwilioCall(socket.send, parameters=told)
        async with asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(listen(socket, call))
            running = tasks.create_task(call.run())
            call.open()
            await call.speak(SILENCE * 8000)
            for key in keys:
                began, before = time.monotonic(), len(call.received)
                call.press(key)
                await call.speak(SILENCE * round(8000 * LISTENS))
                show(key, call, began, before)
            call.stop()
            await running
            await socket.close()
            await listening
    print(f"errors that Twilio would raise: {call.errors or 'none'}")


def show(key: str, call: TwilioCall, began: float, before: int) -> None:
    """Print the sound that followed a key."""
    new = call.received[before:]
    sound = [(at, one) for at, one in new if one["event"] == "media"]
    if not sound:
        print(f"key {key}: nothing came")
        return
    size = sum(len(base64.b64decode(one["media"]["payload"])) for _, one in sound)
    first = (sound[0][0] - began) * 1000
    print(f"key {key}: first sound after {first:.1f} ms, {size / 8000:.1f} s of it")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.phone")
    parser.add_argument("--address", default="http://127.0.0.1:8080")
    parser.add_argument("--token", default="", help="the account's token, where one is set")
    parser.add_argument("--keys", default="12")
    args = parser.parse_args()
    asyncio.run(talk(args.address.rstrip("/"), args.token, args.keys))
    return 0


if __name__ == "__main__":
    sys.exit(main())
