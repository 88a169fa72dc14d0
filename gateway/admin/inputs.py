"""The structs that clients send. Handlers read them, and the OpenAPI document describes them from
the same definitions. Answers are in ``outputs``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta, Struct

from gateway.core.routes import ALONE, FORMS, Target

EXACTLY = r"(?!\n)"
END = f"${EXACTLY}"
"""The end of a text. In Python alone ``$`` also stands before a last line break: the document
leaves ``EXACTLY`` out."""

NAME = rf"^[a-z0-9][a-z0-9_-]{{0,62}}{END}"
"""A tenant, as ``tenant.default`` may name it."""

NOTHING = rf"^{END}"

MAX_TEXT = 1000
"""Characters of a text to be matched, as in a call."""

MAX_TEXTS = 100

MAX_QUESTIONS = 500
"""Questions that one entry may have."""

Tenant = Annotated[
    str,
    Meta(
        pattern=rf"{NAME}|{NOTHING}", description="The call centre; the default tenant if absent."
    ),
]
TenantOrAll = Annotated[
    str,
    Meta(
        pattern=rf"{NAME}|{NOTHING}|^\*{END}", description="The call centre, or * for all of them."
    ),
]
Limit = Annotated[int, Meta(ge=1, le=500, description="Items of a page.")]
Offset = Annotated[int, Meta(ge=0, le=10_000_000, description="Items to leave out first.")]
Before = Annotated[
    str, Meta(max_length=200, description="Only turns older than the one with this id.")
]
Path = Literal["cache", "clarify", "agent", "route", "handoff", "none"]
MissPath = Literal["clarify", "agent", "handoff", "none"]
Line = Annotated[str, Meta(max_length=500)]
Question = Annotated[
    str, Meta(min_length=1, max_length=500, pattern=r"[^\W_]", description="Holds a word.")
]
Short = Annotated[str, Meta(max_length=100)]
Day = Annotated[
    str,
    Meta(
        pattern=rf"{NOTHING}|^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}{END}",
        description="YYYY-MM-DD or empty.",
        extra_json_schema={"anyOf": [{"const": ""}, {"format": "date"}]},
    ),
]
Seconds = Annotated[float, Meta(ge=-62_135_596_800.0, le=253_402_300_799.0)]
"""Unix seconds of the years 1 to 9999."""
Moment = Annotated[
    Annotated[datetime, Meta(tz=True)] | Seconds,
    Meta(description="RFC 3339 with time zone, or unix seconds."),
]
WORDS = r"[^\s\x00-\x1f\x85]"
"""Something that is no white space, whoever's."""
EntryName = Annotated[
    str,
    Meta(max_length=100, pattern=rf"^[^\s\x00-\x20\x7f-\xa0]+{END}", description="Of an entry."),
]
Locale = Annotated[
    str,
    Meta(
        max_length=100,
        pattern=rf"{NOTHING}|^[A-Za-z]{{2,3}}([-_][A-Za-z0-9]{{2,8}})*{END}",
        description="Of the voice, such as en-US.",
    ),
]


def _routes() -> str:
    """The actions that ``gateway.core.routes`` takes, but for the cached answer, as a pattern."""
    named = {target: FORMS[target][1].replace(r"\w", "A-Za-z0-9_") for target in Target}
    forms = [f"{target.value}:({pattern})" for target, pattern in named.items() if pattern]
    return "|".join([*(one.value for one in Target if one in ALONE - {Target.ANSWER}), *forms])


Action = Annotated[
    str,
    Meta(
        max_length=110,
        pattern=rf"^({Target.ANSWER.value}|{_routes()})?{END}",
        description="Where a turn about it goes instead.",
    ),
]
Text = Annotated[str, Meta(min_length=1, max_length=MAX_TEXT)]


def moment(given: datetime | float) -> float:
    """Unix seconds."""
    return given.timestamp() if isinstance(given, datetime) else given


class Input(Struct, forbid_unknown_fields=True):
    """The base of everything that a client sends; a field we do not know is an error, not a wish
    ignored."""

    rules: ClassVar[Mapping[str, Any]] = {}
    """The rules between its fields, as JSON Schema. The document has it from here; the handlers say
    in words what is missing."""


# --- asked with the query string ---------------------------------------------------------------


