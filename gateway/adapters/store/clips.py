"""Clips in a folder, ``clips/ab/<name>``, each file whole or not there.

A file is written beside its place, synced and renamed into it, so a killed process leaves at
most a stray temporary file. Layout of a file (big-endian)::

    magic "FLC1" | duration_ms u32 | payload bytes u64 | sha256 (32 bytes) | payload

The sum covers the clip's name, the fields before it and the payload: a flipped bit, a cut file
and a file under the wrong name are all noticed. ``get`` reads it on each call; ``has``, which is
asked about thousands, compares lengths only. What ``get`` finds damaged it sets aside, so that
the next seed renders it again.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import struct
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from gateway.errors import GatewayBug, StoreFailed
from gateway.ports.sound import ClipAudio

_FIELDS = struct.Struct(">4sIQ")
_MAGIC = b"FLC1"
_HEADER = _FIELDS.size + hashlib.sha256().digest_size
_NAME = re.compile(r"[0-9a-f]{64}")
_FRESH = 600.0
"""Seconds: a clip asked about is marked as in use again once it is older than this. Well below
the hour that ``collect`` grants, and rare enough to cost nothing."""
_SYNCS_AT_ONCE = 16
"""Folders synced at the same time. On a disk that takes 4 ms per sync, publishing 200 entries took
1.0 s with the folders synced one after the other and 0.16 s so."""

log = logging.getLogger(__name__)


class ClipFolder:
    """Clips by content name; safe for several threads and processes at once."""

    def __init__(self, folder: Path, *, read_only: bool = False) -> None:
        self._folder = folder
        self._read_only = read_only
        self._told: set[str] = set()

    def has(self, names: Sequence[str]) -> set[str]:
        """The names of the clips stored in full length. Each is also marked as in use, which keeps
        ``collect`` away from a clip that a running seed counts on."""
        return {name for name in dict.fromkeys(names) if self._is_there(name)}

    def get(self, name: str) -> ClipAudio | None:
        """The clip, or None if it is absent, damaged or unreadable (logged once)."""
        if not _NAME.fullmatch(name):
            return None
        path = self._path(name)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            self._tell(name, f"cannot be read ({error.strerror})")
            return None
        audio = decode(name, data)
        if audio is None:
            self._tell(name, "is damaged and counts as missing; seeding again mends it")
            self._set_aside(name, path)
        return audio

    def put(self, name: str, audio: ClipAudio) -> None:
        """Store the clip; a killed process cannot take it away any more, nor can a power cut once
        ``settle`` has run. Raises ``StoreFailed``; nothing is left behind then."""
        if not _NAME.fullmatch(name):
            raise GatewayBug(f"{name!r} is not the name of a clip (64 hexadecimal digits)")
        if self._read_only:
            raise StoreFailed(f"the clips in {self._folder} were opened for reading only")
        with self._explained():
            self._put(name, audio)
        self._told.discard(name)

    def settle(self, names: Iterable[str]) -> None:
        """Make the places of these clips survive a power cut, whichever process put them.

        Apart from ``put``, as it is once per folder in a seed instead of once per clip; in
        threads, as the disk does many syncs in hardly more time than one.
        """
        folders = {self._folder, *(self._path(name).parent for name in names)}
        with self._explained(), ThreadPoolExecutor(_SYNCS_AT_ONCE) as pool:
            for _ in pool.map(_sync_folder, folders):
                pass

    def collect(self, named: Callable[[], set[str]], older_than: float) -> int:
        """Delete clips outside ``named()`` that nobody touched for that many seconds, and old
        temporary and damaged files; how many clips went."""
        limit = time.time() - older_than
        old = [path for path in self._files() if _touched(path) < limit]
        keep = named() if old else set()
        removed = 0
        for path in old:
            if path.name not in keep and _touched(path) < limit:
                with suppress(OSError):
                    path.unlink()
                    removed += _NAME.fullmatch(path.name) is not None
        return removed

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreFailed(
                f"cannot store clips in {self._folder} ({error.strerror}): "
                "free some space or check the rights of the folder"
            ) from error

    # --- files ---------------------------------------------------------------------------------

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / name

    def _files(self) -> Iterator[Path]:
        for part in self._folder.glob("[0-9a-f][0-9a-f]"):
            yield from part.iterdir()

    def _is_there(self, name: str) -> bool:
        if not _NAME.fullmatch(name):
            return False
        path = self._path(name)
        try:
            with path.open("rb", buffering=0) as file:
                header = file.read(_HEADER)
                state = os.fstat(file.fileno())
        except OSError:
            return False
        if len(header) < _HEADER:
            return False
        magic, _, length = _FIELDS.unpack_from(header)
        if magic != _MAGIC or state.st_size != _HEADER + length:
            return False
        self._mark(path, state.st_mtime)
        return True

    def _mark(self, path: Path, touched: float) -> None:
        if not self._read_only and time.time() - touched > _FRESH:
            with suppress(OSError):
                os.utime(path)

    def _put(self, name: str, audio: ClipAudio) -> None:
        path = self._path(name)
        with suppress(FileNotFoundError):
            if decode(name, path.read_bytes()) is not None:
                os.utime(path)
                return
        if not path.parent.is_dir():
            path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f"{name}.{uuid.uuid4().hex}.tmp")
        try:
            with temporary.open("wb", buffering=0) as file:
                _write_all(file.fileno(), encode(name, audio))
                os.fsync(file.fileno())
            os.replace(temporary, path)
        finally:
            with suppress(OSError):
                temporary.unlink()

    def _set_aside(self, name: str, path: Path) -> None:
        """Move the file out of the way; if it was mended meanwhile, move it back."""
        if self._read_only:
            return
        aside = path.with_name(f"{name}.damaged")
        with suppress(OSError):
            os.replace(path, aside)
            if decode(name, aside.read_bytes()) is not None:
                os.replace(aside, path)

    def _tell(self, name: str, what: str) -> None:
        if name not in self._told:
            self._told.add(name)
            log.error("clip %s in %s %s", name, self._folder, what)


def encode(name: str, audio: ClipAudio) -> bytes:
    """The file's bytes."""
    fields = _FIELDS.pack(_MAGIC, audio.duration_ms, len(audio.payload))
    return fields + _sum(name, fields, audio.payload) + audio.payload


def decode(name: str, data: bytes) -> ClipAudio | None:
    """The clip in a file's bytes; None if they are not whole."""
    if len(data) < _HEADER:
        return None
    magic, duration_ms, length = _FIELDS.unpack_from(data)
    payload = data[_HEADER:]
    if magic != _MAGIC or length != len(payload):
        return None
    if _sum(name, data[: _FIELDS.size], payload) != data[_FIELDS.size : _HEADER]:
        return None
    return ClipAudio(payload=payload, duration_ms=duration_ms)


def _sum(name: str, fields: bytes, payload: bytes) -> bytes:
    digest = hashlib.sha256(name.encode() + fields)
    digest.update(payload)
    return digest.digest()


def _write_all(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _sync_folder(folder: Path) -> None:
    """Make a rename or a new folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _touched(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return float("inf")  # gone already: somebody else's business
