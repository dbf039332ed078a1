"""Checks, reviews and rules that shipped work waits for: what sends it back, and what lets it be merged."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.rigs.forge_rig import BETTER, BRANCH, MERGE, NAME, SITE, WATCH, ForgeRig, git

pytestmark = pytest.mark.slow


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
