"""`bench webhook`: signed deliveries per second through `notion-webhook`, under gunicorn as the platform starts it.

Each delivery is about another page, is verified, written to a store, and put on a queue before it is answered. The
store is Firestore's emulator where this machine has one, with services beside it that take tasks and keep secrets; else
the embedded SQLite. The hello beside it is the same server with a function that does nothing: what clients, server and
machine take by themselves.
"""

from __future__ import annotations

import http.client
import os
import platform
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from shared.app.intake.accept_delivery import TOKEN
from shared.bench.cold.cold_asked import Asked, notion_delivery, seed_tenant, signing_secret
from shared.bench.cold.cold_cloud import StandIn
from shared.bench.cold.cold_starts import ROOT, bare_environment, cloud_deps, cpu_of_tree, hello_source, running
from shared.bench.cold.firestore_emulator import find_emulator, firestore_emulator

CLIENTS = (1, 4, 16, 64)
_THREADS = 40  # of the one worker: as many as the platform sends requests at once (function.yaml)
_LONGEST_S = 20.0  # of one measurement, whatever it has counted by then
_PATIENCE_S = 60.0


@dataclass(slots=True)
class Measured:
    """What so many clients saw; times in seconds, `cpu` of the server's processes."""

    clients: int
    seconds: float = 0.0
    cpu: float = 0.0
    latencies: list[float] = field(default_factory=list)
    errors: int = 0

    def as_data(self) -> dict[str, Any]:
        """Return rates and milliseconds."""
        ordered, done = sorted(self.latencies), len(self.latencies)
        return {
            "clients": self.clients,
            "requests": done,
            "errors": self.errors,
            "per_s": round(done / self.seconds, 1),
            "per_core_s": round(done / self.cpu, 1),
            "p50_ms": round(statistics.median(ordered) * 1000, 2),
            "p99_ms": round(ordered[min(done - 1, int(done * 0.99))] * 1000, 2),
        }


def bench_webhook(requests: int = 600, clients: tuple[int, ...] = CLIENTS) -> dict[str, Any]:
    """Measure function and hello in turns, with so many requests for each number of clients."""
    with ExitStack() as parts:
        folder = Path(parts.enter_context(tempfile.TemporaryDirectory(prefix="workwright-webhook-")))
        store, env = _world(parts, folder)
        source = hello_source(folder)
        main = ROOT / "functions" / "notion-webhook" / "main.py"
        hello = parts.enter_context(_warm("hello", source, env, _hello))
        function = parts.enter_context(_warm("notion-webhook", main, env, _delivery))
        measured: dict[str, list[Measured]] = {"hello": [], "notion-webhook": []}
        for number in clients:
            measured["hello"].append(_load(hello, _hello, number, requests))
            measured["notion-webhook"].append(_load(function, _delivery, number, requests))
    return {
        "bench": "webhook",
        "store": store,
        "threads": _THREADS,
        "python": platform.python_version(),
        "machine": f"{platform.machine()}, {os.cpu_count()} processors",
        "errors": sum(each.errors for found in measured.values() for each in found),
        "measured": {name: [each.as_data() for each in found] for name, found in measured.items()},
    }


def _world(parts: ExitStack, folder: Path) -> tuple[str, dict[str, str]]:
    """Return the name of the store, and the environment that leads to it."""
    env = {**bare_environment(), "WORKWRIGHT_DATA": str(folder)}
    if find_emulator() is None:
        return "SQLite", _local(env, folder)
    cloud = StandIn()
    parts.callback(cloud.stop)
    cloud.keep_secret(TOKEN, signing_secret())
    host = parts.enter_context(firestore_emulator())
    env |= {**cloud.environment("http://127.0.0.1:8700"), "FIRESTORE_EMULATOR_HOST": host}
    seed_tenant(cloud_deps(env))
    return "Firestore emulator", env


def _local(env: dict[str, str], folder: Path) -> dict[str, str]:
    from shared.app.engine.deps import Deps
    from shared.backends.clock import SystemClock
    from shared.backends.local.delivery.local_queue import LocalQueue
    from shared.backends.local.keys.local_secrets import LocalSecrets
    from shared.backends.local.state.local_store import LocalStore
    from shared.ports import Secret

    clock, secrets = SystemClock(), LocalSecrets(folder)
    secrets.set(TOKEN, Secret(signing_secret()))
    with LocalStore(folder, clock) as store:
        seed_tenant(Deps(store, LocalQueue(store, clock), secrets, clock))
    return env


@dataclass(frozen=True, slots=True)
class _Server:
    pid: int
    port: int


@contextmanager
def _warm(function: str, source: Path, env: dict[str, str], asked: Callable[[], Asked]) -> Iterator[_Server]:
    """Start a function and wait until it answers."""
    with running(function, source, env, threads=_THREADS) as (pid, port):
        ends = time.monotonic() + _PATIENCE_S
        while _load(_Server(pid, port), asked, 1, 5).errors:
            if time.monotonic() > ends:
                raise TimeoutError(f"{function} did not answer")
            time.sleep(0.05)
        yield _Server(pid, port)


def _hello() -> Asked:
    return Asked("hello", 200, "GET")


def _delivery() -> Asked:
    return notion_delivery(str(uuid4()), uuid4().hex)


def _load(server: _Server, asked: Callable[[], Asked], clients: int, requests: int) -> Measured:
    """Send requests by so many clients at once, each on one kept connection."""
    found, lock, left = Measured(clients), threading.Lock(), iter(range(requests))
    ends = time.monotonic() + _LONGEST_S

    def client() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=_PATIENCE_S)
        while time.monotonic() < ends:
            with lock:
                if next(left, None) is None:
                    break
            wanted = asked()
            begun = time.perf_counter()
            ok = _send(connection, wanted)
            taken = time.perf_counter() - begun
            with lock:
                found.latencies.append(taken)
                found.errors += not ok
        connection.close()

    threads = [threading.Thread(target=client) for _ in range(clients)]
    before, begun = cpu_of_tree(server.pid), time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found.seconds, found.cpu = time.perf_counter() - begun, (cpu_of_tree(server.pid) - before) / 1000
    return found


def _send(connection: http.client.HTTPConnection, asked: Asked) -> bool:
    try:
        connection.request(asked.method, asked.path, asked.body or None, dict(asked.headers))
        answer = connection.getresponse()
        answer.read()
        return answer.status == asked.status
    except (OSError, http.client.HTTPException):
        connection.close()
        return False


def as_text(found: dict[str, Any]) -> str:
    """Return the report as lines."""
    lines = [f"store: {found['store']}; {found['threads']} threads; {found['errors']} errors"]
    lines.append(f"{'':16} {'clients':>7} {'per s':>8} {'per core-s':>10} {'p50 ms':>8} {'p99 ms':>8} {'errors':>6}")
    for name, rows in found["measured"].items():
        lines += [
            f"{name:16} {row['clients']:7} {row['per_s']:8.0f} {row['per_core_s']:10.0f}"
            f" {row['p50_ms']:8.1f} {row['p99_ms']:8.1f} {row['errors']:6}"
            for row in rows
        ]
    return "\n".join(lines)
