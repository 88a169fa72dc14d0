"""A bot that speaks Twilio's Media Streams, dialled as if we were the carrier.

It is told what the carrier would tell it: ``connected``, ``start`` with the caller's parameters,
``media``, ``mark`` once sound was heard, ``dtmf``, ``stop``. The handshake is signed as the
carrier's is, with ``agent.key`` in the place of the account's token.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import broadcast
from websockets.exceptions import (
    ConnectionClosed,
    ConnectionClosedOK,
    InvalidURI,
    WebSocketException,
)
from websockets.frames import CloseCode
from websockets.protocol import State

from gateway.ports.bots import (
    BotCall,
    BotClears,
    BotDied,
    BotFact,
    BotFailed,
    BotLine,
    BotMarks,
    BotSpeaks,
)
from gateway.ports.sound import AudioFormat, Encoding

TELEPHONE = AudioFormat(Encoding.MULAW, 8000)
BYTES_PER_MS = 8
ROOM = 1 << 14
"""Bytes that may wait in a socket's buffer while more is written without waiting."""
LONGEST = 1 << 20
"""Bytes of one message of a bot: a minute and a half of sound."""


class MediaStreamBots:
    """``gateway.ports.bots.Bots``: one address, a connection for each call."""

    form = TELEPHONE

    def __init__(self, url: str, key: str = "") -> None:
        """``key``: signs the handshake; empty: it is not signed."""
        self._url = url
        self._key = key

    async def dial(self, call: BotCall) -> BotLine:
        """Implement ``Bots.dial``. Who waits for it sets the limit of time."""
        signature = {"x-twilio-signature": signed(self._url, self._key)} if self._key else {}
        try:
            socket = await connect(
                self._url,
                additional_headers=signature,
                compression=None,
                open_timeout=None,
                ping_interval=None,
                close_timeout=1.0,
                max_size=LONGEST,
                max_queue=64,
                proxy=None,
            )
        except InvalidURI:
            raise BotFailed("agent.url is no WebSocket's address") from None
        except (OSError, WebSocketException) as error:
            raise BotFailed(f"the bot cannot be reached: {type(error).__name__}") from None
        return MediaStream(call, socket, partial(posted, socket))


def signed(url: str, key: str) -> str:
    """The signature of a handshake: of the address alone."""
    return base64.b64encode(hmac.new(key.encode(), url.encode(), hashlib.sha1).digest()).decode()


def posted(socket: ClientConnection, message: str | bytes) -> bool:
    """Write a message without waiting if little waits before it; False: nothing was done."""
    if socket.state is not State.OPEN or socket.transport.get_write_buffer_size() > ROOM:
        return False
    broadcast((socket,), message)  # the library's own way to write without waiting
    return True


def never(message: str | bytes) -> bool:
    """Write nothing: a socket that has no such way."""
    return False


