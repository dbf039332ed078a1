"""`bench asking`: how soon a status set in Notion is seen where nothing is delivered, and what asking takes.

A whole installation on simulators that tell nothing, in a process of its own making: its time is moved from one due
thing to the next, so hours pass in a minute. Requests are those of the simulator's journal.
"""

from __future__ import annotations

import random
import shutil
import statistics
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from shared.app.intake.open_page_run import page_record
from shared.app.polling import ASKS, OFTEN
from shared.app.tenants.settings_changes import change_settings
from shared.backends.local.delivery.dispatcher import Dispatcher
from shared.backends.local.delivery.options import DispatchOptions
from shared.backends.local.keys.identity import LocalCallers
from shared.core.errors import ConfigError
from shared.core.pages import marks
from shared.core.polling.pace import LATELY_S
from shared.core.polling.rows import WATCHED, WatchedRows
from shared.core.run.commands import Command, command_to_data
from shared.local.first_setup import Home, settle_in
from shared.local.runtime import House
from shared.ports import get_as
from shared.settings import process_environment

Json = dict[str, Any]
RATE = 150  # calls a minute that we allow ourselves
PROMISED = {"idle": 75.0, "at work": 20.0, "waiting": 20.0}  # seconds, of 95 in a hundred
_LONGEST = timedelta(minutes=5)
_PHASES: Mapping[str, tuple[float, float]] = {  # seconds from one edit to the next, at random between these
    "idle": (480, 720),
    "at work": (20, 200),
    "waiting": (480, 720),
}


@dataclass
class _Desk:
    """An installation whose time and queue are in hand."""

    house: House
    home: Home
    file: Path
    offset: timedelta = timedelta(0)
    due: dict[str, datetime] = field(default_factory=dict)  # what the clock calls → when next

    def __post_init__(self) -> None:
        """Take the queue."""
        wired = self.house.wired
        assert wired.local_store is not None
        self.queue = Dispatcher(wired.local_store, self._deliver, wired.deps.clock, DispatchOptions(workers=0))
        self.queue.start()
        self.due = dict.fromkeys(("sweep", "sync", "sync/often"), self.now())

    def now(self) -> datetime:
        """Return the time there."""
        return self.house.wired.deps.clock.now()

    def pass_until(self, end: datetime) -> None:
        """Do what is due until then, each at its time."""
        while (at := self.next_due()) <= end:
            self.move(at)
            self.step()
        self.move(end)

    def next_due(self) -> datetime:
        """Return when something is due next."""
        queued = self.queue.find_next_due()
        return min([*self.due.values(), *([queued] if queued is not None else [])])

    def step(self) -> None:
        """Do what is due now."""
        for name, at in self.due.items():
            if at <= self.now():
                answer = self._post(name, name.partition("/")[0])
                after = float(answer.json()["after_s"]) if name == "sync/often" else 60.0
                self.due[name] = self.now() + timedelta(seconds=after)
        while self.queue.deliver_one():
            pass

    def move(self, to: datetime) -> None:
        """Let time pass, here and in Notion."""
        span = to - self.now()
        if span > timedelta(0):
            self.offset += span
            new = self.file.with_suffix(".new")
            new.write_text(str(self.offset.total_seconds()), encoding="ascii")
            new.replace(self.file)
            self.control("/_clock", {"offset_s": self.offset.total_seconds()})

    def write(self, title: str) -> str:
        """Write an idea by hand; return its page."""
        name = {"Name": {"title": [{"text": {"content": title}}]}, **_status("Idea")}
        text = [{"type": "text", "text": {"content": "A page with the times of the lessons and a form to book one."}}]
        parent = {"type": "data_source_id", "data_source_id": self.home.ideas}
        content = [{"type": "paragraph", "paragraph": {"rich_text": text}}]
        return str(
            self.as_person("POST", "/v1/pages", {"parent": parent, "properties": name, "children": content})["id"]
        )

    def set_status(self, page: str, status: str) -> None:
        """Set a status by hand."""
        self.as_person("PATCH", f"/v1/pages/{page}", {"properties": _status(status)})

    def as_person(self, method: str, path: str, body: Json) -> Json:
        """Do something in Notion by hand."""
        asked = {"person": self.home.person, "method": method, "path": path, "body": body}
        return dict(self.control("/_as_person", asked))

    def control(self, path: str, body: Json) -> Json:
        """Steer the simulated Notion."""
        return dict(requests.post(self.house.simulators["notion"] + path, json=body, timeout=60).json())

    def read_seen_status(self, page: str) -> str:
        """Return the status that we have seen of a page last."""
        place = (self.home.tenant, WATCHED, self.home.ideas)
        known = (get_as(WatchedRows, self.house.wired.deps.store, place) or WatchedRows()).rows.get(page)
        return known.row.status if known is not None else ""

    def calls(self, since: datetime, until: datetime) -> Counter[str]:
        """Return how often Notion was asked what in that time."""
        journal = requests.get(self.house.simulators["notion"] + "/_journal", timeout=60).json()
        requests_then = [
            e for e in journal if since <= datetime.fromisoformat(e["at"]) < until and e["path"].startswith("/v1/")
        ]
        return Counter(_sort(str(each["path"])) for each in requests_then)

    def _deliver(self, command: Command) -> int:
        return self._post(
            f"{command.function}/t/{command.tenant}", command.function, command_to_data(command)
        ).status_code

    def _post(self, path: str, function: str, body: Json | None = None) -> requests.Response:
        token = LocalCallers(self.house.data).authorization(f"{self.house.url}/{function}")
        url = f"{self.house.url}/{path}"
        return requests.post(url, json=body, headers={"Authorization": token}, timeout=600)


