"""All sections together: ``load`` reads them once at the start, and whoever needs one is handed
it."""

from __future__ import annotations

import ipaddress
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gateway.errors import SettingsError
from gateway.settings.agent import AgentSettings, check_agent
from gateway.settings.budget import BudgetSettings, PriceSettings, check_budget
from gateway.settings.carriers import (
    DtmfSettings,
    TransferSettings,
    TwilioSettings,
    VonageSettings,
    check_carriers,
)
from gateway.settings.fillers import FillerSettings, IntentFillers, ToolFillers
from gateway.settings.lines import IntentSettings, LinesSettings, LiveSettings, PromptSettings
from gateway.settings.llm import LlmSettings
from gateway.settings.match import MatchSettings
from gateway.settings.schema.confidential import check_tokens
from gateway.settings.schema.examples import example_of
from gateway.settings.schema.reading import read_settings, variable
from gateway.settings.server import (
    AdminSettings,
    HooksSettings,
    LogSettings,
    ServerSettings,
    TraceSettings,
    check_server,
)
from gateway.settings.sound import PlayoutSettings, RenderSettings
from gateway.settings.store import ModelSettings, RecordsSettings, StoreSettings, TenantSettings
from gateway.settings.stt import SttSettings
from gateway.settings.tools import McpServers, ToolsSettings
from gateway.settings.tts import TtsSettings, VoiceSettings
from gateway.settings.turn import BargeInSettings, TurnSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All of them."""

    server: ServerSettings = field(default_factory=ServerSettings)
    admin: AdminSettings = field(default_factory=AdminSettings)
    store: StoreSettings = field(default_factory=StoreSettings)
    model: ModelSettings = field(default_factory=ModelSettings)
    tenant: TenantSettings = field(default_factory=TenantSettings)
    match: MatchSettings = field(default_factory=MatchSettings)
    turn: TurnSettings = field(default_factory=TurnSettings)
    barge_in: BargeInSettings = field(default_factory=BargeInSettings)
    playout: PlayoutSettings = field(default_factory=PlayoutSettings)
    stt: SttSettings = field(default_factory=SttSettings)
    tts: TtsSettings = field(default_factory=TtsSettings)
    voices: VoiceSettings = field(default_factory=VoiceSettings)
    render: RenderSettings = field(default_factory=RenderSettings)
    lines: LinesSettings = field(default_factory=LinesSettings)
    agent: AgentSettings = field(default_factory=AgentSettings)
    llm: LlmSettings = field(default_factory=LlmSettings)
    fillers: FillerSettings = field(default_factory=FillerSettings)
    intent_fillers: IntentFillers = field(default_factory=IntentFillers)
    tool_fillers: ToolFillers = field(default_factory=ToolFillers)
    intents: IntentSettings = field(default_factory=IntentSettings)
    prompts: PromptSettings = field(default_factory=PromptSettings)
    tools: ToolsSettings = field(default_factory=ToolsSettings)
    mcp: McpServers = field(default_factory=McpServers)
    live: LiveSettings = field(default_factory=LiveSettings)
    budget: BudgetSettings = field(default_factory=BudgetSettings)
    twilio: TwilioSettings = field(default_factory=TwilioSettings)
    vonage: VonageSettings = field(default_factory=VonageSettings)
    transfers: TransferSettings = field(default_factory=TransferSettings)
    dtmf: DtmfSettings = field(default_factory=DtmfSettings)
    records: RecordsSettings = field(default_factory=RecordsSettings)
    prices: PriceSettings = field(default_factory=PriceSettings)
    hooks: HooksSettings = field(default_factory=HooksSettings)
    traces: TraceSettings = field(default_factory=TraceSettings)
    log: LogSettings = field(default_factory=LogSettings)


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
    if settings.live.value_within_ms >= fillers.give_up_after_ms:
        raise SettingsError(
            f"{name}: live.value_within_ms must be less than fillers.give_up_after_ms: got "
            f"{settings.live.value_within_ms} and {fillers.give_up_after_ms}"
        )
    if settings.llm.give_up_s < settings.llm.rescue_after_s:
        raise SettingsError(f"{name}: llm.give_up_s must not be less than llm.rescue_after_s")
    check_budget(settings.budget, name)
    check_server(settings.server, name)
    check_carriers(settings.vonage, settings.dtmf, name)
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
    check_agent(settings.agent, settings.stt.provider, models=settings.llm.can_be_asked)
    if not _loopback(server.host):
        tokens = {
            variable("server", "call_token"): server.call_token,
            variable("admin", "token"): settings.admin.token,
        }
        more = variable("server", "more_call_tokens")
        further = {f"{more} (number {at})": one for at, one in enumerate(server.further_tokens, 1)}
        check_tokens(server.host, tokens | further)
    if server.more_call_tokens and not server.call_token:
        needed, more = variable("server", "call_token"), variable("server", "more_call_tokens")
        raise SettingsError(f"{more} needs {needed}: without it no token is asked for")
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
