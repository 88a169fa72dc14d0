"""Jobs that publish a catalogue or look through misses, each in a process of its own.

Building a catalogue trains classifiers and renders sound for seconds to minutes; in the serving
process it would hold the interpreter and load libraries that must stay out of it. The worker gets
its order as one JSON document on standard input and answers with JSON lines (``seed_worker``). A
tenant has one job of a kind at a time. A job belongs to nobody's connection: whoever started it
may leave.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import IO, Any

import msgspec

from gateway.admin.outputs import Clusters, Report, Said, Step, TrainingOut
from gateway.admin.wire import Refused
from gateway.settings.whole import Settings
from gateway.shell.call.services import Services

log = logging.getLogger("frontline.admin")

MAX_JOBS = 2
"""Jobs at once, over all tenants: each takes a core and some hundred MiB. Trainings do not count:
there is one at a time, and it gives way to everybody."""

STALLED = 900.0
"""Seconds a worker may say nothing before it is taken for stuck and killed."""

MAX_LINE = 16 << 20
"""Bytes of one line of a worker: a report with a thousand errors is far below."""

WORKER = (sys.executable, "-m", "gateway.admin.jobs.seed_worker")

CLOSE_WITHIN = 5.0
"""Seconds that cancelled jobs have to end: a worker is killed at once."""

GIVES_BACK = 3.0
"""Seconds of them in which a training may give back its claim."""

NEEDED = ("store", "model", "match", "tts", "render", "lines")
"""Sections of the settings that a worker gets: none that holds a secret."""


Result = Report | Clusters | TrainingOut
"""The result of a job."""

Outcome = tuple[Result | None, Refused | None]
"""The end of a job: a result or a refusal."""

Published = Callable[[Report], Awaitable[None]]
"""The one who is told that a job has published a catalogue."""

NOTHING: Outcome = (None, None)


class Job:
    """One job: how far it is, and how it ended."""

    def __init__(self, tenant: str, about: str = "catalogue") -> None:
        self.tenant = tenant
        self.about = about
        """``catalogue`` if it changes what is live, ``misses`` if it only looks, ``training``."""
        self.step: Step | None = None
        self.report: Result | None = None
        self.refused: Refused | None = None
        self._changed = asyncio.Event()

    @property
    def over(self) -> bool:
        """True once the job has ended, either way."""
        return self.report is not None or self.refused is not None

    def tell(
        self,
        *,
        step: Step | None = None,
        report: Result | None = None,
        refused: Refused | None = None,
    ) -> None:
        """News of the job; nothing more is told once it is over."""
        if self.over:
            return
        self.step = step or self.step
        self.report, self.refused = None if refused else report, refused
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def steps(self, quiet: float) -> AsyncIterator[Step | None]:
        """Yield the progress of the job each time there is something new; None after ``quiet``
        seconds without. Steps that follow faster than they are taken are left out. Ends when the
        job is over."""
        seen: Step | None = None
        while not self.over:
            changed = self._changed
            if self.step is not seen:
                seen = self.step
                yield seen
                continue
            try:
                async with asyncio.timeout(quiet):
                    await changed.wait()
            except TimeoutError:
                yield None

    async def ended(self) -> Result:
        """Return the result once the job is over. Raises ``Refused`` if it failed."""
        while not self.over:
            await self._changed.wait()
        if self.report is None:
            raise self.refused or Refused(500, "failed", "the job ended without a report")
        return self.report


class Jobs:
    """The jobs of this process. Used from the event loop."""

    def __init__(self, settings: Settings, worker: tuple[str, ...] = WORKER) -> None:
        self._settings = settings
        self._worker = worker
        self._running: dict[tuple[str, str], Job] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    def claim(self, tenant: str, about: str = "catalogue") -> Job:
        """Take the tenant's turn; ``start`` or ``drop`` must follow, without waiting for anybody in
        between. Raises ``Refused`` (409; 503 once the server stops)."""
        self.check(tenant, about)
        job = self._running[tenant, about] = Job(tenant, about)
        return job

    def check(self, tenant: str, about: str = "catalogue") -> None:
        """Raises ``Refused`` if the tenant's turn could not be taken now, as ``claim`` does."""
        if self._closed:
            raise _stopped()
        if (tenant, about) in self._running:
            what = f"a catalogue of {tenant} is being built"
            if about == "misses":
                what = f"the misses of {tenant} are being grouped"
            elif about == "training":
                what = f"the encoder is being trained for {tenant}"
            raise Refused(409, "busy", f"{what}; try again later")
        counted = [one for one in self._running if one[1] != "training"]
        if about != "training" and len(counted) >= MAX_JOBS:
            raise Refused(409, "busy", f"{MAX_JOBS} jobs are running; try again later")

    def drop(self, job: Job) -> None:
        """The job will not be started after all."""
        self._running.pop((job.tenant, job.about), None)

    def start(
        self,
        services: Services,
        job: Job,
        order: Mapping[str, Any],
        table: IO[bytes] | None = None,
        published: Published | None = None,
    ) -> None:
        """Run the job; ``table`` is a file that the worker is given, closed when it is over.
        ``published`` is told of the catalogue before the client is, whether that is still there or
        not."""
        work = self._run(services, job, order, table, published)
        task = services.background.spawn(work, name=f"{job.about} of {job.tenant}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """End all jobs, and tell whoever follows them so while there are still connections."""
        self._closed = True
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=CLOSE_WITHIN)

    async def _run(
        self,
        services: Services,
        job: Job,
        order: Mapping[str, Any],
        table: IO[bytes] | None,
        published: Published | None,
    ) -> None:
        report = None
        refused: Refused | None = _stopped()
        try:
            report, refused = await self._work(job, order, table)
            if _published(report):
                await services.tenants.refresh()  # live here before the client hears of it
                if published is not None and isinstance(report, Report):
                    await published(report)
        except Exception:
            log.exception("the job about the %s of %s failed", job.about, job.tenant)
            refused = Refused(500, "failed", "the job failed; see the log")
        finally:
            self._end(job, table, report, refused)

    def _end(
        self, job: Job, table: IO[bytes] | None, report: Result | None, refused: Refused | None
    ) -> None:
        if table is not None:
            table.close()
        self.drop(job)  # before the end is told: who hears of it may go on at once
        job.tell(report=report, refused=refused)

    async def _work(self, job: Job, order: Mapping[str, Any], table: IO[bytes] | None) -> Outcome:
        settings = msgspec.to_builtins({key: getattr(self._settings, key) for key in NEEDED})
        whole = {**order, "tenant": job.tenant, "settings": settings}
        environ = {k: v for k, v in os.environ.items() if not k.startswith("FRONTLINE_")}
        if job.about == "training":
            environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        process = await asyncio.create_subprocess_exec(
            *self._worker,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env=environ,
            limit=MAX_LINE,
            pass_fds=() if table is None else (table.fileno(),),
        )
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_order(process, whole), name="order")
                errors = tasks.create_task(_tail(process), name="errors")
                follow = tasks.create_task(_follow(process, job), name="follow")
            status = await process.wait()
        finally:
            if process.returncode is None:
                await _end(process, gently=job.about == "training")
        outcome = follow.result()
        if outcome == NOTHING:
            log.error("the seeding process ended with %d: %s", status, errors.result())
            return None, Refused(500, "failed", f"the seeding process ended with {status}")
        return outcome


def _published(result: Result | None) -> bool:
    if isinstance(result, Report):
        return result.outcome == "published"
    return isinstance(result, TrainingOut) and result.state == "published"


async def _end(process: Process, *, gently: bool) -> None:
    """End the worker; ``gently``: it may first give back what it has claimed."""
    if gently:
        process.terminate()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GIVES_BACK):
                await process.wait()
                return
    process.kill()
    await process.wait()


def _stopped() -> Refused:
    return Refused(503, "stopped", "the server stopped before this was done")


async def _order(process: Process, order: Mapping[str, Any]) -> None:
    assert process.stdin is not None, "made with a pipe"
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(msgspec.json.encode(order))
        await process.stdin.drain()
    process.stdin.close()


async def _follow(process: Process, job: Job) -> Outcome:
    """Pass on what the worker says until it says no more; its report or its error."""
    assert process.stdout is not None, "made with a pipe"
    outcome = NOTHING
    while True:
        try:
            async with asyncio.timeout(STALLED):
                line = await process.stdout.readline()
        except TimeoutError:
            process.kill()
            return None, Refused(500, "failed", "the seeding process was stuck and has been ended")
        if not line:
            return outcome
        said = msgspec.json.decode(line, type=Said)
        if said.step is not None:
            job.tell(step=said.step)
        elif said.error is not None:
            outcome = None, Refused.worded(said.status, said.error, said.report)
        else:
            outcome = said.report or said.clusters or said.training, None


async def _tail(process: Process) -> str:
    """The end of what it wrote to standard error."""
    assert process.stderr is not None, "made with a pipe"
    tail = b""
    while chunk := await process.stderr.read(4096):
        tail = (tail + chunk)[-4000:]
    return tail.decode(errors="replace").strip()
