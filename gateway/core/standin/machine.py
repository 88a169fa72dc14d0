"""Whose turn it is, of a caller, a bot that hears them itself and speaks when it likes, and us.

Theory of operation. The bot's sound, marks and clears go through unchanged, and so does the
caller's sound. When the caller begins to speak while the bot is silent, what they say is held until
it is decided on: on a hit we speak, and the bot gets as much silence in its place, so that a bot
that counts the time of its sound loses none; on a miss it gets all of it at once. While the bot
speaks, or where nothing is to be withheld, the caller goes through, so that the bot's own barge-in
works; on a hit it has then heard the question, and its reply is dropped.

While we speak the bot is not heard: what it sends is dropped and its marks are echoed to it, as a
carrier does with what was cleared. Whatever fails on our side, the call goes straight through.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from gateway.core.actions import Action
from gateway.core.events import DeadlinePassed, Event, HungUp
from gateway.core.standin.facts import (
    BotCleared,
    BotGone,
    BotMark,
    BotReady,
    BotSound,
    CallerSound,
    ClearBot,
    DropBot,
    EchoMark,
    FallBack,
    HoldCaller,
    HushCaller,
    HushHeld,
    LeaveCall,
    OursOver,
    PassBot,
    PassCaller,
    PassMark,
    SendHeld,
    TurnForgotten,
    TurnOpened,
    TurnPassed,
    TurnTaken,
    UnderstandingBack,
    UnderstandingLost,
)
from gateway.core.states import IllegalEvent


class Floor(Enum):
    """The states of standing in."""

    DIALLING = auto()
    """The bot has not answered; what the caller says is kept. -> PASSING, DECIDING, OURS,
    FAILED, GONE (not within ``dial_within``)"""
    PASSING = auto()
    """All goes through. -> DECIDING (the caller speaks), OURS, FAILED, GONE"""
    DECIDING = auto()
    """The caller's words are held. -> PASSING (a miss, or ``hold_within``), OURS, FAILED,
    GONE"""
    OURS = auto()
    """We speak. -> PASSING, DECIDING (the caller has cut in), FAILED, GONE"""
    FAILED = auto()
    """Failed open: the caller is not understood, and all goes through. -> PASSING, GONE"""
    GONE = auto()
    """The bot, or the caller. Nothing happens any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StandInPolicy:
    """The numbers it runs by, in seconds."""

    withhold: bool = True
    """The caller's turn is held until it is decided on; else it always goes through."""
    dial_within: float = 2.0
    """Longest wait for the bot to answer."""
    hold_within: float = 15.0
    """Longest that the caller's words are held; a question that takes longer is the bot's."""
    ours_within: float = 300.0
    """Longest that we speak; longer than any answer."""
    pause: float = 1.0
    """Silence of a bot after which what it says is another reply."""
    mute_within: float = 10.0
    """Longest that a reply which is to be dropped is waited for, once we have spoken."""


