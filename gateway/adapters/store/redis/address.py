"""The addresses of Redis that ``store.url`` may hold.

::

    redis://HOST:6379/0                        one server
    redis+sentinel://A:26379,B:26379/MASTER    the master that the Sentinels name
    redis+cluster://A:6379,B:6379              a Cluster; any of its servers will do

With ``rediss`` for ``redis`` the connection is encrypted. A user and password go before the hosts
(``USER:PASSWORD@``), options behind: ``?prefix=NAME&ca=FILE&sentinel_password=...``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, unquote

from gateway.errors import SettingsError

SCHEMES = tuple(
    f"{safe}{kind}" for safe in ("redis", "rediss") for kind in ("", "+sentinel", "+cluster")
)
OPTIONS = ("prefix", "ca", "cert", "key", "sentinel_password")
_PORTS = {"": 6379, "sentinel": 26379, "cluster": 6379}


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """The place of Redis, and the way to it."""

    kind: str
    """Empty for one server, ``sentinel`` or ``cluster``."""
    hosts: tuple[tuple[str, int], ...]
    tls: bool = False
    username: str = ""
    password: str = field(default="", repr=False)
    database: int = 0
    master: str = ""
    """The name by which the Sentinels know the master."""
    prefix: str = "frontline"
    """The beginning of all our keys."""
    ca: str = ""
    """A file of certificates to trust; empty: the system's."""
    cert: str = ""
    key: str = ""
    sentinel_password: str = field(default="", repr=False)

    def __str__(self) -> str:
        """The hosts, which may be shown; never a password."""
        return ",".join(f"{host}:{port}" for host, port in self.hosts)


def parse(url: str) -> Address:
    """The address in ``store.url``. Raises ``SettingsError``, which quotes nothing secret."""
    scheme, _, rest = url.partition("://")
    base, _, kind = scheme.partition("+")
    if scheme not in SCHEMES or not rest:
        raise SettingsError(f"store.url: write one of {', '.join(SCHEMES)}, then ://HOST:PORT")
    rest, _, query = rest.partition("?")
    where, _, path = rest.partition("/")
    secret, _, hosts = where.rpartition("@")
    username, _, password = secret.partition(":")
    options = dict(parse_qsl(query))
    if unknown := sorted(set(options) - set(OPTIONS)):
        raise SettingsError(
            f"store.url: the option {unknown[0]} is not known; known are {', '.join(OPTIONS)}"
        )
    if kind == "sentinel":
        path, _, number = path.partition("/")
        if not path:
            raise SettingsError("store.url: name the master after the Sentinels: .../MASTER")
    else:
        number, path = path, ""
    return Address(
        kind=kind,
        hosts=tuple(_host(one, _PORTS[kind]) for one in hosts.split(",")),
        tls=base == "rediss",
        username=unquote(username),
        password=unquote(password),
        database=_database(number, kind),
        master=unquote(path),
        **options,
    )


def _host(text: str, port: int) -> tuple[str, int]:
    host, colon, digits = text.rpartition(":") if not text.endswith("]") else (text, "", "")
    if not colon:
        host, digits = text, str(port)
    if not host or not digits.isascii() or not digits.isdigit() or not 0 < int(digits) < 65536:
        raise SettingsError("store.url: each host is HOST or HOST:PORT, separated by commas")
    return host.strip("[]"), int(digits)


def _database(number: str, kind: str) -> int:
    if number in ("", "0"):
        return 0
    if kind == "cluster":
        raise SettingsError(
            "store.url: a Cluster has database 0 only; ?prefix=NAME keeps users apart"
        )
    if not (number.isascii() and number.isdigit()):
        raise SettingsError("store.url: the database after the host is a number")
    return int(number)


@dataclass(frozen=True, slots=True)
class Keys:
    """The names of our keys. All of a tenant share a hash tag: in a Cluster they are together, and
    a change of them is one step."""

    prefix: str

    @property
    def tenants(self) -> str:
        """The set of all tenants that were ever written."""
        return f"{self.prefix}:tenants"

    @property
    def tokens(self) -> str:
        """The tokens of people, by their ids; of no tenant."""
        return f"{self.prefix}:tokens"

    def work(self, name: str) -> str:
        """A piece of work's."""
        return f"{self.prefix}:work:{quote(name, safe='')}"

    def of(self, tenant: str, what: str) -> str:
        """A tenant's key: ``standing``, ``infos``, ``catalogues``, ``changes``, ``published`` or
        ``turns``."""
        return f"{self.prefix}:{{t.{quote(tenant, safe='')}}}:{what}"

    def clip(self, name: str) -> str:
        """A clip's."""
        return f"{self.prefix}:clip:{name}"
