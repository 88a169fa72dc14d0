"""Debian's redis-server, started by tests on a free port with a folder of its own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis

PROGRAM = "redis-server"


def need_redis() -> None:
    """Skip the test where there is no redis-server; in CI that is a failure."""
    if shutil.which(PROGRAM) is None:
        why = f"no {PROGRAM} here: apt-get install redis-server (make test does)"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)


def free_port() -> int:
    """A port that nobody listens on; above 10,000 of it another is free for a Cluster's bus."""
    while True:
        with socket.socket() as sock, socket.socket() as bus:
            sock.bind(("127.0.0.1", 0))
            port: int = sock.getsockname()[1]
            if port + 10_000 > 65_535:
                port -= 20_000
            try:
                bus.bind(("127.0.0.1", port + 10_000))
            except OSError:
                continue
            return port


class RedisServer:
    """One server. It is stopped, killed, paused and started again with the same port and files."""

    def __init__(
        self, folder: Path, options: Sequence[str] = (), *, sentinel: bool = False
    ) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.options = list(options)
        self._sentinel = sentinel
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    @property
    def client(self) -> Any:
        return redis.Redis(port=self.port, socket_timeout=5)

    def start(self, *, wait: bool = True) -> RedisServer:
        """Start it, with the data it had."""
        port = [] if "--tls-port" in self.options else ["--port", str(self.port)]
        options = [text.replace("PORT", str(self.port)) for text in self.options]
        if self._sentinel:
            file = self.folder / "sentinel.conf"
            if not file.exists():
                file.write_text(f"port {self.port}\n" + "\n".join(options) + "\n")
            command = [PROGRAM, str(file), "--sentinel"]
        else:
            command = [PROGRAM, *port, "--bind", "127.0.0.1", "--dir", str(self.folder)]
            command += ["--save", "", "--daemonize", "no", *options]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder)
        if wait:
            self.wait()
        return self

    def wait(self) -> None:
        """Until it listens."""
        assert self._process is not None
        until = time.monotonic() + 10
        while time.monotonic() < until:
            if self._process.poll() is not None:
                raise AssertionError((self.folder / "log").read_text()[-2000:])
            with socket.socket() as sock:
                if sock.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.01)
        raise AssertionError("redis-server does not listen")

    def kill(self) -> None:
        """SIGKILL."""
        self._signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()
        self._process = None

    def pause(self) -> None:
        """SIGSTOP: connections stay open and nothing is answered."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT."""
        self._signal(signal.SIGCONT)

    def forget(self) -> None:
        """Kill it and start it again with nothing in it."""
        self.kill()
        for file in self.folder.iterdir():
            if file.name != "log":
                shutil.rmtree(file) if file.is_dir() else file.unlink()
        self.start()

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)


@contextmanager
def redis_server(folder: Path, options: Sequence[str] = ()) -> Iterator[RedisServer]:
    """A server that runs for as long as the block."""
    need_redis()
    server = RedisServer(folder, options).start()
    try:
        yield server
    finally:
        server.kill()


@contextmanager
def cluster(folder: Path, masters: int = 3) -> Iterator[str]:
    """A Cluster of masters; the URL for ``store.url``."""
    need_redis()
    options = ["--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf"]
    servers = [RedisServer(folder / str(number), options) for number in range(masters)]
    try:
        for server in servers:
            server.start()
        each = 16384 // masters
        for number, server in enumerate(servers):
            last = 16383 if number == masters - 1 else (number + 1) * each - 1
            server.client.execute_command("CLUSTER", "ADDSLOTSRANGE", number * each, last)
            server.client.execute_command("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
            server.client.execute_command("CLUSTER", "MEET", "127.0.0.1", servers[0].port)
        until = time.monotonic() + 15
        while time.monotonic() < until:
            infos = [str(s.client.execute_command("CLUSTER", "INFO")) for s in servers]
            knows = f"cluster_known_nodes:{masters}"
            if all(knows in one and "cluster_state:ok" in one for one in infos):
                break
            time.sleep(0.05)
        else:
            raise AssertionError("the cluster does not come up")
        hosts = ",".join(f"127.0.0.1:{server.port}" for server in servers)
        yield f"redis+cluster://{hosts}"
    finally:
        for server in servers:
            server.kill()


@contextmanager
def sentinels(folder: Path) -> Iterator[tuple[str, RedisServer, RedisServer]]:
    """A master, its replica and three Sentinels: the URL, the master, the replica."""
    need_redis()
    master = RedisServer(folder / "master")
    second = RedisServer(folder / "second")
    started = [master, second]
    try:
        master.start()
        second.options = ["--replicaof", f"127.0.0.1 {master.port}"]
        second.start()
        watch = [
            f"sentinel monitor calls 127.0.0.1 {master.port} 2",
            "sentinel down-after-milliseconds calls 500",
            "sentinel failover-timeout calls 2000",
        ]
        guards = [RedisServer(folder / f"s{n}", watch, sentinel=True) for n in range(3)]
        started.extend(guards)
        for guard in guards:
            guard.start()
        until = time.monotonic() + 15
        while time.monotonic() < until:
            if all(_seen(guard.client) for guard in guards):
                break
            time.sleep(0.05)
        else:
            raise AssertionError("the Sentinels do not see each other")
        hosts = ",".join(f"127.0.0.1:{guard.port}" for guard in guards)
        yield f"redis+sentinel://{hosts}/calls", master, second
    finally:
        for server in started:
            server.resume()
            server.kill()


def _seen(client: Any) -> bool:
    facts = client.info("sentinel")
    seen = facts.get("master0", {})
    return [seen.get(key) for key in ("status", "slaves", "sentinels")] == ["ok", 1, 3]


@contextmanager
def tls_server(folder: Path) -> Iterator[str]:
    """A server that speaks TLS only; the URL, with the file of the certificate to trust."""
    need_redis()
    folder.mkdir(parents=True, exist_ok=True)
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=localhost"),
            *("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
            *("-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"),
            *("-keyout", str(key), "-out", str(cert)),
        ],
        check=True,
        capture_output=True,
    )
    options = ["--port", "0", "--tls-port", "PORT", "--tls-auth-clients", "no"]
    options += ["--tls-cert-file", str(cert), "--tls-key-file", str(key)]
    options += ["--tls-ca-cert-file", str(cert), "--requirepass", "sesame"]
    server = RedisServer(folder / "data", options).start()
    try:
        yield f"rediss://:sesame@127.0.0.1:{server.port}/0?ca={cert}"
    finally:
        server.kill()