class NoQuery(Input, kw_only=True):
    """No parameters."""


class TenantQuery(Input, kw_only=True):
    tenant: Tenant = ""


Window = Annotated[Literal["1h", "24h", "7d"], Meta(description="How far back turns are counted.")]
Form = Annotated[Literal["csv", "jsonl"], Meta(description="CSV, or JSON in lines.")]


class StatsQuery(Input, kw_only=True):
    tenant: TenantOrAll = ""
    window: Window = "24h"


class LatencyQuery(Input, kw_only=True):
    tenant: TenantOrAll = ""
    window: Window = "24h"


class CataloguesQuery(Input, kw_only=True):
    tenant: Tenant = ""
    before: Annotated[int, Meta(ge=0, le=2**53, description="Only those of lower numbers.")] = 0
    limit: Limit = 500


class CourseQuery(Input, kw_only=True):
    tenant: TenantOrAll = ""
    window: Annotated[
        Literal["1h", "24h", "7d"], Meta(description="How far back turns are counted.")
    ] = "24h"


class StatusQuery(Input, kw_only=True):
    tenant: Tenant = ""
    window: Annotated[
        Literal["1h", "24h", "7d"], Meta(description="What was saved is reckoned for it.")
    ] = "24h"


class EventsQuery(Input, kw_only=True):
    tenant: TenantOrAll = ""


class ClipQuery(Input, kw_only=True):
    tenant: Tenant = ""
    key: Annotated[
        str,
        Meta(
            max_length=200,
            description="entry:ID, label:ID or line:NAME, as the catalogue names it.",
        ),
    ] = ""
    catalogue: Annotated[
        int, Meta(ge=0, le=2**53, description="Its number; 0 for the live one.")
    ] = 0


class EntriesQuery(Input, kw_only=True):
    tenant: Tenant = ""
    search: Annotated[
        str,
        Meta(max_length=200, description="Only entries that hold all of these words somewhere."),
    ] = ""
    limit: Limit = 50
    offset: Offset = 0
    after: Annotated[
        str, Meta(max_length=100, description="Only entries that follow the one with this id.")
    ] = ""


class MissesFilter(Input, kw_only=True):
    tenant: TenantOrAll = ""
    since: Annotated[Moment, Meta(description="Only turns from then on.")] = 0.0
    path: Annotated[MissPath | Literal[""], Meta(description="Only turns that went this way.")] = ""
    open: Annotated[
        bool, Meta(description="Only what is not, word for word, a question of an entry by now.")
    ] = True


class MissesQuery(MissesFilter, kw_only=True):
    before: Before = ""
    limit: Limit = 50


class ClustersQuery(Input, kw_only=True):
    tenant: Tenant = ""
    since: Annotated[Moment, Meta(description="Only turns from then on.")] = 0.0
    path: Annotated[MissPath | Literal[""], Meta(description="Only turns that went this way.")] = ""
    smallest: Annotated[int, Meta(ge=1, le=1000, description="Misses of a group at least.")] = 2
    limit: Limit = 50


class TurnsFilter(Input, kw_only=True):
    tenant: TenantOrAll = ""
    call: Annotated[str, Meta(max_length=200, description="Only turns of this call.")] = ""
    path: Annotated[Path | Literal[""], Meta(description="Only turns that went this way.")] = ""
    entry: Annotated[str, Meta(max_length=200, description="Only turns about this entry.")] = ""
    shadow: Annotated[
        bool | None, Meta(description="Only turns decided in mode shadow, or only the others.")
    ] = None
    flagged: Annotated[bool, Meta(description="Only turns that carry a flag.")] = False
    since: Annotated[Moment, Meta(description="Only turns from then on.")] = 0.0


class TurnsQuery(TurnsFilter, kw_only=True):
    before: Before = ""
    limit: Limit = 50


What = Annotated[
    Literal["", "published", "rolled back", "purged", "mode", "flag", "token", "log level"],
    Meta(description="Only changes of this kind."),
]


class TrailExportQuery(Input, kw_only=True):
    tenant: TenantOrAll = ""
    what: What = ""
    since: Annotated[Moment, Meta(description="Only changes from then on.")] = 0.0
    format: Form = "csv"


