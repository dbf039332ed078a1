"""Waiting for a deployment ends, whatever becomes of it; a rollback is an end too."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.app.engine import open_run
from shared.core.events import RunOpened
from shared.core.run import Limits, Run, RunStatus, StepSpec, Trigger
from shared.integrations.vercel import Vercel
from shared.sim.vercel import VercelSimulator
from shared.steps import KINDS
from shared.steps._kind import Done, StepContext, StepKind
from shared.steps.code_generate import CODE_GENERATE, Generate
from tests.integrations.conftest import Served
from tests.support.small_house import TENANT, SmallHouse

WORD = "word-of-" + "vercel"
PAGE = "aaaaaaaa-0000-4000-8000-000000000001"


def written(wanted: Generate, ctx: StepContext) -> Done:
    """Write a page that says which run wrote it."""
    files = ctx.keep_text(json.dumps({"index.html": f"<h1>{ctx.run.id}</h1>"}))
    checks = ctx.keep_text(json.dumps([{"requirement": "R1", "path": "/", "contains": "Club"}]))
    return Done({"files": files, "checks": checks, "site_root": ""})


@pytest.fixture
def vercel(served: Callable[[Any], Served], tmp_path: Path) -> Served:
    started = served(VercelSimulator(tmp_path / "vercel"))
    started.control("/_seed", {"token": WORD})
    started.control("/_config", {"build_seconds": 0, "alias_seconds": 0})
    return started


@pytest.fixture
def mine(house: Callable[..., SmallHouse], vercel: Served) -> SmallHouse:
    generate = StepKind(CODE_GENERATE.name, CODE_GENERATE.purpose, Generate, written, CODE_GENERATE.repeat)
    made = house(endpoints={"vercel": vercel.url}, kinds={**KINDS, "code.generate": generate})
    made.connect("vercel", WORD)
    made.check_site = lambda url: (200, "<h1>Club</h1>")
    return made


def deployed(mine: SmallHouse, run: str, hours: float = 2) -> Run:
    """Open a run that puts a site live; return it after some hours."""
    steps = (
        StepSpec("generate", "code.generate", input={"artifact": "static_site"}),
        StepSpec("deploy", "vercel.deploy", input={"project": "club"}, depends_on=("generate",), lane="deploy"),
        StepSpec("promote", "vercel.promote", depends_on=("deploy",), lane="deploy"),
    )
    trigger = Trigger("page", PAGE, "Club")
    open_run(mine.deps, RunOpened(mine.clock.now(), TENANT, run, trigger, Limits(), steps))
    mine.work()
    mine.pass_time(timedelta(minutes=1), timedelta(seconds=1))
    if not mine.run(run).status.final:
        mine.pass_time(timedelta(hours=hours), timedelta(minutes=1))
    return mine.run(run)


def production(vercel: Served) -> str:
    """Return the deployment that serves the site."""
    return Vercel(vercel.http("vercel", WORD)).project(f"club-{PAGE[-6:]}").production


def test_a_death_after_a_rollback_does_not_let_the_run_wait_for_what_was_rolled_back(
    mine: SmallHouse, vercel: Served
) -> None:
    assert deployed(mine, "run-1").status == RunStatus.SUCCEEDED
    first = production(vercel)
    mine.check_site = lambda url: (200, "<h1>Error</h1>")
    died: list[str] = []

    def die_once(point: str) -> None:
        if point == "result.after/vercel.promote/rollback" and not died:
            died.append(point)
            raise RuntimeError("the process died here")

    mine.crash_point = die_once
    run = deployed(mine, "run-2")
    assert (run.status, died) == (RunStatus.FAILED, ["result.after/vercel.promote/rollback"])
    assert "rolled back" in run.failure
    assert production(vercel) == first


def test_a_promotion_that_somebody_else_overrides_ends(mine: SmallHouse, vercel: Served) -> None:
    assert deployed(mine, "run-1").status == RunStatus.SUCCEEDED
    first = production(vercel)
    client = Vercel(vercel.http("vercel", WORD))

    def override(point: str) -> None:
        if point == "result.after/vercel.promote/promotion":
            client.project(f"club-{PAGE[-6:]}")
            client.rollback(client.project(f"club-{PAGE[-6:]}").id, first)

    mine.crash_point = override
    run = deployed(mine, "run-2")
    assert run.status == RunStatus.FAILED
    assert production(vercel) == first
    assert run.seq < 1000


def test_a_build_that_never_ends_ends_the_run(mine: SmallHouse, vercel: Served) -> None:
    vercel.control("/_config", {"build_seconds": 1_000_000})
    run = deployed(mine, "run-1")
    assert run.status == RunStatus.FAILED
    assert "30 minutes" in run.failure
    assert run.seq < 1000
