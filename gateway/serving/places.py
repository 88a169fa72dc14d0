"""The connections of a server: how many there may be, which must make room, and which are overdue.

A full house refuses nobody who has something to say as long as somebody sits there who has not:
the one that has waited longest without a whole request makes room. So connections that are opened
and left cannot keep others out, also where all come from one address, that of a proxy.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Protocol

from gateway.serving.limits import Limits
from gateway.serving.proxies import Proxies

log = logging.getLogger("frontline.connections")

SAID_EVERY = 60.0
"""Seconds between two log lines."""
IPV6_SITE = 64
"""Bits of an IPv6 address that one customer of a provider shares; the rest he may choose."""


class Guest(Protocol):
    """A connection. Called on the event loop; must not block."""

    def look(self, now: float) -> None:
        """End what is overdue."""

    def leave(self) -> None:
        """Go, somebody else needs the place."""


@dataclass(slots=True)
class Place:
    """The place of one connection."""

    guest: Guest
    site: str


class Places:
    """All connections of a server, by their transport."""

    def __init__(
        self,
        limits: Limits,
        tell: Callable[[str], None] | None = None,
        proxies: Proxies | None = None,
    ) -> None:
        """``proxies``: connect for many callers, and are not counted as one."""
        self.limits = limits
        self.proxies = proxies or Proxies()
        self.tell = tell
        """Told each reason for which somebody is turned away."""
        self._places: dict[Hashable, Place] = {}
        self._waiting: dict[Hashable, None] = {}  # those without a whole request, longest first
        self._sites: Counter[str] = Counter()
        self._timer: asyncio.TimerHandle | None = None
        self._unsaid: Counter[str] = Counter()
        self._say_from = 0.0

    def __len__(self) -> int:
        return len(self._places)

    def enter(self, transport: Hashable, guest: Guest, address: str) -> bool:
        """Take a place; False if there is none to be had."""
        site = "" if self.proxies.trust(address) else site_of(address)
        own = bool(site) and self._sites[site] >= self.limits.per_address
        if own or len(self._places) >= self.limits.connections:
            self.refuse("address" if own else "full")
            if not self._make_room(site if own else ""):
                return False
        self._places[transport] = Place(guest, site)
        self._waiting[transport] = None
        self._sites[site] += 1
        if self._timer is None:
            self._arm()
        return True

    def _make_room(self, site: str) -> bool:
        """Close the connection that has waited longest, of that site or of all; False if none
        waits.
        """
        for transport in self._waiting:
            place = self._places[transport]
            if not site or place.site == site:
                self.leave(transport)
                place.guest.leave()
                return True
        return False

    def move(self, transport: Hashable, address: str) -> bool:
        """Count a proxy's connection as one of that caller's, or of nobody's where it is empty;
        False if the caller has no room."""
        place, site = self._places.get(transport), site_of(address)
        if place is None or place.site == site:
            return True
        if site and self._sites[site] >= self.limits.per_address:
            if not self._make_room(site):
                return False
            self.refuse("address")
        self._uncount(place)
        place.site = site
        self._sites[site] += 1
        return True

    def take_over(self, transport: Hashable, guest: Guest) -> None:
        """The connection goes on as another guest, with its request whole."""
        if (place := self._places.get(transport)) is not None:
            place.guest = guest
            self.busy(transport)

    def busy(self, transport: Hashable) -> None:
        """Note that a whole request head has arrived: the connection is no longer waiting."""
        self._waiting.pop(transport, None)

    def waits(self, transport: Hashable) -> None:
        """Note that every request has been answered and nothing is wanted now."""
        if transport in self._places:
            self._waiting[transport] = None

    def leave(self, transport: Hashable) -> None:
        """Give the place back. May be called again."""
        self._waiting.pop(transport, None)
        place = self._places.pop(transport, None)
        if place is not None:
            self._uncount(place)

    def _uncount(self, place: Place) -> None:
        self._sites[place.site] -= 1
        if not self._sites[place.site]:
            del self._sites[place.site]

    # --- what is overdue -------------------------------------------------------------------

    def _arm(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self.limits.sweep, self._sweep)

    def _sweep(self) -> None:
        now = asyncio.get_running_loop().time()
        for place in list(self._places.values()):
            place.guest.look(now)
        if self._unsaid and now >= self._say_from:
            self._say(now)
        self._timer = None
        if self._places or self._unsaid:
            self._arm()

    def refuse(self, reason: str) -> None:
        """Count a connection that is turned away or closed."""
        self._unsaid[reason] += 1
        if self.tell is not None:
            self.tell(reason)

    def _say(self, now: float) -> None:
        counted = ", ".join(f"{reason}: {count}" for reason, count in sorted(self._unsaid.items()))
        log.warning("connections refused or ended (%s); %d are open", counted, len(self))
        self._unsaid.clear()
        self._say_from = now + SAID_EVERY


def site_of(address: str) -> str:
    """The key under which an address is counted: for IPv6 the network assigned to one customer."""
    if ":" not in address:
        return address
    try:
        whole = ipaddress.IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    if whole.ipv4_mapped is not None:
        return str(whole.ipv4_mapped)
    return str(ipaddress.IPv6Network((whole, IPV6_SITE), strict=False).network_address)