class StandIn:
    """One call in front of a bot."""

    def __init__(self, policy: StandInPolicy, now: float) -> None:
        self.policy = policy
        self.state = Floor.DIALLING
        self.deadline: float | None = now + policy.dial_within
        """The time at which to send ``DeadlinePassed``."""
        self._turn = False  # the caller's is open
        self._ours = False  # we speak, while the bot is being dialled
        self._deaf = False  # what is said is not understood
        self._muted = False  # its reply is to be dropped
        self._said = False  # something of that reply has come
        self._owed = False  # it was passed a turn, and has not answered
        self._bot_until = now  # what it has sent is heard until then
        self._bot_at = now  # when something of it came last

    def __repr__(self) -> str:
        return f"<StandIn {self.state.name}>"

    def receive(self, event: Event, now: float) -> list[Action]:
        """Take one event; the actions that follow, in order. Raises ``IllegalEvent``."""
        try:
            handler = TRANSITIONS[self.state][type(event)]
        except KeyError:
            raise IllegalEvent(f"{type(event).__name__} in {self.state.name}") from None
        return handler(self, event, now)

    def _to(self, state: Floor, deadline: float | None = None) -> None:
        self.state, self.deadline = state, deadline

    # --- dialling ----------------------------------------------------------------------------

    def _hold(self, event: Event, now: float) -> list[Action]:
        return [HoldCaller()]

    def _opened_early(self, event: Event, now: float) -> list[Action]:
        self._turn = True
        return []

    def _closed_early(self, event: Event, now: float) -> list[Action]:
        self._turn = False
        self._owes(event)
        return []

    def _taken_early(self, event: Event, now: float) -> list[Action]:
        self._turn, self._ours = False, True
        return [HushHeld()]

    def _over_early(self, event: Event, now: float) -> list[Action]:
        self._ours = False
        return []

    def _lost_early(self, event: Event, now: float) -> list[Action]:
        self._deaf = True
        return []

    def _back(self, event: Event, now: float) -> list[Action]:
        self._deaf = False
        return []

    def _ready(self, event: Event, now: float) -> list[Action]:
        self._bot_until = self._bot_at = now
        if self._ours:
            self._to(Floor.OURS, now + self.policy.ours_within)
            waits = self._turn and self.policy.withhold and not self._deaf
            return [] if waits else [SendHeld()]
        if self._deaf:
            return self._go_open()
        if self._turn and self.policy.withhold:
            return self._decide(now)
        self._to(Floor.PASSING)
        return [SendHeld()]

    def _absent(self, event: Event, now: float) -> list[Action]:
        self._to(Floor.GONE)
        late = f"the bot did not answer within {self.policy.dial_within:g} s"
        reason = event.reason if isinstance(event, BotGone) else late
        return [FallBack(reason=reason, owed=self._owed)]

    def _owes(self, event: Event) -> None:
        self._owed = isinstance(event, TurnPassed)

    # --- the caller --------------------------------------------------------------------------

    def _pass(self, event: Event, now: float) -> list[Action]:
        return [PassCaller()]

    def _opened(self, event: Event, now: float) -> list[Action]:
        """The caller begins to speak: a bot that is speaking must hear that."""
        self._turn = True
        if now - self._bot_at >= self.policy.pause:
            self._unmute()
        if self.policy.withhold and now >= self._bot_until and not self._muted:
            return self._decide(now)
        return []

    def _decide(self, now: float) -> list[Action]:
        self._to(Floor.DECIDING, now + self.policy.hold_within)
        return []

    def _passed(self, event: Event, now: float) -> list[Action]:
        """The bot's to answer; it has heard all of it."""
        self._turn = False
        self._owes(event)
        self._unmute()
        return []

    def _release(self, event: Event, now: float) -> list[Action]:
        """The bot gets what was held. More of the turn may come: it goes through then."""
        self._turn, self._muted = False, False
        self._owes(event)
        self._to(Floor.PASSING)
        return [SendHeld()]

    def _taken(self, event: Event, now: float) -> list[Action]:
        """Ours; the bot, which has heard it, will reply, and nobody is to hear that."""
        clear = self._silence(now)
        self._turn, self._muted, self._said = False, True, False
        self._to(Floor.OURS, now + self.policy.ours_within)
        return clear

    def _taken_unheard(self, event: Event, now: float) -> list[Action]:
        clear = self._silence(now)
        self._turn, self._muted = False, False
        self._to(Floor.OURS, now + self.policy.ours_within)
        return [*clear, HushHeld()]

    def _silence(self, now: float) -> list[Action]:
        self._owed = False
        speaks, self._bot_until = now < self._bot_until, now
        return [ClearBot()] if speaks else []

    # --- we speak ----------------------------------------------------------------------------

    def _over_us(self, event: Event, now: float) -> list[Action]:
        if self._deaf or not self.policy.withhold:
            return [PassCaller()]
        return [HoldCaller() if self._turn else HushCaller()]

    def _opened_over_us(self, event: Event, now: float) -> list[Action]:
        self._turn = not self._deaf
        return []

    def _forgotten_over_us(self, event: Event, now: float) -> list[Action]:
        self._turn = False
        return [HushHeld()]

    def _taken_again(self, event: Event, now: float) -> list[Action]:
        self._turn = False
        self.deadline = now + self.policy.ours_within
        return [HushHeld()]

    def _over(self, event: Event, now: float) -> list[Action]:
        """We have finished; perhaps because the caller has cut in."""
        if self._deaf:
            return self._go_open()
        if self._turn and self.policy.withhold:
            return self._decide(now)
        self._to(Floor.PASSING, now + self.policy.mute_within if self._muted else None)
        return []

    def _lost_over_us(self, event: Event, now: float) -> list[Action]:
        self._deaf, self._turn = True, False
        return [SendHeld()]

    # --- the bot -----------------------------------------------------------------------------

    def _sounds(self, event: Event, now: float) -> list[Action]:
        assert isinstance(event, BotSound)
        if self._muted and self._said and now - self._bot_at >= self.policy.pause:
            self._unmute()  # its next turn
        self._bot_at = now
        if self._muted:
            self._said = True
            return [DropBot()]
        self._owed = False
        self._bot_until = max(self._bot_until, now) + event.length
        return [PassBot()]

    def _sounds_up(self, event: Event, now: float) -> list[Action]:
        """The bot speaks while the caller does: it must hear that."""
        self._to(Floor.PASSING)
        return [SendHeld(), *self._sounds(event, now)]

    def _dropped(self, event: Event, now: float) -> list[Action]:
        self._bot_at, self._said = now, True
        return [DropBot()]

    def _marks(self, event: Event, now: float) -> list[Action]:
        assert isinstance(event, BotMark)
        return [EchoMark(name=event.name) if self._muted else PassMark(name=event.name)]

    def _echoed(self, event: Event, now: float) -> list[Action]:
        assert isinstance(event, BotMark)
        return [EchoMark(name=event.name)]

    def _clears(self, event: Event, now: float) -> list[Action]:
        self._bot_until = now
        return [ClearBot()]

    def _nothing(self, event: Event, now: float) -> list[Action]:
        return []

    def _unmute(self) -> None:
        self._muted = False
        if self.state is Floor.PASSING:
            self.deadline = None

    # --- the end -----------------------------------------------------------------------------

    def _fail_open(self, event: Event, now: float) -> list[Action]:
        self._deaf = True
        return self._go_open()

    def _go_open(self) -> list[Action]:
        self._turn, self._muted = False, False
        self._to(Floor.FAILED)
        return [SendHeld()]

    def _understood(self, event: Event, now: float) -> list[Action]:
        self._deaf = False
        self._to(Floor.PASSING)
        return []

    def _bot_gone(self, event: Event, now: float) -> list[Action]:
        assert isinstance(event, BotGone)
        self._to(Floor.GONE)
        if event.died:
            return [FallBack(reason=event.reason, owed=self._owed)]
        return [LeaveCall(reason=event.reason)]

    def _hung_up(self, event: Event, now: float) -> list[Action]:
        self._to(Floor.GONE)
        return []

    def _mute_over(self, event: Event, now: float) -> list[Action]:
        if self.deadline is not None and self.deadline <= now:
            self._unmute()
        return []

    def _held_too_long(self, event: Event, now: float) -> list[Action]:
        late = self.deadline is not None and self.deadline <= now
        return self._release(event, now) if late else []

    def _dialled_too_long(self, event: Event, now: float) -> list[Action]:
        late = self.deadline is not None and self.deadline <= now
        return self._absent(event, now) if late else []


