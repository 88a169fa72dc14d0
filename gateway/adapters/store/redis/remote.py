"""Catalogues, standings and clips as Redis holds them."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

from gateway.adapters.store import codec
from gateway.adapters.store.clips import decode, encode
from gateway.adapters.store.codec import storable
from gateway.adapters.store.redis import scripts
from gateway.adapters.store.redis.address import Keys
from gateway.adapters.store.redis.copy import Stored
from gateway.adapters.store.redis.lineage import Standing
from gateway.adapters.store.redis.link import Link
from gateway.errors import StoreFailed
from gateway.ports.people import Role, Token
from gateway.ports.sound import Clip, ClipAudio
from gateway.ports.work import Work

log = logging.getLogger(__name__)

_AT_ONCE = 500
"""Questions sent together."""


class Damaged(StoreFailed):
    """The catalogue that Redis holds is cut or changed."""


class Remote:
    """Redis, in our words. Every failure is ``StoreFailed``."""

    def __init__(self, link: Link, prefix: str) -> None:
        self.link = link
        self.keys = Keys(prefix)

    # --- tenants -------------------------------------------------------------------------------

    def tenants(self) -> list[str]:
        """All tenants that were ever written, with or without a catalogue."""
        found = self.link.quick(lambda client: client.smembers(self.keys.tenants))
        return sorted(name.decode() for name in found)

    def standings(self) -> dict[str, Standing]:
        """The standing of every tenant."""

        names = self.tenants()

        def look(client: Any) -> dict[str, Standing]:
            pipe = client.pipeline(transaction=False)
            for name in names:
                pipe.hgetall(self.keys.of(name, "standing"))
            return dict(zip(names, map(_standing, pipe.execute() if names else ()), strict=True))

        return self.link.quick(look)

    def standing(self, tenant: str, *, patient: bool = False) -> Standing:
        """The standing of one."""
        ask = self.link.patient if patient else self.link.quick
        return ask(lambda client: _standing(client.hgetall(self.keys.of(tenant, "standing"))))

    def changes(self, tenant: str, after: int) -> tuple[int, list[tuple[int, str]]]:
        """The changes since that number, with it, and the oldest number that is remembered."""
        key = self.keys.of(tenant, "changes")

        def look(client: Any) -> tuple[int, list[tuple[int, str]]]:
            first = client.xrange(key, count=1)
            rows = client.xrange(key, min=f"{after}-0")
            oldest = int(first[0][0].split(b"-")[0]) if first else 0
            return oldest, [(int(at.split(b"-")[0]), row[b"change"].decode()) for at, row in rows]

        return self.link.quick(look)

    # --- catalogues ----------------------------------------------------------------------------

    def infos(self, tenant: str) -> dict[int, dict[str, Any]]:
        """The light part of every catalogue, by number."""
        found = self.link.quick(lambda client: client.hgetall(self.keys.of(tenant, "infos")))
        return {int(number): json.loads(text) for number, text in found.items()}

    def change_of(self, tenant: str, number: int) -> str:
        """The change that published that number; empty if there is none."""
        info = self.link.quick(lambda client: client.hget(self.keys.of(tenant, "infos"), number))
        try:
            return str(json.loads(info)["change"]) if info else ""
        except (ValueError, KeyError, TypeError):
            return ""

    def published(self, tenant: str) -> dict[str, int]:
        """The numbers of the catalogues, by the changes that published them."""
        key = self.keys.of(tenant, "published")
        found = self.link.patient(lambda client: client.hgetall(key))
        return {change.decode(): int(number) for change, number in found.items()}

    def parts(self, tenant: str, number: int) -> Stored | None:
        """A whole catalogue; None if there is none. ``Damaged`` if some of it is not there."""

        def look(client: Any) -> tuple[bytes | None, list[bytes | None]]:
            info = client.hget(self.keys.of(tenant, "infos"), number)
            fields = [f"{number}.{what}" for what in ("entries", "clips", "knowledge")]
            return info, client.hmget(self.keys.of(tenant, "catalogues"), fields)

        info, (entries, clips, knowledge) = self.link.patient(look)
        if info is None:
            return None
        damaged = Damaged(
            f"catalogue {number} of tenant {tenant!r} is damaged in Redis: a replica that has it "
            "puts it back, or seed again"
        )
        if entries is None or clips is None or knowledge is None:
            raise damaged
        try:
            facts = json.loads(info)
            parts = Stored(
                number=number,
                change=facts["change"],
                created=facts["created"],
                source=facts["source"],
                count=facts["entries"],
                summary=json.dumps(facts["summary"]),
                digest=bytes.fromhex(facts["digest"]),
                entries=entries.decode(),
                clips=clips.decode(),
                knowledge=knowledge,
            )
        except (ValueError, KeyError, TypeError) as error:
            raise damaged from error
        if not parts.whole:
            raise damaged
        return parts

    def publish(
        self, tenant: str, parts: Stored, over: int | None, floor: int
    ) -> tuple[int, Standing]:
        """Publish it under the next number above ``floor``, which is returned; 0 if another than
        ``over`` is live."""
        self.know(tenant)
        condition = "" if over is None else over
        arguments = (parts.change, condition, floor, *_weight(parts))
        number, *answer = self._run(scripts.PUBLISH, tenant, *arguments)
        return int(number), _answered(answer)[1]

    def mend(self, tenant: str, parts: Stored) -> None:
        """Write a catalogue again that is damaged: it was the same, or would not have its
        number."""
        number = parts.number
        info, entries, clips, knowledge = _weight(parts)
        heavy = {"entries": entries, "clips": clips, "knowledge": knowledge}

        def write(client: Any) -> None:
            values = {f"{number}.{what}": value for what, value in heavy.items()}
            client.hset(self.keys.of(tenant, "catalogues"), mapping=values)
            client.hset(self.keys.of(tenant, "infos"), str(number), info)

        self.link.patient(write)

    def activate(
        self, tenant: str, number: int, over: int | None, change: str
    ) -> tuple[str, Standing]:
        """Make that number live; ``done``, ``unknown`` or ``overtaken``."""
        condition = "" if over is None else over
        return self._step(scripts.ACTIVATE, tenant, change, condition, number)

    def set_mode(self, tenant: str, mode: str, change: str) -> Standing:
        """Set the mode."""
        self.know(tenant)
        return self._step(scripts.SET_MODE, tenant, change, mode)[1]

    def keep(self, tenant: str, parts: Stored) -> int:
        """Put a catalogue that was lost back into the history; the number it has there."""
        self.know(tenant)
        arguments = (parts.change, parts.number, *_weight(parts))
        return int(self._run(scripts.KEEP, tenant, *arguments))

    def restore(
        self, tenant: str, ours: Standing, theirs: Standing, changes: Iterable[tuple[int, str]]
    ) -> tuple[str, Standing]:
        """Put the standing back that Redis has lost; ``overtaken`` if it is not at ``theirs``."""
        self.know(tenant)
        flat = [value for change in changes for value in change]
        arguments = (theirs.change, ours.seq, ours.change, ours.live, ours.mode, *flat)
        return self._step(scripts.RESTORE, tenant, *arguments)

    def know(self, tenant: str) -> None:
        """Have the tenant among all tenants."""
        self.link.patient(lambda client: client.sadd(self.keys.tenants, tenant))

    def _step(self, script: str, tenant: str, *arguments: Any) -> tuple[str, Standing]:
        return _answered(self._run(script, tenant, *arguments))

    def _run(self, script: str, tenant: str, *arguments: Any) -> Any:
        keys = [self.keys.of(tenant, what) for what in scripts.KEYS_OF]
        return self.link.patient(lambda client: client.eval(script, len(keys), *keys, *arguments))

    # --- people --------------------------------------------------------------------------------

    def tokens(self) -> dict[str, Token]:
        """All tokens, by their ids."""
        found = self.link.quick(lambda client: client.hgetall(self.keys.tokens))
        return {name.decode(): token for name, text in found.items() if (token := _token(text))}

    def token(self, name: str) -> Token | None:
        """One token."""
        return _token(self.link.quick(lambda client: client.hget(self.keys.tokens, name)))

    def keep_token(self, token: Token) -> None:
        """Keep it, or replace its namesake."""
        fields = asdict(token) | {"role": token.role.name}
        text = json.dumps(fields)
        self.link.patient(lambda client: client.hset(self.keys.tokens, storable(token.id), text))

    # --- work ----------------------------------------------------------------------------------

    def claim(self, work: str, owner: str, seconds: float, told: str) -> bool:
        """Take it unless it is another's."""
        key, values = self.keys.work(work), (owner, round(seconds * 1000), told)
        return bool(self.link.patient(lambda client: client.eval(scripts.CLAIM, 1, key, *values)))

    def work(self, work: str) -> Work | None:
        """The work as it stands."""
        key = self.keys.work(work)
        found = self.link.quick(lambda client: client.eval(scripts.WORK, 1, key))
        if not found:
            return None
        owner, left, told = found
        return Work(owner=owner.decode(), left=int(left) / 1000, told=told.decode())

    # --- clips ---------------------------------------------------------------------------------

    def has(self, names: Sequence[str]) -> set[str]:
        """The clips that are stored in full length. Whoever asks counts on them: none goes away."""
        found: set[str] = set()
        for start in range(0, len(names), _AT_ONCE):
            some = names[start : start + _AT_ONCE]

            def look(client: Any, some: Sequence[str] = some) -> list[int]:
                pipe = client.pipeline(transaction=False)
                for name in some:
                    pipe.strlen(self.keys.clip(name))
                    pipe.persist(self.keys.clip(name))
                return list(pipe.execute())

            lengths = self.link.patient(look)[::2]
            found |= {name for name, length in zip(some, lengths, strict=True) if length}
        return found

    def get(self, name: str) -> ClipAudio | None:
        """The clip; None if absent, damaged or cut. One that is no good is deleted: it counts as
        missing then, and whoever has it puts it back."""
        key = self.keys.clip(name)
        data = self.link.quick(lambda client: client.get(key))
        audio = None if data is None else decode(name, data)
        if data is not None and audio is None:
            log.error("clip %s is damaged in Redis and counts as missing", name)
            self.link.quick(lambda client: client.delete(key))
        return audio

    def put(self, name: str, audio: ClipAudio) -> ClipAudio:
        """Store the clip; return what is stored: the one that was there, if it is whole."""
        key, data = self.keys.clip(name), encode(name, audio)

        def store(client: Any) -> ClipAudio:
            if client.set(key, data, nx=True):
                return audio
            client.persist(key)
            there = client.get(key)
            found = None if there is None else decode(name, there)
            if found is None:
                client.set(key, data)
            return found or audio

        return self.link.patient(store)

    def clips_of(self, tenant: str, number: int) -> set[Clip]:
        """The clips that a catalogue names. Raises ``Damaged``."""
        key = self.keys.of(tenant, "catalogues")
        text = self.link.patient(lambda client: client.hget(key, f"{number}.clips"))
        try:
            return set(codec.clips_from_json(text).values())
        except (ValueError, TypeError, AttributeError):
            raise Damaged(f"the clips of catalogue {number} of {tenant!r} are damaged") from None

    def condemn(self, named: Collection[str], grace: float) -> int:
        """Have all other clips go away after ``grace``, but for those whose end is known already;
        how many."""
        start = self.keys.clip("")
        term = round(grace * 1000)

        def condemn(client: Any, some: Sequence[bytes]) -> int:
            pipe = client.pipeline(transaction=False)
            for key in some:
                pipe.pttl(key)
            endless = [key for key, left in zip(some, pipe.execute(), strict=True) if left == -1]
            for key in endless:
                pipe.pexpire(key, term)
            return sum(map(bool, pipe.execute())) if endless else 0

        def other(client: Any) -> list[bytes]:
            keys: Iterator[bytes] = client.scan_iter(match=f"{start}*", count=_AT_ONCE)
            return [key for key in keys if key.decode().removeprefix(start) not in named]

        others = self.link.patient(other)
        condemned = 0
        for at in range(0, len(others), _AT_ONCE):
            some = others[at : at + _AT_ONCE]
            condemned += self.link.patient(partial(condemn, some=some))
        return condemned


