"""The structs that clients are answered with. Handlers write them, and the OpenAPI document
describes them from the same definitions. Requests are in ``inputs``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from gateway.ports.work import Training

Flag = Literal["", "right", "wrong"]
"""The verdict of a person on a turn; empty if there is none."""


class Output(Struct):
    """The base of everything that we answer."""


class Problem(Output, kw_only=True, omit_defaults=True):
    code: str
    message: str
    field: str = ""


class RowProblem(Output, kw_only=True):
    """A fault in a table, its place, and what mends it."""

    line: int
    column: str
    reason: str
    mend: str


class ConflictOut(Output, kw_only=True):
    """Nearly the same question, two answers."""

    first: str
    second: str
    question: str
    other: str
    similarity: float
    line: int


class Step(Output, kw_only=True):
    """The progress of a job: the data of ``event: progress``."""

    what: str
    done: int
    of: int


class Report(Output, kw_only=True):
    """The work that a job has done, or would do: the data of ``event: done``."""

    tenant: str
    source: str
    outcome: Annotated[
        Literal["published", "unchanged", "checked", "refused"],
        Meta(description="Unchanged: what is live says the same. Checked: a dry run, all good."),
    ]
    catalogue: Annotated[int | None, Meta(description="The number that is live afterwards.")]
    rows: int
    entries: int
    questions: int
    rendered: Annotated[int, Meta(description="Clips made now; in a dry run: to be made.")]
    reused: int
    rendered_s: float
    audio_s: float
    wall_s: float
    x_realtime: float
    errors: list[RowProblem]
    warnings: list[RowProblem]
    conflicts: list[ConflictOut]
    summary: dict[str, Any]
    entry: Annotated[str, Meta(description="The entry that was changed, where it was one.")]
    added: Annotated[int, Meta(description="Questions that a promotion added to it.")] = 0


class Failure(Output, kw_only=True, omit_defaults=True):
    """Every answer that is not 2xx, and the data of ``event: error``."""

    error: Problem
    report: Report | None = None
    """The faults of a table that was refused."""


class TrainingOut(Output, kw_only=True):
    """The training of a catalogue's encoder on its questions."""

    state: Annotated[
        str,
        Meta(
            description="none, waiting, running, trained, published (just now), did not pay, "
            "overtaken (another catalogue is live), elsewhere (another process is at it), failed "
            "(it is tried again) or given up."
        ),
    ]
    catalogue: int
    """The number it began with, or that is live."""
    done: int = 0
    of: int = 0
    """Steps."""
    live: int = 0
    """The number it was published as; 0: none."""
    before: float = 0.0
    after: float = 0.0
    """The shares of unseen questions that were answered rightly on trial, untrained and trained."""
    why: str = ""

    @staticmethod
    def of_training(course: Training) -> TrainingOut:
        """The same as it is told."""
        names = TrainingOut.__struct_fields__
        return TrainingOut(**{name: getattr(course, name) for name in names})


class Said(Output, kw_only=True, omit_defaults=True):
    """A line of a worker: a step, what came of it, or its error."""

    step: Step | None = None
    report: Report | None = None
    clusters: Clusters | None = None
    training: TrainingOut | None = None
    error: Problem | None = None
    status: int = 0


class PathCounts(Output, kw_only=True):
    turns: int
    paths: dict[str, int]


class EntryCounts(Output, kw_only=True):
    hits: int
    right: int
    wrong: int
    wrong_rate: float
    """The share of the times it was spoken, 0 to 1, that a person marked wrong."""


class Rates(Output, kw_only=True):
    """Shares of the turns that called for something; acknowledgements and "stop" do not."""

    hit: float
    clarify: float
    miss: float
    route: float
    agent: float
    decided_early: float
    """The share of the hits that were decided on a partial, before the turn was over."""
    wrong_flagged: float
    """The share of the hits that a person marked wrong."""


class Shadowed(Output, kw_only=True):
    """Turns of mode ``shadow`` by what would have been done. They are in none of the other
    counts but ``turns`` and ``flagged``."""

    turns: int
    hit: int
    """Would have been answered from the cache."""
    clarify: int
    route: int
    miss: int
    hit_rate: float
    """The share of hits among those four."""
    clarify_rate: float
    miss_rate: float
    right: int
    """Decisions marked so by a person."""
    wrong: int


