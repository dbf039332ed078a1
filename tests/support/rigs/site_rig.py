"""A run that has tested a site, in the small house, with the simulated Vercel at the other end of HTTP."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import requests
from pydantic import Field

from shared.app.approval.approvals import asked_now
from shared.app.engine.engine import open_run, record
from shared.core.code.worktree import Worktree
from shared.core.loopback import resolve_loopback
from shared.core.run import acts
from shared.core.run.events import RunOpened
from shared.core.run.run import Limits, Run, StepSpec, Trigger, WaitKind
from shared.integrations.vercel.client import Vercel
from shared.steps import KINDS
from shared.steps._input import Input
from shared.steps._kind import Done, Repeat, StepContext, StepKind
from shared.steps._work import keep_work
from tests.integrations.conftest import Served
from tests.support.rigs.small_house import TENANT, SmallHouse

WORD = "word-of-" + "vercel"
PAGE = "aaaaaaaa-0000-4000-8000-000000000001"
NAME = f"club-{PAGE[-6:]}"  # of the site
GOOD = '<!doctype html><html lang="en"><title>Club</title><h1>Club</h1><p>We repair bicycles.</p></html>'


class _Given(Input):
    """What the fake of code.test is told: the page it has tested."""

    page: str = GOOD
    mended: str = GOOD  # what it becomes when the work is sent back
    alone: list[str] = Field([])  # requirements that no text on it can show


def _tested(wanted: _Given, ctx: StepContext) -> Done:
    page = wanted.mended if ctx.step.feedback else wanted.page
    checks = [{"requirement": "R1", "path": "/", "contains": "bicycles"}]
    tree = Worktree({"site/index.html": page.replace("RUN", ctx.run.id).encode()})
    outline = ctx.keep_text(json.dumps({"tests": [], "by_tests_alone": wanted.alone}))
    kept = keep_work(
        ctx,
        tree,
        kind="static_site",
        checks=checks,
        runner="none",
        site_root="site",
        model="offline",
        outline=outline,
    )
    return Done({**kept, "tests": 1, "told": ctx.step.feedback})


TESTED = StepKind("code.test", "Stands for tested work.", _Given, _tested, Repeat.SAME_END)
MINE: Mapping[str, StepKind] = {**KINDS, "code.test": TESTED}


def steps(project: str, given: Mapping[str, Any], watch: bool = False, propose: bool = False) -> tuple[StepSpec, ...]:
    """Return a plan of a tested site that is shown, then put live."""
    back = "code"
    deploy = {"project": project}
    gate = WaitKind.APPROVAL
    specs = [
        StepSpec("code", "code.test", input=dict(given)),
        StepSpec("review", "release.review", depends_on=("code",)),
        StepSpec("release", "approval.ask", depends_on=("review",), lane="", gate=gate),
        StepSpec("deploy", "site.deploy", "", deploy, ("release",), lane="deploy", undoable=True, repairs=back),
        StepSpec("verify", "site.verify", depends_on=("deploy",), lane="deploy", repairs=back),
        StepSpec("production", "approval.ask", depends_on=("verify",), lane="", gate=gate),
        StepSpec("promote", "site.promote", depends_on=("production",), lane="deploy", undoable=True),
    ]
    if propose:
        change = {"title": "Make the club's page", "branch": "workwright/club"}
        specs.append(
            StepSpec("propose", "repository.propose_change", "", change, ("release",), "deploy", undoable=True)
        )
    return (*specs, *((StepSpec("watch", "site.watch", depends_on=("promote",), lane="deploy"),) if watch else ()))


@dataclass
class SiteRig:
    """The house, the simulated Vercel, and runs that put a site there."""

    house: SmallHouse
    sim: Served
    asked: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Connect the tenant, and let sites be fetched as the wiring does."""
        self.sim.control("/_seed", {"token": WORD})
        self.sim.control("/_config", {"build_seconds": 0, "alias_seconds": 0})
        self.house.connect("vercel", WORD)
        self.house.check_site = fetch

    @property
    def client(self) -> Vercel:
        """Return a client of our own."""
        return Vercel(self.sim.http("vercel", WORD))

    @property
    def production(self) -> str:
        """Return the deployment that serves the site."""
        return self.client.site(NAME).production

    @property
    def shown(self) -> str:
        """Return what visitors of the site see."""
        return fetch(f"{self.sim.url}/_alias/{NAME}/")[1]

    @property
    def deployments(self) -> list[str]:
        """Return the ids of all deployments that there are."""
        return sorted(self.sim.simulator.state["deployments"])

    def open(
        self,
        run: str,
        page: str = GOOD,
        mended: str = GOOD,
        *,
        watch: bool = True,
        project: str = "club",
        propose: bool = False,
        alone: tuple[str, ...] = (),
    ) -> Run:
        """Open a run and work until it waits or has ended."""
        given = {"page": page, "mended": mended, "alone": list(alone)}
        specs = steps(project, given, watch, propose)
        event = RunOpened(self.house.clock.now(), TENANT, run, Trigger("page", PAGE, "Club"), Limits(), specs)
        open_run(self.house.deps, event)
        self.house.work()
        return self.house.run(run)

    def agree(self, run: str) -> Run:
        """Approve what the run asks now, and work on."""
        asked = asked_now(self.house.run(run))
        granted = acts.ApprovalGranted(self.house.clock.now(), asked.gate, asked.plan_hash, "Ada Example", "test")
        record(self.house.deps, TENANT, run, granted)
        return self.later(run)

    def later(self, run: str, minutes: float = 1) -> Run:
        """Let time pass, in steps that become longer, until the run waits for a person or has ended."""
        passed, step = 0.0, 1.0
        while passed <= minutes * 60:
            self.house.work()
            now = self.house.run(run)
            if now.status.final or _asks(now):
                break
            self.house.clock.move(seconds=step)
            self.pass_outside(step)
            passed += step
            step = min(60.0, max(1.0, passed / 8))
        return self.house.run(run)

    def pass_outside(self, seconds: float) -> None:
        """Let time pass for the host too."""
        self.sim.simulator.offset += timedelta(seconds=seconds)

    def live(self, run: str, page: str = GOOD, **given: Any) -> Run:
        """Open a run and approve all it asks."""
        self.open(run, page, **given)
        for _ in range(2):
            self.later(run)
            if not _asks(self.house.run(run)):
                break
            self.agree(run)
        return self.later(run, minutes=10)

    def cancel(self, run: str) -> Run:
        """Cancel the run and work until it has ended."""
        record(self.house.deps, TENANT, run, acts.CancelRequested(self.house.clock.now(), "Ada Example"))
        return self.later(run, minutes=10)

    def show_instead(self, html: str, path: str = "/_alias/*", times: int = 1000, status: int = 200) -> None:
        """Let the site's addresses show something else."""
        self.sim.fault(path=path, status=status, html=html, times=times)


def _asks(run: Run) -> bool:
    return any(step.wait and step.wait.kind in (WaitKind.APPROVAL, WaitKind.INPUT) for step in run.steps)


def fetch(url: str, headers: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Fetch a page as the wiring does."""
    where, meant = resolve_loopback(url)
    answer = requests.get(where, headers={**(headers or {}), **meant}, timeout=5, allow_redirects=False)
    return answer.status_code, answer.text


def output(run: Run, step: str) -> Mapping[str, Any]:
    """Return a step's output."""
    found = run.step(step)
    assert found is not None
    told: Mapping[str, Any] = json.loads(json.dumps(dict(found.output)))
    return told
