"""The life of one page in a house of its own: written, planned, approved at each gate, answered once, until its end."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from shared.cli.evaluate.ends import NO_MODEL, NO_MONEY, QUESTION, end_of
from shared.cli.evaluate.page_set import EvalPage
from shared.cli.evaluate.workspace import Workspace
from shared.core.pages import marks
from shared.core.run.run import Run, RunStatus, WaitKind
from shared.local.first_setup import Home
from shared.local.runtime import House
from shared.local.story.demo import Progress, follow, select, write_idea

_HEARD_S = 120.0  # after which an answer that nothing has come of counts as not heard
_ASKED = 5  # times in vain, after which nobody will answer
_SOON = timedelta(minutes=15)
_SHORT = ("budget reached: the budget of",)  # of the tenant's day or month, which is all that the evaluation may spend
_SQUEEZED = ("budget reached before", "what its group may cost is used up", "US dollars")


class Stuck(Exception):
    """The run cannot go on, for a reason that tells nothing about the model; `end` says which."""

    def __init__(self, end: str) -> None:
        super().__init__(end)
        self.end = end


@dataclass(frozen=True, slots=True)
class Ended:
    """How it ended, and what was asked on the way."""

    run: Run
    end: str
    questions: int


class Life:
    """One page's life; `state` is the file that a later process goes on by."""

    def __init__(self, house: House, home: Home, page: EvalPage, state: Path, *, squeezed: bool) -> None:
        self._house, self._home, self._page, self._state = house, home, page, state
        self._squeezed = squeezed
        self._workspace = Workspace(house, home)

    def live(self, limit_s: float) -> Ended:
        """Live it to its end; one that was begun before a death goes on."""
        known = self._read_state() or self._begin()
        if self._read_status(known["page"]) == marks.IDEA:
            wanted = {"properties": select("Status", marks.PLAN_IT)}
            self._workspace.ask("PATCH", f"/v1/pages/{known['page']}", wanted)
        ends = time.monotonic() + limit_s
        while True:
            run, end = self._follow_page(known["page"], max(1.0, ends - time.monotonic()))
            if end == QUESTION and self._page.is_made and not known["answered"]:
                self._answer(known, run)
                continue
            return Ended(run, end, int(known["answered"]) + (end == QUESTION))

    def _follow_page(self, page: str, limit_s: float) -> tuple[Run, str]:
        progress = Progress(lambda what, run: refuse_to_wait(run, datetime.now(UTC)), lambda run: True)
        try:
            run, in_time = follow(self._house, self._home, page, progress, limit_s)
        except Stuck as stuck:
            return self._run(page), stuck.end
        if is_out_of_money(run, squeezed=self._squeezed):
            return run, NO_MONEY
        return run, end_of(run, in_time=in_time)

    def _answer(self, known: dict[str, Any], run: Run) -> None:
        """Say once what the page's author would, and wait until it was heard."""
        self._workspace.comment(known["page"], self._page.answer)
        known["answered"] = True
        save(self._state, known)
        deadline = time.monotonic() + _HEARD_S
        while time.monotonic() < deadline:
            now = self._run(known["page"])
            if now.status != RunStatus.AWAITING_INPUT or now.seq > run.seq + 1:
                return
            time.sleep(0.1)

    def _read_state(self) -> dict[str, Any] | None:
        if not self._state.exists():
            return None
        known: dict[str, Any] = json.loads(self._state.read_text(encoding="utf-8"))
        return known

    def _begin(self) -> dict[str, Any]:
        for table in self._page.tables:
            self._workspace.prepare(table)
        page = write_idea(self._house, self._home, self._page.idea)
        known = {"page": str(page["id"]), "answered": False}
        save(self._state, known)
        return known

    def _run(self, page: str) -> Run:
        """Return the page's newest run."""
        store, bare = self._house.wired.deps.store, page.replace("-", "")
        runs = [run for run in store.list_runs(self._home.tenant) if run.trigger.page.replace("-", "") == bare]
        loaded = store.load_run(self._home.tenant, max(runs, key=lambda run: run.opened_at).id)
        assert loaded is not None
        return loaded.run

    def _read_status(self, page: str) -> str:
        value = self._workspace.ask("GET", f"/v1/pages/{page}")["properties"]["Status"]["select"]
        return str(value["name"]) if value else ""


def refuse_to_wait(run: Run | None, now: datetime) -> None:
    """Raise Stuck where a step waits for the day or month to end, or no model has answered although asked repeatedly.

    What others have only set aside comes back soon, and is waited for.
    """
    if run is None:
        return
    waits = [step.wait for step in run.steps if step.wait is not None and step.wait.kind == WaitKind.BUDGET]
    if any(wait.until is None or wait.until > now + _SOON for wait in waits):
        raise Stuck(NO_MONEY)
    if not run.spent.tokens and any(step.failures >= _ASKED for step in run.steps):
        raise Stuck(NO_MODEL)


def is_out_of_money(run: Run, *, squeezed: bool) -> bool:
    """Say whether a run failed because the evaluation's money was used up, which tells nothing about the model.

    `squeezed` says that the run was given less than runs usually are: then its own limit is the evaluation's too.
    """
    if run.status != RunStatus.FAILED:
        return False
    reasons = [run.failure, *(step.error for step in run.steps)]
    marks_of_it = (*_SHORT, *(_SQUEEZED if squeezed else ()))
    return any(mark in words for mark in marks_of_it for words in reasons)


def save(place: Path, body: Any) -> None:
    """Write JSON so that it is there whole or not at all, also after a power cut."""
    part = place.with_name(f"{place.name}.part")
    with part.open("w", encoding="utf-8") as file:
        json.dump(body, file, ensure_ascii=False, indent=1)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    part.replace(place)
