"""Serve simulators: `python -m shared.local.simulators --data DIR`. Ends with its parent, keeps its ports."""

import argparse
import fcntl
import importlib
import json
import os
import pkgutil
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from werkzeug.serving import BaseWSGIServer

from shared.lasting_port import find_lasting_port
from shared.local import simulators
from shared.local.simulators._server import Simulator, serve

NAMES = tuple(each.name for each in pkgutil.iter_modules(simulators.__path__) if not each.name.startswith("_"))

MAX_WAIT_S = 10.0


def _read_arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m shared.local.simulators", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder the simulated systems keep their state in")
    for name in NAMES:
        parser.add_argument(f"--port-{name}", type=int, default=0, help="0: the port of last time, else any free one")
    parser.add_argument(
        "--only",
        default="",
        help="the systems to simulate, with commas between them; without it all that do not stand in for another",
    )
    parser.add_argument("--parent-pid", type=int, default=0, help="end when this process is gone")
    options = parser.parse_args(arguments)
    options.only = [name for name in options.only.split(",") if name]
    if unknown := sorted(set(options.only) - set(NAMES)):
        parser.error(f"--only {unknown[0]} is unknown; there are {', '.join(NAMES)}")
    return options


def find_kind(name: str) -> type[Simulator]:
    """Return the simulator of a system, which is in the system's own module or folder here."""
    place = importlib.import_module(f"{simulators.__name__}.{name}")
    module = importlib.import_module(f"{place.__name__}.simulator") if hasattr(place, "__path__") else place
    kinds = [each for each in vars(module).values() if isinstance(each, type) and issubclass(each, Simulator)]
    return next(each for each in kinds if each.name == name)


def _serve(name: str, simulator: Simulator, wanted: int, remembered: int) -> BaseWSGIServer:
    """Serve on the port that was asked for; on that of last time; or, when another has taken that one, on any."""
    if wanted or not remembered:
        return serve(simulator, wanted or find_lasting_port())
    try:
        return serve(simulator, remembered)
    except (OSError, SystemExit):
        server = serve(simulator, find_lasting_port())
        print(
            f"port {remembered}, where {name} was simulated, is in use: it answers on port {server.server_port} from"
            " now on, and links to it from before lead elsewhere",
            file=sys.stderr,
            flush=True,
        )
        return server


def _is_gone(parent: int, was_mine: bool) -> bool:
    if was_mine:  # a dead parent nobody has waited for still answers to signals, but it is nobody's parent any more
        return os.getppid() != parent
    try:
        os.kill(parent, 0)
    except ProcessLookupError:
        return True
    except PermissionError:  # it lives, under another user
        pass
    return False


def _watch(parent: int, was_mine: bool, ended: threading.Event) -> None:
    while not ended.wait(0.5):
        if _is_gone(parent, was_mine):
            ended.set()


def _own(data: Path) -> TextIO:
    """Hold the folder alone: two processes on one state would each undo the other's work."""
    data.mkdir(parents=True, exist_ok=True)
    lock = (data / "lock").open("w")
    until = time.monotonic() + MAX_WAIT_S  # one that just lost its parent needs a moment to end
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return lock
        except BlockingIOError:
            if time.monotonic() > until:
                sys.exit(f"another process serves the simulators of {data}")
            time.sleep(0.05)


def main(arguments: list[str]) -> int:
    """Start everything, say where it is, wait for the end."""
    options = _read_arguments(arguments)
    was_mine = os.getppid() == options.parent_pid
    lock = _own(options.data)
    memory = options.data / "ports.json"
    ports: dict[str, int] = json.loads(memory.read_text("utf-8")) if memory.exists() else {}
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    servers: list[BaseWSGIServer] = []
    urls: dict[str, str] = {}
    starts: list[Callable[[], None]] = []
    stops: list[Callable[[], None]] = []
    for name, kind in {name: find_kind(name) for name in options.only or NAMES}.items():
        if kind.stands_in and not options.only:
            continue
        simulator = kind(options.data / name)
        server = _serve(name, simulator, getattr(options, f"port_{name}"), ports.get(name, 0))
        servers.append(server)
        ports[name] = server.server_port
        urls[name] = simulator.base_url
        for hook, when in (("start", starts), ("stop", stops)):
            if hasattr(simulator, hook):
                when.append(getattr(simulator, hook))
    for start in starts:
        start()
    temporary = memory.with_suffix(".new")
    temporary.write_text(json.dumps(ports), encoding="utf-8")
    temporary.replace(memory)
    if options.parent_pid:
        threading.Thread(target=_watch, args=(options.parent_pid, was_mine, ended), daemon=True).start()
    print(json.dumps({"ready": True, "simulators": urls}), flush=True)
    ended.wait()
    for server in servers:
        server.shutdown()
    for stop in stops:
        stop()
    lock.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