class TrailIn(Input, kw_only=True):
    tenant: TenantOrAll = ""
    what: What = ""
    since: Annotated[Moment, Meta(description="Only changes from then on.")] = 0.0
    before: Annotated[
        str, Meta(max_length=200, description="Only changes older than the one with this id.")
    ] = ""
    limit: Limit = 50


class MissesExportQuery(MissesFilter, kw_only=True):
    format: Form = "csv"


class TurnsExportQuery(TurnsFilter, kw_only=True):
    format: Form = "csv"


class SeedQuery(Input, kw_only=True):
    tenant: Tenant = ""
    skip_bad: Annotated[bool, Meta(description="Publish the good rows only.")] = False
    dry_run: Annotated[bool, Meta(description="Check only: publish nothing.")] = False
    name: Annotated[
        str, Meta(max_length=200, description="What the catalogue calls its source.")
    ] = "upload"


# --- sent as a body ----------------------------------------------------------------------------


class AskIn(Input, kw_only=True):
    """One ``text`` or a list of ``texts``."""

    rules: ClassVar[Mapping[str, Any]] = {
        "oneOf": [
            {
                "required": ["text"],
                "properties": {"text": {"type": "string"}, "texts": {"type": "null"}},
            },
            {
                "required": ["texts"],
                "properties": {"texts": {"type": "array"}, "text": {"type": "null"}},
            },
        ]
    }

    tenant: Tenant = ""
    text: Text | None = None
    texts: Annotated[list[Text], Meta(min_length=1, max_length=MAX_TEXTS)] | None = None
    final: Annotated[bool, Meta(description="False: as if the caller were still speaking.")] = True


class HearIn(Input, kw_only=True):
    """The tenant that a sentence is for: its key terms are what the recogniser listens for."""

    tenant: Tenant = ""


class FlagIn(Input, kw_only=True):
    """A verdict on what was decided, the entry that was meant, or both."""

    rules: ClassVar[Mapping[str, Any]] = {
        "anyOf": [
            {"required": ["verdict"], "properties": {"verdict": {"type": "string"}}},
            {"required": ["entry"], "properties": {"entry": {"minLength": 1}}},
        ]
    }

    turn: Annotated[str, Meta(min_length=1, max_length=200)]
    verdict: Annotated[
        Literal["right", "wrong"] | None,
        Meta(description="May be left out where an entry is named: it follows from it."),
    ] = None
    entry: Annotated[str, Meta(max_length=100, description="The entry it should have been.")] = ""


class ModeIn(Input, kw_only=True):
    tenant: Tenant = ""
    mode: Literal["live", "shadow", "off"]


class LogIn(Input, kw_only=True):
    level: Literal["debug", "info", "warning", "error"]


class SignIn(Input, kw_only=True):
    """A token, for a session."""

    token: Annotated[str, Meta(min_length=1, max_length=1000)]


class TokenIn(Input, kw_only=True):
    """A new token. Without tenants it opens all of them."""

    name: Annotated[str, Meta(max_length=100, pattern=WORDS, description="Whom or what it is for.")]
    role: Literal["viewer", "editor", "admin"]
    tenants: Annotated[list[Annotated[str, Meta(pattern=NAME)]], Meta(max_length=100)] = []
    days: Annotated[int, Meta(ge=0, le=3650, description="Its life; 0: no end.")] = 90


class PurgeIn(Input, kw_only=True):
    """The tenant, and which of its turns: nothing is deleted by default. Of several all must be
    true of a turn."""

    rules: ClassVar[Mapping[str, Any]] = {
        "anyOf": [
            {
                "required": ["before"],
                "properties": {"before": {"anyOf": [{"type": "number"}, {"type": "string"}]}},
            },
            {"required": ["call"], "properties": {"call": {"minLength": 1}}},
            {"required": ["caller"], "properties": {"caller": {"minLength": 1}}},
        ]
    }

    tenant: Annotated[str, Meta(pattern=NAME)]
    before: Annotated[Moment | None, Meta(description="Turns older than this.")] = None
    call: Annotated[str, Meta(max_length=200, description="Turns of this call.")] = ""
    caller: Annotated[
        str, Meta(max_length=200, description="Turns of this caller: the number they called from.")
    ] = ""