class MediaStream:
    """``gateway.ports.bots.BotLine``."""

    form = TELEPHONE

    def __init__(
        self, call: BotCall, socket: ClientConnection, post: Callable[[str | bytes], bool] = never
    ) -> None:
        """``post``: writes without waiting where it can, and says whether it did."""
        self._socket = socket
        self._post = post
        self._call = call
        self._stream = call.ids.get("stream_sid") or f"MZ{call.call_id[:32]}"
        self._sid = call.ids.get("call_sid") or f"CA{call.call_id[:32]}"
        self._account = call.ids.get("account_sid") or f"AC{'0' * 32}"
        self._named = json.dumps(self._stream)
        self._sequence = 0
        self._chunk = 0
        self._sent = 0  # bytes of sound

    # --- what it is told ---------------------------------------------------------------------

    def opening(self) -> Sequence[str]:
        """Implement ``BotLine.opening``."""
        form = {"encoding": "audio/x-mulaw", "sampleRate": TELEPHONE.sample_rate, "channels": 1}
        start = {
            "streamSid": self._stream,
            "accountSid": self._account,
            "callSid": self._sid,
            "tracks": ["inbound"],
            "customParameters": dict(self._call.caller),
            "mediaFormat": form,
        }
        hello = json.dumps({"event": "connected", "protocol": "Call", "version": "1.0.0"})
        return (hello, self._told("start", start))

    def sound(self, payload: bytes) -> str:
        """Implement ``BotLine.sound``."""
        self._chunk += 1
        at, self._sent = self._sent // BYTES_PER_MS, self._sent + len(payload)
        self._sequence += 1
        text = binascii.b2a_base64(payload, newline=False).decode()
        return (  # written out: there are fifty a second
            f'{{"event":"media","sequenceNumber":"{self._sequence}","streamSid":{self._named},'
            f'"media":{{"track":"inbound","chunk":"{self._chunk}","timestamp":"{at}",'
            f'"payload":"{text}"}}}}'
        )

    def mark(self, name: str) -> str:
        """Implement ``BotLine.mark``."""
        return self._told("mark", {"name": name})

    def key(self, digit: str) -> str:
        """Implement ``BotLine.key``."""
        return self._told("dtmf", {"track": "inbound_track", "digit": digit})

    def closing(self) -> Sequence[str]:
        """Implement ``BotLine.closing``."""
        return (self._told("stop", {"accountSid": self._account, "callSid": self._sid}),)

    def _told(self, event: str, fields: dict[str, Any]) -> str:
        self._sequence += 1
        head = {"event": event, "sequenceNumber": f"{self._sequence}", "streamSid": self._stream}
        return json.dumps({**head, event: fields}, separators=(",", ":"))

    # --- what it says ------------------------------------------------------------------------

    def read(self, frame: str | bytes) -> Sequence[BotFact]:
        """Implement ``BotLine.read``: what a carrier takes, and nothing else."""
        if isinstance(frame, bytes):
            raise BotFailed("the bot sent a binary message: a media stream is text")
        try:
            message = json.loads(frame)
            event = message["event"]
            match event:
                case "media":
                    return (BotSpeaks(_sound(message["media"]["payload"])),)
                case "mark":
                    return (BotMarks(_name(message["mark"]["name"])),)
                case "clear":
                    return (BotClears(),)
        except (ValueError, KeyError, TypeError, RecursionError):
            raise BotFailed("the bot sent a message that is none of a media stream") from None
        raise BotFailed("the bot sent a message of a kind that no carrier takes")

    # --- the connection ----------------------------------------------------------------------

    def send_now(self, message: str | bytes) -> bool:
        """Write it if little waits before it; see ``gateway.shell.sound.outbox.QuickWire``."""
        return self._post(message)

    async def send(self, message: str | bytes) -> None:
        """Implement ``BotLine.send``."""
        if self.send_now(message):
            return
        try:
            await self._socket.send(message)
        except ConnectionClosed as closed:
            raise OSError("closed") from closed

    async def receive(self) -> str | bytes | None:
        """Implement ``BotLine.receive``."""
        try:
            return await self._socket.recv()
        except ConnectionClosed as closed:
            if closed.sent is not None and closed.sent.code == 1009:
                raise BotFailed("the bot sent a message that is too long") from None
            if isinstance(closed, ConnectionClosedOK) and not _leaves(closed):
                return None
            raise BotDied("the connection to the bot broke") from None

    async def close(self) -> None:
        """Implement ``BotLine.close``."""
        await self._socket.close()


def _leaves(closed: ConnectionClosed) -> bool:
    """Return whether it goes away (1001): a server that ends, not a call."""
    return closed.rcvd is not None and closed.rcvd.code == CloseCode.GOING_AWAY


def _sound(payload: object) -> bytes:
    if not isinstance(payload, str):
        raise TypeError
    try:
        sound = base64.b64decode(payload, validate=True)
    except binascii.Error:
        raise BotFailed("the bot sent sound that is not base64") from None
    if sound.startswith(b"RIFF"):
        raise BotFailed("the bot sent a WAV file: sound is plain mu-law at 8000 Hz")
    return sound


def _name(name: object) -> str:
    if not isinstance(name, str):
        raise TypeError
    return name
