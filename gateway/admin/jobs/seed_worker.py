"""The process that builds and publishes a catalogue: ``python -m gateway.admin.jobs.seed_worker``.

One JSON order on standard input, JSON lines on standard output (``answers.Said``): steps, then the
report or an error. Run by ``jobs``; like the command line it ties the adapters together, and it is
imported by nothing that serves. What it publishes is published whole or not at all, so it may be
killed at any moment.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec

from cache_seed.entries import slug
from cache_seed.publish import republish, seed
from cache_seed.report import Outcome, SeedReport
from cache_seed.training import Stopped, Trainer
from gateway.adapters.store import open_store
from gateway.admin import etags
from gateway.admin.inputs import EntryIn, NewEntry
from gateway.admin.jobs.learning import Learner, begun, extended, turns_texts, wordings
from gateway.admin.outputs import Problem, Report, Said, Step, TrainingOut
from gateway.admin.wire import Refused, refusal_of
from gateway.errors import FrontlineError
from gateway.ports.progress import Progress
from gateway.ports.store import Entry, Store
from gateway.settings.whole import Settings
from gateway.wiring.voices import recipe_of
from intents.models.encoder import Encoder, ModelError

Say = Callable[[Said], None]

NICE = 10
"""The niceness that keeps this process behind the serving one where cores are short."""

LAST = 19
"""That of a training, which also gets only what no other process wants (``SCHED_IDLE``)."""

FIRST_TO_GO = "500"
"""The share of a training in what the kernel weighs, out of 1,000, where memory runs short."""

STOP = threading.Event()
"""Set by SIGTERM: a training ends at its next step, and gives its work back."""

STEP_EVERY = 0.1
"""Seconds between two steps of the same kind: nobody watches faster."""


class Order(msgspec.Struct, kw_only=True):
    """The order that a worker is given."""

    tenant: str
    settings: dict[str, Any]
    kind: str
    """``table``: publish the file ``table``; ``change``: one of ``add``, ``put``, ``delete``;
    ``edits``: all of ``puts`` and ``deletes``;
    ``train``: train what is live, if it waits for that;
    ``clusters``: group the misses; ``promote``: make misses part of ``entry`` or ``new``."""
    table: str = ""
    name: str = ""
    skip_bad: bool = False
    dry_run: bool = False
    add: EntryIn | None = None
    put: EntryIn | None = None
    delete: str = ""
    puts: list[EntryIn] = []
    deletes: list[str] = []
    states: dict[str, str] = {}
    """Entry -> the tag it must have for ``edits``; empty: it must not be there."""
    since: float = 0.0
    path: str = ""
    smallest: int = 2
    limit: int = 50
    note: str = ""
    """To be told with the groups."""
    cluster: str = ""
    match: list[str] = []
    """Tags of the state that a change is made on; empty: any."""
    absent: bool = False
    """A change that makes a new entry, and is not made where there is one."""
    turns: list[str] = []
    questions: list[str] = []
    entry: str = ""
    new: NewEntry | None = None


def main() -> int:
    """Do what standard input says; the exit status."""
    with _private_output() as say:
        os.nice(NICE)
        order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
        if order.kind == "train":
            step_back()
            signal.signal(signal.SIGTERM, lambda *_: STOP.set())
        say(answered(order, _progress(say)))
    return 0


def step_back() -> None:
    """Leave the cores and the memory to everybody else: all threads there are, and later ones."""
    for thread in map(int, os.listdir("/proc/self/task")):
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, thread, LAST)
            os.sched_setscheduler(thread, os.SCHED_IDLE, os.sched_param(0))
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(FIRST_TO_GO)


def answered(order: Order, progress: Progress) -> Said:
    """Return the outcome of the order, or the reason why there is none."""
    try:
        return _done(order, progress)
    except Refused as refused:
        return Said(error=refused.problem, status=refused.status)
    except ModelError as error:
        return Said(error=Problem(code="no_model", message=str(error)), status=503)
    except Stopped:
        return Said(error=Problem(code="stopped", message="it was told to stop"), status=503)
    except FrontlineError as error:
        known = refusal_of(error)
        return Said(error=known.problem, status=known.status)


@contextmanager
def _private_output() -> Iterator[Say]:
    """The line to the server; what anybody else prints goes to standard error."""
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)

        def say(what: Said) -> None:
            out.write(msgspec.json.encode(what) + b"\n")
            out.flush()

        yield say


def _progress(say: Say) -> Progress:
    last: tuple[str, float] = ("", 0.0)

    def tell(what: str, done: int, of: int) -> None:
        nonlocal last
        now = time.monotonic()
        if what != last[0] or done >= of or now - last[1] >= STEP_EVERY:
            last = (what, now)
            say(Said(step=Step(what=what, done=done, of=of)))

    return tell


def said(report: SeedReport, entry: str, added: int = 0) -> Said:
    """The report, or why the table was refused with what was found in it."""
    out = msgspec.convert(report.as_dict() | {"entry": entry, "added": added}, Report)
    if report.outcome is not Outcome.REFUSED:
        return Said(report=out)
    more = f" (and {len(report.errors) - 1} more)" if len(report.errors) > 1 else ""
    message = f"nothing was published: {report.errors[0]}{more}"
    if entry and report.conflicts:  # good by itself, but what is live answers that already
        return Said(error=Problem(code="taken", message=message), status=409, report=out)
    return Said(error=Problem(code="bad_data", message=message), status=422, report=out)


def _done(order: Order, progress: Progress) -> Said:
    """Return the outcome of the order."""
    settings = msgspec.convert(order.settings, Settings)
    store = open_store(settings.store.url, replica=settings.store.replica)
    try:
        encoder = Encoder(Path(settings.model.folder), settings.model.threads)
        if order.kind == "clusters":
            learner = _learner(order, store, encoder, progress)
            return Said(clusters=learner.clusters(order.smallest, order.limit, order.note))
        if order.kind == "train":
            return Said(training=trained(store, encoder, order.tenant, progress))
        recipe = recipe_of(settings, order.tenant)
        if order.kind == "table":
            report = seed(
                Path(order.table),
                recipe,
                store=store,
                encoder=encoder,
                name=order.name,
                skip_bad=order.skip_bad,
                dry_run=order.dry_run,
                progress=progress,
            )
            return said(report, "")
        edit = Edit(order)
        if order.kind == "promote":
            edit.questions = to_promote(store, encoder, order, progress)
        report = republish(
            edit,
            recipe,
            store=store,
            encoder=encoder,
            dry_run=order.dry_run,
            progress=progress,
        )
        return said(report, edit.name, edit.added)
    finally:
        store.close()


def trained(store: Store, encoder: Encoder, tenant: str, progress: Progress) -> TrainingOut:
    """Return what came of the training. Raises ``Refused`` if the packages cannot be imported,
    which may be because they are being installed, and as ``Trainer`` does."""
    try:
        for needed in ("onnx", "torch"):
            import_module(needed)
    except Exception as error:  # half of a package fails in many ways
        raise Refused(503, "no_torch", f"torch and onnx cannot be imported ({error})") from error
    done = Trainer(tenant=tenant, store=store, encoder=encoder, stop=STOP).train(progress)
    if done is None:
        return TrainingOut(state="elsewhere", catalogue=store.live_number(tenant) or 0)
    return TrainingOut.of_training(done)


def _learner(order: Order, store: Store, encoder: Encoder, progress: Progress) -> Learner:
    return Learner(store, order.tenant, encoder, order.since, order.path, progress)


# --- one entry -----------------------------------------------------------------------------------


class Edit:
    """Return the edit of one entry, to be made of what is live; again if others publish
    meanwhile."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self.questions: list[str] = []
        """The questions to be promoted."""
        self.name = ""
        """Id of the entry that was changed last."""
        self.added = 0
        """The number of questions that a promotion added to the entry."""

    def __call__(self, live: Sequence[Entry]) -> list[Entry]:
        """The live entries with the change made. Raises ``Refused``."""
        if self._order.kind == "change":
            entries, self.name = changed(list(live), self._order)
            return entries
        if self._order.kind == "edits":
            return edited(list(live), self._order)
        entries, self.name, self.added = promoted(list(live), self._order, self.questions)
        return entries


