"""One call in front of its bot: dials it, and carries sound, marks and keys either way.

Nothing here waits for the other side: what goes to the bot is queued and written by a task, as what
goes to the caller is. A bot that does not read, that floods, or that sends what no carrier takes
ends its own call, and no other notices.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence

from gateway.core.actions import Action, Source
from gateway.core.events import AgentLost, AgentReplaced, DeadlinePassed, Event, HungUp
from gateway.core.standin.facts import (
    BotCleared,
    BotGone,
    BotMark,
    BotReady,
    BotSound,
    CallerSound,
    ClearBot,
    EchoMark,
    FallBack,
    HoldCaller,
    HushCaller,
    HushHeld,
    LeaveCall,
    PassBot,
    PassCaller,
    PassMark,
    SendHeld,
)
from gateway.core.standin.machine import Floor, StandIn, StandInPolicy
from gateway.ports.bots import (
    BotCall,
    BotClears,
    BotDied,
    BotFailed,
    BotLine,
    BotMarks,
    Bots,
    BotSpeaks,
)
from gateway.ports.records import TurnRecord
from gateway.shell.call.orders import ClearSound, Dialect, Order, SoundBegins, SoundMark, SoundPiece
from gateway.shell.call.runner import Runner
from gateway.shell.call.services import Services
from gateway.shell.sound.outbox import Item, Outbox
from gateway.shell.standin.telling import Account
from gateway.shell.standin.watching import Watch

log = logging.getLogger("frontline.call")

HELD = 60 * 50
"""Messages of the caller that are kept, a minute of the usual ones; the oldest are lost."""
MARKS = 1000
"""Marks of the bot that wait to be heard; beyond it the oldest are echoed at once."""
SILENCE = b"\xff"
"""Silence in mu-law."""
BOT = -1
"""Generation under which the bot's sound waits to be written, so that it can be dropped."""
QUEUED = 1 << 18
"""Bytes waiting for the caller's side at which the bot is read no further for the moment."""
AHEAD = 600.0
"""Seconds of sound that a carrier holds: a bot that sends more floods."""
RATE, WINDOW, PATIENCE = 500, 0.5, 20.0
"""Messages of a bot in so many seconds, 20 times what it needs; and for how long more is borne: an
answer of minutes, sent at once, is no flood."""
HUNG_UP = "the bot hung up"
UNREAD = "the bot does not read what is sent to it"


