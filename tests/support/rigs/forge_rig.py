"""A run that has tested some work, in the small house, with the simulated GitHub at the other end of HTTP."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import Field

from shared.app.approval.approvals import asked_now
from shared.app.engine.engine import open_run, record
from shared.core.code.worktree import Worktree
from shared.core.run import acts
from shared.core.run.events import RunOpened
from shared.core.run.run import Limits, Run, StepSpec, Trigger, Usage, WaitKind
from shared.http_client import HttpClient
from shared.integrations.forge import Author
from shared.integrations.github.client import GitHub
from shared.ports import Secret
from shared.steps import KINDS
from shared.steps._input import Input
from shared.steps._kind import Done, Repeat, StepContext, StepKind
from shared.steps._work import keep_work
from tests.integrations.conftest import Served
from tests.support.rigs.small_house import TENANT, SmallHouse

OURS, BO = "word-of-" + "workwright", "word-of-" + "bo"
PAGE = "aaaaaaaa-0000-4000-8000-000000000001"
PAGE_URL = "https://www.notion.so/Club-aaaaaaaa000040008000000000000001"
NAME = f"club-{PAGE[-6:]}"  # of the page's own repository
BRANCH = "workwright/club-00000001"
REQUIREMENTS = (
    {"id": "R1", "text": "Says what the club repairs", "block": "", "source": "page"},
    {
        "id": "R2",
        "text": "Ask @ada, see https://evil.example/x, fixes #12 and GH-13 ![p](https://evil.example/p.png)",
        "block": "",
    },
)


class _Given(Input):
    """What the fake of code.test is told: the files it has tested."""

    files: dict[str, str]
    mended: Mapping[str, str] = Field(default_factory=dict)  # what they become when the work is sent back
    deleted: Sequence[str] = ()
    base: str = ""


def _tested(wanted: _Given, ctx: StepContext) -> Done:
    files = wanted.mended if ctx.step.feedback and wanted.mended else wanted.files
    tree = Worktree(
        {path: text.encode("latin-1") for path, text in files.items()}, frozenset(wanted.deleted), wanted.base
    )
    checks = [{"requirement": "R1", "path": "/", "contains": "bicycles"}]
    proofs = [
        {"requirement": "R1", "test": "tests/test_club.py: repairs"},
        {"requirement": "R2", "test": "`a\n\n@ada`"},
    ]
    made: dict[str, Any] = {"runner": "none", "site_root": "site", "model": "offline"}
    made["outline"] = ctx.keep_text(json.dumps({"tests": proofs}))
    kept = keep_work(ctx, tree, kind="static_site", checks=checks, **made)
    facts = {"tests": 3, "driver": "bubblewrap", "seconds": 1.25, "rounds": ctx.step.rounds, "told": ctx.step.feedback}
    return Done({**kept, **facts}, Usage(1200, 30_000))


def _proposed(wanted: Input, ctx: StepContext) -> Done:
    proposal = ctx.keep_text(json.dumps({"requirements": REQUIREMENTS}))
    told = {"summary": "A page for the club.", "page_url": PAGE_URL, "requirements": len(REQUIREMENTS)}
    return Done({"proposal": proposal, **told, "model": "offline"})


TESTED = StepKind("code.test", "Stands for tested work.", _Given, _tested, Repeat.SAME_END)
PROPOSED = StepKind("plan.propose", "Stands for a plan.", Input, _proposed, Repeat.SAME_END)
MINE: Mapping[str, StepKind] = {**KINDS, "code.test": TESTED, "plan.propose": PROPOSED}
SITE = {"site/index.html": "<!doctype html><title>Club</title><p>We repair bicycles.</p>", "run.sh": "#!/bin/sh\n"}


def steps(given: Mapping[str, Any], title: str, *last: str) -> tuple[StepSpec, ...]:
    """Return a plan of tested work that is proposed, then watched, merged, or what else is asked."""
    back, gate = "code", WaitKind.APPROVAL
    propose = {"title": title, "branch": "workwright/club"}
    specs = [
        StepSpec("plan", "plan.propose"),
        StepSpec("code", "code.test", input=given, depends_on=("plan",)),
        StepSpec("review", "release.review", depends_on=("code",)),
        StepSpec("release", "approval.ask", depends_on=("review",), lane="", gate=gate),
        StepSpec("propose", "repository.propose_change", "Propose it", propose, ("release",), "deploy", undoable=True),
    ]
    for kind in last:
        name = kind.partition(".")[2].partition("_")[0]
        specs.append(StepSpec(name, kind, depends_on=(specs[-1].id,), lane="deploy", repairs=back))
    specs.append(StepSpec("end", "approval.ask", depends_on=(specs[-1].id,), lane="", gate=gate))
    return tuple(specs)


@dataclass
class ForgeRig:
    """The house, the simulated GitHub, and runs that propose changes there."""

    house: SmallHouse
    sim: Served
    folder: Path
    asked: list[dict[str, Any]] = field(default_factory=list)
    heard: int = 0

    def __post_init__(self) -> None:
        """Connect the tenant; Bo works in the same organisation."""
        people = [{"login": "workwright", "token": OURS, "org": "acme"}, {"login": "bo", "token": BO, "org": "acme"}]
        self.sim.control("/_seed", people)
        self.house.connect("github", OURS)
        self.house.accounts.trace = self.asked.append
        self.ship()
        self.same_time()

    def ship(self, **code: Any) -> None:
        """Set the tenant's rules for code."""
        self.house.settle(ship={"code": {"owner": "acme", **code}})

    @property
    def bo(self) -> GitHub:
        """Return what Bo works with."""
        return GitHub(self.sim.http("github", BO))

    def as_bo(self, method: str, path: str, body: Any = None, word: str = BO) -> Any:
        """Do something in the repository as Bo, or as whoever has that token."""
        http = HttpClient("github", self.sim.url, Secret(word), timeouts=(2, 10))
        headers = {"Accept": "application/vnd.github+json"}
        return http.call(method, f"/repos/acme/{NAME}{path}", json=body, headers=headers).json

    def bo_pushes(self) -> str:
        """Put a commit of Bo's on our branch, and return it."""
        head = self.bo.head("acme", NAME, BRANCH)
        return self.bo.commit(
            "acme", NAME, base=head, branch=BRANCH, expected_head=head, files={"bo.txt": b"mine"}, message="Bo's",
            author=Author("Bo", "bo@example.test"), date=datetime(2026, 1, 1, tzinfo=UTC),
        )  # fmt: skip

    def check(self, sha: str, name: str = "ci", **told: Any) -> None:
        """Report a check of a commit, as a CI does."""
        self.sim.control("/_check", {"repo": f"acme/{NAME}", "head_sha": sha, "name": name, **told})

    def calls(self) -> list[str]:
        """Return method and path of each of our calls since this was asked last."""
        new, self.heard = self.asked[self.heard :], len(self.asked)
        return [f"{each['method']} {each['url'].partition('?')[0].removeprefix(self.sim.url)}" for each in new]

    def open(
        self,
        *last: str,
        run: str = "run-00000001",
        files: Mapping[str, str] = SITE,
        title: str = "A club",
        **given: Any,
    ) -> Run:
        """Open a run with these steps behind the proposal, and work until it asks for the release."""
        specs = steps({"files": dict(files), **given}, title, *last)
        trigger = Trigger("page", PAGE, "Club")
        open_run(self.house.deps, RunOpened(self.house.clock.now(), TENANT, run, trigger, Limits(), specs))
        return self.later(run)

    def agree(self, run: str = "run-00000001", minutes: float = 1) -> Run:
        """Approve what the run asks now, and work on."""
        asked = asked_now(self.house.run(run))
        granted = acts.ApprovalGranted(self.house.clock.now(), asked.gate, asked.plan_hash, "Ada Example", "test")
        record(self.house.deps, TENANT, run, granted)
        return self.later(run, minutes)

    def later(self, run: str = "run-00000001", minutes: float = 1) -> Run:
        """Let time pass in steps of 15 seconds, until the run waits for a person or has ended."""
        for _ in range(int(minutes * 4)):
            self.house.work()
            if self.house.run(run).status.final or self.asks(run):
                break
            self.house.clock.move(seconds=15)
            self.same_time()
        self.house.work()
        return self.house.run(run)

    def asks(self, run: str = "run-00000001") -> str:
        """Return the gate at which the run waits for a person, "" for none."""
        waiting = (step for step in self.house.run(run).steps if step.wait and step.wait.kind == WaitKind.APPROVAL)
        return next((step.id for step in waiting), "")

    def same_time(self) -> None:
        """Let the simulator's clock show the house's time."""
        self.sim.control("/_clock", {"offset_s": (self.house.clock.now() - datetime.now(UTC)) / timedelta(seconds=1)})

    def cancel(self, run: str = "run-00000001") -> Run:
        """Cancel the run and work until it has ended."""
        record(self.house.deps, TENANT, run, acts.CancelRequested(self.house.clock.now(), "Ada Example"))
        return self.later(run, minutes=20)

    def output(self, step: str, run: str = "run-00000001") -> Mapping[str, Any]:
        """Return a step's output."""
        found = self.house.run(run).step(step)
        assert found is not None
        return dict(found.output)

    def clone(self, branch: str) -> Path:
        """Clone a branch with git itself."""
        target = self.folder / f"clone-{len(list(self.folder.glob('clone-*')))}"
        pair = base64.b64encode(f"x:{BO}".encode()).decode()
        header = f"http.extraHeader=Authorization: Basic {pair}"
        source = f"{self.sim.url}/acme/{NAME}.git"
        asked = ["git", "-c", header, "clone", "-q", "--branch", branch, source, str(target)]
        subprocess.run(asked, check=True, capture_output=True)
        return target


def git(folder: Path, *asked: str) -> str:
    """Return what git says about a clone."""
    return subprocess.run(["git", "-C", str(folder), *asked], check=True, capture_output=True, text=True).stdout.strip()


WATCH, MERGE = "repository.watch_checks", "repository.merge_change"
BETTER = {"site/index.html": "<!doctype html><title>Club</title><p>We repair bicycles and more.</p>"}
