"""Training behind the calls: has what was published untrained trained by a process of its own.

One training at a time on a machine, at the lowest priority there is. Whether a catalogue waits for
one stands in its summary, how far it is in the store: after a restart, of this or of any other
server of the same store, it is found there.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import logging
from collections.abc import Callable

from gateway.admin.jobs.jobs import Jobs
from gateway.admin.outputs import TrainingOut
from gateway.admin.people.lines import change
from gateway.admin.wire import Refused
from gateway.errors import FrontlineError
from gateway.ports.store import Catalogue, Store
from gateway.ports.work import Training, training_of
from gateway.shell.call.services import Services

LOOK_EVERY = 2.0
"""Seconds between two looks for catalogues that wait."""
AGAIN = 30.0
"""Seconds until one is tried again that failed here; longer each time, to:"""
LONGEST = 900.0
NEEDED = ("torch", "onnx")
"""The packages without which nothing can be trained."""

log = logging.getLogger("frontline.training")


class BehindTheCalls:
    """Finds what waits for its training, and has it trained. Used from the event loop."""

    def __init__(
        self,
        jobs: Jobs,
        services: Services,
        leads: Callable[[], bool],
        changed: Callable[[str], None],
    ) -> None:
        """``leads``: whether this process does what is done once on a machine. ``changed``: told of
        the tenant whose catalogue was published."""
        self._jobs = jobs
        self._services = services
        self._leads = leads
        self._changed = changed
        self._settled: set[str] = set()
        self._rest: dict[str, float] = {}
        self._not_before: dict[str, float] = {}
        self._lacking = False

    async def watch(self) -> None:
        """Look for ever; a store that is away is asked again."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            try:
                if self._leads():
                    await self._look()
            except FrontlineError as error:
                log.debug("the store cannot be asked for trainings: %s", error)

    async def _look(self) -> None:
        """Have each catalogue that waits trained, one after the other."""
        for name in self._services.tenants.names():
            serving = self._services.tenants.get(name)
            if serving is not None and (work := self._due(serving.catalogue)):
                course = await asyncio.to_thread(
                    _told, self._services.store, work, serving.catalogue.number
                )
                if course is None:
                    continue  # another server is at it
                if course.over:
                    self._settle(name, work, course)
                elif self._able():
                    await self._train(name, work)

    def _settle(self, tenant: str, work: str, course: Training) -> None:
        """Look at it no more."""
        self._settled.add(work)
        if course.state == "given up":
            mend = "frontline seed --wait tries again"
            log.warning("the training for %s is given up (%s): %s", tenant, course.why, mend)

    def _due(self, catalogue: Catalogue) -> str:
        """The training that the catalogue waits for, if it may be begun here and now."""
        work = training_of(catalogue.tenant, catalogue.summary)
        now = asyncio.get_running_loop().time()
        early = now < self._not_before.get(work, 0.0)
        return "" if early or work in self._settled else work

    def _able(self) -> bool:
        """Are the packages there? They may still be being installed. Said once if they are not."""
        importlib.invalidate_caches()
        lacking = [name for name in NEEDED if importlib.util.find_spec(name) is None]
        if lacking and not self._lacking:
            log.info(
                "the encoder is trained on the catalogue once %s can be imported "
                "(pip install 'frontline[train]'); match.train = \"never\" does without",
                " and ".join(lacking),
            )
        self._lacking = bool(lacking)
        return not lacking

    async def _train(self, tenant: str, work: str) -> None:
        try:
            job = self._jobs.claim(tenant, "training")
            log.info("the encoder is trained on the catalogue of %s, behind the calls", tenant)
            self._jobs.start(self._services, job, {"kind": "train"})
            done = await job.ended()
        except Refused as refused:
            self._tired(work)
            if refused.status != 503:
                log.warning("the training for %s failed: %s", tenant, refused.problem.message)
            return
        assert isinstance(done, TrainingOut), "asked for a training"
        if done.state == "published":
            await self._published(tenant, done)
        elif done.state == "did not pay":
            log.info("the encoder trained on the catalogue of %s: %s", tenant, gained(done))
        else:
            self._tired(work)

    async def _published(self, tenant: str, done: TrainingOut) -> None:
        log.info(
            "catalogue %d of %s is live as %d with an encoder trained on it: %s",
            *(done.catalogue, tenant, done.live, gained(done)),
        )
        told = f"catalogue {done.catalogue} with an encoder trained on it"
        line = change("frontline training", "", "published", tenant, str(done.live), told)
        await asyncio.to_thread(self._services.store.note, line)
        self._changed(tenant)

    def _tired(self, work: str) -> None:
        self._rest[work] = min(LONGEST, 2 * self._rest.get(work, AGAIN / 2))
        self._not_before[work] = asyncio.get_running_loop().time() + self._rest[work]


def gained(done: TrainingOut) -> str:
    """Return what the trial said."""
    what = "the published one is kept; " if done.state == "did not pay" else ""
    return (
        f"{what}of questions that neither had seen it could answer {done.after:.0%}, "
        f"the published one {done.before:.0%}"
    )


def _told(store: Store, work: str, number: int) -> Training | None:
    """The training as it stands; None while it is somebody's."""
    found = store.work(work)
    return None if found is not None and found.left else Training.of_work(found, number)


def training_out(store: Store, catalogue: Catalogue) -> TrainingOut:
    """The training of a live catalogue, as it stands. Blocks."""
    summary = catalogue.summary
    work = training_of(catalogue.tenant, summary)
    if not work:
        kept = summary.get("adapting") == "kept"
        return TrainingOut(
            state="trained" if kept else "none",
            catalogue=catalogue.number,
            before=summary.get("trial_published", 0.0),
            after=summary.get("trial_adapted", 0.0),
            why="" if kept else str(summary.get("adapting", "")),
        )
    try:
        course = Training.of_work(store.work(work), catalogue.number)
    except FrontlineError as error:
        return TrainingOut(state="waiting", catalogue=catalogue.number, why=str(error))
    return TrainingOut.of_training(course)
