"""Training behind the calls: what was published untrained, trained and published again.

A catalogue that waits for its training says so in its summary, so that any process, now or after
a restart, finds it. The work is claimed in the store: of all processes one trains, tells there how
far it is, and if it is killed another begins again once its claim has ended. What comes of it is
published whole, and only over the catalogue that it was made of: an edit that was published
meanwhile takes over the trained layers and keeps its words, and over another table, or after a
rollback, nothing is published.
"""

from __future__ import annotations

import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

from cache_seed.flags import digest, flagged
from cache_seed.press import item
from cache_seed.standing import ATTEMPTS, Standing, always_overtaken, standing
from gateway.errors import DataError, Overtaken, StoreFailed
from gateway.ports.progress import Progress
from gateway.ports.store import Catalogue, Draft, Store
from gateway.ports.work import MOST_BEGUN, Training, training_of
from intents.learning.calibration import Aim
from intents.learning.fitting import DID_NOT_PAY, KEPT, Adapt
from intents.learning.knowledge import Knowledge, KnowledgeError
from intents.models.encoder import Encoder

HELD = 60.0
"""Seconds that a claim lasts without a word: after them, one that was killed is begun again."""
TELL_EVERY, LOOK_EVERY = 5.0, 0.2
"""Seconds between two words, and between two looks at whether it is to stop."""
OF_TRAINING = "training the encoder"
"""The step whose progress is told in the store."""


class Stopped(Exception):
    """The training is no longer wanted, or no longer ours."""


@dataclass(frozen=True, kw_only=True)
class Trainer:
    """Trains one tenant's catalogue."""

    tenant: str
    store: Store
    encoder: Encoder
    gently: bool = True
    """With one thread, beside others' work."""
    stop: threading.Event
    """Set: it ends at its next step, and the work is given back."""

    def train(self, progress: Progress) -> Training | None:
        """Train what is live, if it waits for that and nobody else is at it; None if not.

        Raises ``Stopped`` if it was told to stop, and whatever goes wrong: that is told in the
        store too, and it is tried again ``MOST_BEGUN`` times in all.
        """
        before = standing(self.store, self.tenant)
        if before.catalogue is None:
            return None
        work = training_of(self.tenant, before.catalogue.summary)
        if not work:
            return None
        course = Training.of_work(self.store.work(work), before.number)
        if course.state in ("published", "did not pay"):
            return None
        begun = 1 if course.state == "given up" else course.begun + 1  # given up: asked for by hand
        course = Training(catalogue=before.number, state="running", begun=begun)
        with _claimed(self.store, work, course, self.stop) as claim:
            if claim is None:
                return None
            return self._trained(before, work, claim, progress)

    def _trained(
        self, before: Standing, work: str, claim: _Claim, progress: Progress
    ) -> Training | None:
        def tell(what: str, done: int, of: int) -> None:
            claim.check()
            if what == OF_TRAINING:
                claim.course = replace(claim.course, done=done, of=of)
            progress(what, done, of)

        earlier: Knowledge | None = None
        for _ in range(ATTEMPTS):
            catalogue = before.catalogue
            if catalogue is None or training_of(self.tenant, catalogue.summary) != work:
                return claim.over("overtaken", why=f"catalogue {before.number} is live")
            draft, knowledge = self._draft(catalogue, earlier, tell)
            shares = {
                "before": knowledge.summary.get("trial_published", 0.0),
                "after": knowledge.summary.get("trial_adapted", 0.0),
            }
            if knowledge.summary["adapting"] == DID_NOT_PAY:
                return claim.over("did not pay", **shares)
            if knowledge.summary["adapting"] != KEPT:
                return claim.over("waiting", why=knowledge.summary["adapting"])
            claim.check()
            try:
                number = self.store.publish(draft, before.number)
            except Overtaken:
                before, earlier = standing(self.store, self.tenant), knowledge
                continue
            return claim.over("published", live=number, **shares)
        raise always_overtaken(self.tenant)

    def _draft(
        self, catalogue: Catalogue, earlier: Knowledge | None, tell: Progress
    ) -> tuple[Draft, Knowledge]:
        """The catalogue with trained knowledge: the same entries, clips and aim."""
        flags = flagged(self.store, self.tenant)
        made_with = catalogue.summary["made_with"]
        adapt: Adapt = "gently" if self.gently else True
        try:
            knowledge = Knowledge.build(
                [item(entry) for entry in catalogue.entries],
                self.encoder,
                aim=Aim(*made_with["aim"]),
                adapt=adapt,
                flags=flags,
                earlier=earlier,
                progress=tell,
            )
        except KnowledgeError as error:
            raise DataError(str(error)) from error
        draft = Draft(
            tenant=self.tenant,
            entries=catalogue.entries,
            clips=catalogue.clips,
            knowledge=knowledge.to_bytes(),
            summary={
                **knowledge.summary,
                "made_with": made_with,
                "flags": digest(flags),
                "untrained": catalogue.number,
            },
            source=catalogue.source,
        )
        return draft, knowledge


class _Claim:
    """The work while it is ours. A thread keeps it and tells how far it is."""

    def __init__(self, store: Store, work: str, course: Training, stop: threading.Event) -> None:
        self.course = course
        self._store = store
        self._work = work
        self._stop = stop
        self._owner = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._lost = False
        self._ended = threading.Event()

    def take(self, seconds: float = HELD) -> bool:
        return self._store.claim(self._work, self._owner, seconds, self.course.as_json())

    def keep(self) -> None:
        """Keep it until it is over; a store that is away is asked again. Told to stop, give it back
        at once: the training itself ends at its next step only, and may be killed before."""
        due = time.monotonic() + TELL_EVERY
        while not self._ended.wait(min(LOOK_EVERY, TELL_EVERY)):
            with suppress(StoreFailed):
                if self._stop.is_set():
                    self.given_back()
                    return
                if time.monotonic() >= due:
                    self._lost = not self.take()
                    due = time.monotonic() + TELL_EVERY

    def given_back(self) -> None:
        """Tell that it is to be begun again, and that nobody is at it."""
        begun = max(0, self.course.begun - 1)
        self.course = Training(catalogue=self.course.catalogue, begun=begun)
        self.take(0.0)

    def check(self) -> None:
        """Raises ``Stopped`` in the thread whose work is no longer wanted."""
        if self._stop.is_set() or self._lost:
            raise Stopped

    def over(self, state: str, **more: Any) -> Training:
        """The end: told with the claim given back."""
        self.course = replace(self.course, state=state, begun=0, **more)
        return self.course

    def end(self) -> None:
        self._ended.set()


@contextmanager
def _claimed(
    store: Store, work: str, course: Training, stop: threading.Event
) -> Iterator[_Claim | None]:
    """The work, claimed for as long as the block runs; None if another has it."""
    claim = _Claim(store, work, course, stop)
    if not claim.take():
        yield None
        return
    keeper = threading.Thread(target=claim.keep, name="keep the claim", daemon=True)
    keeper.start()
    try:
        yield claim
    except Stopped:
        if claim.course.state == "running":
            claim.given_back()
        raise
    except BaseException as error:
        state = "failed" if course.begun < MOST_BEGUN else "given up"
        why = str(error) or type(error).__name__
        claim.course = replace(claim.course, state=state, why=why[:200])
        raise
    finally:
        claim.end()
        keeper.join()
        with suppress(StoreFailed):  # else the claim ends by itself
            claim.take(0.0)
