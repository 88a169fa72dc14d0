"""Requests read and answers written: the token, limits, queries, bodies, errors."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import AsyncIterator, Mapping
from typing import IO, Any

import anyio
import anyio.to_thread
import msgspec
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from gateway.admin.outputs import Failure, Problem, Report
from gateway.errors import DataError, FrontlineError, NotFound, Overtaken, StoreFailed, UsageError

MAX_JSON = 1 << 20
"""Bytes of a JSON body."""

MAX_TABLE = 64 << 20
"""Bytes of an uploaded table: a hundred thousand entries with long answers."""

CHUNK = 1 << 20
"""Bytes of an upload gathered before they are written to the disk."""

GRACE = 10.0
"""Seconds that a body has to begin to come, and that a sender may be behind ``LEAST_RATE``."""

LEAST_RATE = 16 << 10
"""Bytes a second that a body must come with: the slowest lines that anybody uploads on."""

STALLED = 20.0
"""Seconds between two pieces of a body, however fast it came before."""

WITHIN = 570.0
"""Seconds for a whole body: 64 MiB come in that at 1 Mbit/s."""

_FIELD = re.compile(r"^(?P<message>.*) - at `(?:key in )?\$\.?(?P<field>.*)`$", re.DOTALL)
_UNKNOWN = re.compile(r"^Object contains unknown field `(?P<field>.*)`$")


class Refused(Exception):
    """The request is answered with an error."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        field: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.problem = Problem(code=code, message=message, field=field)
        self.headers = dict(headers or {})
        self.report: Report | None = None

    @classmethod
    def worded(cls, status: int, problem: Problem, report: Report | None) -> Refused:
        """The problem as another process has put it, with what it found out until then."""
        refused = cls(status, problem.code, problem.message, problem.field)
        refused.report = report
        return refused

    @property
    def failure(self) -> Failure:
        """The body of the answer."""
        return Failure(error=self.problem, report=self.report)

    def answer(self) -> Response:
        """The error as it is sent."""
        return written(self.failure, self.status, self.headers)


def written(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer; nobody on the way may keep it."""
    return Response(
        msgspec.json.encode(value),
        status,
        {"Cache-Control": "no-store", **(headers or {})},
        media_type="application/json",
    )


def refusal_of(error: FrontlineError) -> Refused:
    """One of our errors, by whose fault it was."""
    text = str(error)
    if isinstance(error, NotFound):
        return Refused(404, "not_found", text)
    if isinstance(error, UsageError):
        return Refused(400, "bad_request", text)
    if isinstance(error, DataError):
        return Refused(422, "bad_data", text)
    if isinstance(error, Overtaken):
        return Refused(409, "overtaken", text)
    if isinstance(error, StoreFailed):
        return Refused(503, "store_failed", text)
    return Refused(500, "failed", text)


# --- what is asked -------------------------------------------------------------------------------


def read_query(params: QueryParams, kind: type[Any]) -> Any:
    """The query string as that struct. Raises ``Refused`` naming the parameter."""
    known = [field.encode_name for field in msgspec.structs.fields(kind)]
    for name, count in ((name, len(params.getlist(name))) for name in params):
        if name not in known:
            names = f"known are {', '.join(known)}" if known else "there are none here"
            raise Refused(400, "unknown_parameter", f"no parameter {name[:100]!r}: {names}", name)
        if count > 1:
            raise Refused(400, "bad_parameter", f"{name} is given more than once", name)
    try:
        return msgspec.convert(dict(params), kind, strict=False)
    except msgspec.ValidationError as error:
        raise _invalid("bad_parameter", str(error)) from None


def read_names(names: Mapping[str, Any], kind: Any) -> None:
    """Check the parts of the path that are names. Raises ``Refused`` naming the part."""
    for name, given in names.items():
        try:
            msgspec.convert(given, kind)
        except msgspec.ValidationError as error:
            raise Refused(400, "bad_parameter", str(error)[:500], name) from None


async def read_body(request: Request, kind: type[Any]) -> Any:
    """The JSON body as that struct. Raises ``Refused`` naming the field."""
    body = bytearray()
    async for chunk in _limited(request, MAX_JSON):
        body += chunk
    try:
        return msgspec.convert(_whole(msgspec.json.decode(body)), kind)
    except msgspec.ValidationError as error:
        raise _invalid("invalid", str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(400, "not_json", f"the body is not JSON: {error}") from None


def _whole(value: Any) -> Any:
    """The same, but that 3.0 is 3: JSON, and its schemas, know no difference."""
    if isinstance(value, dict):
        return {key: _whole(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_whole(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _invalid(code: str, text: str) -> Refused:
    field = ""
    if found := _FIELD.match(text):
        text, field = found["message"], found["field"]
    if unknown := _UNKNOWN.match(text):
        field = f"{field}.{unknown['field']}".lstrip(".")
    return Refused(400 if code == "bad_parameter" else 422, code, text[:500], field[:200])


async def _limited(request: Request, limit: int) -> AsyncIterator[bytes]:
    """The body in chunks; ``Refused`` once it is larger than may be, or comes too slowly."""
    too_large = Refused(413, "too_large", f"a body may have {limit >> 20} MiB here")
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit:
        raise too_large
    clock = asyncio.get_running_loop().time
    began = clock()
    size = 0
    chunks = request.stream()
    while True:
        behind = began + GRACE + size / LEAST_RATE
        try:
            async with asyncio.timeout_at(min(behind, began + WITHIN, clock() + STALLED)):
                chunk = await anext(chunks, None)
        except TimeoutError:
            raise _too_slow(size) from None
        if chunk is None:
            return
        size += len(chunk)
        if size > limit:
            raise too_large
        yield chunk


def _too_slow(size: int) -> Refused:
    """The connection is given up with it: what is still on its way is no request."""
    rule = f"send at least {LEAST_RATE >> 10} KiB a second, all of it within {WITHIN:.0f} seconds"
    message = f"the body comes too slowly, {size:,} bytes so far: {rule}"
    return Refused(408, "too_slow", message, headers={"Connection": "close"})


async def save_body(request: Request) -> IO[bytes]:
    """The body in a new temporary file, which is the caller's to close. Memory is bounded. The file
    has no name: whatever ends this process, nothing of it is left."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind.startswith("multipart/"):  # curl calls a plain body urlencoded: that is let pass
        mend = "send the table itself as the body, such as curl --data-binary @faq.csv"
        raise Refused(415, "unsupported", f"{kind} is not taken: {mend}")
    table: IO[bytes] = await anyio.to_thread.run_sync(tempfile.TemporaryFile)
    try:
        waiting = bytearray()
        file = anyio.wrap_file(table)
        async for chunk in _limited(request, MAX_TABLE):
            waiting += chunk
            if len(waiting) >= CHUNK:
                await file.write(bytes(waiting))
                waiting.clear()
        await file.write(bytes(waiting))
        await file.flush()
    except BaseException:
        table.close()
        raise
    return table
