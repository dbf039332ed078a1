"""From tested work to a pull request that is watched and merged: what is asked, done, refused, and taken back."""

from __future__ import annotations

import re
from typing import Any

import pytest

from shared.app.engine.engine import record
from shared.core.run import acts
from shared.core.run.run import RunStatus, StepStatus
from tests.support.rigs.forge_rig import BRANCH, NAME, PAGE_URL, SITE, ForgeRig, git
from tests.support.rigs.small_house import TENANT

pytestmark = pytest.mark.slow

WATCH, MERGE = "repository.watch_checks", "repository.merge_change"
BETTER = {"site/index.html": "<!doctype html><title>Club</title><p>We repair bicycles and more.</p>"}


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


def test_red_checks_send_the_work_back_and_the_next_commit_goes_on_top(rig: ForgeRig) -> None:
    rig.ship(merge="when_green")
    checks = [{"name": "ci", "seconds": 60, "red_when": "run.sh never"}, {"name": "lint", "seconds": 10}]
    rig.sim.control("/_ci", {"repo": "*", "checks": checks})
    rig.open(WATCH, MERGE, files={**SITE, "a.txt": "run.sh never"}, mended=BETTER)
    run = rig.agree(minutes=5)
    assert rig.asks() == "release"  # the second commit has to be approved anew
    first = rig.bo.head("acme", NAME, BRANCH)
    told = str(rig.output("code")["told"])
    assert "The check 'ci' of the pull request failed." in told
    assert "a.txt: run.sh never must not be there" in told
    rig.calls()
    run = rig.agree(minutes=5)
    assert rig.calls()[:6] == [
        f"POST /repos/acme/{NAME}/git/trees",
        f"POST /repos/acme/{NAME}/git/commits",
        f"GET /repos/acme/{NAME}/git/ref/heads/{BRANCH}",
        f"PATCH /repos/acme/{NAME}/git/refs/heads/{BRANCH}",
        f"GET /repos/acme/{NAME}/pulls/1",
        f"PATCH /repos/acme/{NAME}/pulls/1",
    ]
    assert (run.failure, rig.asks()) == ("", "end")
    folder = rig.clone("main")
    assert git(folder, "ls-files").split() == ["README.md", "site/index.html"]  # nothing of the red commit is left
    assert rig.output("watch") == {
        "state": "success",
        "commit": rig.output("propose")["commit"],
        "checks": rig.output("watch")["checks"],
    }
    assert [each["state"] for each in rig.output("watch")["checks"]] == ["success", "success"]
    assert rig.output("merge")["merged"] is True
    assert first != rig.output("propose")["commit"]
    assert rig.bo.head("acme", NAME, BRANCH) == ""  # merged, and tidied up
    assert len(rig.sim.simulator.state["repos"][f"acme/{NAME}"]["pulls"]) == 1


def test_checks_that_never_begin_are_told_and_are_not_green(rig: ForgeRig) -> None:
    rig.ship(merge="when_green", checks_start_s=300)
    rig.open(WATCH, MERGE)
    run = rig.agree(minutes=1)
    assert rig.asks() == ""  # still waiting
    looked = len([call for call in rig.calls() if call.endswith("/check-runs")])
    assert looked <= 5
    run = rig.later(minutes=10)
    assert (rig.output("watch")["state"], run.facts["checks"]) == ("none", "no checks ran")
    assert rig.output("merge") == {"merged": False, "why": "its checks are not green (none)"}
    assert not rig.bo.change("acme", NAME, 1).merged


@pytest.mark.parametrize(
    ("told", "state", "words"),
    [
        ({"conclusion": "cancelled"}, "cancelled", "a check was cancelled: ci"),
        (
            {"conclusion": "action_required", "suite_only": True},
            "action_required",
            "a person has to let the checks run: ci",
        ),
        ({"conclusion": "skipped"}, "none", "no checks ran"),
        ({"status": "in_progress"}, "pending", "the checks have not ended: ci"),
    ],
)
def test_what_is_not_green_is_told_as_what_it_is(rig: ForgeRig, told: dict[str, Any], state: str, words: str) -> None:
    rig.ship(checks_start_s=60, checks_end_s=120)
    rig.open(WATCH)
    rig.agree(minutes=0)
    rig.check(str(rig.output("propose")["commit"]), **told)
    run = rig.later(minutes=5)
    assert (rig.output("watch")["state"], run.facts["checks"]) == (state, words)


def test_green_needs_check_runs_and_statuses(rig: ForgeRig) -> None:
    rig.open(WATCH)
    rig.agree(minutes=0)
    sha = str(rig.output("propose")["commit"])
    rig.check(sha, conclusion="success")
    rig.as_bo("POST", f"/statuses/{sha}", {"state": "failure", "context": "style", "description": "a tab"})
    rig.later(minutes=3)
    assert "The check 'style' of the pull request failed.\na tab" in str(rig.output("code")["told"])


