"""The whole house in one process: functions over HTTP, the queue's workers, and a clock that calls."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
from werkzeug.serving import BaseWSGIServer

from shared import log
from shared.backends.local.capacity import Capacity
from shared.backends.local.delivery.dispatcher import Dispatcher
from shared.backends.local.delivery.options import DispatchOptions
from shared.backends.local.delivery.outcomes import NOBODY, DeliveryResult
from shared.backends.local.folder.data_folder import refuse_if_held
from shared.backends.local.keys.identity import LocalCallers
from shared.backends.local.memory import give_back, share_arenas
from shared.core.documents.sync import PASS, Pass
from shared.core.run.commands import Command, command_to_data
from shared.lasting_port import find_lasting_port
from shared.local.clicks import Listener, listen_to_clicks
from shared.local.configuration.choices import read_choices
from shared.local.configuration.migration_mark import refuse_moved
from shared.local.configuration.runtime_environment import surroundings
from shared.local.lines import bounds_of, line_of
from shared.local.metrics_page import serve_metrics
from shared.local.serve import house_app, listen
from shared.local.simulated_mail import mail_as_told
from shared.local.simulated_world import Simulators
from shared.local.sites.server import SitesServer
from shared.plain_session import PlainSession
from shared.ports import get_as
from shared.settings import FUNCTIONS, process_environment
from shared.telemetry import trace
from shared.wiring import Wired, wire

if TYPE_CHECKING:
    from shared.backends.local.state.local_store import LocalStore

OFTEN = "sync/often"  # answers itself when it wants to be called next
SCHEDULE = {"sweep": 2.0, "sync": 60.0, OFTEN: 6.0}  # seconds between two calls of a function by the clock
_DELIVERY_TIMEOUT = (5, 600)


class House:
    """Everything on one machine. One per process: the functions are wired from the environment."""

    def __init__(
        self, data: Path, port: int | None = None, *, simulators: Mapping[str, str] | None = None, public_url: str = ""
    ) -> None:
        refuse_if_held(data)
        refuse_moved(data)
        share_arenas()
        self.data = data
        self._sites: SitesServer | None = None
        self._simulators: Simulators | None = None
        self._store: LocalStore | None = None
        self._clicks: Listener | None = None
        self._placeholder = _Pending()
        self._server: BaseWSGIServer = listen(self._placeholder, _lasting_port(data) if port is None else port)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._stopping = threading.Event()
        with ExitStack() as undo:  # also where we are told to end before it is there
            undo.callback(self._close)
            self._open(simulators, public_url)
            undo.pop_all()

    def _open(self, simulators: Mapping[str, str] | None, public_url: str) -> None:
        """Begin all that has to end again, and wire the functions to it."""
        data = self.data
        self.choices = read_choices(data)
        self.public_url = public_url or self.choices.public_url or self.url
        only = mail_as_told(self.choices.simulators, process_environment())
        if only and not simulators:
            self._simulators = Simulators.start(data / "simulators", only)
        self.simulators = dict(simulators or (self._simulators.urls if self._simulators else {}))
        process_environment().update(self._environment())
        self._sites = SitesServer.start(data, process_environment())
        if self._sites is not None:
            process_environment()["WORKWRIGHT_SITES_FOLDER_URL"] = self._sites.url
        self.wired: Wired = wire()
        refuse_moved(data)  # once more: only from here on nobody else has the folder
        assert self.wired.local_store is not None
        self._store = self.wired.local_store
        self._placeholder.app = serve_metrics(house_app(), lambda: self.dispatcher)
        self._callers = LocalCallers(data)
        self.schedule = dict(SCHEDULE)
        self._sessions = threading.local()
        options = DispatchOptions(
            workers=self.wired.settings.workers,
            line=line_of(),
            concurrency=bounds_of(self.wired.settings, Capacity.measure_machine()),
            duplicate_rate=self.wired.settings.duplicates,
            shuffle_seed=self.wired.settings.shuffle,
        )
        self.dispatcher = Dispatcher(self._store, self._deliver, self.wired.deps.clock, options)
        self._ticker = threading.Thread(target=self._keep_schedule, name="house-scheduler", daemon=True)
        (data / "house.json").write_text(f'{{"url": "{self.url}", "pid": {os.getpid()}}}\n', encoding="utf-8")

    def _environment(self) -> dict[str, str]:
        found = surroundings(self.choices, self.simulators, process_environment())
        ours = {"WORKWRIGHT_DATA": str(self.data), "WORKWRIGHT_PUBLIC_URL": self.public_url}
        return found | ours | {"WORKWRIGHT_FUNCTIONS_URL": self.url}

    def start(self) -> None:
        """Begin to deliver and to sweep."""
        self.dispatcher.start()
        self._ticker.start()
        self._clicks = listen_to_clicks(self.wired.deps)
        if self._clicks is not None:
            self._clicks.start()

    def stop(self) -> None:
        """Finish what is being delivered, then end everything this house started."""
        self._stopping.set()
        if self._clicks is not None:
            self._clicks.stop()
        self.dispatcher.stop()
        self._close()

    def _close(self) -> None:
        """End what was opened, as far as it was."""
        self._server.shutdown()
        self._server.server_close()
        if self._sites is not None:
            self._sites.stop()
        trace.finish()
        if self._simulators is not None:
            self._simulators.stop()
        if self._store is not None:
            self._store.close()

    @property
    def functions(self) -> dict[str, str]:
        """Return where each function answers."""
        return {name: f"{self.url}/{name}" for name in FUNCTIONS}

    @property
    def sites(self) -> str:
        """Return the address below whose name the sites of the folder are seen, "" where there is no folder."""
        return self._sites.url if self._sites is not None else ""

    def _deliver(self, command: Command) -> DeliveryResult:
        """Deliver as Cloud Tasks does: one HTTP request to the function, with a token for it."""
        audience = f"{self.url}/{command.function}"
        point = self.wired.deps.crash_point
        point(f"deliver.before/{command.name}")
        try:
            answer = self._session.post(
                f"{audience}/t/{command.tenant}",
                json=command_to_data(replace(command, trace="")),
                headers={"Authorization": self._callers.authorization(audience), **trace.read_stamp(command.trace)},
                timeout=_DELIVERY_TIMEOUT,
            )
        except requests.RequestException as error:
            return DeliveryResult(NOBODY, reason=f"no answer: {type(error).__name__}")
        point(f"acknowledge.before/{command.name}")
        return DeliveryResult(answer.status_code, reason=_reason(answer))

    @property
    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._sessions, "session", None)
        if session is None:
            session = PlainSession()
            self._sessions.session = session
        return session

    def _keep_schedule(self) -> None:
        """Call what the scheduler calls in the cloud, each after its time has passed."""
        due = {function: time.monotonic() + every for function, every in self.schedule.items()}
        due["sync"] -= min(self._measure_since_last_pass(), self.schedule["sync"])
        while not self._stopping.wait(max(0.0, min(due.values()) - time.monotonic())):
            function = min(due, key=lambda each: due[each])
            due[function] = time.monotonic() + self.schedule[function]
            if function == "sync":
                give_back()
            after = self._call_by_clock(function)
            if after is not None:
                due[function] = time.monotonic() + after

    def _call_by_clock(self, function: str) -> float | None:
        """Call it; return in how many seconds it wants to be called again, where it says so."""
        audience = f"{self.url}/{function.partition('/')[0]}"
        headers = {"Authorization": self._callers.authorization(audience)}
        try:
            answer = self._session.post(f"{self.url}/{function}", headers=headers, timeout=60)
        except requests.RequestException as error:
            log.line("WARNING", "scheduled function not reached", function=function, error=type(error).__name__)
            return None
        if answer.status_code != 200:
            log.line("WARNING", "scheduled function failed", function=function, status=answer.status_code)
            return None
        return float(answer.json()["after_s"]) if function == OFTEN else None

    def _measure_since_last_pass(self) -> float:
        """Return how long ago, in seconds, `sync` last ended: who was away must not wait as if nothing had happened."""
        deps = self.wired.deps
        passes = [get_as(Pass, deps.store, (tenant, *PASS)) for tenant in deps.store.tenants()]
        ended = [datetime.fromisoformat(each.ended) for each in passes if each is not None]
        return max(0.0, (deps.clock.now() - max(ended)).total_seconds()) if ended else 0.0


class _Pending:
    """Answers 503 until the functions are loaded: the port is taken first, because they must know their address."""

    def __init__(self) -> None:
        self.app: Any = None

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        if self.app is None:
            start_response("503 Service Unavailable", [("Content-Type", "text/plain"), ("Retry-After", "1")])
            return [b"starting"]
        return self.app(environ, start_response)


def _reason(answer: requests.Response) -> str:
    return "" if answer.ok else f"{answer.status_code} {answer.text[:200]}"


def _lasting_port(data: Path) -> int:
    """Return the port of the last start, or a new one: links and webhooks that were handed out must still lead here."""
    try:
        url = str(json.loads((data / "house.json").read_text(encoding="utf-8"))["url"])
        return int(url.rpartition(":")[2])
    except (OSError, ValueError, KeyError):
        return find_lasting_port()
