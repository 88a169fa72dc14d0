"""The application: everything tied together, and served.

Only this module and the command line know the adapters.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import secrets
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket

from gateway.adapters.store import open_store
from gateway.adapters.vad.batch import VoiceBatches
from gateway.adapters.vad.gathered import GatheredDetector
from gateway.admin import api
from gateway.admin.dashboard import page as dashboard
from gateway.admin.dashboard.listeners import Events
from gateway.admin.jobs.jobs import Jobs
from gateway.admin.jobs.training import BehindTheCalls
from gateway.admin.metrics.machine import Workers, bury, of_the_machine
from gateway.admin.metrics.metrics import Metrics
from gateway.agents.llm_pair import LlmPair
from gateway.agents.speaking import SpeechAgent
from gateway.agents.tool_agent import ToolAgent
from gateway.agents.watching import RaceWatcher
from gateway.errors import FrontlineError, SettingsError
from gateway.logs import configure
from gateway.ports.agents import Agent
from gateway.ports.live_speech import StreamingVoice
from gateway.ports.speech_in import Transcriber, VoiceDetector
from gateway.ports.store import Store
from gateway.serving.descriptors import room_for
from gateway.serving.guarded import guarded
from gateway.serving.headers import SecurityHeaders
from gateway.serving.hosts import KnownHosts, Names, own_origins
from gateway.serving.limits import limits_of
from gateway.serving.listening import BACKLOG, listen
from gateway.serving.places import Places
from gateway.serving.proxies import Forwarded, Proxies
from gateway.settings.agent import SPEAKING
from gateway.settings.schema.reading import AUTO
from gateway.settings.whole import Settings, check_serving
from gateway.shell.call.observe import RecordWriter
from gateway.shell.call.services import Services
from gateway.shell.catalogue.expecting import Expecting
from gateway.shell.catalogue.matching import MatchService
from gateway.shell.catalogue.mending import Mending
from gateway.shell.catalogue.tenants import POLL, Tenants
from gateway.shell.live.answers import LiveAnswers
from gateway.shell.process.admission import Admission
from gateway.shell.process.background import Background
from gateway.shell.process.garbage import spare_loaded
from gateway.shell.process.gil import share_interpreter
from gateway.shell.process.load import Load
from gateway.shell.process.retention import Retention
from gateway.shell.process.stalls import Stalls
from gateway.shell.reply.agent_line import speculative
from gateway.shell.sound.clips import ClipCache
from gateway.shell.sound.recent_sound import RememberingTranscriber
from gateway.shell.sound.reopening import ReopeningTranscriber
from gateway.shell.sound.turn_ends import TurnEnds
from gateway.transports import native
from gateway.transports.door import refuse
from gateway.transports.hearing import Hearings
from gateway.transports.notes import Notes
from gateway.transports.tickets import Tickets
from gateway.wiring import doors, factories, tools, voices
from gateway.wiring.hooks import Telling, always
from gateway.wiring.siblings import between_workers
from gateway.workers.board import Board
from gateway.workers.doorman import Doorman
from gateway.workers.peers import PassedOn, Peers
from gateway.workers.slips import Slips
from gateway.workers.supervisor import Supervisor
from intents.models.encoder import Encoder, ModelError

WEB = Path(__file__).parents[1] / "web"
MAX_MESSAGE = 64 * 1024
"""Bytes of one WebSocket message; a larger one closes the call with 1009."""

INTERRUPTED = 130
"""Status after Ctrl-C, as shells have it: 128 and the signal's number."""

log = logging.getLogger("frontline")


