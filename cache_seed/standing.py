"""The catalogue that a publication builds on, and those that others publish meanwhile.

A catalogue takes seconds to minutes to build, and others may publish meanwhile: a colleague in
the admin API, another server, a seed. The store says so (``gateway.errors.Overtaken``) when the
catalogue that was built on is no longer the live one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cache_seed.cells import RowError
from gateway.errors import NotFound, Overtaken, StoreFailed
from gateway.ports.store import Catalogue, Entry, Store

ATTEMPTS = 5
"""Times a change is made again on what others have published meanwhile. An edit takes some seconds,
so only somebody who publishes all the time can overtake it that often."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The live catalogue of the store."""

    number: int
    """0 if nothing is."""
    catalogue: Catalogue | None = None
    damage: str = ""
    """Why the catalogue of that number cannot be read."""

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The live entries; empty where no catalogue is live. Raises ``StoreFailed`` if it is
        damaged.
        """
        if self.damage:
            raise StoreFailed(self.damage)
        return self.catalogue.entries if self.catalogue else ()


def standing(store: Store, tenant: str) -> Standing:
    """The tenant's live catalogue as it is now."""
    number = store.live_number(tenant)
    if number is None:
        return Standing(0)
    try:
        return Standing(number, store.load(tenant, number))
    except (NotFound, StoreFailed) as error:
        return Standing(number, damage=str(error))


def replaced(before: Standing, now: Standing, table: Sequence[Entry]) -> list[RowError]:
    """A warning for each change made live since ``before`` that publishing ``table`` undoes."""
    had, has, ours = (
        {entry.id: entry for entry in entries}
        for entries in (_known(before), _known(now), tuple(table))
    )
    undone = []
    for name in {**has, **had}:
        if had.get(name) == has.get(name) or ours.get(name) == has.get(name):
            continue
        what = "changed" if name in had and name in has else "added" if name in has else "removed"
        kept = "the table's is live" if name in ours else "the table has none"
        reason = f"entry {name} was {what} in catalogue {now.number} during this seed; {kept}"
        undone.append(RowError(0, "id", reason, "bring the table up to date and seed again"))
    return undone


def always_overtaken(tenant: str) -> Overtaken:
    """The end of the attempts."""
    text = f"nothing was published: others published catalogues of tenant {tenant!r} all the time"
    return Overtaken(f"{text} ({ATTEMPTS} times); try again later")


def _known(one: Standing) -> tuple[Entry, ...]:
    return one.catalogue.entries if one.catalogue else ()
