"""The steps that change repositories do on GitLab what they do on GitHub: they know neither."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shared.core.run.run import RunStatus
from shared.integrations.forge import Author
from shared.integrations.gitlab.client import GitLab
from shared.local.simulators.gitlab.simulator import GitLabSimulator
from tests.integrations.conftest import Served, served
from tests.support.descriptions.gitlab_description import of_exchange
from tests.support.rigs.forge_rig import BO, BRANCH, MINE, NAME, OURS, SITE, ForgeRig
from tests.support.rigs.small_house import SmallHouse

__all__ = ["served"]

WATCH, MERGE = "repository.watch_checks", "repository.merge_change"
BETTER = {"site/index.html": "<!doctype html><title>Club</title><p>We repair bicycles and more.</p>"}


class OnGitLab(ForgeRig):
    """The same house, with the simulated GitLab at the other end."""

    def __post_init__(self) -> None:
        people = [{"username": "workwright", "token": OURS, "group": "acme"}, {"username": "bo", "token": BO}]
        self.sim.control("/_seed", people)
        self.house.connect("gitlab", OURS)
        self.house.accounts.trace = self.asked.append
        self.ship()
        self.same_time()

    @property
    def person(self) -> GitLab:
        """Return what Bo works with, who is a maintainer."""
        self.sim.control("/_seed", {"member": "bo", "project": f"acme/{NAME}", "access": 40})
        return GitLab(self.sim.http("gitlab", BO))

    def pipeline(self, sha: str, status: str) -> None:
        """Report a pipeline of a commit, with one job."""
        job = {"name": "test", "status": status, "trace": "E   assert 1 == 2\nERROR: Job failed"}
        self.sim.control(
            "/_pipeline", {"project": f"acme/{NAME}", "sha": sha, "status": status, "jobs": [job], "ref": BRANCH}
        )

    def git(self, *asked: str) -> str:
        """Return what git says of the repository."""
        place = self.sim.simulator.bare(self.sim.simulator.project_named(f"acme/{NAME}")).path
        done = subprocess.run(["git", f"--git-dir={place}", *asked], capture_output=True, check=True, text=True)
        return done.stdout.strip()


@pytest.fixture
def rig(served: Callable[[Any], Served], tmp_path: Path) -> Iterator[OnGitLab]:
    sim = served(GitLabSimulator(tmp_path / "gitlab"))
    house = SmallHouse(tmp_path / "house", endpoints={"gitlab": sim.url}, kinds=MINE)
    made = OnGitLab(house, sim, tmp_path)
    yield made
    house.close()
    assert [problem for exchange in made.asked for problem in of_exchange(exchange)] == []


def test_a_red_pipeline_sends_the_work_back_and_a_green_one_lets_it_be_merged(rig: OnGitLab) -> None:
    rig.ship(merge="when_green")
    rig.open(WATCH, MERGE, mended=BETTER)
    rig.agree(minutes=0)
    first = str(rig.output("propose")["commit"])
    assert rig.git("rev-parse", BRANCH) == first
    assert "run.sh" in rig.git("ls-tree", "-r", "--name-only", first)
    rig.pipeline(first, "failed")
    rig.later(minutes=3)
    assert rig.asks() == "release"
    assert "assert 1 == 2" in str(rig.output("code")["told"])
    rig.agree(minutes=0)
    second = str(rig.output("propose")["commit"])
    assert rig.git("rev-parse", f"{second}^") == first
    assert rig.git("ls-tree", "-r", "--name-only", second).split() == ["README.md", "site/index.html"]
    rig.pipeline(second, "success")
    assert rig.later(minutes=5).failure == ""
    assert rig.output("merge")["merged"] is True
    assert "and more" in rig.git("show", "main:site/index.html")


def test_a_persons_push_stays_and_a_cancelled_change_is_closed(rig: OnGitLab) -> None:
    rig.open(WATCH, mended=BETTER)
    rig.agree(minutes=0)
    ours = str(rig.output("propose")["commit"])
    theirs = rig.person.commit(
        "acme", NAME, base=ours, branch=BRANCH, expected_head=ours, files={"bo.txt": b"mine"}, message="Bo's",
        author=Author("Bo", "bo@example.test"), date=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    rig.pipeline(ours, "failed")
    rig.later(minutes=2)
    assert rig.agree(minutes=2).failure
    assert rig.git("rev-parse", BRANCH) == theirs
    rig.open(run="run-00000002", files=SITE)
    rig.agree("run-00000002", minutes=0)
    number = int(rig.output("propose", "run-00000002")["number"])
    run = rig.cancel("run-00000002")
    assert (run.status, run.undone_failed) == (RunStatus.CANCELLED, ())
    assert rig.person.change("acme", NAME, number).state == "closed"
    assert "workwright/club-00000002" not in rig.git("branch", "--list")