@dataclass(slots=True, kw_only=True)
class Parts:
    """The parts that tests and benchmarks put in place of the configured adapters."""

    transcriber: Callable[[], Transcriber | None] | None = None
    detector: Callable[[], VoiceDetector] | None = None
    agent: Callable[[], Agent | None] | None = None
    voice: Callable[[], StreamingVoice] | None = None
    routes: tuple[BaseRoute, ...] = ()
    """Further routes, such as a benchmark's echo."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """The means by which a worker knows the others."""

    peers: Peers
    doorman: Doorman
    board: Board
    notes: Notes
    """Notes that doors leave for a request that another worker may get."""
    seed: str
    """A secret of this run."""


async def _let_go(voice: StreamingVoice | None, live: LiveAnswers | None) -> None:
    """Close whoever speaks."""
    for one in (voice, live):
        if one is not None:
            await one.close()


class AppState:
    """The state that the routes share. ``services`` is there between start-up and shutdown."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        encoder: Encoder,
        parts: Parts,
        leads: Callable[[], bool] = always,
    ) -> None:
        """``leads``: whether this process does what is done once on a machine."""
        self.settings = settings
        self.store = store
        self.encoder = encoder
        self.parts = parts
        self.leads = leads
        self.voice_model = factories.voice_model()
        self.events = Events()
        self.metrics = Metrics(self.events.turn_closed, lambda: self.events.changed("calls"))
        tools.need_sdk(settings)
        self.tools = tools.sources_of(settings, watcher=self.metrics.tools)
        self.jobs = Jobs(settings)
        self.draining = False
        self.services: Services | None = None

    @contextlib.asynccontextmanager
    async def running(self, app: Starlette) -> AsyncIterator[None]:
        """Everything that lives as long as the server."""
        background = Background()
        matching = MatchService()
        routing = factories.routing_of(self.settings)
        tenants = Tenants(self.store, self.encoder, routing)
        load = Load(self.metrics, time.monotonic)
        stalls = Stalls(load, self._live, time.monotonic)
        admission = Admission(
            factories.bounds_of(self.settings),
            time.monotonic,
            load,
            tell=self.metrics.call_refused,
            draining=lambda: self.draining,
        )
        telling = await asyncio.to_thread(Telling, self.settings, self.metrics.lost, self.leads)
        records = RecordWriter(
            self.store,
            self.metrics,
            stalls.within,
            tenants.redactor,
            keep_text=self.settings.records.text != "none",
            counted=admission.turn,
            stored=telling.stored(tenants.answer),
        )
        agent, voice = await asyncio.to_thread(self._answerers)  # imports take seconds
        own = factories.transcriber_of(self.settings, self.metrics.stt_reconnected)
        transcriber = (self.parts.transcriber or own)() or factories.agents_ear(
            agent, self.settings
        )
        if transcriber is not None:
            transcriber = ReopeningTranscriber(transcriber, self.metrics.lost)
        ears = await asyncio.to_thread(factories.turn_end_of, self.settings)
        turn_ends = TurnEnds(ears, self.metrics.lost) if ears is not None else None
        if transcriber is not None and turn_ends is not None:
            transcriber = RememberingTranscriber(transcriber, turn_ends.seconds)
        voices_heard = VoiceBatches(self.voice_model)
        playout = self.settings.playout
        policy = replace(
            factories.policy_of(self.settings),
            agent=agent is not None,
            tools=isinstance(agent, ToolAgent),
            speculate=speculative(agent) is not None and self.settings.llm.speculate > 0,
        )
        clips = ClipCache(self.store, background, message_ms=playout.message_ms)
        live = await asyncio.to_thread(
            tools.live_of, self.settings, self.tools, clips, self.metrics.tools
        )
        bots, fallback = factories.bots_of(self.settings), None
        policy = replace(policy, ear=turn_ends is not None)
        if bots is not None:
            fallback = policy if agent is not None else None
            policy = factories.before_bots(policy, self.settings)
        self.services = Services(
            store=self.store,
            tenants=tenants,
            clips=clips,
            live=live,
            mending=Mending(self.store, tenants, self.metrics, voices.remaker_of(self.settings)),
            matching=matching,
            expecting=Expecting(
                self.store,
                tenants,
                self.metrics,
                pinned=self.settings.match.near_share != AUTO,
            ),
            records=records,
            observer=self.metrics,
            background=background,
            transcriber=transcriber,
            detector=self.parts.detector
            or functools.partial(GatheredDetector, voices_heard, self.metrics.lost),
            turn_ends=turn_ends,
            policy=policy,
            bots=bots,
            notify=telling.notify,
            fallback=fallback,
            standin=factories.standin_of(self.settings),
            pacing=factories.pacing_of(self.settings),
            agent=agent,
            ground=self.settings.agent.ground,
            voice=voice,
            manners=voices.manners_of(
                self.settings, self.metrics.repeats if self.parts.voice is None else None
            ),
            message_ms=playout.message_ms,
            routing=routing,
            keys=self.settings.dtmf.entries,
            clock=time.monotonic,
            send_timeout=playout.send_timeout_s,
            backchannels=self.settings.barge_in.backchannels,
            interruptions=self.settings.barge_in.interruptions,
            admission=admission,
            hooks=telling.hooks,
            caller_key=self.settings.records.caller_key,
        )
        await tenants.refresh()
        await self._refresh_modes()
        background.spawn(tenants.watch(), name="watch catalogues")
        background.spawn(self._watch_modes(), name="watch modes")
        background.spawn(self.services.expecting.watch(), name="watch near misses")
        background.spawn(self.services.mending.watch(), name="mend clips")
        background.spawn(records.run(), name="write records")
        background.spawn(self._retention().watch(), name="delete old turns")
        telling.start(background, self.store, tenants)
        self._train_behind(background, self.services)
        stalls.start()
        if isinstance(agent, (LlmPair, SpeechAgent, ToolAgent)):
            agent.start()
        if isinstance(agent, (SpeechAgent, ToolAgent)):
            await agent.ready()
        try:
            yield
        finally:
            stalls.close()
            await background.close()
            await records.flush()
            await telling.close()
            matching.close()
            if turn_ends is not None:
                turn_ends.close()
            if transcriber is not None:
                await transcriber.close()
            if isinstance(agent, (LlmPair, SpeechAgent, ToolAgent)):
                await agent.close()
            await _let_go(voice, live)
            self.services = None
            self.store.close()

    def _answerers(self) -> tuple[Agent | None, StreamingVoice | None]:
        """Return who answers what the cache does not, and who speaks it; nobody where none is
        set."""
        make = self.parts.agent
        llm = self.metrics.llm
        agent = make() if make is not None else self._own_agent(llm)
        if agent is None:
            return None, None
        if isinstance(agent, LlmPair) and self.tools:
            agent = tools.with_tools(agent, self.tools, self.settings, self.metrics.tools)
        speaker = self.parts.voice
        if speaker is not None:
            return agent, speaker()
        told = self.metrics.voice_failed, self.metrics.voice_sounded
        return agent, voices.speaker_of(self.settings, *told)

    def _own_agent(self, watcher: RaceWatcher) -> Agent | None:
        kind = self.settings.agent.kind
        if kind in SPEAKING:
            return tools.speech_agent_of(self.settings, self.tools, self.metrics.tools)
        return None if kind == "none" else factories.agent_of(self.settings, watcher)

    def _train_behind(self, background: Background, services: Services) -> None:
        """Begin to look for catalogues that wait for their training, if it is to be here."""
        if self.settings.match.train != "behind":
            return

        def published(tenant: str) -> None:
            """Tell who listens that there is another catalogue."""
            self.events.changed("catalogue", tenant)

        behind = BehindTheCalls(self.jobs, services, self.leads, published)
        background.spawn(behind.watch(), name="train behind the calls")

    def _retention(self) -> Retention:
        kept = self.settings.records
        return Retention(
            self.store,
            {
                "answered": kept.keep_days,
                "missed": kept.keep_misses_days,
                "flagged": kept.keep_flagged_days,
            },
            leads=self.leads,
        )

    def _live(self) -> bool:
        return self.services is not None and bool(self.services.calls)

    async def _refresh_modes(self) -> None:
        assert self.services is not None, "modes are read while running"
        names = self.services.tenants.names()
        modes = await asyncio.to_thread(lambda: {name: self.store.mode(name) for name in names})
        self.services.modes.clear()
        self.services.modes.update(modes)

    async def _watch_modes(self) -> None:
        while True:
            await asyncio.sleep(POLL)
            try:
                await self._refresh_modes()
            except FrontlineError as error:
                log.warning("the store cannot be asked for modes: %s", error)

    # --- routes ----------------------------------------------------------------------------

    async def call(self, websocket: WebSocket) -> None:
        """``WS /v1/call``."""
        assert self.services is not None, "calls are taken while running"
        if self.draining:
            await refuse(websocket, "shutting down")
            return
        await native.answer(websocket, self.services, doors.door_of(self.settings))

    async def page(self, request: Request) -> Response:
        """``GET /``: call from a browser."""
        return FileResponse(WEB / "index.html")

    async def page_facts(self, request: Request) -> Response:
        """``GET /v1/page``: what the page must know before it calls."""
        assert self.services is not None, "pages are served while running"
        tenant = request.query_params.get("tenant") or self.settings.tenant.default
        serving = self.services.tenants.get(tenant)
        entries = serving.catalogue.entries if serving else ()
        first = [entry.questions[0] for entry in entries if entry.questions and not entry.action]
        return JSONResponse(
            {
                "tenant": tenant,
                "tenants": self.services.tenants.names(),
                "token_required": bool(self.settings.server.call_token),
                "stt": self.services.transcriber is not None,
                "suggestions": first[:8],
            }
        )

    async def health(self, request: Request) -> Response:
        """``GET /healthz``: the process answers."""
        return PlainTextResponse("ok\n")

    async def ready(self, request: Request) -> Response:
        """``GET /readyz``: calls can be taken and answered."""
        tenants = self.services.tenants.names() if self.services else []
        ready = bool(tenants) and not self.draining
        reason = "shutting down" if self.draining else "" if tenants else "no catalogue is live"
        degraded = self.services.mending.degraded() if self.services else []
        facts = {"ready": ready, "tenants": tenants, "reason": reason, "degraded": degraded}
        return JSONResponse(facts, status_code=200 if ready else 503)

    def live_services(self) -> Services:
        """The services; only asked for while the server runs."""
        assert self.services is not None, "asked for outside the server's life"
        return self.services


