"""``frontline suggest``: further questions for entries, put into words by the language model.

Nothing is published: what passes the checks of ``intents.evaluation.suggesting`` is written as a
table that the operator reads, edits and seeds.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import difflib
import io
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import asdict
from pathlib import Path

from cache_seed.cells import inert
from cache_seed.columns import COLUMNS
from cache_seed.table import write
from gateway.commands.console import dump, note, progress
from gateway.commands.parts import live_catalogue, opened_encoder, opened_store
from gateway.core.race.attempts import AttemptFailure, Piece, PieceKind
from gateway.errors import NotFound, ProviderFailed, UsageError
from gateway.ports.models import AnswerFailed, ChatFailed, ChatModel, ChatRequest
from gateway.ports.progress import Progress
from gateway.ports.store import Entry
from gateway.settings.schema.reading import variable
from gateway.settings.whole import Settings
from gateway.shell.catalogue.tenants import prepare
from gateway.wiring.factories import models_of
from intents.decision import Kind
from intents.evaluation.suggesting import Checked, Suggesting, proposals

AT_ONCE = 4
"""Requests under way."""
DEADLINE = 60.0
"""Seconds for one answer of a model, to its end."""
ATTEMPTS = 3
"""Rounds of asking for one entry, each model once in a round."""
PAUSE = 1.0
"""Seconds before the second round, if no provider says how long; twice that before the third."""
LONGEST_PAUSE = 30.0
LONGEST_ANSWER = 20_000
"""Characters of an answer that are read."""
TOKENS = 400
TOKENS_EACH = 40
"""Most a model may answer: so many, and for each question."""
TEMPERATURE = 0.8
"""Higher than for callers: what is wanted is variety, and all of it is checked."""

SHOWN_QUESTIONS = 40
SHOWN_ANSWER = 1000
SHOWN_OTHERS = 12
"""The most questions shown in a prompt of an entry, and of what it must not mean."""
REJECTED = 20
"""Rejected ones printed for a person; --json has them all."""

TASK = (
    "You help to prepare a telephone service that recognises what callers ask. You are given the "
    "questions of one entry, its answer, and questions that mean something else. Write {number} "
    "other ways in which callers would ask the same on the telephone, as a speech recogniser "
    "writes them down: lower case, plain spoken English, short. Vary them: casual and formal, "
    "questions and plain statements of a need, other words and other order than those given. Do "
    "not change what is asked: keep every condition, number, day, product and place, and add "
    "none; the answer must fit each of them. No greetings, no names, no personal data. Answer "
    "with a JSON list of {number} strings and with nothing else."
)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Ask, check, write. 1 if the model failed; what had come by then is written all the same."""
    llm = settings.llm
    if args.output and not Path(args.output).absolute().parent.is_dir():
        raise UsageError(f"there is no folder for {args.output}: make it first")
    if not (lanes := models_of(settings)):
        raise UsageError(
            f"no language model is configured: set {variable('llm', 'primary_key')} in the "
            "environment, or llm.primary_base_url"
        )
    with opened_store(settings, read_only=True) as store:
        catalogue = live_catalogue(store, settings.tenant.default)
    encoder = opened_encoder(settings)
    chosen = choose(catalogue.entries, args.entry, args.limit)
    serving = prepare(catalogue, encoder)
    suggesting = Suggesting(serving.matcher, encoder, personal=serving.redactor.names_somebody)
    temperature = None if llm.temperature < 0 else TEMPERATURE
    requests = {
        entry.id: request_for(
            entry, suggesting.rivals(entry.id, SHOWN_OTHERS), args.per_entry, temperature
        )
        for entry in chosen
    }
    asking = ModelQueue([models["deep"] for models in lanes], requests)
    with progress() as tell:
        try:
            asyncio.run(asking.all(tell))
        except KeyboardInterrupt:
            asking.failed = "interrupted"
        found: dict[str, Checked] = {}
        came = [entry.id for entry in chosen if entry.id in asking.answers]
        for done, name in enumerate(came, 1):
            wanted = proposals(asking.answers[name], 2 * args.per_entry)
            found[name] = suggesting.check(name, wanted)
            tell("checking the answers", done, len(came))
    report(args, catalogue.entries, found, asking.failed)
    if asking.failed:
        kept = f"what came for {len(found)} of {len(chosen)} entries was kept"
        raise ProviderFailed(f"{asking.failed}; {kept}")
    if not any(one.accepted or one.rejected for one in found.values()):
        raise ProviderFailed("the model's answers held no questions: try another model")
    return 0


def choose(entries: Sequence[Entry], ids: Sequence[str], limit: int) -> list[Entry]:
    """The entries named, as named; else those with the fewest questions. Raises ``NotFound``."""
    if not ids:
        return sorted(entries, key=lambda one: len(one.questions))[:limit]
    known = {entry.id: entry for entry in entries}
    for name in ids:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"; did you mean {near[0]}?" if near else ": see frontline export"
            raise NotFound(f"there is no entry {name}{hint}")
    return [known[name] for name in dict.fromkeys(ids)]


# --- asking --------------------------------------------------------------------------------------