def bench_asking(edits: int = 20, seed: int = 7) -> Json:
    """Return latencies and requests of each state, of so many edits each."""
    rng = random.Random(seed)
    with _desk() as desk:
        desk.pass_until(desk.now() + timedelta(minutes=12))  # nobody works any more
        found = {"idle": _measure_edits(desk, "idle", edits, rng)}
        page = desk.write("Swimming lessons")
        desk.set_status(page, marks.PLAN_IT)
        desk.pass_until(desk.now() + timedelta(minutes=2))
        if not page_record(desk.house.wired.deps, desk.home.tenant, page).run:
            raise ConfigError("no run was opened; the bench measures nothing")
        found |= {name: _measure_edits(desk, name, edits, rng) for name in ("at work", "waiting")}
    kept = {name: state["p95_s"] <= PROMISED[name] for name, state in found.items()}
    return {"bench": "asking", "rate": RATE, "edits": edits, "states": found, "kept": kept}


def as_text(found: Json) -> str:
    """Return the figures as a table for people."""
    lines = [f"{'state':10} {'p50 s':>7} {'p95 s':>7} {'promised':>9} {'requests a minute':>18}   of them"]
    for name, state in found["states"].items():
        parts = ", ".join(f"{sort} {count}" for sort, count in state["of_them"].items())
        promised = f"{PROMISED[name]:.0f}"
        lines.append(
            f"{name:10} {state['p50_s']:>7} {state['p95_s']:>7} {promised:>9} {state['a_minute']:>18}   {parts}"
        )
    return "\n".join(lines)


def _measure_edits(desk: _Desk, name: str, edits: int, rng: random.Random) -> Json:
    """Set statuses at random times; return how long each took to be seen, and what was asked meanwhile."""
    pages = [desk.write(f"{name} {number}") for number in range(3)]
    desk.pass_until(desk.now() + timedelta(minutes=12 if name != "at work" else 1))
    after = timedelta(seconds=LATELY_S + 30 if name != "at work" else 0)  # so that the state is that again
    calls: Counter[str] = Counter()
    minutes, waits = 0.0, []
    for number in range(edits):
        page, status = pages[number % 3], (marks.CANCELLED, "Idea")[number // 3 % 2]
        began = desk.now()
        desk.set_status(page, status)
        waits.append(_wait_seen(desk, page, status))
        desk.pass_until(began + timedelta(seconds=rng.uniform(*_PHASES[name])))
        calls += desk.calls(began + after, desk.now())
        minutes += (desk.now() - began - after).total_seconds() / 60
    return {
        "p50_s": round(statistics.median(waits), 1),
        "p95_s": round(_percentile(waits, 0.95), 1),
        "a_minute": round(calls.total() / minutes, 1),
        "of_them": {sort: round(count / minutes, 1) for sort, count in calls.most_common()},
        "minutes": round(minutes),
    }


def _wait_seen(desk: _Desk, page: str, status: str) -> float:
    set_at = desk.now()
    while desk.read_seen_status(page) != status:
        if desk.now() - set_at > _LONGEST:
            raise ConfigError(f"a status was not seen within {_LONGEST}")
        desk.move(desk.next_due())
        desk.step()
    return (desk.now() - set_at).total_seconds()


@contextmanager
def _desk() -> Iterator[_Desk]:
    """Run an installation whose Notion tells nothing."""
    folder, before = Path(tempfile.mkdtemp(prefix="workwright-bench-asking-")), dict(process_environment())
    process_environment().update({"WORKWRIGHT_CLOCK_FILE": str(folder / "clock"), "WORKWRIGHT_NOTION_RATE": str(RATE)})
    try:
        house = House(folder / "data", 0)
        try:
            desk = _Desk(house, settle_in(house), folder / "clock")
            change_settings(house.wired.deps, desk.home.tenant, **{ASKS: OFTEN})
            desk.control("/_config", {"drop_share": 1.0})
            yield desk
            desk.queue.stop()
        finally:
            house.stop()
    finally:
        process_environment().clear()
        process_environment().update(before)
        shutil.rmtree(folder, ignore_errors=True)


def _status(name: str) -> Json:
    return {"Status": {"select": {"name": name}}}


def _sort(path: str) -> str:
    if path.endswith("/query"):
        return "tables"
    return "comments" if path.startswith("/v1/comments") else "other"


def _percentile(values: Sequence[float], part: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]