def create_app(
    settings: Settings,
    *,
    admin_token: str = "",
    parts: Parts | None = None,
    encoder: Encoder | None = None,
    crew: Crew | None = None,
) -> Starlette:
    """The ASGI application. Blocks to load the model, where none is given; raises
    ``SettingsError``. ``crew``: this process is one of several workers."""
    encoder = encoder or load_encoder(settings)

    def lost(what: str, count: int) -> None:
        """Count what the store dropped."""
        state.metrics.lost(what, count)

    store = open_store(settings.store.url, replica=settings.store.replica, serving=True, lost=lost)
    peers = crew.peers if crew is not None else None
    leads = peers.leads if peers is not None else always
    state = AppState(settings, store, encoder, parts or Parts(), leads)
    if crew is not None:
        state.metrics.shown = of_the_machine(Workers.on(crew.board))
    state.store.tenants()  # a store that cannot be read is told now, in one line
    token = admin_token or settings.admin.token or secrets.token_urlsafe(24)
    notes = crew.notes if crew is not None else None
    hearings = Hearings(
        state.live_services,
        Tickets(f"hear {token}", time.time, notes),
        own_origins(settings.server),
        lambda: state.draining,
    )
    routes: list[BaseRoute] = [
        WebSocketRoute("/v1/call", state.call),
        Route("/", state.page),
        Route("/v1/page", state.page_facts),
        Route("/dashboard", dashboard.page),
        Route("/healthz", state.health),
        Route("/readyz", state.ready),
        Route("/metrics", state.metrics.endpoint),
        WebSocketRoute(f"{api.PLACE}/hear", hearings.hear),
        api.mounted(
            settings,
            state.live_services,
            token,
            state.jobs,
            state.events,
            peers,
            hearings.admit,
        ),
        *(
            between_workers(peers, settings, state.live_services, state.events)
            if peers is not None
            else ()
        ),
        *doors.routes(
            settings,
            state.live_services,
            lambda: state.draining,
            notes,
            crew.seed if crew is not None else "",
        ),
        Mount("/static", StaticFiles(directory=WEB)),
        *state.parts.routes,
    ]
    known = Middleware(KnownHosts, names=Names.of(settings.server))
    proxies = Proxies(settings.server.trusted_proxies)
    before = [Middleware(SecurityHeaders), Middleware(Forwarded, proxies=proxies), known]
    if peers is not None:
        before.append(Middleware(PassedOn, peers=peers, path=api.PLACE))
    app = Starlette(routes=routes, lifespan=state.running, middleware=before)
    app.state.frontline = state
    return app


