"""Facts about a call that stands in front of a bot, and the orders that follow.

Sound is only counted here: its bytes are the shell's.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.core.actions import Action
from gateway.core.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class BotReady(Event):
    """The bot has answered, and was told of the call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BotSound(Event):
    """A message of sound came from the bot."""

    length: float
    """Seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BotMark(Event):
    """The bot wants to know when all it has sent so far was heard."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BotCleared(Event):
    """The bot takes back what was not heard yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BotGone(Event):
    """The bot has closed, or cannot be had."""

    reason: str
    died: bool = False
    """True if it has not ended the call, but is not there any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerSound(Event):
    """A message of sound came from the caller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnOpened(Event):
    """The caller begins to speak."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnTaken(Event):
    """We answer what the caller has said, and begin to speak."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnPassed(Event):
    """The bot is to answer what the caller has said: surely, or as far as it was heard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnForgotten(Event):
    """Nothing was said after all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OursOver(Event):
    """Nothing of ours is on the air any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderstandingLost(Event):
    """The caller is not understood now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderstandingBack(Event):
    """The caller is understood again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PassCaller(Action):
    """Send the bot this message of the caller's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldCaller(Action):
    """Keep this message of the caller's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HushCaller(Action):
    """Send the bot as much silence in the place of this message of the caller's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendHeld(Action):
    """Send the bot what is held, in order, at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HushHeld(Action):
    """Send the bot as much silence as is held, and forget that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PassBot(Action):
    """Send the caller this message of the bot's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DropBot(Action):
    """Forget this message of the bot's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PassMark(Action):
    """Send the caller's side this mark of the bot's, under a name of ours."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EchoMark(Action):
    """Tell the bot at once that this mark was reached: what was before it is not heard."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearBot(Action):
    """Have the caller's side drop what it holds of the bot's sound, and echo its marks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FallBack(Action):
    """The bot cannot be had: say so to the caller, or have somebody else go on."""

    reason: str
    owed: bool = False
    """True if it has not answered what it was passed last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveCall(Action):
    """The bot has ended the call: so do we."""

    reason: str