class Front:
    """One call's bot."""

    def __init__(
        self,
        services: Services,
        bots: Bots,
        runner: Runner,
        dialect: Dialect,
        policy: StandInPolicy,
        call: BotCall,
    ) -> None:
        """``call``: what the bot is told of it."""
        self._services = services
        self._bots = bots
        self._runner = runner
        self._dialect = dialect
        self._call = call
        self._loop = asyncio.get_running_loop()
        self._standin = StandIn(policy, self._loop.time())
        self._watch = Watch()
        self._line: BotLine | None = None
        self._to_bot: Outbox | None = None
        self._held: deque[bytes] = deque(maxlen=HELD)
        self._marks: OrderedDict[str, str] = OrderedDict()  # our name to the bot's
        self._named = 0
        self._piece = b""  # the message that is being decided on
        self._begun = False  # the caller's side was told that sound begins
        self._until = 0.0  # when the bot's sound will have been heard
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0  # when it was asked to ring: uvloop's handles cannot all tell
        self._window, self._count, self._calm = 0.0, 0, self._loop.time()
        self._reason = ""
        self._task: asyncio.Task[None] | None = None
        self._leaving = False
        self._account: Account | None = None
        if services.notify is not None:
            self._account = Account(runner.live, call.ids, services.notify)
            runner.accounted_by(self._account.closed)
        runner.watched_by(self._saw)

    @property
    def floor(self) -> Floor:
        """Return whose turn it is."""
        return self._standin.state

    # --- the call ----------------------------------------------------------------------------

    async def run(self) -> None:
        """Dial the bot and read it, until either side has gone."""
        self._arm()
        self._task = asyncio.current_task()
        live = self._runner.live
        writing: asyncio.Task[None] | None = None
        try:
            async with asyncio.timeout(self._standin.policy.dial_within + 0.5):
                self._line = line = await self._bots.dial(self._call)
            if self._standin.state is Floor.GONE:
                return
            outbox = self._to_bot = Outbox(
                line, failed=self._unread, timeout=self._services.send_timeout
            )
            writing = self._services.background.spawn(outbox.run(), name=f"bot {live.id[:8]}")
            for message in line.opening():
                outbox.put(Item(message))
            self._receive(BotReady())
            await self._read(line)
            self._receive(BotGone(reason=HUNG_UP))
        except BotFailed as failed:
            self._receive(BotGone(reason=str(failed), died=isinstance(failed, BotDied)))
        except TimeoutError:
            pass  # the machine has given it up
        finally:
            await self._hang_up(writing)

    def close(self) -> None:
        """The caller has gone."""
        if self._account is not None:
            self._account.end()
        self._receive(HungUp())
        if self._task is not None and not self._leaving:
            self._task.cancel()

    async def _hang_up(self, writing: asyncio.Task[None] | None) -> None:
        self._leaving = True
        if self._line is None:
            return
        if self._to_bot is not None and writing is not None:
            for message in self._line.closing():
                self._to_bot.put(Item(message))
            self._to_bot.finish()
            await asyncio.wait([writing], timeout=1.0)
            writing.cancel()
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(1.5):
                await self._line.close()

    async def _read(self, line: BotLine) -> None:
        while (frame := await line.receive()) is not None:
            if self._standin.state is Floor.GONE:
                return
            await self._bear()
            for fact in line.read(frame):
                match fact:
                    case BotSpeaks(payload=payload):
                        self._heard(payload)
                    case BotMarks(name=name):
                        self._receive(BotMark(name=name))
                    case BotClears():
                        self._until = 0.0
                        self._receive(BotCleared())
            # looked at, not signalled: it hardly ever happens, and its own socket makes it feel it
            while self._runner.outbox.size > QUEUED:  # noqa: ASYNC110 - see above
                await asyncio.sleep(0.01)

    def _heard(self, payload: bytes) -> None:
        length = len(payload) / (self._bots.form.bytes_per_ms * 1000)
        now = self._loop.time()
        self._until = max(self._until, now) + length
        if self._until - now > AHEAD:
            raise BotFailed(f"the bot sent more than {AHEAD:g} s of sound ahead")
        self._piece = payload
        self._receive(BotSound(length=length))

    async def _bear(self) -> None:
        """Count a message of the bot, and read a flood no faster than ``RATE``. Raises
        ``BotFailed`` once it has lasted."""
        now = self._loop.time()
        if now - self._window >= WINDOW:
            if self._count <= RATE:
                self._calm = now
            self._window, self._count = now, 0
        self._count += 1
        if self._count > RATE:
            await asyncio.sleep(self._window + WINDOW - now)
        if now - self._calm > PATIENCE:
            raise BotFailed(f"the bot sent more than {RATE / WINDOW:.0f} messages a second")

    def _unread(self, reason: str) -> None:
        if "broke" not in reason:  # of that the reader knows more
            self._receive(BotGone(reason=UNREAD))

    # --- the caller's side -------------------------------------------------------------------

    def sound(self, payload: bytes) -> None:
        """Sound of the caller."""
        self._piece = payload
        self._receive(CallerSound())

    def key(self, digit: str) -> None:
        """A key of the caller."""
        if self._line is not None and self._to_bot is not None:
            self._to_bot.put(Item(self._line.key(digit)))

    def echoed(self, name: str) -> None:
        """The caller's side has played everything before that mark, or has dropped it."""
        theirs = self._marks.pop(name, None)
        if theirs is not None:
            self._echo(theirs)

    def _saw(self, event: Event, actions: Sequence[Action], is_open: bool, sounds: bool) -> None:
        if self._account is not None:
            self._account.saw(event, sounds)
        for found in self._watch.saw(event, actions, is_open=is_open, sounds=sounds):
            self._receive(found)

    # --- whose turn it is --------------------------------------------------------------------

    def _receive(self, event: Event) -> None:
        for action in self._standin.receive(event, self._loop.time()):
            self._perform(action)
        self._arm()

    def _arm(self) -> None:
        at = self._standin.deadline
        if self._timer is not None:
            if self._due == at:
                return  # as after nearly every message
            self._timer.cancel()
            self._timer = None
        if at is not None:
            self._due, self._timer = at, self._loop.call_at(at, self._wake)

    def _wake(self) -> None:
        self._timer = None
        self._receive(DeadlinePassed())

    def _perform(self, action: Action) -> None:
        match action:
            case PassCaller():
                self._tell(self._piece)
            case HushCaller():
                self._tell(SILENCE * len(self._piece))
            case HoldCaller():
                self._held.append(self._piece)
            case SendHeld():
                self._release(lambda piece: piece)
            case HushHeld():
                self._release(lambda piece: SILENCE * len(piece))
            case PassBot():
                self._speak()
            case PassMark(name=name):
                self._mark(name)
            case EchoMark(name=name):
                self._echo(name)
            case ClearBot():
                self._clear()
            case FallBack(reason=reason, owed=owed):
                self._note(reason)
                self._fall_back(reason, owed)
            case LeaveCall(reason=reason):
                self._note(reason)
                self._runner.end(reason)

    def _fall_back(self, reason: str, owed: bool) -> None:
        policy = self._services.fallback
        if policy is None:
            self._runner.receive(AgentLost(reason=reason))
            return
        fresh = self._to_bot is None
        self._runner.replace_agent(AgentReplaced(policy=policy, owed=owed, fresh=fresh))

    def _tell(self, payload: bytes) -> None:
        if self._line is not None and self._to_bot is not None:
            self._to_bot.put(Item(self._line.sound(payload)))

    def _release(self, changed: Callable[[bytes], bytes]) -> None:
        held, self._held = self._held, deque(maxlen=HELD)
        for piece in held:
            self._tell(changed(piece))

    def _echo(self, name: str) -> None:
        if self._line is not None and self._to_bot is not None:
            self._to_bot.put(Item(self._line.mark(name)))

    def _speak(self) -> None:
        if not self._begun:
            self._begun = True
            self._say(SoundBegins(turn=0, generation=0, source=Source.AGENT))
        self._say(SoundPiece(generation=0, payload=self._piece))

    def _mark(self, name: str) -> None:
        self._named += 1
        self._marks[f"bot{self._named}"] = name
        self._say(SoundMark(generation=0, name=f"bot{self._named}"))
        if len(self._marks) > MARKS:
            self._echo(self._marks.popitem(last=False)[1])

    def _clear(self) -> None:
        """Clear as a carrier does: what is held is dropped, and every mark comes back."""
        self._begun = False
        self._until = 0.0
        self._runner.outbox.drop(BOT)
        self._say(ClearSound(generation=0))
        marks, self._marks = self._marks, OrderedDict()
        for name in marks.values():
            self._echo(name)

    def _say(self, order: Order) -> None:
        for message in self._dialect.write(order):
            self._runner.outbox.put(Item(message, BOT))

    def _note(self, reason: str) -> None:
        """Log why the bot is gone, and keep it where the call's turns are."""
        if self._reason:
            return
        self._reason = reason
        live = self._runner.live
        log.info("call %s: %s", live.id, reason)
        if reason == HUNG_UP:
            return
        self._services.records.add(
            TurnRecord(
                id=f"{live.id}-bot",  # turns may follow
                call_id=live.id,
                tenant=live.tenant,
                turn=live.turns + 1,
                at=time.time(),
                path="none",
                text="",
                evidence={"reason": reason},
            )
        )