def load_encoder(settings: Settings) -> Encoder:
    """The encoder. Raises ``SettingsError`` with the mend."""
    try:
        return Encoder(Path(settings.model.folder), settings.model.threads)
    except ModelError as error:
        raise SettingsError(str(error)) from error


class Server(uvicorn.Server):
    """uvicorn, but told to stop it first lets the calls end."""

    def __init__(
        self,
        config: uvicorn.Config,
        state: AppState,
        started: Callable[[], None] | None = None,
        crew: Crew | None = None,
    ) -> None:
        super().__init__(config)
        self._crew = crew
        self._state = state
        self._started = started
        self.interrupted = False
        """True if Ctrl-C ended the server."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Say that the server is up once it is."""
        await super().startup(sockets)
        if self.started and self._crew is not None:
            await self._join(self._crew)
        if self.started:
            spare_loaded()
            share_interpreter()
            if self._started is not None:
                self._started()

    async def _join(self, crew: Crew) -> None:
        """Be there for the other workers, and take connections from the socket all share."""

        def protocol() -> asyncio.Protocol:
            made: asyncio.Protocol = self.config.http_protocol_class(  # type: ignore[call-arg]
                config=self.config,
                server_state=self.server_state,
                app_state=self.lifespan.state,
            )
            return made

        loop = asyncio.get_running_loop()
        self.servers.append(await loop.create_unix_server(protocol, sock=crew.peers.listen()))
        crew.doorman.open(protocol, self.config.ssl)

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second."""
        if self._crew is not None and self.started:
            self._crew.doorman.note()
        return await super().on_tick(counter)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """First signal: no new calls, wait for those in progress. Second, or Ctrl-C: now, and the
        process ends as the signal has it."""
        if self._state.draining or sig == signal.SIGINT:
            self.interrupted = sig == signal.SIGINT
            super().handle_exit(sig, frame)
            return
        self._state.draining = True
        if not self._calls():
            self.should_exit = True
            return
        log.info("stopping once %d calls have ended", self._calls())
        asyncio.get_running_loop().call_soon_threadsafe(self._drain)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End jobs and streams first: who follows one is told, before uvicorn waits for
        connections to end."""
        self._state.events.close()
        await self._state.jobs.close()
        if self._crew is not None:
            self._crew.doorman.close()
        await super().shutdown(sockets)
        if self._crew is not None:
            await self._crew.peers.close()

    def _calls(self) -> int:
        return len(self._state.services.calls) if self._state.services else 0

    def _drain(self) -> None:
        services = self._state.live_services()
        services.background.spawn(self._wait(), name="drain")

    async def _wait(self) -> None:
        clock = asyncio.get_running_loop().time
        until = clock() + self._state.settings.server.drain_s
        # looked at, not signalled: this happens once in a life
        while self._calls() and clock() < until:  # noqa: ASYNC110 - calls end in many places
            await asyncio.sleep(0.1)
        self.should_exit = True


