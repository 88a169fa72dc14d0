"""Tools of servers that speak the Model Context Protocol, through its official SDK.

Each server has a task of its own, in which its connection is opened and closed. A server that is
not there, or goes away, offers no tools; it is tried again after one second, then after twice as
long each time. What it lists is asked for again every minute, and when it says that it has changed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx2
from jsonschema import Draft202012Validator, SchemaError
from mcp import Client, MCPError, StdioServerParameters, stdio_client, types
from mcp.client.streamable_http import streamable_http_client

from gateway.adapters.llm.completions import hush
from gateway.adapters.tools.reach import Reaching
from gateway.adapters.tools.results import DONE, as_text, without
from gateway.ports.tools import Tool, ToolFailed, ToolSpec
from gateway.shell.process.background import start

log = logging.getLogger("frontline.tools")

CONNECT = 10.0
"""Seconds to connect, agree on a version and list the tools."""
CLOSE = 5.0
"""Seconds to let a server end by itself; the SDK ends it by force after four."""
LOOK_EVERY = 60.0
"""Seconds between two looks at what there is, which also tell that the server is still there."""
FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
"""Seconds until a lost server is tried again."""
MOST_TOOLS = 64
"""Tools of one server: all are in every request to a model."""
MOST_PAGES = 10
LONGEST_DESCRIPTION = 1000
LONGEST_SCHEMA = 8000
"""Characters; a tool with a larger one is left out."""
LONGEST_SECRET = 4096
"""Characters beyond those of a result that are looked through for secrets."""
LONGEST_NAME = 64
"""Characters of a name that models' providers take."""

Connect = Callable[[], AbstractAsyncContextManager[Any]]
"""Makes a transport of the SDK."""


@dataclass(frozen=True, slots=True, kw_only=True)
class McpLimits:
    """The choice of a server's tools, and the bounds within which they run."""

    tools: tuple[str, ...] = ()
    """The names of the tools to offer; empty: all."""
    at_call_start: tuple[str, ...] = ()
    from_call: Mapping[str, str] = field(default_factory=dict)
    timeout: float = 5.0
    max_chars: int = 2000
    secrets: frozenset[str] = field(default=frozenset(), repr=False)
    """The secrets that no result may hold."""


class McpTool:
    """``gateway.ports.tools.Tool``."""

    def __init__(self, spec: ToolSpec, server: McpServer, name: str) -> None:
        self.spec = spec
        self._server = server
        self._name = name

    async def run(self, arguments: Mapping[str, Any]) -> str:
        """Implement ``Tool.run``."""
        return await self._server.call(self._name, arguments, self.spec)


