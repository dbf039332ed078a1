"""From tested work to a pull request that is watched and merged: what is asked, done, refused, and taken back."""

from __future__ import annotations

import re
from typing import Any

import pytest

from shared.app.engine.engine import record
from shared.core.run import acts
from shared.core.run.run import RunStatus, StepStatus
from tests.support.rigs.forge_rig import BETTER, BRANCH, MERGE, NAME, PAGE_URL, WATCH, ForgeRig, git
from tests.support.rigs.small_house import TENANT

pytestmark = pytest.mark.slow


def test_approved_work_is_one_commit_and_one_pull_request_in_the_fewest_calls(rig: ForgeRig) -> None:
    rig.bo.ensure_repository("acme", NAME)
    rig.open()
    repo = f"/repos/acme/{NAME}"
    looked = [
        f"GET {repo}",
        f"GET {repo}/git/ref/heads/main",
        f"GET {repo}/git/trees/{rig.bo.head('acme', NAME, 'main')}",
    ]
    assert (rig.asks(), rig.calls()) == ("release", looked)  # nothing has left
    rig.agree()
    assert (rig.house.run("run-00000001").failure, rig.asks()) == ("", "end")
    assert rig.calls() == [
        f"POST {repo}/git/trees",
        f"POST {repo}/git/commits",
        f"POST {repo}/git/refs",
        f"POST {repo}/pulls",
    ]
    folder = rig.clone(BRANCH)
    assert git(folder, "rev-parse", "HEAD") == rig.output("propose")["commit"]
    assert git(folder, "diff", "--name-status", "origin/HEAD", "HEAD").split() == [
        "A",
        "run.sh",
        "A",
        "site/index.html",
    ]
    assert (folder / "run.sh").stat().st_mode & 0o111
    assert git(folder, "log", "-1", "--format=%s|%(trailers:key=Workwright-Run,valueonly)") == "A club|run-00000001"


def test_the_text_says_what_was_asked_tested_and_spent_and_does_nothing_by_itself(rig: ForgeRig) -> None:
    rig.ship(labels=["workwright"], reviewers=["bo", "nobody"], draft=True)
    rig.open(title="Fixes #12 and gh-13 for @ada & C# in 5%")
    rig.agree()
    pull = rig.as_bo("GET", "/pulls/1")
    text = pull["body"]
    proven = "  - tested by `tests/test_club.py: repairs`\n  - `/` must show “bicycles”"
    assert f"- [ ] **R1** Says what the club repairs\n{proven}" in text
    assert "\n  - tested by `a @ada`\n" in text  # as code it calls nobody
    assert "3 passed in the bubblewrap sandbox, 1.2 s." in text
    assert "1200 tokens, $0.0300 so far" in text
    assert f"[Page]({PAGE_URL})" in text
    assert "https://evil" not in text  # neither a link nor a picture
    assert "![" not in text
    assert "@ada" not in re.sub(r"`[^`]*`", "", text)  # calls nobody
    assert not re.search(r"#12|GH-13", text)  # closes nothing
    written = [pull["title"], git(rig.clone(BRANCH), "log", "-1", "--format=%s")]
    assert written == ["Fixes # 12 and gh- 13 for @ ada & C# in 5%"] * 2
    assert (pull["draft"], [each["name"] for each in pull["labels"]]) == (True, ["workwright"])
    assert "reviewers: " in rig.house.run("run-00000001").facts["not_taken"]


def test_a_change_of_a_repository_keeps_modes_deletes_and_begins_where_it_was_made(rig: ForgeRig) -> None:
    rig.open()
    rig.agree()
    pull = rig.bo.change("acme", NAME, 1)
    rig.bo.merge("acme", NAME, 1, sha=pull.head_sha)
    base = rig.bo.head("acme", NAME, "main")
    rig.ship(repository=NAME)
    changed = {"run.sh": "#!/bin/sh\necho\n", "bin.dat": "\x00\xff"}
    given: dict[str, Any] = {"deleted": ["site/index.html"], "base": f"github:acme/{NAME}@{base}"}
    rig.open(run="run-00000002", files=changed, **given)
    assert rig.agree("run-00000002").failure == ""
    folder = rig.clone("workwright/club-00000002")
    told = git(folder, "diff", "--name-status", base, "HEAD").splitlines()
    assert told == ["A\tbin.dat", "M\trun.sh", "D\tsite/index.html"]
    assert git(folder, "ls-files", "-s", "run.sh").startswith("100755")
    assert (folder / "bin.dat").read_bytes() == b"\x00\xff"
    rig.ship(repository="another")
    rig.open(run="run-00000003", files=changed, **given)
    assert "but the settings name github:acme/another" in rig.agree("run-00000003").failure