class RollbackIn(Input, kw_only=True):
    tenant: Tenant = ""
    number: Annotated[int, Meta(ge=1, le=2**53)]
    over: Annotated[int, Meta(ge=1, le=2**53, description="Only if this one is live.")] | None = (
        None
    )


class EntryIn(Input, kw_only=True):
    """An entry as the operator writes it."""

    rules: ClassVar[Mapping[str, Any]] = {
        "anyOf": [
            {"required": ["answer"], "properties": {"answer": {"pattern": WORDS}}},
            {"required": ["action"], "properties": {"action": {"pattern": rf"^({_routes()})$"}}},
        ]
    }

    id: Annotated[
        str,
        Meta(
            max_length=100,
            pattern=rf"^[^\s\x00-\x20\x7f-\xa0]*{END}",
            description="Without white space; made of the first question if empty.",
        ),
    ] = ""
    intent: Annotated[str, Meta(max_length=100, description="The id if empty.")] = ""
    questions: Annotated[list[Question], Meta(min_length=1, max_length=MAX_QUESTIONS)]
    answer: Annotated[
        str,
        Meta(
            max_length=6_000,
            description="May be empty only where there is an action. Braces name a live value, "
            "such as {order.status}.",
        ),
    ] = ""
    counter_examples: Annotated[
        list[Line], Meta(max_length=500, description="None of them is one of its questions.")
    ] = []
    locale: Locale = "en-US"
    voice: Annotated[str, Meta(max_length=100, description="One that the provider has.")] = ""
    tags: Annotated[list[Short], Meta(max_length=50)] = []
    valid_from: Day = ""
    valid_until: Annotated[Day, Meta(description="Not before valid_from.")] = ""
    action: Action = ""
    fallback: Annotated[
        str,
        Meta(
            max_length=600,
            description="What is said where a live value of the answer cannot be; needed where "
            "there are any.",
        ),
    ] = ""


class EditIn(EntryIn, kw_only=True):
    """An entry that is replaced or added: it must have an id."""

    id: EntryName


class PublishIn(Input, kw_only=True):
    """Changes that become one catalogue: all of them or none."""

    rules: ClassVar[Mapping[str, Any]] = {
        "anyOf": [
            {"required": ["put"], "properties": {"put": {"minItems": 1}}},
            {"required": ["delete"], "properties": {"delete": {"minItems": 1}}},
        ]
    }

    tenant: Tenant = ""
    put: Annotated[
        list[EditIn], Meta(max_length=200, description="Entries to be replaced or added.")
    ] = []
    delete: Annotated[
        list[EntryName], Meta(max_length=200, description="Entries to be removed.")
    ] = []
    states: Annotated[
        dict[EntryName, Annotated[str, Meta(max_length=100)]],
        Meta(
            max_length=400,
            description="The ETag of each entry as you saw it, empty where there was none: nothing "
            "is published if one of them is another by now.",
        ),
    ] = {}
    dry_run: Annotated[bool, Meta(description="Check only: publish nothing.")] = False


class NewEntry(EntryIn, kw_only=True):
    """An entry whose questions may all be what was asked."""

    questions: Annotated[list[Question], Meta(max_length=MAX_QUESTIONS)] = []


class PromoteIn(Input, kw_only=True):
    """A promotion: the question, named in any of three ways, and the entry that answers it."""

    rules: ClassVar[Mapping[str, Any]] = {
        "anyOf": [
            {"required": ["cluster"], "properties": {"cluster": {"minLength": 1}}},
            {"required": ["turns"], "properties": {"turns": {"minItems": 1}}},
            {"required": ["questions"], "properties": {"questions": {"minItems": 1}}},
        ]
    }

    tenant: Tenant = ""
    cluster: Annotated[
        str, Meta(max_length=100, description="Of the list of clusters: all that is in it.")
    ] = ""
    since: Annotated[Moment, Meta(description="As the list of clusters was asked for.")] = 0.0
    path: Annotated[MissPath | Literal[""], Meta(description="The same.")] = ""
    turns: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=200)]], Meta(max_length=MAX_QUESTIONS)
    ] = []
    questions: Annotated[list[Question], Meta(max_length=MAX_QUESTIONS)] = []
    entry: Annotated[
        Annotated[str, Meta(min_length=1, max_length=100)] | NewEntry,
        Meta(description="The id of a live entry, or a new one."),
    ]
