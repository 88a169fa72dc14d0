"""Learning from misses: groups of them, and entries that take them in. Build time only: part of
the seeding process, imported by nothing that serves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice

from gateway.admin.inputs import MAX_QUESTIONS, EntryIn
from gateway.admin.misses import PAGE, PATHS, missed, still_open
from gateway.admin.outputs import ClusterOut, Clusters, NearestOut
from gateway.admin.reports import find_turn
from gateway.admin.wire import Refused
from gateway.errors import DataError, NotFound
from gateway.ports.progress import Progress
from gateway.ports.records import TurnQuery, TurnRecord
from gateway.ports.store import Catalogue, Entry, RecordStore, Store
from gateway.privacy.redactor import wording
from intents.evaluation.clusters import MOST, Cluster
from intents.evaluation.clusters import clusters as grouped
from intents.learning.knowledge import Knowledge, KnowledgeError
from intents.models.encoder import Encoder
from intents.text.spoken import canonical

READ = 50_000
"""Turns looked at for ``MOST`` misses."""

EXAMPLES = 5
TURNS = 100
"""Wordings and turns of a group that are told."""


class Learner:
    """One tenant's open misses, beside what is live."""

    def __init__(
        self, store: Store, tenant: str, encoder: Encoder, since: float, path: str, tell: Progress
    ) -> None:
        """Raises ``DataError`` if what is live was made with another encoder."""
        self.catalogue = _live(store, tenant)
        self.knowledge = _known(self.catalogue, encoder)
        self._tenant = tenant
        self._encoder = encoder
        self._tell = tell
        known = self.knowledge.exact if self.knowledge else {}
        asked = TurnQuery(tenant=tenant, paths=(path,) if path else PATHS, since=since, limit=PAGE)
        turns = (turn for turn in _newest(store, asked) if missed(turn) and still_open(turn, known))
        self.turns = list(islice(turns, MOST))

    def groups(self) -> list[Cluster]:
        """All groups of the misses, the largest first; members are numbers of ``turns``."""
        texts = [wording(turn.text) for turn in self.turns]
        return grouped(texts, self._encoder, self.knowledge, self._tell)

    def clusters(self, smallest: int, limit: int, note: str = "") -> Clusters:
        """The groups as they are told."""
        shown = [one for one in self.groups() if len(one.members) >= smallest][:limit]
        return Clusters(
            tenant=self._tenant,
            catalogue=self.catalogue.number if self.catalogue else 0,
            misses=len(self.turns),
            clusters=[self._told(one) for one in shown],
            left_out=len(self.turns) - sum(len(one.members) for one in shown),
            note=note,
        )

    def _told(self, one: Cluster) -> ClusterOut:
        members = [self.turns[number] for number in one.members]
        return ClusterOut(
            id=one.id,
            name=one.name,
            size=len(members),
            share=round(len(members) / len(self.turns), 6),
            examples=wordings(turn.text for turn in members)[:EXAMPLES],
            turns=[turn.id for turn in members[:TURNS]],
            nearest=self._nearest(one),
            suggestion="extend" if one.extends else "new",
        )

    def _nearest(self, one: Cluster) -> NearestOut | None:
        if one.nearest is None or self.catalogue is None:
            return None
        intents = {entry.id: entry.intent for entry in self.catalogue.entries}
        return NearestOut(
            entry=one.nearest.entry,
            intent=intents[one.nearest.entry],
            question=one.nearest.question,
            similarity=round(one.nearest.similarity, 4),
        )

    def texts_of(self, cluster: str) -> list[str]:
        """Return the questions asked in that group, the most central first. Raises ``Refused``
        (404)."""
        for one in self.groups():
            if one.id == cluster:
                return [self.turns[number].text for number in one.members]
        message = f"there is no cluster {cluster!r} now: list them again, or name its turns"
        raise Refused(404, "not_found", message, "cluster")


def _live(store: Store, tenant: str) -> Catalogue | None:
    try:
        return store.load(tenant)
    except NotFound:
        return None


def _known(catalogue: Catalogue | None, encoder: Encoder) -> Knowledge | None:
    if catalogue is None:
        return None
    try:
        knowledge = Knowledge.from_bytes(catalogue.knowledge)
    except KnowledgeError as error:
        raise DataError(str(error)) from error
    if knowledge.fingerprint != encoder.fingerprint:
        raise DataError("the catalogue was seeded with another encoder: seed again")
    return knowledge


def _newest(store: RecordStore, query: TurnQuery) -> Iterable[TurnRecord]:
    for _ in range(0, READ, query.limit):
        turns = store.turns(query)
        yield from turns
        if len(turns) < query.limit:
            return
        query = replace(query, before=turns[-1].id)


def wordings(texts: Iterable[str]) -> list[str]:
    """The texts as questions of an entry: without placeholders, those that say the same once, in
    their order."""
    found: dict[str, str] = {}
    for text in texts:
        asked = wording(text)
        if key := canonical(asked):
            found.setdefault(key, asked)
    return list(found.values())


def turns_texts(store: RecordStore, tenant: str, names: Sequence[str]) -> list[str]:
    """Return the questions asked in these turns. Raises ``Refused`` (404) for one that is not the
    tenant's."""
    texts = []
    for name in names:
        try:
            turn = find_turn(store, name)
        except NotFound:
            turn = None
        if turn is None or turn.tenant != tenant:
            raise Refused(404, "not_found", f"tenant {tenant} has no turn {name!r}", "turns")
        texts.append(turn.text)
    return texts


# --- the entry -------------------------------------------------------------------------------


def extended(
    entries: Sequence[Entry], name: str, questions: Sequence[str]
) -> tuple[list[Entry], int]:
    """(the entries, with these questions added to that one; how many were new to it). Raises
    ``Refused``."""
    old = next((entry for entry in entries if entry.id == name), None)
    if old is None:
        raise Refused(404, "not_found", f"there is no entry {name!r}", "entry")
    known = {canonical(question) for question in old.questions}
    new = [question for question in questions if canonical(question) not in known]
    if len(old.questions) + len(new) > MAX_QUESTIONS:
        message = f"entry {name} would have more than {MAX_QUESTIONS} questions: name fewer turns"
        raise Refused(409, "too_many", message, "turns")
    entry = replace(old, questions=(*old.questions, *new))
    return [entry if one is old else one for one in entries], len(new)


def begun(given: EntryIn, questions: Sequence[str]) -> EntryIn:
    """The new entry with these questions after its own. Raises ``Refused``."""
    own = wordings(given.questions)
    known = {canonical(question) for question in own}
    whole = [*given.questions, *(one for one in questions if canonical(one) not in known)]
    if not whole:
        raise Refused(409, "nothing", "nothing was asked there that could be a question", "turns")
    fields = {name: getattr(given, name) for name in EntryIn.__struct_fields__}
    return EntryIn(**{**fields, "questions": whole[:MAX_QUESTIONS]})