def places_of(settings: Settings) -> Places:
    """Room for connections: what the settings ask for, as far as there are descriptors. Raises
    ``SettingsError`` where there are not enough for the calls."""
    limits = limits_of(settings.server)
    room = room_for(limits.connections, settings.server.max_calls)
    limits = replace(limits, connections=room, per_address=min(room, limits.per_address))
    return Places(limits, proxies=Proxies(settings.server.trusted_proxies))


def uvicorn_options(settings: Settings, places: Places | None = None) -> dict[str, Any]:
    """Return how uvicorn is run: connections kept within limits (those of the settings, where there
    are no ``places`` yet), no compression (a bomb, and slow), pings against half-open sockets."""
    if places is None:
        proxies = Proxies(settings.server.trusted_proxies)
        places = Places(limits_of(settings.server), proxies=proxies)
    http, websocket = guarded(places)
    return {
        "ws": websocket,
        "loop": "uvloop",
        "http": http,
        "backlog": BACKLOG,
        "ws_max_size": MAX_MESSAGE,
        "ws_per_message_deflate": False,
        "ws_ping_interval": 20.0,
        "ws_ping_timeout": 20.0,
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "proxy_headers": False,  # it would believe every process of this machine
        "ssl_certfile": settings.server.tls_cert or None,
        "ssl_keyfile": settings.server.tls_key or None,
    }