class NearMisses(Output, kw_only=True):
    """The share of the traffic that resembles an entry and is none, and what follows from it."""

    share: float
    """The estimate, or what is pinned or assumed."""
    low: float
    high: float
    """The interval that holds it with a chance of nine in ten."""
    turns: int
    """Turns that it was estimated from."""
    look_alikes: float
    """The part of the turns coming near an answer that reads as asking for another thing: from 0.15
    on it is reckoned with, and those are no part of ``share``."""
    threshold: float
    """The score that an answer needs now."""
    reading_weight: float


class StageLatency(Output, kw_only=True):
    count: int
    p50_ms: float
    p95_ms: float
    p99_ms: float


class FeltEvents(Output, kw_only=True):
    cut_off: int
    interruption: int
    false_interruption: int
    resumed: int
    silence: int
    """Silences of more than a second."""


class FeltStats(Output, kw_only=True):
    turns: int
    """The newest of the window, a thousand at most, of which anything is known."""
    paths: dict[str, dict[str, StageLatency]]
    """Path -> ``detection``, ``first_sound``, ``answer``, ``barge_in``, ``ttft``, ``ttfb``."""
    stages: dict[str, dict[str, StageLatency]]
    """Path -> stage -> its share of the wait, as in ``latency``."""
    models: dict[str, StageLatency]
    """Provider and model -> time to the first words."""
    voices: dict[str, StageLatency]
    """Voice and model -> time to the first sound."""
    events: FeltEvents
    minutes: float
    """From the first to the last of these turns, summed over their calls."""
    interruptions_per_minute: float


class Stats(Output, kw_only=True):
    tenant: str
    window: str
    since: float
    turns: int
    paths: dict[str, int]
    rates: Rates
    flagged: dict[str, int]
    shadow: Shadowed
    near_misses: NearMisses | None
    """Null for all tenants together, and for one without a catalogue."""
    training: TrainingOut | None
    """Likewise."""
    felt: FeltStats
    """The waits of callers, from the records of turns."""
    intents: dict[str, PathCounts]
    entries: dict[str, EntryCounts]


class Latency(Output, kw_only=True):
    tenant: str
    window: str
    since: float
    turns: int
    """Turns that were measured."""
    whole: bool
    """False if there are more in the window than the 5,000 newest, which were measured."""
    paths: dict[str, dict[str, StageLatency]]
    """Path -> stage; the stage ``ttfa`` is the whole wait, the others sum to it."""


class CoursePoint(Output, kw_only=True):
    """A piece of time: turns that ended in it, by the way they went."""

    at: float
    hit: int
    clarify: int
    route: int
    agent: int
    handoff: int
    wrong: int
    """Hits that a person marked wrong."""


class Course(Output, kw_only=True):
    tenant: str
    window: str
    piece_s: float
    points: list[CoursePoint]


class Helpers(Output, kw_only=True):
    """Shares of the agent's answers since the server's start; null where it has given none."""

    answers: int
    hedge: float | None
    """A second model was asked because the first was slow."""
    fallback: float | None
    """Another model was asked because the first had failed or fallen silent."""
    filler: float | None
    """Something was said meanwhile, of the agent's newest turns."""
    voice_failures: int


class Saved(Output, kw_only=True):
    """Savings of a window's hits, against the agent."""

    turns: int
    seconds: float | None
    """Seconds of waiting; null where the window has no turns of both kinds."""
    money: float | None
    """Null without ``prices.agent_turn``."""
    currency: str


AlertKind = Literal[
    "budget",
    "breaker",
    "catalogue",
    "near_share",
    "look_alikes",
    "stalls",
    "clips",
    "losses",
]


class Alert(Output, kw_only=True):
    kind: AlertKind
    severity: Literal["bad", "look"]
    text: str


class OwnStatus(Output, kw_only=True):
    """The part of ``Status`` that each process knows of itself."""

    live: int
    """The number of the catalogue that is live; 0 if there is none."""
    calls: int
    agent: int
    """Newest turns of the agent that are known."""
    filled: int
    """The number of them in which a filler was heard."""
    alerts: list[Alert]