def request_for(
    entry: Entry, rivals: Sequence[str], number: int, temperature: float | None
) -> ChatRequest:
    """The request to a model for one entry. ``rivals``: similar questions of other entries."""
    said = {
        "questions": entry.questions[:SHOWN_QUESTIONS],
        "answer": entry.answer[:SHOWN_ANSWER],
        "means something else": [*entry.counter_examples, *rivals][:SHOWN_OTHERS],
    }
    task, asked = TASK.format(number=number), json.dumps(said, ensure_ascii=False)
    return ChatRequest(
        messages=({"role": "system", "content": task}, {"role": "user", "content": asked}),
        max_tokens=TOKENS + TOKENS_EACH * number,
        temperature=temperature,
        prompt_tokens=(len(task) + len(asked)) // 4,
    )


class ModelQueue:
    """Puts requests to models, a few at a time. Once an entry gets no answer no other is begun."""

    def __init__(self, models: Sequence[ChatModel], requests: Mapping[str, ChatRequest]) -> None:
        """``models`` by preference; ``requests`` by the entry's id."""
        self.answers: dict[str, str] = {}
        self.failed = ""
        """Why it ended early; empty if it did not."""
        self._models = list(models)
        self._of = len(requests)
        self._waiting = list(requests.items())[::-1]

    async def all(self, tell: Progress) -> None:
        """Ask for all entries; closes the models."""
        tell("asking the model", 0, self._of)
        closing = list(self._models)
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(AT_ONCE):
                    group.create_task(self._work(tell))
        finally:
            for model in closing:
                await model.close()

    async def _work(self, tell: Progress) -> None:
        while self._waiting and not self.failed:
            name, request = self._waiting.pop()
            try:
                self.answers[name] = await self._answer(request)
            except AnswerFailed as error:
                self.failed = str(error)
            tell("asking the model", len(self.answers), self._of)

    async def _answer(self, request: ChatRequest) -> str:
        """The first answer of any model. Raises ``AnswerFailed``."""
        reasons: list[tuple[str, AttemptFailure]] = []
        pause = PAUSE
        for attempt in range(ATTEMPTS):
            if attempt:
                await asyncio.sleep(min(pause, LONGEST_PAUSE))
            pause = PAUSE * 2**attempt
            for model in list(self._models):
                try:
                    return await _whole(model, request)
                except ChatFailed as error:
                    reasons.append((model.provider, error.reason))
                    if error.retry_after is not None:
                        pause = error.retry_after
                    if error.reason is AttemptFailure.REFUSED and model in self._models:
                        self._models.remove(model)  # nobody is to be refused once more
            if not self._models:
                break
        raise AnswerFailed(tuple(dict.fromkeys(reasons)), begun=False)


async def _whole(model: ChatModel, request: ChatRequest) -> str:
    """One answer, read to its end. Raises ``ChatFailed``."""
    text = ""
    try:
        async with asyncio.timeout(DEADLINE), aclosing(model.stream(request)) as stream:
            async for piece in stream:
                if isinstance(piece, Piece) and piece.kind is PieceKind.TEXT:
                    text += piece.text
                if len(text) > LONGEST_ANSWER:
                    break
    except TimeoutError:
        raise ChatFailed(AttemptFailure.SILENT) from None
    if not text.strip():
        raise ChatFailed(AttemptFailure.EMPTY)
    return text


# --- what comes out ------------------------------------------------------------------------------


def report(
    args: argparse.Namespace, entries: Sequence[Entry], found: Mapping[str, Checked], failed: str
) -> None:
    """The table to its file, else to standard output, unless that gets JSON; and what was
    rejected."""
    questions = {name: [one.question for one in it.accepted] for name, it in found.items()}
    text = merged(entries, questions) if args.merged else alone(questions)
    if args.output:
        Path(args.output).write_text(text, encoding="utf-8", newline="")
    if args.json:
        listed = [{"id": name, **asdict(checked)} for name, checked in found.items()]
        dump({"failed": failed, "entries": listed})
        return
    if not args.output:
        sys.stdout.write(text)
    accepted = [one for it in found.values() for one in it.accepted]
    rejected = [(name, one) for name, it in found.items() for one in it.rejected]
    for name, one in rejected[:REJECTED]:
        note(f'rejected for {name}: "{one.question}": {one.reason}')
    if len(rejected) > REJECTED:
        note(f"and {len(rejected) - REJECTED} more of these; --json shows all")
    for name, it in found.items():
        if not (it.accepted or it.rejected):
            note(f"{name}: the model's answer held no questions")
    missed = sum(one.now in (Kind.MISS, Kind.CLARIFY) for one in accepted)
    where = f": {args.output}" if args.output else ""
    note(
        f"{len(accepted)} suggestions for {len(found)} entries, {missed} of them not answered "
        f"today; {len(rejected)} rejected{where}"
    )


def alone(questions: Mapping[str, Iterable[str]]) -> str:
    """The suggestions by themselves, a row each: rows to be put under a table."""
    rows = [(inert(name), inert(one), "") for name, some in questions.items() for one in some]
    return _table([("id", "question", "answer"), *rows])


def merged(entries: Iterable[Entry], questions: Mapping[str, Iterable[str]]) -> str:
    """All entries as ``frontline export`` writes them, each followed by its suggestions as rows
    that hold only id and question."""
    listed = list(entries)
    header, *rows = csv.reader(io.StringIO(write(listed)))
    every: list[Sequence[str]] = [header]
    for entry, row in zip(listed, rows, strict=True):
        every.append(row)
        for question in questions.get(entry.id, ()):
            cells = {"id": entry.id, "question": question}
            every.append([inert(cells.get(column, "")) for column in COLUMNS])
    return _table(every)


def _table(rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
