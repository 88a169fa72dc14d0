"""What all calls of a process share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from gateway.core.policy import Policy
from gateway.ports import Agent, Store, Transcriber, VoiceDetector
from gateway.shell.background import Background
from gateway.shell.clips import ClipCache
from gateway.shell.manners import Manners
from gateway.shell.matching import MatchService
from gateway.shell.mending import Mending
from gateway.shell.observe import LiveCall, Observer, Records
from gateway.shell.playout import Pacing
from gateway.shell.routing import Routing
from gateway.shell.tenants import Tenants
from gateway.speech import StreamingVoice


@dataclass(slots=True, kw_only=True)
class Services:
    """Made once by the application, handed to every call."""

    store: Store
    tenants: Tenants
    clips: ClipCache
    matching: MatchService
    records: Records
    observer: Observer
    background: Background
    transcriber: Transcriber | None
    """None: only calls that bring their own text can be taken."""
    detector: Callable[[], VoiceDetector]
    policy: Policy
    """With ``agent`` only if there are an agent and a voice."""
    pacing: Pacing
    agent: Agent | None = None
    """Who answers what the cache does not."""
    voice: StreamingVoice | None = None
    """Who speaks what the agent says."""
    manners: Manners = field(default_factory=Manners)
    """How it is spoken."""
    message_ms: int = 40
    """Sound in one message of what is made while it plays."""
    routing: Routing = field(default_factory=Routing)
    """Where the settings send intents."""
    clock: Callable[[], float] = field(
        default_factory=lambda: asyncio.get_running_loop().time  # virtual where the loop is
    )
    """The calls' clock, in seconds. The real one is ``time.monotonic``: the loop's own may count
    in whole milliseconds (uvloop's does), too coarse for an account of two."""
    send_timeout: float = 5.0
    """Seconds a write to a client may take before its call is closed."""
    backchannels: tuple[str, ...] = ()
    interruptions: tuple[str, ...] = ()
    mending: Mending
    """Told of clips that are not there."""
    modes: dict[str, str] = field(default_factory=dict)
    """Tenants that are not ``live``: refreshed from the store with the catalogues."""
    calls: dict[str, LiveCall] = field(default_factory=dict)
