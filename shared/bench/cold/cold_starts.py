"""`bench cold`: what each function costs from the start of its process to its first answer, beside the bare hello.

Each is started as the platform starts it (functions-framework, gunicorn, in cloud mode) and sent one real request.
CPU is that of all its processes until the answer, as the kernel counts it: wall time would measure the machine's other
work. Memory is the proportional share (PSS) of all its processes at that moment.
"""

from __future__ import annotations

import http.client
import os
import platform
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.bench.cold.cold_asked import Asked, first_requests
from shared.bench.cold.cold_cloud import StandIn
from shared.bench.cold.cold_grpc import EmptyFirestore
from shared.core.errors import ConfigError
from shared.core.text import readable
from shared.settings import process_environment

ROOT = Path(__file__).resolve().parents[3]
HELLO = "hello"
_HELLO_SOURCE = "import functions_framework\n\n\n@functions_framework.http\ndef hello(request):\n    return 'hello'\n"
AIMS = {"notion-webhook": 2.0, "oauth-callback": 3.0, "api": 3.0}
_QUEUE_AIM = 3.5  # of the functions that the queue or a clock calls
_QUEUE_FUNCTIONS = frozenset({"plan", "execute-step", "deploy", "notify", "sweep", "sync"})
_NO_AIM = ("code-runner",)  # a service that ends after each answer: its start is the whole of its life
_PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Start:
    """One start: milliseconds of CPU and of the clock, and MiB."""

    cpu_ms: float
    wall_ms: float
    memory_mb: float


@contextmanager
def running(function: str, source: Path, env: dict[str, str], threads: int = 8) -> Iterator[tuple[int, int]]:
    """Start one function as the platform does; yield its process id and its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "functions_framework", "--target", function.replace("-", "_")]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [*command, "--source", str(source), "--host", "127.0.0.1", "--port", str(port)],
            cwd=ROOT,
            env={**env, "THREADS": str(threads)},
            stdout=log,
            stderr=log,
        )
        try:
            yield process.pid, port
            if process.poll() is not None:
                log.seek(0)
                raise ConfigError(f"{function} ended: {readable.show_bytes(log.read()[-2000:])}")
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def bench_cold(rounds: int = 5, functions: Iterable[str] = ()) -> dict[str, Any]:
    """Measure every function `rounds` times, in turns with the hello; return medians and ratios."""
    cloud, empty = StandIn(), EmptyFirestore()
    try:
        with tempfile.TemporaryDirectory(prefix="workwright-cold-") as folder:
            source = hello_source(Path(folder))
            url = "http://127.0.0.1:8700"  # only a name: nothing is called there
            env = {**bare_environment(), **cloud.environment(url), "WORKWRIGHT_DATA": folder}
            asked = first_requests(cloud, cloud_deps(env), url)
            wanted = [name for name in sorted(asked) if not functions or name in set(functions)]
            hello = Asked("hello", 200, "GET")
            starts: dict[str, list[Start]] = {name: [] for name in (HELLO, *wanted)}
            for turn in range(
                rounds + 1
            ):  # the first one writes bytecode and warms the disk's cache; it does not count
                for name in starts:
                    main = source if name == HELLO else ROOT / "functions" / name / "main.py"
                    found = _start(name, main, env | _by_google(name, empty), hello if name == HELLO else asked[name])
                    if turn:
                        starts[name].append(found)
    finally:
        cloud.stop()
        empty.stop()
    return _report(rounds, starts, asked)


def _by_google(function: str, empty: EmptyFirestore) -> dict[str, str]:
    """Return where a function finds Firestore that reaches it by Google's own client."""
    return {"FIRESTORE_EMULATOR_HOST": empty.address} if function in _QUEUE_FUNCTIONS else {}


def hello_source(folder: Path) -> Path:
    """Write the least function there is; return its source file."""
    source = folder / "main.py"
    source.write_text(_HELLO_SOURCE, encoding="utf-8")
    return source


def bare_environment() -> dict[str, str]:
    """Return the environment without what would configure a function."""
    ours = ("WORKWRIGHT_", "FIRESTORE_", "GOOGLE_", "SENTRY_", "OTEL_")
    kept = {name: value for name, value in process_environment().items() if not name.startswith(ours)}
    return {**kept, "PYTHONPATH": str(ROOT), "NO_PROXY": "127.0.0.1"}