def test_merging_is_left_to_people_unless_the_tenant_says_otherwise(rig: ForgeRig) -> None:
    rig.open(MERGE)
    rig.agree()
    assert rig.output("merge") == {"merged": False, "why": "merging is left to people"}
    assert not [call for call in rig.calls() if call.endswith("/merge")]


def test_a_persons_push_is_never_overwritten_and_never_merged_unseen(rig: ForgeRig) -> None:
    rig.ship(merge="when_green")
    rig.open(WATCH, MERGE, mended=BETTER)
    rig.agree(minutes=0)
    ours = str(rig.output("propose")["commit"])
    theirs = rig.bo_pushes()
    rig.check(ours, conclusion="success")
    rig.check(theirs, conclusion="success")
    run = rig.later(minutes=3)
    assert "somebody has pushed to it; it is not merged" in run.failure
    assert rig.bo.head("acme", NAME, BRANCH) == theirs


def test_a_rework_stops_at_a_persons_push(rig: ForgeRig) -> None:
    rig.open(WATCH, mended=BETTER)
    rig.agree(minutes=0)
    theirs = rig.bo_pushes()
    rig.check(str(rig.output("propose")["commit"]), conclusion="failure")
    rig.later(minutes=2)
    run = rig.agree(minutes=2)
    assert "somebody else has changed it; it is left alone" in run.failure
    assert rig.bo.head("acme", NAME, BRANCH) == theirs


@pytest.mark.parametrize("lost", ["refs", "pulls"])
def test_a_lost_answer_leads_to_the_same_one_commit_and_pull_request(rig: ForgeRig, lost: str) -> None:
    rig.bo.ensure_repository("acme", NAME)
    rig.open()
    rig.sim.fault(method="POST", path=f"*/{lost}", drop=True, when="after")
    assert rig.agree(minutes=10).failure == ""
    repo = rig.sim.simulator.state["repos"][f"acme/{NAME}"]
    assert len(repo["pulls"]) == 1
    assert len(git(rig.clone(BRANCH), "log", "--format=%H").split()) == 2  # the first of the repository, and ours


def test_a_commit_whose_answer_was_lost_before_a_rework_is_built_upon(rig: ForgeRig) -> None:
    rig.bo.ensure_repository("acme", NAME)
    rig.open(mended=BETTER)
    rig.sim.fault(method="POST", path="*/refs", drop=True, when="after")
    rig.agree(minutes=0)
    lost = rig.bo.head("acme", NAME, BRANCH)
    assert (bool(lost), rig.output("propose")) == (True, {})
    wish = acts.ReworkAsked(rig.house.clock.now(), "code", "Say more", "Ada Example")
    record(rig.house.deps, TENANT, "run-00000001", wish)
    rig.later()
    assert rig.agree().failure == ""
    folder = rig.clone(BRANCH)
    assert git(folder, "log", "--format=%H").split()[:2] == [rig.output("propose")["commit"], lost]
    assert git(folder, "ls-files").split() == ["README.md", "site/index.html"]
    assert len(rig.sim.simulator.state["repos"][f"acme/{NAME}"]["pulls"]) == 1


def test_without_an_approval_or_with_another_target_nothing_leaves(rig: ForgeRig) -> None:
    rig.open()
    rig.ship(repository="elsewhere")  # the target has changed since people were asked
    run = rig.agree()
    assert (rig.asks(), [call for call in rig.calls() if not call.startswith("GET ")]) == ("release", [])
    propose = run.step("propose")
    assert propose is not None
    assert propose.status == StepStatus.PENDING


def test_a_secret_in_the_title_never_leaves(rig: ForgeRig) -> None:
    word = "ghp_" + "a1B2c3D4" * 4 + "e5F6"
    run = rig.open(title=f"Use {word}")
    if rig.asks() == "release":
        run = rig.agree()
    assert [call for call in rig.calls() if not call.startswith("GET ")] == []
    assert run.status != RunStatus.SUCCEEDED
    assert word not in str(rig.sim.simulator.state)


def test_a_tenant_that_has_not_said_where_code_goes_is_told_how(rig: ForgeRig) -> None:
    rig.house.settle(ship={"code": {}})
    rig.open()
    assert "set ship.code.owner" in rig.agree().failure
