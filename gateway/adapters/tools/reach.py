"""Connections of tools: where a host's name may lead, checked on the address that is connected to.

A name that the operator trusts is somebody's to point where they like: to this machine, to one of
the network that we stand in, to the cloud's own service that hands out credentials. So a name must
lead to an address of the public internet, or into a network that the settings name. It is asked for
once and what was checked is connected to, so that no second answer can differ. An address that the
settings name itself is asked as it stands.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
from collections.abc import Iterable, Mapping
from typing import Any

import httpcore2
import httpx2

log = logging.getLogger("frontline.tools")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Networks = tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]

LOCAL = {"localhost": ("127.0.0.0/8", "::1")}
"""A name that says where it leads."""
TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
"""IPv4 addresses as networks of IPv6 alone write them (NAT64)."""
OF_A_CLOUD = frozenset({ipaddress.ip_address("168.63.129.16")})
"""Public to look at, and a machine's own platform (Azure)."""


class Outside(httpcore2.ConnectError):
    """The name leads where it may not."""


def networks_of(named: Iterable[str]) -> Networks:
    """The networks that the settings name."""
    return tuple(ipaddress.ip_network(one) for one in named)


def may_reach(text: str, inside: Networks = ()) -> bool:
    """Return whether a name may lead to the address: a public one, or one of these networks."""
    address = _meant(ipaddress.ip_address(text.partition("%")[0]))
    if any(address in network for network in inside):
        return True
    return address.is_global and not address.is_multicast and address not in OF_A_CLOUD


def _meant(address: Address) -> Address:
    """The IPv4 address where one of IPv6 stands for it."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in TRANSLATED:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else address)


class Reach(httpcore2.AsyncNetworkBackend):
    """Connects to what may be reached."""

    def __init__(self, inside: Mapping[str, Iterable[str]]) -> None:
        """``inside``: by a host's name, the networks into which it may lead."""
        self._inside = {
            host.lower(): networks_of(named) for host, named in {**LOCAL, **inside}.items()
        }
        self._backend = httpcore2.AnyIOBackend()
        self._said: set[str] = set()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - as it is asked for
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Ask for the name once, and connect to the first of its addresses that answers."""
        loop = asyncio.get_running_loop()
        until = loop.time() + timeout if timeout is not None else None
        found = await self._looked_up(host, port, timeout)
        failed: Exception = httpcore2.ConnectError("no address")
        for at, address in enumerate(found):
            # each gets its share of what is left, so that a dead one does not take all
            share = (until - loop.time()) / (len(found) - at) if until is not None else None
            try:
                return await self._backend.connect_tcp(
                    address, port, share, local_address, socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failed = error
        raise failed

    async def _looked_up(self, host: str, port: int, within: float | None) -> list[str]:
        try:
            ipaddress.ip_address(host.strip("[]"))
        except ValueError:
            pass
        else:
            return [host.strip("[]")]  # hosts are the settings' own
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(within):
                answers = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except TimeoutError:
            raise httpcore2.ConnectTimeout("its name") from None
        except OSError:
            raise httpcore2.ConnectError("its name") from None
        inside = self._inside.get(host.lower(), ())
        addresses = [str(answer[4][0]) for answer in answers]
        allowed = [one for one in dict.fromkeys(addresses) if may_reach(one, inside)]
        if not allowed:
            self._say(host)
            raise Outside("its name leads into a private network")
        return allowed

    def _say(self, host: str) -> None:
        if host not in self._said:  # few: hosts are the settings' own
            self._said.add(host)
            log.warning(
                "the host %s leads to a private address and is not asked; if it should be, name "
                "its network in private_networks of the tool",
                host,
            )


class Reaching(httpx2.AsyncHTTPTransport):
    """httpx2's transport, over connections that were checked. No proxy of the environment."""

    def __init__(self, inside: Mapping[str, Iterable[str]], limits: httpx2.Limits) -> None:
        super().__init__(trust_env=False, limits=limits)
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=httpx2.create_ssl_context(trust_env=False),
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry,
            network_backend=Reach(inside),
        )