class Status(Output, kw_only=True):
    tenant: str
    window: str
    mode: Literal["live", "shadow", "off"]
    catalogue: int
    """The number that is live; 0 if there is none."""
    calls: int
    """The tenant's calls in progress."""
    agent: bool
    """True if somebody answers what the cache does not."""
    felt: dict[str, StageLatency]
    """Waits that callers felt, by figure, since the server's start."""
    helpers: Helpers
    saved: Saved
    alerts: list[Alert]


class EntryOut(Output, kw_only=True):
    id: str
    intent: str
    questions: tuple[str, ...]
    answer: str
    counter_examples: tuple[str, ...]
    locale: str
    voice: str
    tags: tuple[str, ...]
    valid_from: str
    valid_until: str
    action: str
    fallback: str


class Entries(Output, kw_only=True):
    tenant: str
    catalogue: int
    total: int
    """Entries that fit the search, on all pages."""
    entries: list[EntryOut]
    next: str
    """``after`` of the next page; empty on the last."""


class OneEntry(Output, kw_only=True):
    tenant: str
    catalogue: int
    entry: EntryOut


class CatalogueOut(Output, kw_only=True):
    number: int
    created: str
    source: str
    entries: int
    live: bool
    summary: dict[str, Any]


class Catalogues(Output, kw_only=True):
    tenant: str
    catalogues: list[CatalogueOut]
    next: int
    """``before`` of the next page; 0 on the last."""


class Live(Output, kw_only=True):
    tenant: str
    live: int


class TurnLine(Output, kw_only=True):
    """A turn in a list."""

    id: str
    call_id: str
    tenant: str
    turn: int
    at: float
    path: str
    text: str
    """The words that were heard, personal data removed."""
    entry: str
    intent: str
    question: str
    confidence: float
    decided_on: str
    catalogue: int
    interrupted: bool
    shadow: bool
    decided: Annotated[
        str, Meta(description="answer, clarify, route or miss; empty if it was not decided on.")
    ]
    says: Annotated[str, Meta(description="In mode shadow: what would have been said.")]
    reply: Annotated[str, Meta(description="What the agent said, personal data removed.")]
    flag: Flag
    meant: Annotated[str, Meta(description="The entry it should have been, says a person.")]
    timeline: dict[str, float]


class TurnOut(TurnLine, kw_only=True):
    evidence: dict[str, Any]


class Turns(Output, kw_only=True):
    turns: list[TurnLine]
    next: str
    """``before`` of the next page; empty on the last."""


class Miss(Output, kw_only=True):
    id: str
    call_id: str
    tenant: str
    at: float
    path: str
    text: str
    confidence: float
    reason: str
    candidates: list[dict[str, Any]]
    shadow: bool
    reply: str
    used: Annotated[
        str,
        Meta(
            description="The entry whose approved answer the agent gave, nearly word for word: the "
            "question may belong to it. Empty if none."
        ),
    ]
    flag: Flag
    meant: str


class Misses(Output, kw_only=True):
    misses: list[Miss]
    next: str
    """``before`` of the next page; empty on the last. A page may hold fewer than the limit."""
    note: str
    """Why there may be none; empty where all is kept that a miss needs."""


class NearestOut(Output, kw_only=True):
    """The live entry that is most like what was asked."""

    entry: str
    intent: str
    question: str
    similarity: Annotated[float, Meta(description="Cosine, averaged over the group.")]


class ClusterOut(Output, kw_only=True):
    """Misses that ask the same."""

    id: str
    """The same for as long as its most central question is."""
    name: str
    """The cluster's most central question."""
    size: int
    share: float
    """The cluster's share of all the misses that were looked at."""
    examples: list[str]
    """The questions that were asked, the most central first, each wording once, five at most."""
    turns: list[str]
    """The turns it was asked in, the most central first, a hundred at most."""
    nearest: NearestOut | None
    suggestion: Annotated[
        Literal["extend", "new"],
        Meta(description="Add it to the nearest entry, or make a new one."),
    ]


