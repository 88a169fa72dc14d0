"""The section ``[stt]``: which recogniser listens."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.settings.schema.reading import setting
from gateway.settings.server import TOKEN


@dataclass(frozen=True, slots=True, kw_only=True)
class SttSettings:
    """Speech to text."""

    provider: str = setting(
        "pocketsphinx",
        choices=("pocketsphinx", "deepgram", "deepgram-flux", "whisper", "agent", "none"),
    )
    """The recogniser; "agent": the session of [agent], if its kind is "realtime"; with "none"
    clients must send transcripts."""
    api_key: str = setting("", **TOKEN)
    """Key of the provider, where it is somebody else's server."""
    model: str = setting("", pattern=r"|\S+", says="a model's name")
    """The recogniser's model; empty: nova-3, flux-general-en or -multi by the call's language,
    base, gpt-transcribe."""
    base_url: str = setting("", pattern=r"|(https?|wss?)://\S+", says="an address")
    """The provider's address, for another region or its own installation; empty: the usual."""
    # A pocketsphinx process takes about 90 MiB.
    decoders: int = setting(2, low=1, high=64)
    """Local decoders, each serving one call at a time; 90 MiB of memory each, Whisper's more."""