def cloud_deps(env: dict[str, str]) -> Any:
    """Return the ports as a function in cloud mode has them."""
    from shared.settings import Settings
    from shared.wiring.clients import rest_clients
    from shared.wiring.cloud import cloud_ports

    settings = Settings.from_env(env)
    return cloud_ports(settings, rest_clients(settings))[0]


def _start(function: str, source: Path, env: dict[str, str], asked: Asked) -> Start:
    begun = time.perf_counter()
    with running(function, source, env) as (pid, port):
        status, answer = _ask_until_there(port, asked)
        wall = time.perf_counter() - begun
        tree = _tree(pid)
        found = Start(sum(map(_cpu_ms, tree)), wall * 1000, sum(map(_memory_mb, tree)))
    if status != asked.status:
        raise ConfigError(f"{function} answered {status} to {asked.what!r}: {answer[:300]!r}")
    return found


def _ask_until_there(port: int, asked: Asked) -> tuple[int, bytes]:
    """Send the request as soon as somebody listens; a connection made early waits for the worker."""
    ends = time.monotonic() + _PATIENCE_S
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE_S)
        try:
            connection.request(asked.method, asked.path, asked.body or None, dict(asked.headers))
            answer = connection.getresponse()
            return answer.status, answer.read()
        except ConnectionRefusedError:
            if time.monotonic() > ends:
                raise
            time.sleep(0.005)
        finally:
            connection.close()


def _tree(pid: int) -> list[int]:
    parents: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
            except OSError:  # ended meanwhile
                continue
            parents[int(folder.name)] = int(fields[1])
    found = [pid]
    for each in found:
        found += [child for child, parent in parents.items() if parent == each]
    return found


def cpu_of_tree(pid: int) -> float:
    """Return the milliseconds on a processor of a process and all below it."""
    return sum(map(_cpu_ms, _tree(pid)))


def _cpu_ms(pid: int) -> float:
    """Return the time on a processor of all threads, and of children that have ended."""
    spent = 0.0
    for task in Path(f"/proc/{pid}/task").iterdir():
        spent += int((task / "schedstat").read_text(encoding="ascii").split()[0]) / 1e6
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    ended = int(fields[13]) + int(fields[14])  # ticks of children, with those of theirs
    return spent + ended * 1000 / float(os.sysconf("SC_CLK_TCK"))


def _memory_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _aim(function: str) -> float | None:
    return None if function in _NO_AIM else AIMS.get(function, _QUEUE_AIM)


def _median(starts: list[Start], what: str) -> float:
    found: float = statistics.median(getattr(start, what) for start in starts)
    return found


def _report(rounds: int, starts: dict[str, list[Start]], asked: dict[str, Asked]) -> dict[str, Any]:
    base = _median(starts[HELLO], "cpu_ms")
    functions: dict[str, dict[str, Any]] = {}
    for name, found in starts.items():
        cpu = _median(found, "cpu_ms")
        functions[name] = {
            "cpu_ms": round(cpu, 1),
            "ratio": round(cpu / base, 2),
            "wall_ms": round(_median(found, "wall_ms"), 1),
            "memory_mb": round(_median(found, "memory_mb"), 1),
        }
        if name != HELLO:
            aim = _aim(name)
            functions[name] |= {"aim": aim, "reached": aim is None or cpu / base <= aim, "answer": asked[name].what}
    return {
        "bench": "cold",
        "rounds": rounds,
        "python": platform.python_version(),
        "machine": f"{platform.machine()}, {os.cpu_count()} processors",
        "functions": functions,
    }


def as_text(found: dict[str, Any]) -> str:
    """Return the report as lines."""
    lines = [f"{'':16} {'CPU ms':>8} {'× hello':>8} {'aim':>5} {'wall ms':>8} {'MiB':>6}  first answer"]
    for name, figures in found["functions"].items():
        aim = f"{figures['aim']:g}" if figures.get("aim") else ""
        lines.append(
            f"{name:16} {figures['cpu_ms']:8.0f} {figures['ratio']:8.2f} {aim:>5} {figures['wall_ms']:8.0f}"
            f" {figures['memory_mb']:6.0f}  {figures.get('answer', 'hello')}"
        )
    return "\n".join(lines)