class Clusters(Output, kw_only=True):
    tenant: str
    catalogue: int
    """The number that is live; 0 if there is none."""
    misses: int
    """Open misses that were looked at: the newest 5,000 at most."""
    clusters: list[ClusterOut]
    """The largest first."""
    left_out: int
    """Misses in none of these groups."""
    note: str
    """Why there may be none; empty where all is kept that a miss needs."""


class CallOut(Output, kw_only=True):
    id: str
    tenant: str
    transport: str
    since: float
    turns: int
    state: str


class Calls(Output, kw_only=True):
    calls: list[CallOut]


class AskedEntry(Output, kw_only=True):
    id: str
    intent: str
    answer: str


class CandidateOut(Output, kw_only=True):
    id: str
    intent: str
    question: str
    similarity: float
    probability: float


class VetoOut(Output, kw_only=True):
    guard: str
    entry: str
    reason: str


class AskOut(Output, kw_only=True):
    path: Literal["cache", "clarify", "route", "handoff"]
    entry: AskedEntry | None
    action: str
    question: str
    confidence: float
    reason: str
    score: float | None
    """The best entry's, 0 to 1; null without one."""
    reading: float | None
    """Likeness of the text and the entry's questions, read together: log-odds, -6 to 6, which count
    in the score; null where it could not change what is decided."""
    threshold: float | None
    """Lowest score with which that entry is answered now."""
    reading_weight: float
    near_share: float
    """Share of near misses that the threshold and the weight are for."""
    look_alikes: float
    """Share of look-alikes that they are for."""
    candidates: list[CandidateOut]
    vetoes: list[VetoOut]
    clarify: Annotated[list[str], Meta(min_length=1, max_length=2)] | None
    catalogue: int
    match_ms: float


class HearOut(Output, kw_only=True):
    tenant: str
    ticket: str
    """Opens ``WS /admin/v1/hear`` once, within two minutes, as the sub-protocol
    ``ticket.<ticket>`` beside ``frontline.hear.v1``."""


class Flagged(Output, kw_only=True):
    turn: str
    verdict: Literal["right", "wrong"]
    entry: str
    """The entry that was meant."""


class Mode(Output, kw_only=True):
    tenant: str
    mode: Literal["live", "shadow", "off"]


class Purged(Output, kw_only=True):
    tenant: str
    deleted: int


RoleName = Literal["viewer", "editor", "admin"]


class SessionOut(Output, kw_only=True):
    """The person who asks."""

    id: str
    """The id of their token."""
    name: str
    role: RoleName
    tenants: list[str]
    """The tenants that are open to them; empty: all."""
    csrf: str
    """Sent as ``X-Frontline-CSRF`` with each change; empty without a session."""
    until: float
    """The end of a session that was opened with this answer, else 0."""


class SignedOut(Output, kw_only=True):
    signed_out: bool
    """False if there was no session."""


class TokenOut(Output, kw_only=True):
    id: str
    name: str
    role: RoleName
    tenants: list[str]
    """The tenants that it opens; empty: all."""
    created: float
    expires: float
    """The end of its life; 0: none."""
    revoked: float
    """The moment it was revoked at; 0: it was not."""
    lives: bool


class Tokens(Output, kw_only=True):
    tokens: list[TokenOut]


class TokenMade(Output, kw_only=True):
    token: TokenOut
    secret: str
    """The token itself. It is not shown again."""


class ChangeOut(Output, kw_only=True):
    """One line of the trail."""

    id: str
    at: float
    who: str
    """The id of a token, or ``configured``, or a program."""
    name: str
    what: str
    tenant: str
    subject: str
    detail: str


class Trail(Output, kw_only=True):
    changes: list[ChangeOut]
    next: str
    """``before`` of the next page; empty on the last."""


class LogLevel(Output, kw_only=True):
    level: Literal["debug", "info", "warning", "error"]


class Openapi(Output, kw_only=True):
    """An OpenAPI 3.1 document."""

    openapi: str
    info: dict[str, Any]
    servers: list[dict[str, str]]
    security: list[dict[str, list[str]]]
    paths: dict[str, Any]
    components: dict[str, Any]
