"""A settled house that can be copied, killed and started again, and the person who uses it from outside."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shared.core.notify.unsent import notice_ref
from shared.core.run.codec import run_from_data
from shared.core.run.run import RunStatus
from tests.support.programs.processes import Running, Starter
from tests.support.rigs.at_home import AT_HOME
from tests.support.rigs.settled_house import Death, Settled, choose_ports, control

FINAL = ("succeeded", "failed", "cancelled")
TIMEOUT_S = 60.0
SETTLE_S = 0.3
# What is put off for minutes, in case nobody is seen to have set a status, is nothing to wait for.
SOON = "id NOT LIKE 'doubt-%'"

ENV = {
    "WORKWRIGHT_SETTLE_S": str(SETTLE_S),
    "WORKWRIGHT_BACKOFF_S": "0.05",
    "WORKWRIGHT_HTTP_READ_S": "5",
    "WORKWRIGHT_WATCH_S": "0",  # one look: else their number would hang on the machine
    "WORKWRIGHT_BROWSER": "off",
    "WORKWRIGHT_WORKERS": "1",  # one thing at a time: then the n-th passing of a point is the same one in every run
}

IDEA = [
    ("heading_2", "Opening hours"),
    ("paragraph", "We repair bicycles on Saturdays from nine to one."),
    ("bulleted_list_item", "Bring your own tubes"),
]

Json = dict[str, Any]


@dataclass
class Place:
    """One copy of a settled house, in use."""

    starter: Starter
    folder: Path
    settled: Settled
    env: Mapping[str, str]
    simulators: Mapping[str, str] = field(default_factory=dict)
    delivers: bool = True  # or else somebody outside delivers the tasks
    deaths: list[Death] = field(default_factory=list)
    unclear: set[str] = field(default_factory=set)  # topics whose e-mail a test has made unclear
    agreed: set[tuple[str, str]] = field(default_factory=set)  # gates and what was agreed to there
    house: Running | None = None
    outside: Running | None = None

    # --- processes

    def begin(self, **env: str) -> None:
        """Start the simulators, then the house."""
        arguments = ["--data", str(self.folder / "simulators")]
        self.outside = self.starter.start("simulators", self.folder / "simulators.log", {}, arguments=arguments)
        ready = self.outside.ready()
        assert ready is not None
        self.simulators = ready["simulators"]
        self.start_house(**env)

    def start_house(self, **env: str) -> None:
        """Start the house on what is there; it may die at once, when it is told to."""
        log, port = self.folder / "house.log", self.settled.port
        order = {"data": str(self.folder / "house"), "port": port, "simulators": dict(self.simulators)}
        self.house = self.starter.start("house", log, {**self.env, **env}, **order, delivers=self.delivers)
        self.house.ready()

    def restart_if_dead(self, next_env: list[Mapping[str, str]]) -> None:
        """Start the house again, under the next environment, when it has been killed."""
        assert self.house is not None
        while (code := self.house.ended()) is not None:
            assert code == -signal.SIGKILL, f"it ended with {code}:\n{self.house.said()[-3000:]}"
            self.deaths.append(self._death())
            self.start_house(**(next_env.pop(0) if next_env else {}))

    def stop_house(self) -> None:
        """Stop the house in good order; one that passes its armed point only now is started once more."""
        assert self.house is not None
        code = self.house.stop()
        if code == -signal.SIGKILL:
            self.deaths.append(self._death())
            self.start_house()
            self.wait_for("the end", self.at_rest, [])
            code = self.house.stop()
        assert code == 0, self.house.said()[-3000:]

    def _death(self) -> Death:
        return Death(tuple(self.points()), tuple(self.emails_begun()))

    def rest(self) -> None:
        """Wait until nothing is on its way, and stop house and simulators in good order."""
        self.wait_for("calm", lambda: not _busy(self), [])
        self.stop_house()
        if self.outside is not None:
            self.outside.stop()

    def end(self) -> None:
        """Kill what still runs."""
        for running in (self.house, self.outside):
            if running is not None and running.ended() is None:
                running.kill()

    def move_clock(self, seconds: float) -> None:
        """Let the house's clock be off by so much from now on; the simulators' is not."""
        new = self.folder / "clock.new"
        new.write_text(str(seconds), encoding="ascii")
        new.replace(self.folder / "clock")

    @property
    def url(self) -> str:
        """Return where the house answers."""
        return f"http://127.0.0.1:{self.settled.port}"

    # --- what a person does and sees

    def as_person(self, method: str, path: str, body: Any = None) -> Any:
        """Do something in the simulated Notion by hand."""
        asked = {"person": self.settled.person, "method": method, "path": path, "body": body}
        return control(self.simulators["notion"], "/_as_person", asked)

    def set_status(self, status: str) -> None:
        """Set the page's status, as a person does."""
        body = {"properties": {"Status": {"select": {"name": status}}}}
        self.as_person("PATCH", f"/v1/pages/{self.settled.page}", body)

    def status(self) -> str:
        """Return the status that the page shows."""
        page = self.as_person("GET", f"/v1/pages/{self.settled.page}")
        return str(page["properties"]["Status"]["select"]["name"])

    def tell_story(self, *next_env: Mapping[str, str], at_rest: Callable[[], bool] | None = None) -> None:
        """Ask for the plan, approve it when asked to, and wait until nothing is left to do.

        Each death takes the next environment for the start after it.
        """
        waiting = list(next_env)
        self.ask_for_plan(waiting)
        self.approve(waiting, at_rest)

    def ask_for_plan(self, next_env: list[Mapping[str, str]]) -> None:
        """Ask for the plan and wait for it."""
        self.set_status("Plan it")
        self.wait_for("the plan", lambda: self.asked() is not None and self.status() == "Plan ready", next_env)

    def approve(self, next_env: list[Mapping[str, str]], at_rest: Callable[[], bool] | None = None) -> None:
        """Approve the plan, and what is asked after it, and wait until nothing is left to do."""
        lives = -1
        while lives != len(self.deaths):
            lives = len(self.deaths)
            self.wait_for("the end", lambda: self.agrees() and (at_rest or self.at_rest)(), next_env)
            time.sleep(0.05)  # a task is gone with its commit, and acknowledged after it: the last point of all
            self.restart_if_dead(next_env)

    def wait_for(self, what: str, true: Callable[[], bool], next_env: list[Mapping[str, str]]) -> None:
        """Wait for something to become true; a house that dies meanwhile is started again."""
        ends = time.monotonic() + TIMEOUT_S
        while not true():
            self.restart_if_dead(next_env)
            if time.monotonic() > ends:
                raise AssertionError(f"{what} did not come within {TIMEOUT_S:.0f} s:\n{self.report()}")
            time.sleep(0.05)
        self.restart_if_dead(next_env)

    # --- looking at what is on the disk, from outside

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Read the house's database without taking part in it."""
        connection = sqlite3.connect(f"file:{self.folder / 'house' / 'workwright.db'}?mode=ro", uri=True, timeout=10)
        try:
            return connection.execute(query, values).fetchall()
        finally:
            connection.close()

    def runs(self) -> list[Json]:
        """Return the stored runs."""
        return [json.loads(body) for (body,) in self.rows("SELECT body FROM runs")]

    def asked(self) -> tuple[str, str] | None:
        """Return the gate at which a run waits and what it asks about, once people have been told."""
        for run in (run_from_data(each) for each in self.runs()):
            for step in run.steps if run.status == RunStatus.AWAITING_APPROVAL else ():
                if step.wait is not None and f"approval_asked/{notice_ref(step.id, step.attempt)}" in run.notices:
                    return step.id, step.wait.what
        return None

    def agrees(self) -> bool:
        """Agree to what the page asks; False while it asks for something that is not agreed to yet."""
        asked = self.asked()
        if asked is None or asked in self.agreed:
            return True
        if self.status() in ("Plan ready", "Release ready", "Production ready"):
            self.agreed.add(asked)
            self.set_status("Approved")
        return False

    def ended(self) -> bool:
        """Say whether the run has ended and Notion has nothing left to deliver."""
        runs = self.runs()
        if not runs or any(run["status"] not in FINAL for run in runs):
            return False
        return not AT_HOME.get(self.simulators["notion"] + "/_pending", timeout=10).json()

    def at_rest(self) -> bool:
        """Say whether the run has ended and neither the queue nor Notion has anything left to deliver."""
        return not self.rows(f"SELECT 1 FROM tasks WHERE dead_at IS NULL AND {SOON} LIMIT 1") and self.ended()

    def emails_begun(self) -> list[str]:
        """Return the e-mails that were begun and of which nobody knows whether they were sent."""
        rows = self.rows("SELECT id, body FROM docs WHERE kind = 'effects'")
        return [name for name, body in rows if ".email-" in name and json.loads(body)["state"] == "intended"]

    def points(self) -> list[str]:
        """Return the points that were passed, in their order."""
        file = self.folder / "points"
        return file.read_text(encoding="utf-8").splitlines() if file.exists() else []

    def faults_left(self) -> list[Json]:
        """Return the ordered faults that no request has met."""
        left: list[Json] = []
        for system, url in self.simulators.items():
            answer = AT_HOME.post(f"{url}/_faults", json=[], timeout=10).json()
            left += [{"system": system, **fault} for fault in answer["faults"]]
        return left

    def report(self) -> str:
        """Return what helps to understand a house that is stuck."""
        runs = [{"status": r["status"], "failure": r.get("failure"), "notices": r.get("notices")} for r in self.runs()]
        tasks = [(json.loads(body), *rest) for body, *rest in self.rows("SELECT body, deliveries, reason FROM tasks")]
        said = self.house.said()[-3000:] if self.house else ""
        return f"runs {runs}\ntasks {tasks}\nhouse said:\n{said}"


