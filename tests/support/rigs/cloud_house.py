"""The functions on the cloud's adapters: emulated Firestore, Cloud Tasks, Secret Manager and KMS around them.

Nothing here is of the local house: functions run in a process of their own that dies and comes again, tasks come over
HTTP with signed tokens, half of them twice and out of order, and a scheduler calls `sweep`.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests
from google.api_core import exceptions as google
from google.cloud import firestore as database
from google.cloud import tasks_v2

from shared import log
from shared.backends.cloud.paths import LEASES
from shared.local.first_setup import Home, settle_in
from shared.local.simulated_world import Simulators
from shared.settings import FUNCTIONS
from shared.telemetry import trace
from shared.wiring import Wired, tools, wire
from tests.support.rigs.at_home import AT_HOME
from tests.support.rigs.settled_house import free_ports
from tests.support.servers.cloud.cloud_tasks_server import CloudTasksServer
from tests.support.servers.cloud.cloud_tasks_state import Behaviour
from tests.support.servers.cloud.kms_server import KmsServer
from tests.support.servers.cloud.oidc_issuer import OidcIssuer
from tests.support.servers.cloud.secret_manager_server import SecretManagerServer
from tests.support.servers.cloud.shared_emulator import borrow_project

ROOT = Path(__file__).resolve().parents[3]
PROJECT, LOCATION = "test-project", "us-central1"
KEY = f"projects/{PROJECT}/locations/{LOCATION}/keyRings/workwright/cryptoKeys/tenants"
ACCOUNT = "tasks@test-project.iam.gserviceaccount.com"
# As in an installation, an attempt ends within its lease, and the waits between a command's eight deliveries (here
# 0.5 + 1 + … + 32 s) are longer than a lease, or than the functions take to come back. On a busy machine an attempt
# takes many seconds, and so does a start: with less, two would be at one attempt, or its command would be put aside.
LEASE_S = 45.0
MIN_BACKOFF, MAX_BACKOFF = timedelta(seconds=0.5), timedelta(seconds=60)
QUICK = {
    "WORKWRIGHT_LEASE_S": str(LEASE_S),
    "WORKWRIGHT_SETTLE_S": "1",
    "WORKWRIGHT_BACKOFF_S": "0.05",
    "WORKWRIGHT_GATHER_S": "0.05",
    "WORKWRIGHT_HTTP_READ_S": "20",
    "WORKWRIGHT_NOTION_RATE": "100000",
    "WORKWRIGHT_WATCH_S": "0.4",
    "WORKWRIGHT_BROWSER": "off",
}
_START_S = 60.0
_SWEEP_EVERY_S = 0.5


def queue_name(function: str) -> str:
    """Return the whole name of a function's queue."""
    return f"projects/{PROJECT}/locations/{LOCATION}/queues/{function}"


class FunctionsProcess:
    """The functions' process. Whenever it was killed it is started again, to be killed at the next point.

    `bury` is called while the next one starts, more than once, with a moment at which it did not take any task yet.
    """

    def __init__(self, port: int, log_file: Path, bury: Callable[[datetime], None]) -> None:
        self._port, self._log, self._bury = port, log_file, bury
        self._points: list[str] = []
        self._stopping = threading.Event()
        self._process = self._start()
        self.deaths: list[str] = []  # at which points it was killed
        self.failure = ""  # what it said when it ended by itself
        self._keeper = threading.Thread(target=self._keep, name="functions-keeper", daemon=True)
        self._keeper.start()

    def kill_at(self, points: Sequence[str]) -> None:
        """Kill it now, and from then on at each of these points, once."""
        assert not self.failure, self.failure
        self._points, before = list(points), self._process
        os.kill(before.pid, signal.SIGKILL)
        ends = time.monotonic() + _START_S
        while self._process is before:
            assert not self.failure, self.failure
            assert time.monotonic() < ends, "the functions did not come back"
            time.sleep(0.01)
        self.wait_until_ready()
        self.deaths.clear()

    def wait_until_ready(self) -> None:
        """Wait until it takes connections."""
        ends = time.monotonic() + _START_S
        while time.monotonic() < ends:
            if self._answers():
                return
            assert self._process.poll() in (None, -signal.SIGKILL), self._log.read_text(errors="replace")[-3000:]
            time.sleep(0.02)
        raise AssertionError(f"the functions did not answer:\n{self._log.read_text(errors='replace')[-3000:]}")

    def stop(self) -> None:
        """End it."""
        self._stopping.set()
        self._process.terminate()
        self._keeper.join(20)
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._port)) == 0

    def _start(self) -> subprocess.Popen[bytes]:
        env = dict(os.environ)
        self._armed = self._points.pop(0) if self._points else ""
        if self._armed:
            env["WORKWRIGHT_CRASH_AT"] = self._armed
        command = [sys.executable, "-m", "tests.support.programs.cloud_functions", str(self._port)]
        with self._log.open("ab") as log_file:
            return subprocess.Popen(command, cwd=ROOT, env=env, stdout=log_file, stderr=log_file)

    def _keep(self) -> None:
        while True:
            code = self._process.wait()
            if self._stopping.is_set():
                return
            if code != -signal.SIGKILL:
                self.failure = f"the functions ended with {code}:\n{self._log.read_text(errors='replace')[-3000:]}"
                return
            self.deaths.append(self._armed)
            self._process = self._start()
            before = datetime.now(UTC)
            while not self._answers() and self._process.poll() is None and not self._stopping.is_set():
                self._bury(before)
                time.sleep(0.05)
                before = datetime.now(UTC)


