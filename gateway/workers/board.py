"""A board in memory that all workers share: who is there, and how many connections each has.

Each worker writes its own line, the supervisor clears that of a worker that died. A number that is
read while it is written may be of a moment ago, which is all that balancing needs.
"""

from __future__ import annotations

import mmap
import os
import struct

_HEAD = struct.Struct("=iii")  # supervisor, restarts, whether it was announced
_LINE = struct.Struct("=ii")  # process, connections


class Board:
    """Lines for ``count`` workers. Made before they are forked."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._memory = mmap.mmap(-1, _HEAD.size + count * _LINE.size)
        _HEAD.pack_into(self._memory, 0, os.getpid(), 0, 0)

    @property
    def supervisor(self) -> int:
        """The process that watches over the workers."""
        return int(_HEAD.unpack_from(self._memory, 0)[0])

    @property
    def restarts(self) -> int:
        """Workers that were started in place of one that died."""
        return int(_HEAD.unpack_from(self._memory, 0)[1])

    def restarted(self) -> None:
        """Count one more; the supervisor's alone to call."""
        supervisor, restarts, announced = _HEAD.unpack_from(self._memory, 0)
        _HEAD.pack_into(self._memory, 0, supervisor, restarts + 1, announced)

    def announce(self) -> bool:
        """Return whether this is the first worker that is up: the server is, then."""
        supervisor, restarts, announced = _HEAD.unpack_from(self._memory, 0)
        _HEAD.pack_into(self._memory, 0, supervisor, restarts, 1)
        return not announced

    def write(self, number: int, process: int, connections: int) -> None:
        """A worker's line; 0 for the process: nobody is there."""
        _LINE.pack_into(self._memory, _HEAD.size + number * _LINE.size, process, connections)

    def _line(self, number: int) -> tuple[int, int]:
        process, connections = _LINE.unpack_from(self._memory, _HEAD.size + number * _LINE.size)
        return process, connections

    def processes(self) -> list[int]:
        """The workers that take connections."""
        return [process for process, _ in map(self._line, range(self.count)) if process]

    def fewest(self, apart_from: int) -> int | None:
        """Return the fewest connections that another worker has; None if there is no other."""
        others = [self._line(number) for number in range(self.count) if number != apart_from]
        return min((held for process, held in others if process), default=None)
