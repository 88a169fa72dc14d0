"""The abuse benchmark sees what should not be."""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from bench import abuse
from bench.abuse import Seen, Window, figures_of
from bench.attacks import ATTACKS, LONGER, MIB, Siege
from gateway.errors import UsageError
from gateway.settings import Settings


def test_figures_are_those_of_the_attacks_own_time() -> None:
    seen = Seen()
    seen.turns = [(at / 10, 0.010) for at in range(100)] + [(10 + at, 0.5) for at in range(5)]
    seen.health = [(1.0, 0.002), (12.0, 0.9)]
    seen.memory = [(1.0, 100.0), (2.0, 101.0), (10.0, 101.0), (12.0, 351.0), (13.0, 120.0)]
    windows = [
        Window("quiet", 0.0, 10.0, 0.004, {}),
        Window("pings", 10.0, 15.0, 5.2, {"taken_mib": 8.0}),
    ]
    figures = figures_of(seen, windows)
    assert figures["quiet_p99_ratio"] == 1.0
    assert (figures["pings_stall_ms"], figures["pings_p99_ratio"]) == (5200.0, 50.0)
    assert (figures["pings_memory_mib"], figures["pings_healthz_p99_ms"]) == (250.0, 900.0)
    assert figures["pings_taken_mib"] == 8.0


def test_an_unknown_attack_is_named(quick: Settings) -> None:
    with pytest.raises(UsageError, match="no attack pigns; there are: long_header"):
        abuse.run(quick, only="pigns")


@pytest.fixture
def swallower() -> Any:
    """Takes whatever comes and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        taken: list[int] = [0]
        threads: list[threading.Thread] = []

        def swallow(sock: socket.socket) -> None:
            with sock:
                while data := sock.recv(1 << 20):
                    taken[0] += len(data)

        def serve() -> None:
            while True:
                try:
                    sock, _ = listening.accept()
                except OSError:
                    return
                threads.append(threading.Thread(target=swallow, args=(sock,), daemon=True))
                threads[-1].start()

        def all_of_it() -> int:
            for thread in threads:
                thread.join(20)
            return taken[0]

        threading.Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1], all_of_it
        listening.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("name", ["long_header", "pipelined"])
def test_a_server_that_takes_everything_is_seen(name: str, swallower: Any) -> None:
    port, taken = swallower
    siege = Siege("127.0.0.1", port, "", time.monotonic() + 20.0)
    ATTACKS[name](siege)
    assert taken() >= (siege.figures.get("taken_mib", 8.0) * MIB)
    if name == "long_header":
        assert siege.figures["taken_mib"] >= 150


def test_handshakes_that_are_not_answered_are_counted(swallower: Any) -> None:
    port, _ = swallower
    siege = Siege("127.0.0.1", port, "", time.monotonic() + 0.5)
    ATTACKS["handshake_with_body"](siege)
    assert siege.figures["unanswered"] == 50


def test_a_table_that_nobody_answers_is_counted(swallower: Any) -> None:
    port, _ = swallower
    siege = Siege("127.0.0.1", port, "", time.monotonic() + 1.0)
    ATTACKS["stalled_upload"](siege)
    assert siege.figures["others_refused"] == 1.0


def test_attacks_have_an_end() -> None:
    assert set(LONGER) <= set(ATTACKS)
    for name, attack in ATTACKS.items():
        assert attack.__doc__, name


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_a_small_run_has_all_its_figures(quick: Settings, seeded: Path) -> None:
    options: dict[str, Any] = {"calls": 3, "seconds": 1.0, "quiet": 1.0}
    result = abuse.run(quick, **options, only="long_url+half_sent", folder=str(seeded))
    assert set(result["goals"]) <= set(result["figures"])
    assert result["figures"]["long_url_taken_mib"] < 20
    assert result["figures"]["half_sent_memory_mib"] < 20
