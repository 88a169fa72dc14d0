"""``WS /v1/call``: the native call."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import singledispatch

from starlette.websockets import WebSocket

from gateway.core.actions import TellSpeech, TellTranscript
from gateway.ports.sound import AudioFormat
from gateway.shell.call.orders import (
    ActionDue,
    CallAccepted,
    ClearSound,
    Complaint,
    Order,
    PathTaken,
    SoundBegins,
    SoundEnds,
    SoundMark,
    SoundPiece,
    TurnClosed,
)
from gateway.shell.call.services import Services
from gateway.transports import messages, session
from gateway.transports.door import UNAUTHORISED, Door, accept, shut
from gateway.transports.facts import (
    CallerLeft,
    Fact,
    Ignored,
    KeyStruck,
    MarkPlayed,
    Opening,
    SoundHeard,
    TextHeard,
)

UNKNOWN = "a message of unknown type is ignored"


async def answer(socket: WebSocket, services: Services, door: Door) -> None:
    """Take one WebSocket from its handshake to its close."""
    await accept(socket)
    opened = door.knows(socket)
    if opened is None:
        await shut(socket, UNAUTHORISED, "unauthorised")
        return
    await session.take(socket, services, opened, NativeDialect())


class NativeDialect:
    """JSON in text frames, sound in binary ones."""

    name = "native"
    ahead: float | None = None

    def __init__(self, form: AudioFormat | None = None) -> None:
        """``form``: for a call that is not opened by a message."""
        self._form = form
        self._start: messages.Start | None = None
        self._accepted = form is not None

    @property
    def form(self) -> AudioFormat:
        """The format the client asked for."""
        if self._form is None:
            self._form = (self._start or messages.Start()).audio.form()
        return self._form

    # --- what the client says ------------------------------------------------------------------

    def sound(self, frame: str | bytes) -> bytes | None:
        """See ``CallDialect``."""
        return frame if isinstance(frame, bytes) else None

    def read(self, frame: str | bytes) -> Sequence[Fact]:
        """See ``CallDialect``."""
        if isinstance(frame, bytes):
            return (SoundHeard(frame),)
        message = messages.decode(frame)
        return (self._opened(message) if isinstance(message, messages.Start) else fact(message),)

    def _opened(self, start: messages.Start) -> Opening:
        self._start = self._start or start
        return Opening(
            tenant=start.tenant,
            locale=start.locale,
            own_text=start.stt == "client",
            caller=start.said_of_caller(),
        )

    # --- what it is told -----------------------------------------------------------------------

    def write(self, order: Order) -> Sequence[str | bytes]:
        """See ``Dialect``."""
        if isinstance(order, SoundPiece):
            return (order.payload,)
        self._accepted = self._accepted or isinstance(order, CallAccepted)
        message = self._message(order)
        if message is None:
            return ()
        # a call that is not open yet was always answered in this spelling
        return (json.dumps(message) if self._accepted else _terse(message),)

    def _message(self, order: Order) -> dict[str, object] | None:
        """The order as a message; None for what the client is not told."""
        if isinstance(order, CallAccepted):
            return {"type": "started", "call_id": order.call_id, "audio": self._audio()}
        return told(order)

    def _audio(self) -> dict[str, object]:
        form = self.form
        named = self._start.audio.encoding if self._start is not None else form.encoding.value
        return {"encoding": named, "sample_rate": form.sample_rate}


def _terse(message: dict[str, object]) -> str:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))


# --- what the client says ----------------------------------------------------------------------


@singledispatch
def fact(message: object) -> Fact:
    """The fact that the client's message tells; one of unknown type is left out."""
    return Ignored("unknown_type", UNKNOWN)


@fact.register
def _partial(message: messages.Partial) -> Fact:
    return TextHeard(message.text)


@fact.register
def _final(message: messages.Final) -> Fact:
    ago = message.speech_ended_ms_ago
    ended = None if ago is None else ago / 1000
    return TextHeard(message.text, final=True, confidence=message.confidence, ended_ago=ended)


@fact.register
def _played(message: messages.Mark) -> Fact:
    return MarkPlayed(message.name)


@fact.register
def _key(message: messages.Dtmf) -> Fact:
    return KeyStruck(message.digit)


@fact.register
def _left(message: messages.End) -> Fact:
    return CallerLeft()


# --- what it is told ---------------------------------------------------------------------------

Told = dict[str, object]


@singledispatch
def told(order: object) -> Told | None:
    """The message that says the order; None for what a native client is not told."""
    return None


@told.register
def _begins(order: SoundBegins) -> Told:
    text = {"text": order.text} if order.text else {}
    head = {"type": "audio.start", "turn": order.turn, "generation": order.generation}
    return {**head, "source": order.source.value, **text}


@told.register
def _mark(order: SoundMark) -> Told:
    return {"type": "mark", "name": order.name}


@told.register
def _ends(order: SoundEnds) -> Told:
    return {"type": "audio.end", "turn": order.turn, "generation": order.generation}


@told.register
def _clear(order: ClearSound) -> Told:
    return {"type": "clear", "generation": order.generation}


@told.register
def _speech(order: TellSpeech) -> Told:
    return {"type": "speech", "state": "started" if order.speaking else "stopped"}


@told.register
def _transcript(order: TellTranscript) -> Told:
    return {"type": "transcript", "text": order.text, "final": order.final}


@told.register
def _decision(taken: PathTaken) -> Told:
    entry = {"entry": taken.entry} if taken.entry else {}
    action = {"action": taken.action} if taken.action else {}
    question = {"question": taken.question} if taken.question else {}
    return {
        "type": "decision",
        "turn": taken.turn,
        "path": taken.path.value,
        **entry,
        **action,
        **question,
        "confidence": taken.confidence,
        **taken.brief,
        "decided_on": taken.decided_on,
    }


@told.register
def _turn(closed: TurnClosed) -> Told:
    interrupted = {"interrupted": True} if closed.interrupted else {}
    path, timeline = closed.path.value, dict(closed.timeline)
    head = {"type": "turn", "turn": closed.turn, "path": path}
    return {**head, "timeline": timeline, **interrupted}


@told.register
def _action(order: ActionDue) -> Told:
    return {"type": "action", "turn": order.turn, "action": order.action, **order.brief}


@told.register
def _error(order: Complaint) -> Told:
    return {"type": "error", "code": order.code, "message": order.message}
