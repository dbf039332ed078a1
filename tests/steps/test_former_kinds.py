"""A run that the version before has begun: what it has done outside is taken back, and it fails in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shared.app.engine.engine import open_run, record
from shared.app.notify.failure_advice import way_out
from shared.core.run import acts
from shared.core.run import events as ev
from shared.core.run.run import Limits, Run, RunStatus, StepSpec, StepStatus, Trigger, WaitKind
from shared.integrations.forge import Author
from shared.integrations.github.client import GitHub
from shared.integrations.vercel.client import Vercel
from shared.local.simulators.github.simulator import GitHubSimulator
from shared.local.simulators.vercel.simulator import VercelSimulator
from shared.ports import Put
from shared.steps import KINDS
from shared.steps._retired_kinds import FORMER
from tests.integrations.conftest import Served, served
from tests.support.rigs.small_house import TENANT, SmallHouse

__all__ = ["served"]

RUN, BRANCH = "run-00000001", "workwright/club-00000001"
PAGE = "aaaaaaaa-0000-4000-8000-000000000001"
WORD = "word-of-" + "workwright"
GATE = StepSpec("gate", "approval.ask", depends_on=("last",), lane="", gate=WaitKind.APPROVAL)


def begun(house: SmallHouse, *done: tuple[str, Mapping[str, Any], Mapping[str, Any], Mapping[str, Any]]) -> Run:
    """Open a run of whose steps (kind, input, output, effects) all is done, as the version before stored it."""
    names = [f"s{number}" for number in range(len(done) - 1)] + ["last"]
    specs = [
        StepSpec(name, kind, kind, given, tuple(names[max(0, at - 1) : at]), "deploy", undoable=True)
        for at, (name, (kind, given, _, _)) in enumerate(zip(names, done, strict=True))
    ]
    now = house.clock.now()
    open_run(house.deps, ev.RunOpened(now, TENANT, RUN, Trigger("page", PAGE, "Club"), Limits(), (*specs, GATE)))
    for name, (_, _, output, effects) in zip(names, done, strict=True):
        for effect, result in effects.items():
            body = {"state": "confirmed", "args": "", "at": now.isoformat(), "result": result}
            house.store.put(TENANT, Put("effects", f"{RUN}.{name}.{effect}", body))
        record(house.deps, TENANT, RUN, ev.StepSucceeded(now, name, 1, output))
    return house.run(RUN)


def cancelled(house: SmallHouse) -> Run:
    record(house.deps, TENANT, RUN, acts.CancelRequested(house.clock.now(), "Ada Example"))
    house.work()
    return house.run(RUN)


def test_a_pull_request_of_then_is_closed(served: Callable[[Any], Served], tmp_path: Path) -> None:
    sim = served(GitHubSimulator(tmp_path / "github"))
    sim.control("/_seed", [{"login": "workwright", "token": WORD, "org": "acme"}])
    house = SmallHouse(tmp_path / "house", endpoints={"github": sim.url}, kinds=KINDS)
    house.connect("github", WORD)
    github = GitHub(sim.http("github", WORD))
    github.ensure_repository("acme", "club")
    base = github.head("acme", "club", "main")
    sha = github.commit(
        "acme", "club", base=base, branch=BRANCH, expected_head="", files={"x.txt": b"x"}, message="A club",
        author=Author("Workwright", "agent@workwright.invalid"), date=datetime(2026, 11, 1, tzinfo=UTC),
    )  # fmt: skip
    pull = github.open_change("acme", "club", branch=BRANCH, base="main", title="A club", body="")
    repository = {"url": "u", "default_branch": "main", "owner": "acme", "name": "club"}
    effects = {
        "repository": repository, "commit": {"sha": sha}, "pull-request": {"url": pull.url, "number": pull.number}
    }  # fmt: skip
    begun(house, ("github.open_pull_request", {"title": "A club", "branch": "workwright/club"}, {}, effects))
    run = cancelled(house)
    assert (run.status, run.undone_failed) == (RunStatus.CANCELLED, ())
    assert github.change("acme", "club", pull.number).state == "closed"
    assert github.head("acme", "club", BRANCH) == ""
    house.close()


def test_a_site_of_then_is_rolled_back_and_its_preview_deleted(served: Callable[[Any], Served], tmp_path: Path) -> None:
    sim = served(VercelSimulator(tmp_path / "vercel"))
    sim.control("/_seed", {"token": WORD})
    sim.control("/_config", {"build_seconds": 0, "alias_seconds": 0})
    house = SmallHouse(tmp_path / "house", endpoints={"vercel": sim.url}, kinds=KINDS)
    house.connect("vercel", WORD)
    vercel = Vercel(sim.http("vercel", WORD))
    site = vercel.ensure_site("club")
    old = vercel.deploy(site, {"index.html": b"old"}, {})
    vercel.deployment(old.id)
    vercel.promote(site.id, old.id)
    new = vercel.deploy(site, {"index.html": b"new"}, {"workwright": f"{RUN}-s0"}, fresh=True)
    vercel.deployment(new.id)
    vercel.promote(site.id, new.id)
    assert vercel.site(site.id).production == new.id
    deployed = {"deployment": new.id, "url": "u", "project": site.id}
    begun(
        house,
        ("vercel.deploy", {"project": "club"}, deployed, {"project": {"id": site.id}, "deployment": {"id": new.id}}),
        ("vercel.promote", {}, {}, {"production-before": {"deployment": old.id}, "promotion": {"promoted": new.id}}),
    )
    run = cancelled(house)
    assert (run.status, run.undone_failed) == (RunStatus.CANCELLED, ())
    assert vercel.site(site.id).production == old.id
    assert sorted(sim.simulator.state["deployments"]) == [old.id]
    house.close()


def test_what_had_not_begun_says_what_to_do(tmp_path: Path) -> None:
    house = SmallHouse(tmp_path / "house", kinds=KINDS)
    for number, kind in enumerate(FORMER):
        name = f"run-{number}"
        spec = StepSpec("do", kind, "Do it", {"project": "club"}, lane="deploy")
        open_run(house.deps, ev.RunOpened(house.clock.now(), TENANT, name, Trigger("page", PAGE), Limits(), (spec,)))
        house.work()
        run = house.run(name)
        step = run.step("do")
        assert step is not None
        assert (run.status, step.status) == (RunStatus.FAILED, StepStatus.FAILED)
        assert "a new plan does without it" in run.failure
        assert "planned anew" in way_out(run)
    house.close()


def test_no_plan_is_offered_what_was_before() -> None:
    assert not set(FORMER) & set(KINDS)