Handler = Callable[[StandIn, Event, float], list[Action]]

BOT: dict[type[Event], Handler] = {
    BotSound: StandIn._sounds,
    BotMark: StandIn._marks,
    BotCleared: StandIn._clears,
    BotGone: StandIn._bot_gone,
    HungUp: StandIn._hung_up,
}
TURNS = (TurnOpened, TurnTaken, TurnPassed, TurnForgotten, OursOver)

TRANSITIONS: dict[Floor, dict[type[Event], Handler]] = {
    Floor.DIALLING: {
        BotReady: StandIn._ready,
        BotGone: StandIn._absent,
        CallerSound: StandIn._hold,
        TurnOpened: StandIn._opened_early,
        TurnTaken: StandIn._taken_early,
        TurnPassed: StandIn._closed_early,
        TurnForgotten: StandIn._closed_early,
        OursOver: StandIn._over_early,
        UnderstandingLost: StandIn._lost_early,
        UnderstandingBack: StandIn._back,
        DeadlinePassed: StandIn._dialled_too_long,
        HungUp: StandIn._hung_up,
    },
    Floor.PASSING: {
        **BOT,
        CallerSound: StandIn._pass,
        TurnOpened: StandIn._opened,
        TurnTaken: StandIn._taken,
        TurnPassed: StandIn._passed,
        TurnForgotten: StandIn._passed,
        OursOver: StandIn._nothing,
        UnderstandingLost: StandIn._fail_open,
        UnderstandingBack: StandIn._nothing,
        DeadlinePassed: StandIn._mute_over,
    },
    Floor.DECIDING: {
        **BOT,
        BotSound: StandIn._sounds_up,
        CallerSound: StandIn._hold,
        TurnOpened: StandIn._nothing,
        TurnTaken: StandIn._taken_unheard,
        TurnPassed: StandIn._release,
        TurnForgotten: StandIn._release,
        OursOver: StandIn._nothing,
        UnderstandingLost: StandIn._fail_open,
        UnderstandingBack: StandIn._nothing,
        DeadlinePassed: StandIn._held_too_long,
    },
    Floor.OURS: {
        **BOT,
        BotSound: StandIn._dropped,
        BotMark: StandIn._echoed,
        BotCleared: StandIn._nothing,
        CallerSound: StandIn._over_us,
        TurnOpened: StandIn._opened_over_us,
        TurnTaken: StandIn._taken_again,
        TurnPassed: StandIn._release,
        TurnForgotten: StandIn._forgotten_over_us,
        OursOver: StandIn._over,
        UnderstandingLost: StandIn._lost_over_us,
        UnderstandingBack: StandIn._back,
        DeadlinePassed: StandIn._held_too_long,
    },
    Floor.FAILED: {
        **BOT,
        CallerSound: StandIn._pass,
        **dict.fromkeys(TURNS, StandIn._nothing),
        UnderstandingLost: StandIn._nothing,
        UnderstandingBack: StandIn._understood,
        DeadlinePassed: StandIn._nothing,
    },
    Floor.GONE: dict.fromkeys(
        [
            *(BotReady, BotSound, BotMark, BotCleared, BotGone, CallerSound, HungUp),
            *(*TURNS, UnderstandingLost, UnderstandingBack, DeadlinePassed),
        ],
        StandIn._nothing,
    ),
}
"""The handler of each event in each state. A missing pair is our own mistake and raises."""
