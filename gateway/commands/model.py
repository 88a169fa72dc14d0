"""``frontline model build``."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from gateway.commands.console import note, progress, say
from gateway.settings import Settings
from intents.models.encoder import ModelError, read_manifest


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Export the encoder, unless the very same is there."""
    folder, name = Path(settings.model.folder), settings.model.name
    if not args.force and there(folder, name):
        say(f"the model is ready in {folder}")
        return 0
    from intents.models.build.model import build

    note("exporting the sentence encoder: about half a minute")
    began = time.monotonic()
    with progress() as tell:
        build(folder, name, tell)
    say(f"the model is ready in {folder} ({time.monotonic() - began:.0f} s)")
    return 0


def there(folder: Path, name: str) -> bool:
    """Is the named model in the folder, whole and untampered?"""
    from intents.models.build.model import learnt_hash

    try:
        manifest = read_manifest(folder)
    except ModelError:
        return False
    same = manifest.get("name") == Path(name).name
    return bool(same and manifest.get("learnt_sha256") == learnt_hash(name))
