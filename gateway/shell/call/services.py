"""The services that all calls of a process share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from gateway.core.policy import Policy
from gateway.core.standin.machine import StandInPolicy
from gateway.ports.agents import Agent
from gateway.ports.bots import AnswerGiven, Bots
from gateway.ports.hooks import Hooks, NoHooks
from gateway.ports.live_speech import StreamingVoice
from gateway.ports.speech_in import Transcriber, VoiceDetector
from gateway.ports.store import Store
from gateway.shell.call.observe import LiveCall, Observer, RecordWriter
from gateway.shell.catalogue.expecting import Expecting
from gateway.shell.catalogue.matching import MatchService
from gateway.shell.catalogue.mending import Mending
from gateway.shell.catalogue.routing import Routing
from gateway.shell.catalogue.tenants import Tenants
from gateway.shell.live.answers import LiveAnswers
from gateway.shell.process.admission import Admission, Bounds
from gateway.shell.process.background import Background
from gateway.shell.reply.first_sounds import FirstSounds
from gateway.shell.reply.voice_style import Manners
from gateway.shell.sound.clips import ClipCache
from gateway.shell.sound.playout import Pacing
from gateway.shell.sound.turn_ends import TurnEnds


@dataclass(slots=True, kw_only=True)
class Services:
    """Made once by the application, handed to every call."""

    store: Store
    tenants: Tenants
    clips: ClipCache
    matching: MatchService
    records: RecordWriter
    observer: Observer
    background: Background
    transcriber: Transcriber | None
    """None: only calls that bring their own text can be taken."""
    detector: Callable[[], VoiceDetector]
    turn_ends: TurnEnds | None = None
    """The thread that listens to how turns end; None: the words alone tell."""
    policy: Policy
    """The policy of every call; it has ``agent`` only if there are an agent and a voice."""
    pacing: Pacing
    agent: Agent | None = None
    """The agent that answers what the cache does not."""
    voice: StreamingVoice | None = None
    """The voice of the agent's replies."""
    live: LiveAnswers | None = None
    """The part that looks up the live values of answers; None: such entries are passed on."""
    bots: Bots | None = None
    """The bots behind, which hear the caller themselves; the policy has ``behind`` then."""
    notify: Callable[[AnswerGiven], None] | None = None
    """Told of each answer that is given in a bot's place; returns at once."""
    fallback: Policy | None = None
    """The policy of a call whose bot is dead: ``agent`` goes on. None: the caller is handed off."""
    standin: StandInPolicy = field(default_factory=StandInPolicy)
    ground: bool = True
    """The agent is told of the approved answers near what the caller said."""
    manners: Manners = field(default_factory=Manners)
    """The manner in which they are spoken."""
    first_sounds: FirstSounds = field(default_factory=FirstSounds)
    """The time that agents and voices take."""
    message_ms: int = 40
    """Sound in one message of what is made while it plays."""
    routing: Routing = field(default_factory=Routing)
    """The routes that the settings give to intents."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """The actions that the settings give to keys: ``policy.keys`` names the same keys."""
    clock: Callable[[], float] = field(
        default_factory=lambda: asyncio.get_running_loop().time  # virtual where the loop is
    )
    """The calls' clock, in seconds. The real one is ``time.monotonic``: the loop's own may count
    in whole milliseconds (uvloop's does), too coarse for an account of two."""
    send_timeout: float = 5.0
    """Seconds a write to a client may take before its call is closed."""
    backchannels: tuple[str, ...] = ()
    interruptions: tuple[str, ...] = ()
    expecting: Expecting
    """Knows how much of each tenant's traffic resembles an entry and is none."""
    mending: Mending
    """Told of clips that are not there."""
    modes: dict[str, str] = field(default_factory=dict)
    """Tenants that are not ``live``: refreshed from the store with the catalogues."""
    hooks: Hooks = field(default_factory=NoHooks)
    """Told of what happens."""
    caller_key: str = field(default="", repr=False)
    """The key of the digests that callers are kept by; empty: they are not."""
    calls: dict[str, LiveCall] = field(default_factory=dict)
    admission: Admission = field(default_factory=lambda: Admission(Bounds(), lambda: 0.0))
    """The judge of whether another call can be taken."""
