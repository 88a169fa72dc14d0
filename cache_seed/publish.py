"""The whole way: a table in, a published catalogue out. The catalogue before it serves until the
very last step, and goes on serving if anything on the way fails.

::

    table -> entries -+-> knowledge -> near conflicts -+-> publish (atomic)
                      +-> clips -----------------------+

Nothing is published if a row is bad, unless ``skip_bad``. The same table again changes nothing:
the live catalogue keeps its number and no clip is rendered, except those lost from the store.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from cache_seed import table
from cache_seed.cells import RowError
from cache_seed.conflicts import MOST_QUESTIONS, near_conflicts
from cache_seed.entries import Conflict
from cache_seed.flags import digest, flagged
from cache_seed.press import Press, item
from cache_seed.recipe import Recipe
from cache_seed.render import Rendering, missing, render
from cache_seed.report import Outcome, SeedReport
from cache_seed.standing import ATTEMPTS, Standing, always_overtaken, replaced, standing
from gateway.errors import DataError, Overtaken
from gateway.live.rules import mistake_of
from gateway.ports.progress import Progress
from gateway.ports.store import Catalogue, Draft, Entry, Store
from gateway.ports.work import TRAINING
from intents.learning.fitting import TO_COME
from intents.learning.knowledge import Knowledge, KnowledgeError
from intents.models.encoder import Encoder, Vectors
from intents.text.spoken import canonical

__all__ = ["Outcome", "SeedReport", "republish", "seed"]


def seed(
    source: Path | bytes,
    recipe: Recipe,
    *,
    store: Store,
    encoder: Encoder,
    name: str = "",
    skip_bad: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> SeedReport:
    """Publish the table in a file, or in the bytes of one, and return the report.

    ``name``: the source's name in the catalogue; the file's name if empty. ``skip_bad``: publish
    the good rows where others are bad. ``dry_run``: publish nothing.

    The table is all that is live afterwards; entries that others have published since this began
    are replaced too, and warned of. Errors of rows are in the report. Raises ``DataError`` if the
    file cannot be read at all, ``ProviderFailed`` if no voice can speak, ``StoreFailed`` if nothing
    can be stored, ``Overtaken`` if others publish all the time.
    """
    before = standing(store, recipe.tenant)
    press = Press(recipe=recipe, store=store, encoder=encoder)
    job = _Job(press, name or _name(source), before, dry_run, progress or _silent)
    job.whole, job.skip_bad = True, skip_bad
    job.tell("reading the table", 0, 1)
    found = table.read(source, locale=recipe.locale)
    job.tell("reading the table", 1, 1)
    job.rows, job.row_lines = found.rows, found.lines
    job.errors += found.errors
    job.warnings += found.warnings
    job.conflicts += found.conflicts
    return job.run(found.entries)


def republish(
    change: Callable[[tuple[Entry, ...]], Iterable[Entry]],
    recipe: Recipe,
    *,
    store: Store,
    encoder: Encoder,
    source: str = "admin",
    dry_run: bool = False,
    progress: Progress | None = None,
) -> SeedReport:
    """Publish the live entries as ``change`` returns them, which is how one entry is edited.

    If others publish meanwhile, ``change`` is called again with the entries live then, so that no
    edit is lost. Errors as in ``seed``. Errors of entries carry line 0 and name the entry.
    """
    press = Press(recipe=recipe, store=store, encoder=encoder)
    for _ in range(ATTEMPTS):
        before = standing(store, recipe.tenant)
        good, errors, warnings = table.checked(change(before.entries))
        job = _Job(press, source, before, dry_run, progress or _silent)
        job.rows = len(good)
        job.errors += errors
        job.warnings += warnings
        try:
            return job.run(good)
        except Overtaken:
            continue
    raise always_overtaken(recipe.tenant)


COLUMNS = {"entry": "answer", "part": "answer", "fallback": "fallback", "label": "intent"}
"""The column that a clip's text is from, by the kind of its key."""


class _GivenUp(Exception):
    """The work is no longer wanted."""