def changed(entries: list[Entry], order: Order) -> tuple[list[Entry], str]:
    """(the entries with the change made, id of the entry). Raises ``Refused``."""
    ids = [entry.id for entry in entries]
    named = order.delete or (order.put.id if order.put is not None else "")
    there = next((entry for entry in entries if entry.id == named), None)
    etags.check(order.match, there)
    if order.absent and there is not None:
        raise Refused(412, "changed", f"there is an entry {named!r} already", "If-None-Match")
    if order.delete:
        if order.delete not in ids:
            raise Refused(404, "not_found", f"there is no entry {order.delete!r}")
        if len(ids) == 1:
            raise Refused(409, "last", "a catalogue has an entry: add another one first")
        return [entry for entry in entries if entry.id != order.delete], order.delete
    if order.add is not None:
        return added_to(entries, order.add)
    assert order.put is not None, "a change says what it is"
    entry = _entry(order.put, ids)
    if entry.id in ids:
        return [entry if one.id == entry.id else one for one in entries], entry.id
    return [*entries, entry], entry.id


def edited(entries: list[Entry], order: Order) -> list[Entry]:
    """The entries with all changes made. Raises ``Refused``."""
    etags.check_all(order.states, entries)
    ids = {entry.id for entry in entries}
    if gone := [name for name in order.deletes if name not in ids]:
        raise Refused(404, "not_found", f"there is no entry {gone[0]!r}", "delete")
    new = {one.id: _entry(one, []) for one in order.puts}
    if both := [name for name in order.deletes if name in new]:
        raise Refused(409, "differs", f"entry {both[0]!r} is put and deleted", "delete")
    kept = [new.pop(one.id, one) for one in entries if one.id not in order.deletes]
    whole = [*kept, *new.values()]
    if not whole:
        raise Refused(409, "last", "a catalogue has an entry: add another one first")
    return whole