def _answered(answer: Sequence[Any]) -> tuple[str, Standing]:
    kind, seq, change, live, last, mode = answer
    standing = Standing(
        seq=int(seq), change=change.decode(), live=int(live), last=int(last), mode=mode.decode()
    )
    return kind.decode(), standing


def _standing(found: Mapping[bytes, bytes]) -> Standing:
    try:
        return Standing(
            seq=int(found.get(b"seq", 0)),
            change=found.get(b"change", b"").decode(),
            live=int(found.get(b"live", 0)),
            last=int(found.get(b"last", 0)),
            mode=found.get(b"mode", b"live").decode(),
        )
    except ValueError as error:
        raise StoreFailed("what Redis holds of a tenant is damaged: publish again") from error


def _token(text: bytes | None) -> Token | None:
    """The token; None if there is none, or it is damaged: then it opens nothing."""
    if text is None:
        return None
    try:
        fields = json.loads(text)
        return Token(**fields | {"role": Role[fields["role"]], "tenants": tuple(fields["tenants"])})
    except (ValueError, KeyError, TypeError):
        log.error("a token is damaged in Redis")
        return None


def _weight(parts: Stored) -> tuple[str, str, str, bytes]:
    """The values that a catalogue is in Redis."""
    info = {
        "created": parts.created,
        "source": parts.source,
        "entries": parts.count,
        "summary": json.loads(parts.summary),
        "digest": parts.digest.hex(),
        "change": parts.change,
    }
    return json.dumps(info), parts.entries, parts.clips, parts.knowledge
