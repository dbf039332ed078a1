"""What is taken back is what was done, and what cannot be taken back is named."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shared.app.engine import open_run, record
from shared.core import events as ev
from shared.core.run import Limits, RunStatus, StepSpec, Trigger, WaitKind
from shared.integrations.github import GitHub
from shared.sim.github.simulator import GitHubSimulator
from shared.steps import KINDS
from shared.steps._kind import Done, StepContext, StepKind
from shared.steps.code_generate import CODE_GENERATE, Generate
from tests.integrations.conftest import Served
from tests.support.small_house import TENANT, SmallHouse

WORD = "word-of-" + "github"


def written(wanted: Generate, ctx: StepContext) -> Done:
    return Done({"files": ctx.keep_text(json.dumps({"index.html": "<h1>Club</h1>"}))})


@pytest.fixture
def github(served: Callable[[Any], Served], tmp_path: Path) -> Served:
    started = served(GitHubSimulator(tmp_path / "github"))
    started.control("/_seed", {"login": "ada", "token": WORD, "org": "acme"})
    return started


@pytest.fixture
def mine(house: Callable[..., SmallHouse], github: Served) -> SmallHouse:
    """Return a house in which a pull request is open and something else waits for a person."""
    generate = StepKind(CODE_GENERATE.name, CODE_GENERATE.purpose, Generate, written, CODE_GENERATE.repeat)
    made = house(endpoints={"github": github.url}, kinds={**KINDS, "code.generate": generate})
    made.connect("github", WORD)
    made.settle(github_owner="acme", github_repository="club")
    asked = {"title": "A club", "branch": "workwright/club"}
    steps = (
        StepSpec("generate", "code.generate", input={"artifact": "static_site"}),
        StepSpec("pull", "github.open_pull_request", "Open it", asked, ("generate",), "deploy", undoable=True),
        StepSpec("gate", "approval.ask", depends_on=("pull",), lane="", gate=WaitKind.APPROVAL),
    )
    open_run(made.deps, ev.RunOpened(made.clock.now(), TENANT, "run-00000001", Trigger("test"), Limits(), steps))
    made.work()
    assert made.run("run-00000001").status == RunStatus.AWAITING_APPROVAL
    return made


def cancel(mine: SmallHouse) -> None:
    record(mine.deps, TENANT, "run-00000001", ev.CancelRequested(mine.clock.now(), "Ada"))
    mine.work()


def test_settings_that_changed_meanwhile_do_not_lead_an_undo_astray(mine: SmallHouse, github: Served) -> None:
    mine.settle(github_owner="ada", github_repository="another")
    cancel(mine)
    run = mine.run("run-00000001")
    assert (run.status, run.undone_failed) == (RunStatus.CANCELLED, ())
    client = GitHub(github.http("github", WORD))
    assert client.pull_request("acme", "club", 1).state == "closed"


def test_a_pull_request_that_somebody_has_merged_is_named_as_left_behind(mine: SmallHouse, github: Served) -> None:
    client = GitHub(github.http("github", WORD))
    client.merge("acme", "club", 1, sha=client.pull_request("acme", "club", 1).head_sha)
    cancel(mine)
    run = mine.run("run-00000001")
    assert (run.status, run.undone_failed) == (RunStatus.CANCELLED, ("pull",))
    assert "merged" in run.steps[1].error
