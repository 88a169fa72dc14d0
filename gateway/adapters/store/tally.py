"""Turns counted by half hour and by day: the table, what keeps it right, and how a window reads it.

The database keeps the counts itself, by triggers: whatever writes, flags or purges turns, in this
version or by hand, leaves them true. A window is the turns of its first half hour that is begun,
then whole half hours, then whole days.
"""

from __future__ import annotations

import math

HALF_HOUR = 1800
DAY = 86_400

# Only the evidence of shadow turns is looked into. It may hold what JSON does not know (NaN).
_DECIDED = (
    "CASE WHEN {0}shadow AND {0}path <> 'none' AND json_valid({0}evidence) "
    "THEN ifnull(json_extract({0}evidence, '$.kind'), '') ELSE '' END"
)
_ALIKE = ("path", "intent", "entry", "verdict", "decided_on", "shadow")
_KEY = ("tenant", "span", "since", *_ALIKE, "decided")


def _counted(turn: str, span: int) -> dict[str, str]:
    """Column of the tally -> its value for a turn that is written ``OLD.`` or ``NEW.``, if any."""
    return {
        "tenant": f"{turn}tenant",
        "span": str(span),
        "since": f"CAST({turn}at / {span} AS INTEGER) * {span}",
        **{name: turn + name for name in _ALIKE},
        "decided": _DECIDED.format(turn),
    }


def _more(span: int) -> str:
    values = ", ".join(_counted("NEW.", span).values())
    return f"INSERT INTO tally VALUES ({values}, 1) ON CONFLICT DO UPDATE SET turns = turns + 1"


def _less(span: int) -> str:
    key = " AND ".join(f"{name} = {value}" for name, value in _counted("OLD.", span).items())
    return (
        f"UPDATE tally SET turns = turns - 1 WHERE {key}; "
        f"DELETE FROM tally WHERE {key} AND turns <= 0"
    )


def _all(span: int) -> str:
    columns = [f"{value} AS {name}" for name, value in _counted("", span).items()]
    groups = ", ".join(str(number) for number in range(1, len(_KEY) + 1))
    return f"INSERT INTO tally SELECT {', '.join(columns)}, count(*) FROM turn GROUP BY {groups}"


_MORE = f"{_more(HALF_HOUR)}; {_more(DAY)};"
_LESS = f"{_less(HALF_HOUR)}; {_less(DAY)};"
_COUNTED = ("tenant", "at", *_ALIKE)
_CHANGED = " OR ".join(
    (
        *(f"OLD.{name} <> NEW.{name}" for name in _COUNTED),
        f"{_DECIDED.format('OLD.')} <> {_DECIDED.format('NEW.')}",
    )
)

TABLES = (
    """
    CREATE TABLE tally (
        tenant TEXT NOT NULL,
        span INTEGER NOT NULL,
        since INTEGER NOT NULL,
        path TEXT NOT NULL,
        intent TEXT NOT NULL,
        entry TEXT NOT NULL,
        verdict TEXT NOT NULL,
        decided_on TEXT NOT NULL,
        shadow INTEGER NOT NULL,
        decided TEXT NOT NULL,
        turns INTEGER NOT NULL,
        PRIMARY KEY (tenant, span, since, path, intent, entry, verdict, decided_on, shadow, decided)
    ) WITHOUT ROWID
    """,
    _all(HALF_HOUR),
    _all(DAY),
    f"CREATE TRIGGER turn_comes AFTER INSERT ON turn BEGIN {_MORE} END",
    f"CREATE TRIGGER turn_goes AFTER DELETE ON turn BEGIN {_LESS} END",
    f"CREATE TRIGGER turn_changes AFTER UPDATE ON turn WHEN {_CHANGED} BEGIN {_LESS} {_MORE} END",
)
"""The statements of the migration that brought it."""

# One look at the index for each tenant there is, instead of reading all of it.
_EVERYBODY = (
    "WITH RECURSIVE everybody(name) AS (SELECT min(tenant) FROM tally UNION ALL "
    "SELECT (SELECT min(tenant) FROM tally WHERE tenant > everybody.name) "
    "FROM everybody WHERE name IS NOT NULL) "
)
_THEIRS = "tenant IN (SELECT name FROM everybody WHERE name IS NOT NULL)"

Query = tuple[str, dict[str, str | float]]
"""The text of a ``SELECT``, and its values."""


def window(tenant: str, since: float) -> Query:
    """Counts since then, for an empty tenant of all of them: a row is ``_ALIKE``, what was decided
    in mode shadow, and turns."""
    whole = math.ceil(since / HALF_HOUR) * HALF_HOUR
    days = math.ceil(whole / DAY) * DAY
    alike = ", ".join(_ALIKE)
    counted = f"SELECT {alike}, decided, turns FROM tally WHERE {_of(tenant)} AND "
    begun = (
        f"SELECT {alike}, {_DECIDED.format('')} AS decided, 1 AS turns FROM turn "
        f"WHERE at >= :since AND at < :whole {'AND tenant = :tenant' if tenant else ''}"
    )
    several = (
        f"{begun} UNION ALL {counted} span = {HALF_HOUR} AND since >= :whole AND since < :days "
        f"UNION ALL {counted} span = {DAY} AND since >= :days"
    )
    sql = (
        f"{'' if tenant else _EVERYBODY}SELECT {alike}, decided, sum(turns) FROM ({several}) "
        f"GROUP BY {alike}, decided"
    )
    return sql, {"tenant": tenant, "since": since, "whole": whole, "days": days}


def pieces(tenant: str, since: float, piece: float) -> Query:
    """Live turns by number of the piece, path and whether they were marked wrong."""
    grouped = "CAST(({0} - :since) / :piece AS INTEGER), path, verdict = 'wrong', {1} FROM {2} "
    values: dict[str, str | float] = {"tenant": tenant, "since": since, "piece": piece}
    if since % HALF_HOUR or piece % HALF_HOUR:  # finer than what is counted
        where = f"at >= :since {'AND tenant = :tenant' if tenant else ''}"
        selected = grouped.format("at", "count(*)", "turn")
        return f"SELECT {selected} WHERE {where} AND NOT shadow GROUP BY 1, 2, 3", values
    where = f"{_of(tenant)} AND span = {HALF_HOUR} AND since >= :since"
    selected = grouped.format("since", "sum(turns)", "tally")
    sql = f"SELECT {selected} WHERE {where} AND NOT shadow GROUP BY 1, 2, 3"
    return ("" if tenant else _EVERYBODY) + sql, values


def _of(tenant: str) -> str:
    return "tenant = :tenant" if tenant else _THEIRS
