"""The simulated GitHub as people and CI see it: reviews, rules for merging, checks by the clock, webhooks."""

import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shared.core.errors import Rejected
from shared.integrations.forge import Author
from shared.integrations.github.client import GitHub
from shared.local.simulators.github.simulator import GitHubSimulator
from tests.integrations.conftest import Inbox, Served, inbox, served

__all__ = ["inbox", "served"]

ADA, BO = "word-of-" + "ada", "word-of-" + "bo"
SECRET = "between us " + "only"
BRANCH = "workwright/x"


@pytest.fixture
def sim(served: Callable[[Any], Served], tmp_path: Path) -> Served:
    started = served(GitHubSimulator(tmp_path))
    started.control(
        "/_seed", [{"login": name, "token": word, "org": "acme"} for name, word in (("ada", ADA), ("bo", BO))]
    )
    return started


def ada(sim: Served, word: str = ADA) -> GitHub:
    return GitHub(sim.http("github", word))


def ask(sim: Served, method: str, path: str, body: Any = None, word: str = BO) -> Any:
    headers = {"Accept": "application/vnd.github+json"}
    return sim.http("github", word).call(method, f"/repos/acme/shop{path}", json=body, headers=headers).json


def opened(sim: Served) -> str:
    """Return the head of pull request 1, which Ada has opened."""
    ours = ada(sim)
    ours.ensure_repository("acme", "shop")
    sha = ours.commit(
        "acme", "shop", base=ours.head("acme", "shop", "main"), branch=BRANCH, expected_head="",
        files={"a.txt": b"a"}, message="A", author=Author("Ada", "ada@example.test"),
        date=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    ours.open_change("acme", "shop", branch=BRANCH, base="main", title="A", body="")
    return sha


def test_nobody_approves_their_own_and_only_collaborators_are_asked(sim: Served) -> None:
    opened(sim)
    with pytest.raises(Rejected, match="approve your own"):
        ask(sim, "POST", "/pulls/1/reviews", {"event": "APPROVE"}, ADA)
    left = ada(sim).update_change("acme", "shop", 1, labels=["new"], reviewers=["bo", "mo"])
    assert len(left) == 1
    assert left[0].startswith("reviewers: Reviews may only be requested from collaborators.")
    assert ada(sim).update_change("acme", "shop", 1, reviewers=["bo"]) == []
    pull = ask(sim, "GET", "/pulls/1")
    assert ([each["login"] for each in pull["requested_reviewers"]], pull["labels"][0]["name"]) == (["bo"], "new")


def test_the_rules_of_a_repository_are_seen_and_hold(sim: Served) -> None:
    sha = opened(sim)
    sim.control("/_rules", {"repo": "acme/shop", "approvals": 1, "checks": ["ci"], "methods": ["merge"]})
    change = ada(sim).change("acme", "shop", 1)
    assert (change.mergeable, "rule" in change.blocked) == ("no", True)
    with pytest.raises(Rejected, match="405 At least 1 approving review"):
        ada(sim).merge("acme", "shop", 1, sha=sha)
    ask(sim, "POST", "/pulls/1/reviews", {"event": "REQUEST_CHANGES", "body": "no"})
    with pytest.raises(Rejected, match="Changes were requested"):
        ada(sim).merge("acme", "shop", 1, sha=sha)
    ask(sim, "POST", "/pulls/1/reviews", {"event": "APPROVE"})
    with pytest.raises(Rejected, match='Required status check "ci"'):
        ada(sim).merge("acme", "shop", 1, sha=sha)
    sim.control("/_check", {"repo": "acme/shop", "head_sha": sha, "name": "ci", "conclusion": "success"})
    assert ada(sim).merge("acme", "shop", 1, sha=sha)  # squash is not allowed here, so it is a merge
    states = [each.state for each in ada(sim).reviews("acme", "shop", 1)]
    assert states == ["changes_requested", "approved"]


def test_checks_begin_with_a_push_and_end_by_the_clock(sim: Served) -> None:
    note = {"path": "a.txt", "start_line": 3, "annotation_level": "failure", "message": "too short"}
    sim.control("/_ci", {"repo": "*", "checks": [{"name": "ci", "seconds": 60, "conclusion": "failure"}]})
    sha = opened(sim)
    github = ada(sim)
    assert [(run.name, run.state) for run in github.checks("acme", "shop", sha).runs] == [("ci", "pending")]
    sim.control("/_clock", {"offset_s": 61})
    found = github.checks("acme", "shop", sha)
    assert found.state == "failure"
    output = {"title": "1 failed", "summary": "see below", "annotations": [note]}
    told = {"repo": "acme/shop", "head_sha": sha, "name": "lint", "conclusion": "failure", "output": output}
    sim.control("/_check", told)
    (lint,) = [run for run in github.checks("acme", "shop", sha).runs if run.name == "lint"]
    assert github.check_log("acme", "shop", lint) == "1 failed\nsee below\na.txt:3: failure: too short"


def test_the_log_of_an_actions_job_ends_where_it_failed_and_our_token_does_not_go_to_its_store(sim: Served) -> None:
    sha = opened(sim)
    log = "\ufeff2026-01-01T00:00:00.0000001Z \x1b[31mFAILED\x1b[0m a.py - assert 1 == 2\n"
    log += "2026-01-01T00:00:01.0000000Z ##[error]Process completed with exit code 1.\n"
    told = {"repo": "acme/shop", "head_sha": sha, "name": "ci", "conclusion": "failure"}
    sim.control("/_check", told | {"log": log + "2026-01-01T00:00:02.0000000Z Cleaning up\n"})
    (run,) = ada(sim).checks("acme", "shop", sha).runs
    wanted = "FAILED a.py - assert 1 == 2\n##[error]Process completed with exit code 1."
    assert ada(sim).check_log("acme", "shop", run) == wanted
    elsewhere = {"Location": "http://127.0.0.1:9/stolen"}
    sim.fault(path="*/logs", status=302, headers=elsewhere, body={})
    assert ada(sim).check_log("acme", "shop", run) == "failure"  # no store of GitHub's: nothing is asked there
    sim.fault(path="*/logs", status=403)
    assert ada(sim).check_log("acme", "shop", run) == "failure"  # without the right its word has to do


def test_what_happens_is_told_signed_and_told_again_under_the_same_id(sim: Served, inbox: Inbox) -> None:
    sim.control("/_hooks", {"url": inbox.url, "secret": SECRET, "installation": 42})
    sha = opened(sim)
    sim.control("/_check", {"repo": "acme/shop", "head_sha": sha, "name": "ci", "conclusion": "success"})
    ask(sim, "POST", f"/statuses/{sha}", {"state": "success"})
    ask(sim, "POST", "/pulls/1/reviews", {"event": "APPROVE"})
    ask(sim, "POST", "/issues/1/comments", {"body": "well done"})
    ada(sim).merge("acme", "shop", 1, sha=sha)
    assert sim.control("/_deliver") == {"delivered": len(inbox.taken)}
    bodies = [json.loads(raw) for _, raw in inbox.taken]
    told = [
        (headers["X-GitHub-Event"], body.get("action")) for (headers, _), body in zip(inbox.taken, bodies, strict=True)
    ]
    assert told == [
        ("push", None),
        ("push", None),
        ("pull_request", "opened"),
        ("check_run", "completed"),
        ("check_suite", "completed"),
        ("status", None),
        ("pull_request_review", "submitted"),
        ("issue_comment", "created"),
        ("pull_request", "closed"),
        ("push", None),
    ]
    assert (bodies[8]["pull_request"]["merged"], bodies[8]["sender"]["login"]) == (True, "ada")
    assert bodies[3]["check_run"]["check_suite"]["head_branch"] == bodies[5]["branches"][0]["name"] == BRANCH
    assert {body["installation"]["id"] for body in bodies} == {42}
    for headers, raw in inbox.taken:
        expected = hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest()
        assert headers["X-Hub-Signature-256"] == f"sha256={expected}"
    first = [headers["X-GitHub-Delivery"] for headers, _ in inbox.taken]
    assert len(set(first)) == len(first)
    inbox.taken.clear()
    sim.control("/_redeliver")
    assert [headers["X-GitHub-Delivery"] for headers, _ in inbox.taken] == first