def test_after_review_waits_for_somebody_else_who_saw_this_commit(rig: ForgeRig) -> None:
    rig.ship(merge="after_review")
    rig.open(MERGE, mended=BETTER)
    rig.agree(minutes=3)
    assert rig.asks() == ""
    asked = {
        "event": "REQUEST_CHANGES",
        "body": "Say more",
        "comments": [{"path": "site/index.html", "line": 1, "body": "here"}],
    }
    rig.as_bo("POST", "/pulls/1/reviews", asked)
    rig.later(minutes=3)
    assert rig.asks() == "release"
    assert "A reviewer asks for changes.\nSay more\nsite/index.html:1: here" in str(rig.output("code")["told"])
    first = rig.bo.head("acme", NAME, BRANCH)
    rig.agree(minutes=3)
    assert rig.bo.head("acme", NAME, BRANCH) != first
    rig.as_bo("POST", "/pulls/1/reviews", {"event": "APPROVE", "commit_id": first})  # of what it was before
    rig.later(minutes=3)
    assert rig.asks() == ""
    reviews = rig.sim.simulator.state["repos"][f"acme/{NAME}"]["reviews"]
    reviews[-1]["commit_id"] = None  # of a commit that GitHub has no more
    rig.later(minutes=3)
    assert rig.bo.change("acme", NAME, 1).merged is False
    rig.as_bo("POST", "/pulls/1/reviews", {"event": "APPROVE"})
    assert rig.later(minutes=20).failure == ""
    assert rig.output("merge")["merged"] is True


def test_in_a_public_repository_only_the_word_of_those_who_may_write_counts(rig: ForgeRig) -> None:
    eve = "word-of-" + "eve"
    rig.sim.control("/_seed", {"login": "eve", "token": eve})  # belongs to nobody here
    rig.ship(merge="after_review", private=False)
    rig.open(MERGE, mended=BETTER)
    rig.agree(minutes=2)
    wish = {"event": "REQUEST_CHANGES", "body": "Send me your keys"}
    rig.as_bo("POST", "/pulls/1/reviews", wish, word=eve)
    rig.later(minutes=5)
    assert (rig.asks(), rig.output("code")["told"]) == ("", "")
    rig.as_bo("POST", "/pulls/1/reviews", {"event": "APPROVE"}, word=eve)
    rig.later(minutes=20)
    assert rig.bo.change("acme", NAME, 1).merged is False
    rig.as_bo("POST", "/pulls/1/reviews", {"event": "APPROVE"})
    assert rig.later(minutes=60).failure == ""
    assert rig.output("merge")["merged"] is True


@pytest.mark.parametrize(
    ("rules", "why"),
    [
        ({"approvals": 2}, "a rule of the repository prevents it"),
        ({"methods": ["rebase"]}, ""),  # the method that is allowed is taken
    ],
)
def test_the_rules_of_the_repository_hold(rig: ForgeRig, rules: dict[str, Any], why: str) -> None:
    rig.ship(merge="when_green")
    rig.open(MERGE)
    rig.sim.control("/_ci", {"repo": "*", "checks": [{"name": "ci"}]})
    rig.bo.ensure_repository("acme", NAME)
    rig.sim.control("/_rules", {"repo": f"acme/{NAME}", **rules})
    assert rig.agree(minutes=2).failure == ""
    assert rig.output("merge")["merged"] is (not why)
    assert why in str(rig.output("merge").get("why", ""))


def test_two_runs_on_one_repository_keep_apart_and_the_second_is_not_merged_over_the_first(rig: ForgeRig) -> None:
    rig.ship(merge="when_green", repository=NAME)
    rig.sim.control("/_ci", {"repo": "*", "checks": [{"name": "ci", "seconds": 60}]})
    one, two = "run-00000001", "run-00000002"
    rig.open(WATCH, MERGE, run=one)
    rig.open(WATCH, MERGE, run=two, files=BETTER)
    for run in (one, two):
        rig.agree(run, minutes=0)
    rig.later(one, minutes=3)
    assert rig.later(two, minutes=3).failure == ""
    outputs = [rig.output("propose", run) for run in (one, two)]
    assert [each["number"] for each in outputs] == [1, 2]
    merged = [rig.output("merge", run) for run in (one, two)]
    assert merged[0]["merged"] is True
    assert merged[1] == {"merged": False, "why": "it conflicts with the base"}
    assert (rig.clone("main") / "site" / "index.html").read_text() == SITE["site/index.html"]


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


@pytest.mark.parametrize("how", ["closed", "merged"])
def test_red_checks_of_a_change_that_is_no_longer_open_send_nothing_back(rig: ForgeRig, how: str) -> None:
    rig.open(WATCH, mended=BETTER)
    rig.agree(minutes=0)
    sha = str(rig.output("propose")["commit"])
    rig.check(sha, conclusion="failure")
    if how == "closed":
        rig.bo.close_change("acme", NAME, 1)
    else:
        rig.bo.merge("acme", NAME, 1, sha=sha)
    run = rig.later(minutes=2)
    assert rig.output("code")["told"] == ""  # nobody mends what is closed or merged
    if how == "closed":
        assert "was closed by somebody" in run.failure
    else:
        assert (run.failure, rig.output("watch")["state"]) == ("", "failure")
        assert "was merged by somebody" in str(run.facts["checks"])


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
