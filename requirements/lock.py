"""Write the locks: every package with its exact version and hashes, torch left out.

``python requirements/lock.py [--upgrade]``. Versions already locked are kept unless upgrading.
The locks are installed with ``pip install --no-deps --require-hashes``, so they must be whole;
what torch alone needs is in dev.lock, what only a CUDA build of it needs is in neither.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Set
from pathlib import Path

HERE = Path(__file__).parent
DROPPED = re.compile(r"^(torch|torchaudio|torchvision|triton|pip|(nvidia|cuda)-[a-z0-9-]+)==")
UNUSED = frozenset({"llvmlite", "numba", "resampy"})
"""200 MB that pipecat-ai names, for a resampler that no client asks for and nothing imports."""
OPTIONS = [
    *("--quiet", "--generate-hashes", "--allow-unsafe", "--strip-extras", "--no-header"),
    *("--annotation-style=line", "--no-emit-index-url", "--no-emit-find-links"),
    *("--no-emit-trusted-host", "--no-emit-options", "--constraint=torch.in"),
]


def main() -> None:
    upgrade = [one for one in sys.argv[1:] if one == "--upgrade"]
    write(
        "dev.lock",
        [
            *("serve.in", "edge.in", "gemini.in", "whisper.in", "otel.in", "model.in"),
            *("build.in", "dev.in"),
        ],
        upgrade,
    )
    write("serve.lock", ["serve.in"], ["--constraint=dev.lock"])
    write("run.lock", ["serve.in", "model.in"], ["--constraint=dev.lock"])
    write("train.lock", ["torch.in"], ["--constraint=dev.lock"])
    write("clients.lock", ["clients.in"], upgrade, UNUSED)


def write(
    name: str, sources: list[str], options: list[str], unused: Set[str] = frozenset()
) -> None:
    """Resolve the sources and write the lock."""
    print(f"{name}: resolving, a few minutes without a cache", flush=True)
    command = [sys.executable, "-m", "piptools", "compile", *OPTIONS, *options]
    subprocess.run([*command, f"--output-file={name}", *sources], cwd=HERE, check=True)
    path = HERE / name
    kept = keep(path.read_text(), torch_is_wanted=name in ("dev.lock", "train.lock"), unused=unused)
    path.write_text(
        f"# Written by requirements/lock.py (make lock) from {', '.join(sources)}.\n"
        "# Install with: pip install --no-deps --require-hashes -r FILE\n" + "".join(kept)
    )
    print(f"{name}: {len(kept)} packages", flush=True)


def keep(text: str, *, torch_is_wanted: bool, unused: Set[str] = frozenset()) -> list[str]:
    """The packages' blocks, less those that are dropped and those only the dropped ones need."""
    blocks = re.findall(r"^[a-z0-9].*\n(?:[ ].*\n)+", text, flags=re.MULTILINE)
    gone = {name_of(one) for one in blocks if DROPPED.match(one)} | unused
    needless = gone - {"torch"} if torch_is_wanted else gone
    while True:
        more = {name_of(one) for one in blocks if wanted_by(one) <= needless} - needless
        if not more:
            break
        needless |= more
    return [without_constraints(one) for one in blocks if name_of(one) not in needless | gone]


def name_of(block: str) -> str:
    return block.partition("==")[0]


def wanted_by(block: str) -> set[str]:
    """Names of the packages and files that want this one."""
    found = re.search(r"# via (.*)", block)
    wanting = found[1].split(", ") if found else []
    return {one for one in wanting if not one.startswith("-c ")} or {"nobody knows"}


def without_constraints(block: str) -> str:
    """The block without the constraint files in its comment: they wanted nothing."""
    return re.sub(r"-c \S+?(, |\n)", lambda m: "\n" if m[1] == "\n" else "", block)


if __name__ == "__main__":
    main()
