"""The training of a catalogue's encoder, as ``frontline seed`` tells of it and waits for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from cache_seed.training import OF_TRAINING, Trainer
from gateway.admin.people.lines import change
from gateway.commands.console import note, progress
from gateway.errors import NotFound
from gateway.ports.progress import Progress
from gateway.ports.store import Catalogue, Store
from gateway.ports.work import Training, training_of
from intents.models.encoder import Encoder

LOOK_EVERY = 1.0
"""Seconds between two looks at how far another process is."""


def how_it_stands(store: Store, tenant: str) -> Training | None:
    """The course of the training that the live catalogue waits for; None if it waits for none."""
    catalogue = _live(store, tenant)
    if catalogue is None or not (work := training_of(tenant, catalogue.summary)):
        return None
    return Training.of_work(store.work(work), catalogue.number)


def waited(
    store: Store, tenant: str, encoder: Encoder, sleep: Callable[[float], None] = time.sleep
) -> Training | None:
    """The course once it has come to its end: followed while another process trains, and trained
    here if none does. None if there is nothing to wait for."""
    with progress() as tell:
        return _waited(store, tenant, encoder, tell, sleep)


def _waited(
    store: Store, tenant: str, encoder: Encoder, tell: Progress, sleep: Callable[[float], None]
) -> Training | None:
    told = False
    work = ""
    while (live := _live(store, tenant)) is not None:
        own = training_of(tenant, live.summary)
        if not own:
            return _ended(store, work, live) if work else None
        work, found = own, store.work(own)
        course = Training.of_work(found, live.number)
        if course.state in ("published", "did not pay"):
            return course
        if found is not None and found.left:
            if not told:
                note("another process trains the encoder on it: waiting for that")
                told = True
            tell(OF_TRAINING, course.done, max(course.of, course.done + 1))
            sleep(LOOK_EVERY)
            continue
        trainer = Trainer(
            tenant=tenant, store=store, encoder=encoder, gently=False, stop=threading.Event()
        )
        done = trainer.train(tell)
        if done is not None and done.state == "published":
            told_as = f"catalogue {done.catalogue} with an encoder trained on it"
            store.note(change("frontline seed", "", "published", tenant, str(done.live), told_as))
        if done is not None and done.state != "overtaken":
            return done
    return None


def _ended(store: Store, work: str, live: Catalogue) -> Training:
    """Another process has ended it: what it told, or, where another catalogue is live by now,
    that."""
    course = Training.of_work(store.work(work), live.number)
    return course if course.over else Training(catalogue=live.number, state="overtaken")


def summary(course: Training | None) -> str:
    """The training as it stands, in a line."""
    if course is None:
        return "the encoder is not to be trained on it"
    gained = (
        f"of questions that neither had seen it could answer {course.after:.0%}, the published "
        f"one {course.before:.0%}"
    )
    match course.state:
        case "running":
            return f"the encoder is being trained on it: {course.done} of {course.of} steps"
        case "published":
            return f"catalogue {course.live} is live, with an encoder trained on it: {gained}"
        case "did not pay":
            return f"an encoder trained on it would not pay, and is not used: {gained}"
        case "overtaken":
            return "another catalogue is live: nothing came of the training"
        case "failed" | "given up":
            return f"the training of the encoder on it {course.state} ({course.why})"
    why = f" ({course.why})" if course.why else ""
    return (
        f"the encoder is not trained on it yet{why}: a server does that behind the calls; "
        "--wait does it now"
    )


def _live(store: Store, tenant: str) -> Catalogue | None:
    try:
        return store.load(tenant)
    except NotFound:
        return None
