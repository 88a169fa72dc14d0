"""Tools that are Python functions of the operator's own.

An ``async`` function runs on the event loop and is cancelled when its time is up. Any other runs in
a thread of its own; a thread cannot be stopped, so one whose time is up goes on alone, what it
gives is dropped, and it takes one of the places until it ends. Of these each function has a share:
one that never ends is refused before it has taken the places of the others.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import inspect
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from gateway.adapters.tools.results import as_text
from gateway.errors import SettingsError
from gateway.ports.tools import Tool, ToolFailed, ToolSpec, ToolWatcher, Unwatched

log = logging.getLogger("frontline.tools")

PLACES = 32
"""Functions that run in threads at the same time, of all calls; one more is refused at once."""


ALONE = 8
"""Places of these that one function may take after its time. It is not run again until one ends."""
SHARE = 0.75
"""Part of the places that others leave which one function may take: a flood of runs that hang takes
places before their time is up, too."""


@dataclass(slots=True)
class Taken:
    """One function's places."""

    running: int = 0
    """The threads still running, whether or not their result is awaited."""
    alone: int = 0


class Threads:
    """Daemon threads: one that hangs does not keep the program from ending."""

    def __init__(self, places: int = PLACES, watcher: ToolWatcher | None = None) -> None:
        self._places = places
        self._taken: dict[str, Taken] = {}
        self._watcher = watcher or Unwatched()

    async def run(self, tool: str, work: Callable[[], Any]) -> Any:
        """The result of ``work``. Raises what ``work`` raises, and ``ToolFailed`` if there is no
        place.
        """
        taken = self._place(tool)
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Any] = loop.create_future()

        def body() -> None:
            value, problem = None, None
            try:
                value = work()
            except BaseException as error:  # noqa: BLE001 - told to who waits
                problem = error
            with contextlib.suppress(RuntimeError):  # the program has ended meanwhile
                loop.call_soon_threadsafe(self._ended, tool, done, value, problem)

        threading.Thread(target=body, name="tool", daemon=True).start()
        taken.running += 1
        try:
            return await done
        except asyncio.CancelledError:
            if done.cancelled():  # it has not ended
                taken.alone += 1
                log.warning("a tool goes on alone", extra={"tool": tool, "threads": taken.alone})
                self._watcher.abandoned(tool, taken.alone)
            raise

    def _place(self, tool: str) -> Taken:
        """Raises ``ToolFailed`` if there is none for it."""
        taken = self._taken.setdefault(tool, Taken())
        if taken.alone >= ALONE:
            raise ToolFailed("is out of order now", reason="stuck")
        left = self._places - sum(one.running for one in self._taken.values())
        if left <= 0 or taken.running >= SHARE * (left + taken.running):
            raise ToolFailed("is busy now", reason="busy", again=True)
        return taken

    def _ended(
        self, tool: str, done: asyncio.Future[Any], value: Any, problem: BaseException | None
    ) -> None:
        taken = self._taken[tool]
        taken.running -= 1
        if done.cancelled():  # nobody waits any more
            taken.alone -= 1
            self._watcher.abandoned(tool, taken.alone)
            return
        if isinstance(problem, Exception) and not isinstance(problem, StopIteration):
            done.set_exception(problem)
        elif problem is not None:  # those that would end the program, or a generator
            done.set_exception(RuntimeError(type(problem).__name__))
        else:
            done.set_result(value)


class PythonTool:
    """``gateway.ports.tools.Tool``."""

    def __init__(self, spec: ToolSpec, function: Callable[..., Any], threads: Threads) -> None:
        self.spec = spec
        self._function = function
        self._threads = threads

    async def run(self, arguments: Mapping[str, Any]) -> str:
        """Implement ``Tool.run``."""
        work = partial(self._function, **arguments)
        try:
            if inspect.iscoroutinefunction(self._function):
                return as_text(await work(), self.spec.max_chars)
            name = self.spec.name
            return str(await self._threads.run(name, lambda: self._told(work())))
        except ToolFailed:
            raise
        except Exception as mistake:  # noqa: BLE001 - a stranger's function
            # what it says of itself may hold what the caller has said
            where = _where(mistake)
            log.warning("a tool went wrong", extra={"tool": self.spec.name, "at": where})
            raise ToolFailed("did not work", reason=type(mistake).__name__) from None

    def _told(self, value: Any) -> str:
        """Turn the value into text. This runs in the thread, since it may take a while."""
        if inspect.iscoroutine(value):
            value.close()
            raise TypeError("a coroutine of a function that is not async")
        return as_text(value, self.spec.max_chars)


def _where(mistake: Exception) -> str:
    """File and line of a mistake, without its words."""
    trace = mistake.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return type(mistake).__name__
    name = trace.tb_frame.f_code.co_filename.rpartition("/")[2]
    return f"{type(mistake).__name__} in {name}:{trace.tb_lineno}"


class PythonTools:
    """``gateway.ports.tools.ToolSource``: all functions of the settings."""

    def __init__(
        self,
        declared: Sequence[tuple[ToolSpec, Callable[..., Any]]],
        watcher: ToolWatcher | None = None,
    ) -> None:
        threads = Threads(watcher=watcher)
        self.tools: Sequence[Tool] = [PythonTool(spec, one, threads) for spec, one in declared]

    def start(self) -> None:
        """There is nothing to connect to."""

    async def ready(self) -> None:
        """Return at once: the settings name all functions."""

    async def close(self) -> None:
        """Threads end by themselves, or with the program."""


def function_of(path: str, where: str, parameters: Mapping[str, Any]) -> Callable[..., Any]:
    """The function called ``module:function``. Raises ``SettingsError`` naming ``where`` if there
    is none, or if it cannot be called with the parameters. Imports the module."""
    module, _, name = path.partition(":")
    try:
        found: Callable[..., Any] | None = getattr(importlib.import_module(module), name, None)
    except Exception as error:  # noqa: BLE001 - whatever a stranger's module does
        why = f"{type(error).__name__}: {error}"
        raise SettingsError(f"{where}: {module} cannot be imported ({why})") from None
    if not callable(found):
        raise SettingsError(f"{where}: {module} has no function {name}")
    try:
        inspect.signature(found).bind(**dict.fromkeys(parameters))
    except TypeError as error:
        raise SettingsError(f"{where}: {name} does not take the parameters ({error})") from None
    except ValueError:
        pass  # one that does not tell what it takes
    return found
