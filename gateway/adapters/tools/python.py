"""Tools that are Python functions of the operator's own.

An ``async`` function runs on the event loop and is cancelled when its time is up. Any other runs in
a thread of its own; a thread cannot be stopped, so one whose time is up goes on alone, what it
gives is dropped, and it takes one of the places until it ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import inspect
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from gateway.adapters.tools.results import as_text
from gateway.errors import SettingsError
from gateway.tooling import Tool, ToolFailed, ToolSpec

log = logging.getLogger("frontline.tools")

PLACES = 32
"""Functions that run in threads at the same time, of all calls; one more is refused at once."""


class Threads:
    """Daemon threads: one that hangs does not keep the program from ending."""

    def __init__(self, places: int = PLACES) -> None:
        self._free = places

    async def run(self, work: Callable[[], Any]) -> Any:
        """What it returns; raises what it raises, and ``ToolFailed`` if there is no place."""
        if self._free <= 0:
            raise ToolFailed("is busy now", reason="busy", again=True)
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Any] = loop.create_future()

        def body() -> None:
            value, problem = None, None
            try:
                value = work()
            except BaseException as error:  # noqa: BLE001 - told to who waits
                problem = error
            with contextlib.suppress(RuntimeError):  # the program has ended meanwhile
                loop.call_soon_threadsafe(self._ended, done, value, problem)

        self._free -= 1
        threading.Thread(target=body, name="tool", daemon=True).start()
        return await done

    def _ended(self, done: asyncio.Future[Any], value: Any, problem: BaseException | None) -> None:
        self._free += 1
        if done.cancelled():
            return  # nobody waits any more
        if isinstance(problem, Exception) and not isinstance(problem, StopIteration):
            done.set_exception(problem)
        elif problem is not None:  # those that would end the program, or a generator
            done.set_exception(RuntimeError(type(problem).__name__))
        else:
            done.set_result(value)


class PythonTool:
    """``gateway.tooling.Tool``."""

    def __init__(self, spec: ToolSpec, function: Callable[..., Any], threads: Threads) -> None:
        self.spec = spec
        self._function = function
        self._threads = threads

    async def run(self, arguments: Mapping[str, Any]) -> str:
        """As ``Tool.run``."""
        work = partial(self._function, **arguments)
        try:
            if inspect.iscoroutinefunction(self._function):
                return as_text(await work(), self.spec.max_chars)
            return str(await self._threads.run(lambda: self._told(work())))
        except ToolFailed:
            raise
        except Exception as mistake:  # noqa: BLE001 - a stranger's function
            # what it says of itself may hold what the caller has said
            where = _where(mistake)
            log.warning("a tool went wrong", extra={"tool": self.spec.name, "at": where})
            raise ToolFailed("did not work", reason=type(mistake).__name__) from None

    def _told(self, value: Any) -> str:
        """In the thread, since it may take a while."""
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
    """``gateway.tooling.ToolSource``: all functions of the settings."""

    def __init__(self, declared: Sequence[tuple[ToolSpec, Callable[..., Any]]]) -> None:
        threads = Threads()
        self.tools: Sequence[Tool] = [PythonTool(spec, one, threads) for spec, one in declared]

    def start(self) -> None:
        """There is nothing to connect to."""

    async def ready(self) -> None:
        """It is known from the settings."""

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
