"""A site that its host fetches from the forge: exactly the commit that was approved and proposed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.core.run.run import RunStatus
from shared.local.simulators.github.simulator import GitHubSimulator
from shared.local.simulators.vercel import VercelSimulator
from tests.integrations.conftest import Served, served
from tests.support.descriptions.vercel_description import of_exchange
from tests.support.rigs.site_rig import GOOD, MINE, NAME, SiteRig, output
from tests.support.rigs.small_house import SmallHouse

__all__ = ["served"]
WORD = "word-of-" + "workwright"


@pytest.fixture
def github(served: Callable[[Any], Served], tmp_path: Path) -> Served:
    sim = served(GitHubSimulator(tmp_path / "github"))
    sim.control("/_seed", [{"login": "workwright", "token": WORD, "org": "acme"}])
    return sim


@pytest.fixture
def rig(served: Callable[[Any], Served], github: Served, tmp_path: Path) -> Iterator[SiteRig]:
    sim = served(VercelSimulator(tmp_path / "vercel"))
    endpoints = {"vercel": sim.url, "github": github.url}
    house = SmallHouse(tmp_path / "house", endpoints=endpoints, kinds=MINE)
    rig = SiteRig(house, sim)
    house.connect("github", WORD)
    _from("git", rig)
    yield rig
    house.close()


def _from(source: str, rig: SiteRig) -> None:
    rig.house.settle(ship={"code": {"owner": "acme"}, "site": {"source": source}})


def _judged(exchange: dict[str, Any], rig: SiteRig) -> list[str]:
    return of_exchange(exchange) if exchange["url"].startswith(rig.sim.url) else []


def _let_vercel_see(rig: SiteRig, github: Served) -> None:
    """Install its app for every repository, as soon as there is one."""

    def install(point: str) -> None:
        if point == "commit.after/repository.propose_change":
            repos = github.simulator.state["repos"].values()
            seen = {f"github:{repo['id']}": str(github.simulator.bare(repo).path) for repo in repos}
            rig.sim.control("/_config", {"repositories": seen})

    rig.house.crash_point = install


def test_what_goes_live_is_the_commit_that_was_proposed(rig: SiteRig, github: Served) -> None:
    _let_vercel_see(rig, github)
    asked: list[dict[str, Any]] = []
    rig.house.accounts.trace = asked.append
    run = rig.live("run-1", GOOD, propose=True)
    assert (run.status, run.failure) == (RunStatus.SUCCEEDED, "")
    assert rig.shown == GOOD
    assert [problem for each in asked if "/_" not in each["url"] for problem in _judged(each, rig)] == []
    (sent,) = [each for each in asked if each["method"] == "POST" and "/v13/deployments" in each["url"]]
    source = sent["body"]["gitSource"]
    assert (source["type"], source["sha"]) == ("github", output(run, "propose")["commit"])
    assert not [each for each in asked if each["url"].startswith(f"{rig.sim.url}/v2/files")]
    assert rig.client.site(NAME).production == output(run, "deploy")["deployment"]


def test_a_repository_that_the_host_may_not_see_is_said_with_the_way_out(rig: SiteRig) -> None:
    run = rig.live("run-1", GOOD, propose=True)
    assert run.status == RunStatus.FAILED
    assert "set ship.site.source to files" in run.failure
    assert rig.deployments == []


def test_without_a_change_there_is_no_commit_and_that_is_said(rig: SiteRig) -> None:
    run = rig.live("run-1", GOOD)
    assert run.status == RunStatus.FAILED
    assert "the plan has no repository.propose_change" in run.failure


def test_another_source_is_another_approval(rig: SiteRig, github: Served) -> None:
    _let_vercel_see(rig, github)
    _from("files", rig)
    rig.open("run-1", GOOD, propose=True)
    _from("git", rig)
    rig.agree("run-1")
    assert rig.deployments == []


def test_a_rollback_is_said_once_where_the_code_is(rig: SiteRig, github: Served) -> None:
    _from("files", rig)
    assert rig.live("run-1", GOOD.replace("Club", "One"), propose=True).status == RunStatus.SUCCEEDED
    rig.open("run-2", GOOD.replace("Club", "Two"), propose=True)
    rig.agree("run-2")
    rig.show_instead("<p>Oops</p>")
    rig.agree("run-2")
    run = rig.later("run-2", minutes=10)
    number = output(run, "propose")["number"]
    comments = [one for repo in github.simulator.state["repos"].values() for one in repo["comments"]]
    assert run.status == RunStatus.FAILED
    told = [one["body"] for one in comments if one["number"] == number]
    assert [each for each in told if "did not stay live" in each] == [
        "The site made of this change did not stay live: rolled back to the previous version, because production was"
        " wrong: 1 of 1 requirement not found on the site: R1."
    ]