class CloudHouse:
    """An installation in the cloud, as far as this machine can play one. See `Installation` of `settle_in`."""

    def __init__(self, data: Path, parts: ExitStack, simulators: Mapping[str, str] | None = None) -> None:
        """Start all of it; the outside world too, unless its `simulators` are there already."""
        self.data = data
        firestore = parts.enter_context(borrow_project(PROJECT))
        self.issuer = parts.enter_context(OidcIssuer())
        kms, secrets = parts.enter_context(KmsServer()), parts.enter_context(SecretManagerServer(PROJECT))
        behaviour = Behaviour(duplicates=0.5, shuffle=True, jitter=0.03, seed=1)
        self.tasks = parts.enter_context(CloudTasksServer(self.issuer, behaviour))
        self.simulators = simulators if simulators is not None else _simulators(data, parts)
        (port,) = free_ports(1)
        self.url = f"http://127.0.0.1:{port}"
        self.functions = {name: f"{self.url}/{name}" for name in FUNCTIONS}
        retry = tasks_v2.RetryConfig(max_attempts=30, min_backoff=MIN_BACKOFF, max_backoff=MAX_BACKOFF)
        for name in FUNCTIONS:
            self.tasks.create_queue(name, project=PROJECT, location=LOCATION, retry_config=retry)
        os.environ.update(self._environment(firestore, kms.create_key(KEY), self.tasks.rest_address, secrets, kms))
        self._database = database.Client(project=PROJECT)
        self.process = FunctionsProcess(port, data / "functions.log", self._end_leases)
        parts.callback(self.process.stop)
        self.wired: Wired = wire()
        self.process.wait_until_ready()
        self.swept: list[tuple[int, Any]] = []  # what the scheduler was answered
        self.scheduling = True
        self._stop = threading.Event()
        ticker = threading.Thread(target=self._schedule, name="scheduler", daemon=True)
        ticker.start()
        parts.callback(ticker.join, 20)
        parts.callback(self._stop.set)

    def _environment(
        self, firestore: str, key: str, tasks: str, secrets: SecretManagerServer, kms: KmsServer
    ) -> dict[str, str]:
        return {
            **QUICK,
            **{f"WORKWRIGHT_{name.upper()}_URL": url for name, url in self.simulators.items()},
            "WORKWRIGHT_MODE": "cloud",
            "GOOGLE_CLOUD_PROJECT": PROJECT,
            "WORKWRIGHT_LOCATION": LOCATION,
            "WORKWRIGHT_KMS_KEY": key,
            "WORKWRIGHT_TASKS_ACCOUNT": ACCOUNT,
            "WORKWRIGHT_PUBLIC_URL": self.url,
            "WORKWRIGHT_FUNCTIONS_URL": self.url,
            "FIRESTORE_EMULATOR_HOST": firestore,
            "WORKWRIGHT_TASKS_ENDPOINT": tasks,
            "WORKWRIGHT_SECRETS_ENDPOINT": secrets.rest_address,
            "WORKWRIGHT_KMS_ENDPOINT": kms.rest_address,
            "WORKWRIGHT_CERTS_URL": self.issuer.certs_url,
        }

    def _end_leases(self, before: datetime) -> None:
        """Let the leases that were taken before that moment run out: nobody is left who holds them."""
        for lease in self._database.collection_group(LEASES).stream():
            if lease.update_time.ToDatetime(UTC) <= before:
                with suppress(google.FailedPrecondition, google.NotFound):  # taken by somebody else meanwhile
                    lease.reference.delete(option=self._database.write_option(last_update_time=lease.update_time))

    def token(self, function: str, email: str = ACCOUNT) -> str:
        """Return an Authorization header as Cloud Tasks and Cloud Scheduler make it."""
        return f"Bearer {self.issuer.mint(self.functions[function], email)}"

    def sweep(self) -> requests.Response:
        """Call `sweep` as the scheduler does."""
        headers = {"Authorization": self.token("sweep"), "User-Agent": "Google-Cloud-Scheduler"}
        return requests.post(self.functions["sweep"], headers=headers, timeout=30)

    def _schedule(self) -> None:
        while not self._stop.wait(_SWEEP_EVERY_S):
            if not self.scheduling:
                continue
            try:
                answer = self.sweep()
            except requests.RequestException:
                continue  # the functions are dead just now; the next call comes
            self.swept.append((answer.status_code, answer.json()))

    def control(self, system: str, path: str, body: Any) -> Any:
        """Call a control endpoint of a simulator."""
        answer = AT_HOME.post(self.simulators[system] + path, json=body, timeout=30)
        assert answer.status_code < 300, f"{path}: {answer.status_code} {answer.text[:500]}"
        return answer.json()

    def effects(self) -> list[tuple[str, dict[str, Any]]]:
        """Return every effect in every simulated system, with the system it was in."""
        found = []
        for system, url in self.simulators.items():
            for entry in AT_HOME.get(f"{url}/_journal?effects=1", timeout=30).json():
                found += [(system, effect) for effect in entry["effects"]]
        return found

    def come_to_rest(self, timeout: float = 60.0) -> None:
        """Wait until neither Notion nor the queue has anything left to deliver, hurrying what waits for its time."""
        ends, patience = time.monotonic() + timeout, time.monotonic() + 1.0
        while True:
            waiting = AT_HOME.get(self.simulators["notion"] + "/_pending", timeout=10).json()
            self.tasks.settle(timeout)
            if not waiting and not self.tasks.pending():
                return
            if time.monotonic() > patience:
                self.force()
            assert time.monotonic() < ends, f"{self.tasks.pending()} tasks and {waiting} webhooks never ended"
            time.sleep(0.05)

    def force(self) -> None:
        """Deliver what waits for its time, one task after the other, as an operator's “force run” does."""
        client = self.tasks.client()
        for task in [task for name in FUNCTIONS for task in client.list_tasks(parent=queue_name(name))]:
            with suppress(google.NotFound):  # delivered meanwhile
                client.run_task(name=task.name)
            self.tasks.settle()


def _simulators(data: Path, parts: ExitStack) -> Mapping[str, str]:
    outside = Simulators.start(data / "simulators")
    parts.callback(outside.stop)
    return outside.urls


@contextmanager
def open_cloud_house(data: Path) -> Iterator[tuple[CloudHouse, Home]]:
    """Run a settled installation; one at a time per process, because the environment is the process's."""
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith(("WORKWRIGHT_", "FIRESTORE_"))]:
        if name != "FIRESTORE_EMULATOR_JAR":
            del os.environ[name]
    _forget_wiring()
    log.show_from("CRITICAL")
    try:
        with ExitStack() as parts:
            house = CloudHouse(data, parts)
            home = settle_in(house)
            house.control("notion", "/_config", {"aggregation_s": 0.05, "retry_base_s": 0.1})
            house.control("vercel", "/_config", {"build_seconds": 0.05, "alias_seconds": 0.05})
            yield house, home
    finally:
        _forget_wiring()
        log.show_from("INFO")
        os.environ.clear()
        os.environ.update(before)


def _forget_wiring() -> None:
    for cached in (wire, tools.wire_accounts, tools.wire_models, tools.wire_tools):
        cached.cache_clear()
    trace.export_to(None)
