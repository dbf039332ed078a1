"""A page from its idea to production, with real gates; what is built and where it goes is a few files and a list."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from shared.app.approval.approvals import asked_now, decide
from shared.core.code.worktree import Worktree
from shared.core.pages import marks
from shared.core.pages.author import PERSON, Author
from shared.core.run.run import Run, Step, WaitKind
from shared.local.simulators.notion.simulator import NotionSimulator
from shared.steps import KINDS
from shared.steps._kind import Done, StepContext, StepKind
from shared.steps._work import keep_work, load_tested_work, rewrite_work
from shared.steps.ship._release import hash_go_live, require_go_live, require_shipping
from tests.integrations.conftest import Served
from tests.support.rigs.small_desk import Desk, settle_in
from tests.support.rigs.small_house import TENANT, SmallHouse

SITE = {"site/index.html": b"<h1>Bicycle club</h1>\n", "tests/test_site.py": b"def test_it():\n    assert True\n"}
DEPLOYED = {"deployment": "dpl_1", "url": "https://preview.example.test", "project": "club"}


@dataclass
class Story:
    """The desk, what steps have sent where, and what repairs were asked for."""

    desk: Desk
    files: dict[str, bytes] = field(default_factory=lambda: dict(SITE))
    sent: list[str] = field(default_factory=list)
    repairs: list[str] = field(default_factory=list)
    originals: Mapping[str, bytes] = field(default_factory=dict)  # of a repository that the work changes
    may_change: tuple[str, ...] = ()
    report: Mapping[str, Any] = field(default_factory=dict)  # of the tests
    mend: Callable[[dict[str, bytes], str], dict[str, bytes]] = lambda files, feedback: files
    words: dict[str, str] = field(default_factory=dict)  # what its author says of a repair: why, note
    page: str = ""

    @property
    def house(self) -> SmallHouse:
        """Return the house."""
        return self.desk.house

    @property
    def run(self) -> Run:
        """Return the page's run."""
        return self.desk.run_of(self.page)

    @property
    def gate(self) -> Step:
        """Return the gate that the run waits at."""
        return next(s for s in self.run.steps if s.wait is not None and s.wait.kind == WaitKind.APPROVAL)

    def settle(self, **settings: Any) -> None:
        """Set some of the tenant's settings, and leave the others."""
        doc = self.house.store.get(TENANT, "settings", "tenant")
        self.house.settle(**{**(doc.body if doc is not None else {}), **settings})

    def begin(self, title: str = "Bicycle club") -> Run:
        """Write the idea and ask for its plan; return the run, which waits for the plan's approval."""
        self.page = self.desk.write_idea(title)
        self.desk.set_status(self.page, marks.PLAN_IT)
        self.desk.tell(self.page)
        return self.run

    def agree(self) -> Run:
        """Set the status to Approved, as the page asks now."""
        self.desk.set_status(self.page, marks.APPROVED)
        self.desk.tell(self.page)
        return self.run

    def until(self, gate: str) -> Run:
        """Agree until the run waits at that gate."""
        for _ in range(3):
            if self.gate.id.rpartition(".")[2] == gate:
                break
            self.agree()
        assert self.gate.id.rpartition(".")[2] == gate
        return self.run

    def rest(self) -> Run:
        """Let an hour pass."""
        self.house.pass_time(timedelta(hours=1), timedelta(minutes=10))
        return self.run

    def comment(self, text: str, by: str = "") -> None:
        """Comment on the page, and have the house told."""
        body = {"parent": {"page_id": self.page}, "rich_text": [{"type": "text", "text": {"content": text}}]}
        self.desk.as_person("POST", "/v1/comments", body)
        self.desk.tell(self.page, Author(PERSON, by or self.desk.person, seen=True))


def story_at(build: Callable[..., SmallHouse], served: Callable[[Any], Served], **given: Any) -> Story:
    """Return a story in a house of its own, connected to a simulated Notion, and to a forge and a host in name."""
    notion = served(NotionSimulator())
    house = build(endpoints={"notion": notion.url}, **given)
    for system in ("github", "vercel"):
        house.connect(system, "a-token-of-nothing")
    story = Story(settle_in(house, notion.url))
    object.__setattr__(house.tools, "kinds", kinds_of(story))
    return story


def kinds_of(story: Story) -> Mapping[str, StepKind]:
    """Return the kinds of steps, of which those that build and send are told by the story."""

    def generate(wanted: Any, ctx: StepContext) -> Done:
        given: dict[str, Any] = {"originals": story.originals, "may_change": story.may_change}
        tree = Worktree(dict(story.files))
        return Done(keep_work(ctx, tree, kind="static_site", expected_tests=1, site_root="site", **given))

    def test(wanted: Any, ctx: StepContext) -> Done:
        before = ctx.output_of("code.generate")
        if ctx.step.feedback:
            story.repairs.append(ctx.step.feedback)
            story.files = story.mend(dict(story.files), ctx.step.feedback)
        output = rewrite_work(ctx, before, Worktree(dict(story.files)))
        output["report"] = ctx.keep_text(json.dumps(story.report))
        return Done({**output, "tests": 3, "driver": "bubblewrap", "seconds": 0.1, "rounds": len(story.repairs)})

    def send(wanted: Any, ctx: StepContext) -> Done:
        tree = load_tested_work(ctx).tree_id
        granted = require_shipping(ctx, tree)
        story.sent.append(f"{ctx.step.spec.kind} {tree} by {granted['by']}")
        return Done(DEPLOYED if ctx.step.spec.kind == "site.deploy" else {"url": "https://forge.example.test/1"})

    def verify(wanted: Any, ctx: StepContext) -> Done:
        binds = hash_go_live(ctx, load_tested_work(ctx).tree_id, ctx.output_of("site.deploy"))
        return Done({"checked": 4, "url": DEPLOYED["url"], "binds": binds})

    def promote(wanted: Any, ctx: StepContext) -> Done:
        tree = load_tested_work(ctx).tree_id
        granted = require_go_live(ctx, tree, ctx.output_of("site.deploy"))
        story.sent.append(f"{ctx.step.spec.kind} {tree} by {granted['by']}")
        return Done({"url": "https://club.example.test"}, facts={"site": "https://club.example.test"})

    told: dict[str, Callable[[Any, StepContext], Done]] = {
        "code.generate": generate,
        "code.test": test,
        "repository.propose_change": send,
        "site.deploy": send,
        "site.verify": verify,
        "site.promote": promote,
    }
    away = [name for name in KINDS if name.startswith(("repository.", "site."))]
    told |= {name: lambda wanted, ctx: Done() for name in away if name not in told}  # they only look
    plain: dict[str, Any] = {"group": False, "thinks": "", "weigh": None, "undo": None, "lane": "execute-step"}
    return {**KINDS, **{name: replace(KINDS[name], run=do, **plain) for name, do in told.items()}}


def approve(story: Story, by: str = "Grace Example", via: str = "slack") -> None:
    """Approve what is asked now, and work."""
    decide(story.house.deps, asked_now(story.run), approve=True, by=by, via=via)
    story.house.work()


def said(story: Story) -> list[str]:
    found = story.desk.as_person("GET", f"/v1/comments?block_id={story.page}")["results"]
    return ["".join(part["plain_text"] for part in one["rich_text"]) for one in found]
