"""`bench steps`: durable steps per second through reducer, store and queue, beside what the machine can do at most.

Each step is committed to disk before the next of its run begins. The floors do the least that could be called the
same: one durable SQLite transaction per step, and one bare HTTP request with one such transaction in it.
"""

from __future__ import annotations

import resource
import shutil
import sqlite3
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from flask import Flask, Response

from shared.app.engine.deps import Deps
from shared.app.engine.engine import open_run
from shared.app.engine.execute_step import execute_step
from shared.app.engine.tools import Tools
from shared.backends.clock import SystemClock
from shared.backends.local.delivery.dispatcher import Dispatcher
from shared.backends.local.delivery.local_queue import LocalQueue
from shared.backends.local.delivery.options import DispatchOptions
from shared.backends.local.keys.identity import LocalCallers
from shared.backends.local.keys.local_secrets import LocalSecrets
from shared.backends.local.state.local_store import LocalStore
from shared.core.run.commands import Command, command_to_data
from shared.core.run.events import RunOpened
from shared.core.run.run import Limits, StepSpec, Trigger
from shared.local.serve import listen, load_function
from shared.settings import process_environment
from shared.steps import KINDS
from shared.steps._input import Input
from shared.steps._kind import Done, Repeat, StepContext, StepKind

TENANT = "t-bench"


class Nothing(Input):
    """No input."""


def _nothing(wanted: Nothing, ctx: StepContext) -> Done:
    return Done({"ok": True})


TRIVIAL = StepKind("bench.step", "Do nothing, durably.", Nothing, _nothing, Repeat.SAME_END, plannable=False)


@dataclass(slots=True)
class Measured:
    """What one configuration reached; times in seconds."""

    steps: int
    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    transactions: int = 0
    commits: int = 0

    def as_data(self) -> dict[str, Any]:
        """Return steps per second, milliseconds per step, and what each step cost."""
        ordered = sorted(self.latencies)
        return {
            "steps_per_s": round(self.steps / self.seconds, 1),
            "p50_ms": round(statistics.median(ordered) * 1000, 3),
            "p99_ms": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] * 1000, 3),
            "commits_per_step": round(self.commits / self.steps, 3),
            "fsyncs_per_step": round(self.transactions / self.steps, 3),
        }


def bench_steps(transport: str, runs: int, steps: int, concurrency: int, rounds: int = 3) -> dict[str, Any]:
    """Measure engine and floor in turns, in one process; return the median of each and their ratio."""
    engine: list[Measured] = []
    floor: list[Measured] = []
    for _ in range(rounds):
        floor.append(_in_folder(_raw_http if transport == "http" else _raw_sqlite, runs * steps, concurrency))
        engine.append(_in_folder(_engine_http if transport == "http" else _engine_inline, runs, steps, concurrency))
    ours, floor_s = _median(engine), _median(floor)
    return {
        "bench": "steps",
        "transport": transport,
        "runs": runs,
        "steps": steps,
        "concurrency": concurrency,
        "rounds": rounds,
        "engine": ours.as_data(),
        "floor": floor_s.as_data(),
        "ratio": round((ours.steps / ours.seconds) / (floor_s.steps / floor_s.seconds), 3),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }


def _median(measured: list[Measured]) -> Measured:
    return sorted(measured, key=lambda m: m.steps / m.seconds)[len(measured) // 2]


def _in_folder(measure: Callable[..., Measured], *arguments: int) -> Measured:
    folder = Path(tempfile.mkdtemp(prefix="workwright-bench-", dir=process_environment().get("WORKWRIGHT_BENCH_DIR")))
    try:
        return measure(folder, *arguments)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _chain(steps: int) -> tuple[StepSpec, ...]:
    """Return steps that follow each other."""
    return tuple(StepSpec(f"s{n}", TRIVIAL.name, depends_on=(f"s{n - 1}",) if n else ()) for n in range(steps))


def _open(deps: Deps, runs: int, steps: int) -> None:
    specs = _chain(steps)
    for n in range(runs):
        open_run(deps, RunOpened(deps.clock.now(), TENANT, f"run-{n:06d}", Trigger("bench"), Limits(), specs))


def _engine_inline(folder: Path, runs: int, steps: int, concurrency: int) -> Measured:
    deps, store = _ports(folder)
    tools = _tools()
    measured = Measured(runs * steps)

    def deliver(command: Command) -> int:
        if command.name == "attempt":
            begun = time.perf_counter()
            execute_step(command, deps, tools)
            measured.latencies.append(time.perf_counter() - begun)
        return 204

    return _drive(measured, deps, store, deliver, runs, steps, concurrency)


def _engine_http(folder: Path, runs: int, steps: int, concurrency: int) -> Measured:
    """Deliver each step as a real request to `execute-step`, loaded by functions-framework as in production."""
    from shared.wiring import wire
    from shared.wiring.tools import wire_accounts, wire_models, wire_tools

    for cached in (wire, wire_tools, wire_models, wire_accounts):
        cached.cache_clear()
    process_environment()["WORKWRIGHT_DATA"] = str(folder)
    KINDS[TRIVIAL.name] = TRIVIAL
    wired = wire()
    assert wired.local_store is not None
    server = listen(load_function("execute-step"), 0)
    base = f"http://127.0.0.1:{server.server_port}"
    audience, callers = wired.audience("execute-step"), LocalCallers(folder)
    measured, sessions = Measured(runs * steps), threading.local()

    def deliver(command: Command) -> int:
        if command.name != "attempt":
            return 204
        begun = time.perf_counter()
        headers = {"Authorization": callers.authorization(audience)}
        url = f"{base}/t/{command.tenant}"
        status = _session(sessions).post(url, json=command_to_data(command), headers=headers, timeout=60).status_code
        measured.latencies.append(time.perf_counter() - begun)
        return status

    try:
        return _drive(measured, wired.deps, wired.local_store, deliver, runs, steps, concurrency)
    finally:
        server.shutdown()
        server.server_close()
        del KINDS[TRIVIAL.name]


def _drive(
    measured: Measured,
    deps: Deps,
    store: LocalStore,
    deliver: Callable[[Command], int],
    runs: int,
    steps: int,
    concurrency: int,
) -> Measured:
    """Open the runs, then time how long the queue's workers take to bring all of them to their end."""
    _open(deps, runs, steps)
    dispatcher = Dispatcher(store, deliver, deps.clock, DispatchOptions(workers=concurrency))
    before, writes = store.stats.transactions, store.stats.writes
    begun = time.perf_counter()
    dispatcher.start()
    if not dispatcher.wait_idle(600):
        raise RuntimeError("the bench did not end")
    measured.seconds = time.perf_counter() - begun
    measured.transactions, measured.commits = store.stats.transactions - before, store.stats.writes - writes
    dispatcher.stop()
    unfinished = [run.id for run in deps.store.list_runs(TENANT, limit=runs) if run.status.value != "succeeded"]
    store.close()
    if unfinished or len(measured.latencies) != measured.steps:
        raise RuntimeError(f"{len(unfinished)} runs did not succeed; {len(measured.latencies)} steps were timed")
    return measured


def _ports(folder: Path) -> tuple[Deps, LocalStore]:
    clock = SystemClock()
    store = LocalStore(folder, clock)
    return Deps(store, LocalQueue(store, clock), LocalSecrets(folder), clock), store


def _tools() -> Tools:
    class NoAccounts:
        def connect_for(self, tenant: str, noted: Any = None) -> Any:
            return None

    def refuse(*_: Any) -> Any:
        raise RuntimeError("the bench needs none of this")

    return Tools({TRIVIAL.name: TRIVIAL}, NoAccounts(), refuse, refuse, refuse, lambda tenant: {})


def _raw(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=60)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE IF NOT EXISTS steps (id INTEGER PRIMARY KEY, body TEXT)")
    return connection


_BODY = "x" * 400


def _raw_commit(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT INTO steps (body) VALUES (?)", (_BODY,))
    connection.execute("COMMIT")


def _raw_sqlite(folder: Path, total: int, concurrency: int) -> Measured:
    """One durable transaction per step, each thread with its own connection."""
    local = threading.local()

    def one(_: int) -> float:
        if not hasattr(local, "connection"):
            local.connection = _raw(folder / "raw.db")
        begun = time.perf_counter()
        _raw_commit(local.connection)
        return time.perf_counter() - begun

    _raw(folder / "raw.db").close()
    return _floor(total, concurrency, one)


def _raw_http(folder: Path, total: int, concurrency: int) -> Measured:
    """One bare request with one durable transaction in it, through the same server as the functions'."""
    connection, lock = _raw(folder / "raw.db"), threading.Lock()
    app = Flask("floor")

    @app.post("/")
    def bare() -> Response:
        with lock:
            _raw_commit(connection)
        return Response(status=204)

    server = listen(app, 0)
    url, sessions = f"http://127.0.0.1:{server.server_port}/", threading.local()

    def one(n: int) -> float:
        begun = time.perf_counter()
        _session(sessions).post(url, json={"step": n}, timeout=60)
        return time.perf_counter() - begun

    try:
        return _floor(total, concurrency, one)
    finally:
        server.shutdown()
        server.server_close()


def _floor(total: int, concurrency: int, transact: Callable[[int], float]) -> Measured:
    measured = Measured(total, transactions=total, commits=total)
    with ThreadPoolExecutor(concurrency) as pool:
        begun = time.perf_counter()
        measured.latencies = list(pool.map(transact, range(total)))
        measured.seconds = time.perf_counter() - begun
    return measured


def _session(local: threading.local) -> requests.Session:
    if not hasattr(local, "session"):
        local.session = requests.Session()
        local.session.trust_env = False
    session: requests.Session = local.session
    return session