class _Job:
    """One seeding, from entries to the live catalogue."""

    def __init__(
        self, press: Press, source: str, before: Standing, dry_run: bool, tell: Progress
    ) -> None:
        self.press = press
        self.source = source
        self.before = before
        self.whole = False
        """A whole table replaces whatever is live; an edit must be of what is live."""
        self.skip_bad = False
        self.dry_run = dry_run
        self._tell = tell
        self._given_up = False
        self.began = time.monotonic()
        self.rows = 0
        self.row_lines: Mapping[str, int] = {}
        self.errors: list[RowError] = []
        self.warnings: list[RowError] = []
        self.conflicts: list[Conflict] = []
        self.flags = flagged(press.store, press.recipe.tenant)
        if before.damage:
            reason, mend = f"the live catalogue is damaged ({before.damage})", "it is replaced"
            self.warnings.append(RowError(0, "", reason, f"{mend} by this one"))

    def run(self, entries: tuple[Entry, ...]) -> SeedReport:
        entries = self._sayable(entries)
        if not entries and not self.errors:
            self.errors.append(RowError(0, "", "there are no entries", "add at least one row"))
        if not entries or (self.errors and not self.skip_bad):
            return self._report(Outcome.REFUSED, entries)
        live = self.before.catalogue
        if live is not None and self._is_same(live, entries):
            rendering = self._render(entries, self.tell) if not self.dry_run else None
            if rendering is None or not rendering.failures:
                return self._report(Outcome.UNCHANGED, entries, rendering, live.summary)
        if self.dry_run:
            knowledge = self._understand(entries)
            return self._report(Outcome.CHECKED, entries, None, knowledge.summary)
        knowledge, rendering = self._both(entries)
        if rendering.failures:
            spoken = self._without_failures(entries, rendering)
            if not spoken or not self.skip_bad:
                return self._report(Outcome.REFUSED, entries, rendering)
            entries, knowledge = spoken, self._known(spoken)
        return self._publish(entries, knowledge, rendering)

    def tell(self, what: str, done: int, of: int) -> None:
        """Tell of a step. Raises ``_GivenUp`` in the thread whose work is no longer wanted."""
        if self._given_up:
            raise _GivenUp
        self._tell(what, done, of)

    def _sayable(self, entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
        """The entries whose live values, if they have any, can be looked up and said."""
        bad = set()
        for entry in entries:
            wrong = mistake_of(entry, self.press.recipe.values)
            if wrong is not None:
                bad.add(entry.id)
                line, reason = self.row_lines.get(entry.id, 0), f"entry {entry.id}: {wrong.reason}"
                self.errors.append(RowError(line, wrong.column, reason, wrong.mend))
        return tuple(entry for entry in entries if entry.id not in bad) if bad else entries

    # --- steps -----------------------------------------------------------------------------------

    def _is_same(self, live: Catalogue, entries: tuple[Entry, ...]) -> bool:
        """Return whether publishing would change nothing that a caller can notice."""
        if live.entries != entries or live.summary.get("made_with") != self.press.made_with():
            return False
        if TRAINING in live.summary and not self.press.recipe.behind:
            return False  # it is to be trained now
        if live.summary.get("flags") != digest(self.flags):
            return False
        return self.press.would_sound(live, entries)

    def _both(self, entries: tuple[Entry, ...]) -> tuple[Knowledge, Rendering]:
        """Knowledge and clips, at the same time: the one is a core's work here, the other is done
        by processes of its own. Rendering stays in this thread, where Ctrl-C arrives."""
        with ThreadPoolExecutor(1, "understanding") as thread:
            knowledge = thread.submit(self._understand, entries)

            def tell(what: str, done: int, of: int) -> None:
                self.tell(what, done, of)
                if knowledge.done():
                    knowledge.result()  # if it failed, the rest need not be rendered

            try:
                rendering = self._render(entries, tell)
                return knowledge.result(), rendering
            except BaseException:  # Ctrl-C above all: nobody waits a minute for the training
                self._given_up = True
                raise

    def _understand(self, entries: Sequence[Entry]) -> Knowledge:
        """The knowledge; tells of near conflicts in it."""
        knowledge = self._known(entries)
        if len(knowledge.vectors) > MOST_QUESTIONS:
            reason = f"more than {MOST_QUESTIONS:,} questions: near conflicts were not looked for"
            self.warnings.append(RowError(0, "", reason, "split the table among several tenants"))
        else:
            vectors = self._published(entries, knowledge)
            self.conflicts += near_conflicts(
                entries, vectors, knowledge.rows, self.row_lines, self.tell
            )
        return knowledge

    def _published(self, entries: Sequence[Entry], knowledge: Knowledge) -> Vectors:
        """The questions as the published encoder sees them: its cosines are on a known scale."""
        if not knowledge.top:
            return knowledge.vectors
        texts = [canonical(entries[entry].questions[number]) for entry, number in knowledge.rows]
        return self.press.encoder.embed(texts)

    def _known(self, entries: Sequence[Entry]) -> Knowledge:
        recipe = self.press.recipe
        try:
            return Knowledge.build(
                [item(entry) for entry in entries],
                self.press.encoder,
                aim=recipe.aim,
                adapt="later" if recipe.adapt and recipe.behind else recipe.adapt,
                flags=self.flags,
                earlier=self._earlier(),
                progress=self.tell,
            )
        except KnowledgeError as error:
            raise DataError(str(error)) from error

    def _earlier(self) -> Knowledge | None:
        """The live knowledge, if it was made with the same ingredients, which makes an edit quick;
        else None.
        """
        live = self.before.catalogue
        if live is None or live.summary.get("made_with") != self.press.made_with():
            return None
        try:
            return Knowledge.from_bytes(live.knowledge)
        except KnowledgeError:  # damaged: it is about to be replaced
            return None

    def _render(self, entries: Sequence[Entry], tell: Progress) -> Rendering:
        return render(self.press.spoken(entries), self.press.store, self.press.recipe.voicing, tell)

    def _without_failures(
        self, entries: Sequence[Entry], rendering: Rendering
    ) -> tuple[Entry, ...]:
        """The entries that can be spoken; none if a system line cannot. Tells of the others."""
        bad = set()
        lines_failed = False
        for failure in rendering.failures:
            kind, _, name = failure.key.partition(":")
            lines_failed |= kind == "line"
            bad.add(name)
            what = COLUMNS.get(kind.rstrip("0123456789"), f"lines.{name}")
            where = 0 if kind == "line" else self.row_lines.get(name, 0)
            whose = "" if kind == "line" else f" of entry {name}"
            reason = f"the text{whose} cannot be spoken: {failure.reason}"
            self.errors.append(RowError(where, what, reason, "change the text or the voice"))
        return () if lines_failed else tuple(entry for entry in entries if entry.id not in bad)

    def _publish(
        self, entries: tuple[Entry, ...], knowledge: Knowledge, rendering: Rendering
    ) -> SeedReport:
        wanted = {line.key for line in self.press.spoken(entries)}
        self.tell("publishing", 0, 1)
        draft = Draft(
            tenant=self.press.recipe.tenant,
            entries=entries,
            clips={key: clip for key, clip in rendering.clips.items() if key in wanted},
            knowledge=knowledge.to_bytes(),
            summary={
                **knowledge.summary,
                "made_with": self.press.made_with(),
                "flags": digest(self.flags),
                **self._training(knowledge),
            },
            source=self.source,
        )
        number = self._made_live(draft)
        self.tell("publishing", 1, 1)
        return self._report(Outcome.PUBLISHED, entries, rendering, knowledge.summary, number)

    def _training(self, knowledge: Knowledge) -> dict[str, str]:
        """The name of the training that is to come: that of the live catalogue, if its calibration
        was taken over."""
        if knowledge.summary["adapting"] != TO_COME:
            return {}
        live = self.before.catalogue
        taken_over = live is not None and "changed" in knowledge.summary
        name = live.summary.get(TRAINING) if live is not None and taken_over else None
        return {TRAINING: name or uuid.uuid4().hex}

    def _made_live(self, draft: Draft) -> int:
        """Publish the draft and return its number. Raises ``Overtaken``."""
        for _ in range(ATTEMPTS):
            try:
                return self.press.store.publish(draft, self.before.number)
            except Overtaken:
                if not self.whole:
                    raise
                now = standing(self.press.store, self.press.recipe.tenant)
                if TRAINING in draft.summary:  # what it waited for may be what has come
                    named = {**draft.summary, TRAINING: uuid.uuid4().hex}
                    draft = replace(draft, summary=named)
                self.warnings += replaced(self.before, now, draft.entries)
                self.before = now
        raise always_overtaken(self.press.recipe.tenant)

    def _report(
        self,
        outcome: Outcome,
        entries: Sequence[Entry],
        rendering: Rendering | None = None,
        summary: Mapping[str, Any] | None = None,
        number: int | None = None,
    ) -> SeedReport:
        figures: dict[str, Any] = {}
        if rendering is not None:
            names = ("rendered", "reused", "rendered_s", "audio_s")
            figures = {name: getattr(rendering, name) for name in names}
        elif outcome is Outcome.CHECKED:
            press = self.press
            total, absent = missing(press.spoken(entries), press.store, press.recipe.voicing)
            figures = {"rendered": absent, "reused": total - absent}
        wall = time.monotonic() - self.began
        return SeedReport(
            tenant=self.press.recipe.tenant,
            source=self.source,
            outcome=outcome,
            catalogue=number or self.press.store.live_number(self.press.recipe.tenant),
            rows=self.rows,
            entries=len(entries),
            questions=sum(len(entry.questions) for entry in entries),
            wall_s=wall,
            x_realtime=figures.get("rendered_s", 0.0) / max(wall, 1e-9),
            errors=tuple(self.errors),
            conflicts=tuple(self.conflicts),
            warnings=tuple(self.warnings),
            summary=summary or {},
            **figures,
        )


def _name(source: Path | bytes) -> str:
    return source.name if isinstance(source, Path) else "upload"


def _silent(what: str, done: int, of: int) -> None:
    """Report progress to nobody."""