class McpServer:
    """``gateway.ports.tools.ToolSource``: one server."""

    def __init__(self, name: str, connect: Connect, limits: McpLimits) -> None:
        """``name``: stands before those of its tools."""
        _hush()
        self.tools: Sequence[Tool] = []
        self._name = name
        self._connect = connect
        self._limits = limits
        self._client: Client | None = None
        self._task: asyncio.Task[None] | None = None
        self._tried = asyncio.Event()
        self._look = asyncio.Event()
        self._said = ""
        self._wait = FIRST_WAIT

    # --- its life ------------------------------------------------------------------------------

    def start(self) -> None:
        """Implement ``ToolSource.start``."""
        self._task = start(self._live(), name=f"mcp {self._name}")

    async def ready(self) -> None:
        """Implement ``ToolSource.ready``: until it has been tried once."""
        await self._tried.wait()

    async def close(self) -> None:
        """Implement ``ToolSource.close``; a server that does not end is left after ``CLOSE``."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task], timeout=CLOSE)

    async def _live(self) -> None:
        while True:
            try:
                async with AsyncExitStack() as stack:
                    await self._serve(stack)
            except Exception as error:  # noqa: BLE001 - of the SDK, its transport or the server
                self._told(_kind(error))
            finally:
                self.tools, self._client = [], None
                self._tried.set()
            await asyncio.sleep(self._wait)
            self._wait = min(LONGEST_WAIT, self._wait * 2)

    async def _serve(self, stack: AsyncExitStack) -> None:
        """Connect, and offer what there is until the server is lost."""
        about = types.Implementation(name="frontline", version="1")
        client = Client(
            self._connect(),
            client_info=about,
            message_handler=self._message,
            read_timeout_seconds=CONNECT,
            cache=None,
        )
        async with asyncio.timeout(CONNECT):
            await stack.enter_async_context(client)
            await self._list(client)
        self._client, self._wait = client, FIRST_WAIT
        self._told("")
        while True:
            self._tried.set()
            self._look.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY):
                    await self._look.wait()
            try:
                await self._list(client)
            except (MCPError, TimeoutError) as error:
                self._told(_kind(error))
                return

    def _told(self, problem: str) -> None:
        """Write down what has changed."""
        if problem != self._said or (not problem and not self._tried.is_set()):
            level = logging.WARNING if problem else logging.INFO
            said = f"cannot be used: {problem}" if problem else "can be used"
            log.log(level, "the tools of a server %s", said, extra={"mcp": self._name})
        self._said = problem

    async def _message(self, message: object) -> None:
        if isinstance(message, (types.ToolListChangedNotification, Exception)):
            self._look.set()

    # --- its tools -----------------------------------------------------------------------------

    async def _list(self, client: Client) -> None:
        found: list[types.Tool] = []
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            page = await client.list_tools(cursor=cursor)
            found += page.tools
            cursor = page.next_cursor
            if not cursor:
                break
        wanted = self._limits.tools
        offered = [one for one in found if not wanted or one.name in wanted][:MOST_TOOLS]
        self.tools = [self._tool(one) for one in await asyncio.to_thread(_usable, offered)]
        missing = set(wanted) - {one.name for one in found}
        if missing and self._client is None:
            log.warning(
                "a server does not have all tools that are to be offered",
                extra={"mcp": self._name, "missing": sorted(missing)},
            )

    def _tool(self, listed: types.Tool) -> McpTool:
        limits = self._limits
        named = listed.input_schema.get("properties", {})
        notes = listed.annotations
        spec = ToolSpec(
            name=re.sub(r"[^A-Za-z0-9_-]", "_", f"{self._name}_{listed.name}")[:LONGEST_NAME],
            description=(listed.description or listed.title or listed.name)[:LONGEST_DESCRIPTION],
            parameters=listed.input_schema,
            timeout=limits.timeout,
            idempotent=notes is not None and bool(notes.read_only_hint or notes.idempotent_hint),
            at_call_start=listed.name in limits.at_call_start,
            max_chars=limits.max_chars,
            from_call={key: fact for key, fact in limits.from_call.items() if key in named},
        )
        return McpTool(spec, self, listed.name)

    async def call(self, name: str, arguments: Mapping[str, Any], spec: ToolSpec) -> str:
        """The tool's result as text. Raises ``ToolFailed``."""
        client = self._client
        if client is None:
            raise ToolFailed("cannot be reached now", reason="lost", again=True)
        try:
            result = await client.call_tool(
                name, dict(arguments), read_timeout_seconds=self._limits.timeout
            )
        except MCPError as error:
            if error.code == types.CONNECTION_CLOSED:
                self._look.set()  # it is found out there
            if error.code == types.REQUEST_TIMEOUT:
                raise ToolFailed("did not answer in time", reason="time") from None
            again = error.code == types.CONNECTION_CLOSED
            raise ToolFailed("did not work", reason=f"mcp {error.code}", again=again) from None
        except Exception as error:  # noqa: BLE001 - whatever the server has sent
            raise ToolFailed("did not work", reason=_kind(error)) from None
        if result.is_error:
            raise ToolFailed("did not work", reason="the server says so")
        texts = [one.text for one in result.content if isinstance(one, types.TextContent)]
        text = "\n".join(texts)[: spec.max_chars + LONGEST_SECRET]
        if not text and result.structured_content is not None:
            text = as_text(result.structured_content, spec.max_chars)
        if not text and result.content:
            raise ToolFailed("gave something that is no text", reason="content")
        return without(text or DONE, self._limits.secrets)


def _usable(listed: Sequence[types.Tool]) -> list[types.Tool]:
    """The tools whose arguments can be checked. Takes milliseconds for each, so call it in a
    thread.
    """
    good: list[types.Tool] = []
    for one in listed:
        try:
            Draft202012Validator.check_schema(one.input_schema)
            fits = len(json.dumps(one.input_schema)) <= LONGEST_SCHEMA
        except (SchemaError, RecursionError, ValueError):
            fits = False
        if fits:
            good.append(one)
        else:
            log.warning("a tool's schema is none, or too large", extra={"tool": one.name[:64]})
    return good


def _kind(error: BaseException) -> str:
    """The error's kind, without its text, which may hold anything; for a group that of its first
    error.
    """
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"mcp {error.code}" if isinstance(error, MCPError) else type(error).__name__


def _hush() -> None:
    """The SDK writes what servers say to its logs; what matters of it is in ours."""
    hush()
    logging.getLogger("mcp").setLevel(logging.CRITICAL + 1)
    logging.getLogger("client").setLevel(logging.CRITICAL + 1)


# --- transports ----------------------------------------------------------------------------------


def over_stdio(command: Sequence[str], env: Mapping[str, str]) -> Connect:
    """A program of its own; it sees of our environment only ``PATH`` and the like. What it writes
    to standard error is dropped."""
    program = StdioServerParameters(command=command[0], args=list(command[1:]), env=dict(env))

    @contextlib.asynccontextmanager
    async def connected() -> AsyncIterator[Any]:
        with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: ASYNC230 - no disk
            async with stdio_client(program, errlog=nowhere) as streams:
                yield streams

    return connected


def over_http(url: str, headers: Mapping[str, str], networks: Sequence[str] = ()) -> Connect:
    """Streamable HTTP. The SDK follows no redirect out of the address's own origin; its name leads
    to a public address, or into these networks."""
    inside = {urlsplit(url).hostname or "": networks} if networks else {}

    @contextlib.asynccontextmanager
    async def connected() -> AsyncIterator[Any]:
        async with (
            httpx2.AsyncClient(
                headers=dict(headers),
                timeout=httpx2.Timeout(30.0, read=300.0),
                trust_env=False,
                transport=Reaching(inside, httpx2.Limits()),
            ) as client,
            streamable_http_client(url, http_client=client) as streams,
        ):
            yield streams

    return connected
