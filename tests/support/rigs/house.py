"""The whole local house in this process, with a settled tenant, and everything a test does to it from outside."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from shared import log
from shared.backends.local.keys.identity import LocalCallers
from shared.core.notify.unsent import notice_ref
from shared.core.pages import marks
from shared.core.run.commands import Command, command_to_data
from shared.core.run.run import Run, RunStatus
from shared.local.first_setup import settle_in
from shared.local.runtime import House
from shared.wiring import tools, wire
from tests.support.measures.read_runs import ReadRuns
from tests.support.rigs.at_home import AT_HOME
from tests.support.simulators.forked_simulators import forked_simulators
from tests.support.simulators.world import SimulatedWorld

Json = dict[str, Any]
PATIENCE_S = 60.0
QUICK = {"WORKWRIGHT_SETTLE_S": "0.3", "WORKWRIGHT_BACKOFF_S": "0.05", "WORKWRIGHT_HTTP_READ_S": "10"}
QUICK |= {"WORKWRIGHT_WATCH_S": "0", "WORKWRIGHT_BROWSER": "off"}  # a browser has tests of its own


def forget_wiring() -> None:
    """Let the next house of this process be wired from its own environment."""
    for cached in (wire, tools.wire_accounts, tools.wire_models, tools.wire_tools):
        cached.cache_clear()


@contextmanager
def own_settings(**env: str) -> Iterator[None]:
    """Have only these settings, and give back what was there: houses write into the environment of their process."""
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith("WORKWRIGHT_")]:
        del os.environ[name]
    os.environ.update(env)
    forget_wiring()
    try:
        yield
    finally:
        forget_wiring()
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def open_house(data: Path, *, working: bool = True, **env: str) -> Iterator[Neighbourhood]:
    """Run a settled house; `working=False` leaves everything in its queue. One at a time per process."""
    with own_settings(**{**QUICK, **env}), _silence(), forked_simulators(data / "simulators") as simulators:
        house = House(data, simulators=simulators)
        try:
            if working:
                house.start()
            made = Neighbourhood(house, settle_in(house))
            made.configure("notion", aggregation_s=0.05, retry_base_s=0.1)
            made.configure("vercel", build_seconds=0.05, alias_seconds=0.05)
            yield made
        finally:
            house.stop()


@contextmanager
def _silence() -> Iterator[None]:
    log.show_from("CRITICAL")
    try:
        yield
    finally:
        log.show_from("INFO")


@dataclass
class Neighbourhood(SimulatedWorld):
    """A house and the simulated systems around it, with what a test waits for and asks of the house."""

    _decided: dict[str, str] = field(default_factory=dict)  # run → what was agreed to last
    _read: ReadRuns = field(default_factory=ReadRuns)

    def runs(self, page: str, tenant: str = "") -> list[Run]:
        """Return the page's runs, oldest first."""
        return self._read.of(self.house.wired, tenant or self.home.tenant, page)

    def run(self, page: str) -> Run:
        """Return the page's latest run."""
        return self.runs(page)[-1]

    def plan(self, page: str, count: int = 1) -> Run:
        """Ask for a plan and wait until people see it."""
        self.set_status(page, marks.PLAN_IT)
        return self.planned(page, count)

    def planned(self, page: str, count: int = 1, revision: int = 1) -> Run:
        """Wait until the page's run of that number shows its plan of that revision."""

        def there() -> bool:
            runs = self.runs(page)
            wanted = len(runs) >= count and runs[-1].status == RunStatus.AWAITING_APPROVAL
            return wanted and runs[-1].revision >= revision and self.status(page) == marks.PLAN_READY

        self.wait("the plan", there, page)
        return self.run(page)

    def asked(self, page: str, gate: str) -> Run:
        """Wait until the page asks for the approval at that gate; on the way agree to those before it."""
        self.wait(f"the question at {gate}", lambda: self.agreed(page, until=gate), page)
        return self.run(page)

    def agreed(self, page: str, until: str = "", *, in_words: bool = False) -> bool:
        """Agree to what a page asks once its plan is approved; True when it asks at the gate `until`.

        `in_words` is by comment, as where the page cannot say what its status is about.
        """
        run = self.run(page)
        if run.status != RunStatus.AWAITING_APPROVAL or run.asked in (run.plan_hash, self._decided.get(run.id)):
            return False
        if self.status(page) not in marks.ASKING:
            return False
        gate = next(step for step in run.steps if step.wait is not None and step.wait.what == run.asked)
        if gate.id.rpartition(".")[2] == until:
            return True
        if in_words and f"approval_asked/{notice_ref(gate.id, gate.attempt)}" not in run.notices:
            return False
        self._decided[run.id] = run.asked
        if in_words:
            self.comment(page, "approve")
        else:
            self.set_status(page, marks.APPROVED)
        return False

    def ended(self, page: str, count: int = 1, *, agree: bool = True, in_words: bool = False) -> Run:
        """Wait until the page's run of that number has ended, people were told, and the page shows it.

        Whoever has approved the plan agrees to what is asked after it, unless told otherwise.
        """

        def settled() -> bool:
            runs = self.runs(page)
            if agree and len(runs) >= count:
                self.agreed(page, in_words=in_words)
            if len(runs) < count or not runs[-1].status.final:
                return False
            record = self.house.wired.deps.store.get(runs[-1].tenant, "pages", runs[-1].trigger.page)
            told = f"run_{runs[-1].status.value}/end" in runs[-1].notices
            return told and record is not None and bool(record.body["settled"])

        self.wait("the end", settled, page)
        return self.run(page)

    def story(self, page: str) -> Run:
        """Plan, approve, and wait for the end."""
        self.plan(page)
        self.set_status(page, marks.APPROVED)
        return self.ended(page)

    def wait(self, what: str, true: Callable[[], bool], page: str = "") -> None:
        """Wait for something to become true."""
        ends = time.monotonic() + PATIENCE_S
        while not true():
            if time.monotonic() > ends:
                raise AssertionError(f"{what} did not come within {PATIENCE_S:.0f} s; {self._report(page)}")
            time.sleep(0.05)  # a look reads the runs, which takes the house's own time

    def calm(self) -> None:
        """Wait until Notion has nothing to deliver and the queue nothing that is due."""

        def quiet() -> bool:
            return not self.look("notion", "/_pending") and self.house.dispatcher.idle()

        for _ in range(3):
            self.wait("calm", quiet)
            time.sleep(0.05)

    def _report(self, page: str) -> str:
        runs = self.runs(page) if page else []
        shown = [(run.status.value, run.revision, run.failure, run.cancel, dict(run.notices)) for run in runs]
        steps = [(s.id, s.status.value, s.error) for s in runs[-1].steps] if runs else []
        return f"runs {shown}, steps {steps}, the page shows {self.status(page) if page else ''}"

    def call(self, command: Command, *, audience: str = "", path: str = "", **headers: str) -> requests.Response:
        """Deliver a command over HTTP as the queue does."""
        url = f"{self.house.url}/{command.function}"
        token = LocalCallers(self.house.data).authorization(audience or url)
        return AT_HOME.post(
            url + (path or f"/t/{command.tenant}"),
            json=command_to_data(command),
            headers={"Authorization": token, **headers},
            timeout=30,
        )