def settle(starter: Starter, folder: Path) -> Settled:
    """Prepare a house as `workwright up` does, with a page whose idea nobody has asked to be planned yet."""
    folder.mkdir(parents=True)
    (port,) = choose_ports(folder, 1)
    place = Place(starter, folder, Settled(folder, "", "", "", port), ENV)
    try:
        place.begin()
        assert place.house is not None
        home = place.house.ready()
        assert home is not None
        control(place.simulators["notion"], "/_config", {"aggregation_s": 0.02, "retry_base_s": 0.1})
        control(place.simulators["vercel"], "/_config", {"build_seconds": 0.05, "alias_seconds": 0.05})
        place.settled = Settled(folder, home["tenant"], home["person"], "", port)
        page = write_idea(place, home["ideas"])
        place.rest()
    finally:
        place.end()
    return Settled(folder, home["tenant"], home["person"], page, port)


def write_idea(place: Place, ideas: str) -> str:
    """Write the idea as a page, as a person does; return its id."""
    children = [{kind: {"rich_text": [{"text": {"content": text}}]}, "type": kind} for kind, text in IDEA]
    properties = {
        "Name": {"title": [{"text": {"content": "Bicycle repair on Saturdays"}}]},
        "Status": {"select": {"name": "Idea"}},
    }
    body = {"parent": {"type": "data_source_id", "data_source_id": ideas}, "properties": properties}
    return str(place.as_person("POST", "/v1/pages", {**body, "children": children})["id"])


def _busy(place: Place) -> bool:
    pending = AT_HOME.get(place.simulators["notion"] + "/_pending", timeout=10).json()
    return bool(pending or place.rows(f"SELECT 1 FROM tasks WHERE {SOON} LIMIT 1"))


def copy(starter: Starter, settled: Settled, folder: Path, **env: str) -> Place:
    """Return a fresh copy of the settled house, on the same ports, with nothing running."""
    shutil.copytree(settled.folder, folder)
    files = {"WORKWRIGHT_CRASH_LOG": str(folder / "points"), "WORKWRIGHT_CLOCK_FILE": str(folder / "clock")}
    return Place(starter, folder, settled, {**ENV, **files, **env})
