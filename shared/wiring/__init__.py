"""The only place that chooses cloud or local: store, queue, secrets, and who may call a queue function."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from shared.app.engine.deps import Deps, fresh_owner, no_crash
from shared.backends.clock import ShiftedClock, SystemClock, pause, stand_back
from shared.core.run.run import Limits
from shared.ports import CallerCheck
from shared.settings import Settings, process_environment
from shared.wiring.clients import Clients, rest_clients
from shared.wiring.telemetry import start_telemetry

if TYPE_CHECKING:
    from shared.backends.local.state.local_store import LocalStore

# cloud: what reaches Google's services; `shared/wiring/worker.py` puts Google's own clients here
clients_of: Callable[[Settings], Clients] = rest_clients


@dataclass(frozen=True, slots=True)
class Wired:
    """Everything a function is made of, built once per process."""

    settings: Settings
    deps: Deps
    check: CallerCheck
    local_store: LocalStore | None = None

    def audience(self, function: str) -> str:
        """Return the audience a caller's token must name to call this function."""
        return self.settings.function_url(function)


@cache
def wire() -> Wired:
    """Build the ports from the environment; a wrong one fails here, at start-up, and names every problem."""
    settings = Settings.from_env(process_environment())
    wired = _cloud(settings) if settings.mode == "cloud" else _local(settings)
    start_telemetry(settings, wired.deps.secrets)
    return wired


def _local(settings: Settings) -> Wired:
    from shared.backends.local.delivery.local_queue import LocalQueue
    from shared.backends.local.folder.data_folder import RESTORED
    from shared.backends.local.keys.identity import LocalCallers
    from shared.backends.local.keys.local_secrets import LocalSecrets
    from shared.backends.local.state.local_store import LocalStore

    clock = ShiftedClock(settings.clock_file) if settings.clock_file else SystemClock()
    store = LocalStore(settings.data, clock)
    secrets, restored = LocalSecrets(settings.data), (settings.data / RESTORED).is_file()
    deps = _deps(settings, Deps(store, LocalQueue(store, clock), secrets, clock, restored=restored))
    return Wired(settings, deps, LocalCallers(settings.data), store)


def _cloud(settings: Settings) -> Wired:
    from shared.wiring.cloud import cloud_ports

    ports, check = cloud_ports(settings, clients_of(settings))
    return Wired(settings, _deps(settings, ports), check)


def _deps(settings: Settings, ports: Deps) -> Deps:
    return Deps(
        ports.store,
        ports.queue,
        ports.secrets,
        ports.clock,
        public_url=settings.public_url,
        connect_url=settings.door_url("oauth-callback"),
        hooks_url=settings.door_url("forge-webhook"),
        loopback_endpoints=settings.loopback_endpoints,
        notion_url=_find_simulator(settings.endpoints.get("notion", "")),
        limits=Limits(backoff_s=settings.backoff_s, approval_s=settings.approval_s),
        lease=settings.lease,
        settle=settings.settle,
        born=None if settings.mode == "cloud" else ports.clock.now(),
        gather=timedelta(seconds=settings.gather_s),
        models=settings.models,
        restored=ports.restored,
        crash_point=_crash_point(settings),
        owner=fresh_owner,
        pause=None if settings.mode == "cloud" else pause,
        stand_back=stand_back,
    )


def _find_simulator(notion: str) -> str:
    """Return the address of a Notion that is not the real one."""
    return "" if notion.partition("://")[2].partition("/")[0].endswith(("notion.com", "notion.so")) else notion


def _crash_point(settings: Settings) -> Callable[[str], None]:
    """Return what the crash test arms: write down each point that is passed, and die at the one that was asked for."""
    if not settings.crash_at and settings.crash_log is None:
        return no_crash
    wanted = {part.partition("#")[0]: int(part.partition("#")[2] or 1) for part in settings.crash_at.split(",") if part}
    counts: dict[str, int] = {}
    lock = threading.Lock()

    def point(name: str) -> None:
        with lock:
            counts[name] = counts.get(name, 0) + 1
            if settings.crash_log is not None:
                with settings.crash_log.open("a", encoding="utf-8") as file:
                    file.write(name + "\n")
            if wanted.get(name) == counts[name]:
                os.kill(os.getpid(), signal.SIGKILL)

    return point