def added_to(entries: list[Entry], given: EntryIn) -> tuple[list[Entry], str]:
    """(the entries and this one, its id). Raises ``Refused`` (409) if its id is taken."""
    ids = [entry.id for entry in entries]
    if given.id in ids:
        raise Refused(409, "taken", f"there is an entry {given.id!r} already", "id")
    entry = _entry(given, ids)
    return [*entries, entry], entry.id


def to_promote(store: Store, encoder: Encoder, order: Order, progress: Progress) -> list[str]:
    """The wordings that were chosen. Raises ``Refused``."""
    texts = list(order.questions)
    texts += wordings(turns_texts(store, order.tenant, order.turns))
    if order.cluster:
        learner = _learner(order, store, encoder, progress)
        texts += wordings(learner.texts_of(order.cluster))
    return wordings(texts)


def promoted(
    entries: list[Entry], order: Order, questions: list[str]
) -> tuple[list[Entry], str, int]:
    """(the entries with the questions made part of one, its id, how many it got). Raises
    ``Refused``."""
    if order.new is None:
        whole, added = extended(entries, order.entry, questions)
        return whole, order.entry, added
    new = begun(order.new, questions)
    whole, name = added_to(entries, new)
    return whole, name, len(new.questions)


def _entry(given: EntryIn, taken: list[str]) -> Entry:
    name = given.id or _free(slug(given.questions[0]), taken)
    fields = msgspec.structs.asdict(given)
    lists = {key: tuple(value) for key, value in fields.items() if isinstance(value, list)}
    return Entry(**{**fields, **lists, "id": name, "intent": given.intent or name})


def _free(name: str, taken: list[str]) -> str:
    """The name, numbered if it is taken."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free


if __name__ == "__main__":
    sys.exit(main())