def serve(settings: Settings) -> int:
    """Serve until told to stop; the exit status."""
    check_serving(settings)
    configure(settings.log.level, settings.log.format, tools.known_secrets(settings))
    token = settings.admin.token or secrets.token_urlsafe(24)
    places = places_of(settings)
    sock = listen(settings.server.host, settings.server.port)
    try:
        app = create_app(settings, admin_token=token)
    except BaseException:
        sock.close()
        raise
    up = functools.partial(say_up, settings, sock, token)
    return run_app(settings, app, places, up, [sock])


def serve_with_workers(settings: Settings, folder: Path) -> int:
    """Serve with as many processes as the settings say, until told to stop; the exit status.
    ``folder``: where the workers meet, entered by nobody else."""
    check_serving(settings)
    configure(settings.log.level, settings.log.format, tools.known_secrets(settings))
    token, word = settings.admin.token or secrets.token_urlsafe(24), secrets.token_urlsafe(24)
    count = settings.server.workers
    places_of(settings)  # what cannot be is told once, before there are workers
    sock = listen(settings.server.host, settings.server.port)
    # with threads of its own an encoder cannot be handed down
    encoder = load_encoder(settings) if settings.model.threads == 1 else None
    factories.voice_model()  # loaded once, here
    if settings.store.url.startswith("sqlite:"):  # a shared one has threads of its own
        with contextlib.closing(open_store(settings.store.url)) as store:
            store.tenants()
    board = Board(count)

    def work(number: int) -> int:
        """Be one worker."""
        places = places_of(settings)
        doorman = Doorman(sock, board, number, lambda: len(places))
        crew = Crew(
            peers=Peers(folder, number, count, word),
            doorman=doorman,
            board=board,
            notes=Slips(folder / "notes"),
            seed=word,
        )
        app = create_app(settings, admin_token=token, encoder=encoder, crew=crew)

        def up() -> None:
            if board.announce():
                say_up(settings, sock, token)

        return run_app(settings, app, places, up, [], crew)

    return Supervisor(board, work, bury).run()


def say_up(settings: Settings, sock: socket.socket, token: str) -> None:
    """Tell where the server is, and the token where it was made for this run."""
    host, port = sock.getsockname()[:2]
    scheme = "https" if settings.server.tls_cert else "http"
    factories.banner(f"{scheme}://{host}:{port}", "" if settings.admin.token else token)


def run_app(
    settings: Settings,
    app: Starlette,
    places: Places,
    up: Callable[[], None],
    sockets: list[socket.socket],
    crew: Crew | None = None,
) -> int:
    """Run it until told to stop; the exit status."""
    places.tell = app.state.frontline.metrics.refused
    options = uvicorn_options(settings, places)
    config = uvicorn.Config(app, **options, timeout_graceful_shutdown=5)
    server = Server(config, app.state.frontline, up, crew)
    server.run(sockets=sockets)
    if server.interrupted:
        return INTERRUPTED  # also where the signal itself is ignored, as in a shell's background
    return 0 if server.started else 1
