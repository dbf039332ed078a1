"""A whole house whose queue and clock are in hand: functions over HTTP, and nothing happens until a test lets it.

Time jumps to whatever is due next, for the house and for every simulated system alike. So a watch window of ten minutes
and an outage of an hour cost nothing, and a run stops in exactly the phase a test wants it in.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from shared.app.approval.approvals import asked_now, decide
from shared.app.tenants.settings_changes import change_settings
from shared.backends.local.delivery.dispatcher import Dispatcher
from shared.backends.local.delivery.options import DispatchOptions
from shared.core.pages import marks
from shared.core.run.commands import Command
from shared.core.run.run import Run, RunStatus, Step, StepStatus, WaitKind
from tests.support.measures.ship_audit import histories, unauthorised
from tests.support.rigs.at_home import AT_HOME
from tests.support.rigs.house import Neighbourhood, open_house

Json = dict[str, Any]
LEFT_THROUGH = ("github", "gitlab", "vercel", "cloud_storage")
ONCE = {"pull.create": 1, "ref.create": 1, "deployment.create": 1, "deployment.promote": 1}
_LONGEST = timedelta(hours=3)  # that a test lets pass until something happens


@contextmanager
def open_moved_house(data: Path, **env: str) -> Iterator[MovedHouse]:
    """Run a settled house whose queue is worked on by the test alone; sites are watched as the test says."""
    file = data / "clock"
    given = {"WORKWRIGHT_CLOCK_FILE": str(file), "WORKWRIGHT_WATCH_S": "0", "WORKWRIGHT_BACKOFF_S": "2"}
    with open_house(data / "house", working=False, **{**given, **env}) as there:
        made = MovedHouse(there, file)
        made.queue.start()
        try:
            yield made
        finally:
            made.queue.stop()


@dataclass
class MovedHouse:
    """The house, its queue, and the time."""

    there: Neighbourhood
    file: Path
    offset: timedelta = timedelta(0)
    deliveries: int = 0
    together: set[str] = field(default_factory=set)  # runs whose one approval was for production too
    queue: Dispatcher = field(init=False)

    def __post_init__(self) -> None:
        """Take the queue into our own hands."""
        wired = self.there.house.wired
        assert wired.local_store is not None
        self.queue = Dispatcher(wired.local_store, self._deliver, wired.deps.clock, DispatchOptions(workers=0))

    def _deliver(self, command: Command) -> int:
        self.deliveries += 1
        return self.there.call(command).status_code

    # --- time

    def now(self) -> datetime:
        """Return the time of the house."""
        return self.there.house.wired.deps.clock.now()

    def move(self, span: timedelta) -> None:
        """Let so much time pass everywhere at once."""
        self.offset += span
        new = self.file.with_suffix(".new")
        new.write_text(str(self.offset.total_seconds()), encoding="ascii")
        new.replace(self.file)
        for system in self.there.house.simulators:
            self.there.control(system, "/_clock", {"offset_s": self.offset.total_seconds()})

    def sweep(self) -> None:
        """Call what the clock calls every minute."""
        from shared.backends.local.keys.identity import LocalCallers

        url = f"{self.there.house.url}/sweep"
        token = LocalCallers(self.there.house.data).authorization(url)
        assert AT_HOME.post(url, headers={"Authorization": token}, timeout=30).status_code == 200

    def until(self, what: str, true: Callable[[], Any], page: str = "", most: timedelta = _LONGEST) -> None:
        """Work until it is true; where nothing is due, time jumps to what is due next."""
        latest, patience = self.now() + most, time.monotonic() + 60
        while not true():
            assert time.monotonic() < patience, f"{what} took too long: {self.report(page)}"
            if self.queue.deliver_one():
                continue
            if self.there.look("notion", "/_pending"):
                time.sleep(0.01)
                continue
            due = self.queue.find_next_due()
            assert due is not None, f"{what}: nothing is left to do; {self.report(page)}"
            assert due <= latest, f"{what} did not come within {most}; {self.report(page)}"
            self.move(max(due - self.now(), timedelta(0)) + timedelta(milliseconds=5))

    def rest(self) -> None:
        """Work until nothing is due now and Notion has nothing to tell."""
        while self.queue.deliver_one() or self.there.look("notion", "/_pending"):
            time.sleep(0.002)

    def pass_time(self, span: timedelta) -> None:
        """Let time pass, from one due thing to the next."""
        end = self.now() + span
        while self.now() < end:
            self.rest()
            due = self.queue.find_next_due()
            self.move((min(due, end) if due is not None else end) - self.now() + timedelta(milliseconds=5))
        self.rest()

    def report(self, page: str) -> str:
        """Return what helps to understand a run that is stuck."""
        if not page or not self.there.runs(page):
            return "no run"
        run = self.run(page)
        steps = [(s.id, s.status.value, s.attempt, s.wake, s.error[:200]) for s in run.steps if not s.parent]
        waits = [(s.id, s.wait) for s in run.steps if s.wait]
        return f"{run.status.value} {run.failure} {run.cancel}; {steps}; waits {waits}"

    # --- a run

    def run(self, page: str, tenant: str = "") -> Run:
        """Return the page's latest run."""
        return self.there.runs(page, tenant)[-1]

    def step(self, page: str, kind: str) -> Step:
        """Return the run's step of that kind."""
        return next(step for step in self.run(page).steps if step.spec.kind == kind)

    def plan(self, page: str) -> Run:
        """Ask for a plan, and work until it is asked about."""
        count = len(self.there.runs(page))
        self.there.set_status(page, marks.PLAN_IT)
        self.until("the plan", lambda: len(self.there.runs(page)) > count and self.asks(page) == "approve", page)
        return self.run(page)

    def asks(self, page: str) -> str:
        """Return the gate at which the page asks now, "" for none; people see the question by then."""
        run = self.run(page)
        if run.status != RunStatus.AWAITING_APPROVAL or self.there.status(page) not in marks.ASKING:
            return ""
        return self.gate(run)

    @staticmethod
    def gate(run: Run) -> str:
        """Return the last part of the name of the gate the run waits at."""
        waiting = (s.id for s in run.steps if s.wait is not None and s.wait.kind == WaitKind.APPROVAL)
        return next(waiting, "").rpartition(".")[2]

    def agree(self, page: str) -> None:
        """Agree to what the run asks now, as Ada does with a key of hers."""
        decide(self.there.house.wired.deps, asked_now(self.run(page)), approve=True, by="Ada Example", via="api")

    def at_gate(self, page: str, gate: str) -> Run:
        """Agree to all that is asked before that gate, and work until it asks there."""

        def there() -> bool:
            run = self.run(page)
            waits = self.gate(run)
            if waits and waits != gate:
                self.agree(page)
            return waits == gate

        self.until(f"the question at {gate}", there, page)
        return self.run(page)

    def during(self, page: str, true: Callable[[Run], Any], what: str = "the phase") -> Run:
        """Agree to all that is asked, and work until the run is in that phase."""

        def there() -> bool:
            run = self.run(page)
            if true(run):
                return True
            if self.gate(run):
                self.agree(page)
            return False

        self.until(what, there, page)
        return self.run(page)

    def ended(self, page: str, most: timedelta = _LONGEST) -> Run:
        """Agree to all that is asked, and work until the run has ended, people were told and the page shows it."""

        def settled() -> bool:
            run = self.run(page)
            if self.gate(run):
                self.agree(page)
            if not run.status.final or f"run_{run.status.value}/end" not in run.notices:
                return False
            record = self.there.house.wired.deps.store.get(run.tenant, "pages", run.trigger.page)
            return record is None or bool(record.body["settled"])

        self.until("the end", settled, page, most)
        return self.run(page)

    def story(self, page: str) -> Run:
        """Plan, agree to everything, and work until the end."""
        self.plan(page)
        return self.ended(page)

    def cancel(self, page: str) -> Run:
        """Cancel by the page's status, and work until the run has ended."""
        self.there.set_status(page, marks.CANCELLED)
        self.until("the word", lambda: self.run(page).cancel or self.run(page).status.final, page)
        return self.ended(page)

    # --- the tenant

    def ship(self, tenant: str = "", **parts: Any) -> None:
        """Set parts of the tenant's rules for shipping."""
        deps = self.there.house.wired.deps
        tenant = tenant or self.there.home.tenant
        doc = deps.store.get(tenant, "settings", "tenant")
        change_settings(deps, tenant, ship={**(doc.body.get("ship") or {} if doc else {}), **parts})

    def waits_for_grant(self, page: str) -> set[str]:
        """Return the systems that have to be connected again before the run goes on."""
        return {s.wait.what for s in self.run(page).steps if s.wait and s.wait.kind == WaitKind.GRANT}

    # --- what was done

    def journals(self) -> dict[str, list[Json]]:
        """Return what changed in the systems that work leaves through."""
        return {system: self.there.look(system, "/_journal?effects=1") for system in LEFT_THROUGH}

    def made(self, run: Run) -> dict[str, int]:
        """Return how often what must happen once has happened for this run."""
        there, end = self.there, run.trigger.page.replace("-", "")[-6:]
        mine = {
            "pull.create": "github",
            "ref.create": "github",
            "deployment.create": "vercel",
            "deployment.promote": "vercel",
        }
        found = {kind: there.effects(system, kind) for kind, system in mine.items()}
        project = next(
            (one["id"] for one in there.effects("vercel", "project.create") if one["name"].endswith(end)), "none"
        )
        of_run: dict[str, Callable[[Any], bool]] = {
            "pull.create": lambda one: end in one["repo"],
            "ref.create": lambda one: end in one["repo"] and "workwright/" in one["ref"],
            "deployment.create": lambda one: one["project"] == project,
            "deployment.promote": lambda one: one["project"] == project,
        }
        return {kind: len([one for one in effects if of_run[kind](one)]) for kind, effects in found.items()}

    def unauthorised(self, *tenants: str) -> list[str]:
        """Return all that left or went live without an approval in force at that moment."""
        runs = histories(self.there.house.wired.deps.store, tenants or (self.there.home.tenant,))
        return unauthorised(self.journals(), runs, together=self.together)


def succeeded(run: Run, kind: str) -> bool:
    """Say whether the run's step of that kind is done."""
    return any(step.spec.kind == kind and step.status == StepStatus.SUCCEEDED for step in run.steps)
