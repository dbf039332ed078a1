"""What leaves is shown with all its changes on the approval page and in the API, and approved by its hash alone."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from shared.app.approval.approvals import approval_token
from shared.app.engine.engine import open_run, record
from shared.backends.local.state.commit_group import Changes
from shared.backends.local.state.local_store import LocalStore
from shared.core.run import acts
from shared.core.run import events as ev
from shared.core.run.run import Run, StepSpec, WaitKind
from shared.ports import Put
from tests.functions.conftest import MINE, Service

BINDS = "b1" * 32
DIFF = "--- a/x.html\n+++ b/x.html\n+<script>alert('&')</script>\n"


@pytest.fixture
def asked(service: Service) -> Run:
    """A run whose work is tested and reviewed, and that waits for the approval of what leaves."""
    test = StepSpec("test", "code.test", lane="execute-step")
    review = StepSpec("review", "release.review", depends_on=("test",), repairs="test")
    gate = StepSpec("release", "approval.ask", depends_on=("review",), lane="", gate=WaitKind.APPROVAL)
    push = StepSpec("push", "repository.propose_change", "Open it", depends_on=("release",), lane="deploy")
    opened = service.opened(MINE, "run-asks", test, review, gate, push)
    open_run(service.deps, opened)
    shown = {
        "binds": BINDS,
        "tree": "c0ffee",
        "diff": service.deps.store.put_text(MINE, DIFF),
        "stat": {"files": 1, "added": 1, "removed": 0},
        "paths": ["x.html"],
        "targets": ["A change to acme/<shop>"],
        "packages": ["left-pad ^1 (npm; age unknown; MIT)"],
        "findings": [{"severity": "warn", "text": "x.html:1: an inline <script>"}],
        "looked": "Looked through for harm by the example model.",
        "tests": 7,
        "driver": "bubblewrap",
    }
    now = service.deps.clock.now()
    record(service.deps, MINE, "run-asks", ev.StepSucceeded(now, "test", 1, {"tests": 7}))
    return record(service.deps, MINE, "run-asks", ev.StepSucceeded(now, "review", 1, shown))


def _decide(service: Service, token: str, decision: str = "approve") -> Any:
    return service.call("POST", f"/approvals/{token}", key="", data={"decision": decision})


def test_the_page_shows_all_that_leaves_as_text(service: Service, asked: Run) -> None:
    page = service.call("GET", f"/approvals/{approval_token(service.deps, asked)}", key="")
    assert page.status_code == 200
    for told in (
        "Approve what leaves for", "A change to acme/&lt;shop&gt;", "left-pad ^1", "an inline &lt;script&gt;",
        "7 passed in the bubblewrap sandbox", "by the example model", "+&lt;script&gt;alert(&#x27;&amp;&#x27;)",
    ):  # fmt: skip
        assert told in page.text, told
    assert "<script" not in page.text


def test_a_link_lets_it_leave_once(service: Service, asked: Run) -> None:
    token = approval_token(service.deps, asked)
    answer = _decide(service, token)
    assert (answer.status_code, "It is sent now" in answer.text) == (200, True)
    again = _decide(service, token)
    assert (again.status_code, "already been decided" in again.text) == (409, True)


def test_the_api_shows_the_same_and_takes_nothing_but_its_hash(service: Service, asked: Run) -> None:
    shown = service.call("GET", "/v1/runs/run-asks", key="viewer").json["asked"]
    assert (shown["what"], shown["plan_hash"]) == ("release", BINDS)
    assert "To: A change to acme/<shop>." in shown["lines"]
    for body in ({}, {"plan_hash": asked.plan_hash}, {"plan_hash": "0" * 64}):
        answer = service.call("POST", "/v1/runs/run-asks/approve", json=body)
        assert answer.status_code == 409
        assert answer.json["way_out"]
    answer = service.call("POST", "/v1/runs/run-asks/approve", json={"plan_hash": BINDS})
    assert (answer.status_code, answer.json["asked"]["what"]) == (200, "")


def test_a_wish_through_the_api_sends_the_work_back_and_makes_the_link_void(service: Service, asked: Run) -> None:
    token = approval_token(service.deps, asked)
    answer = service.call("POST", "/v1/runs/run-asks/rework", key="member", json={"wish": "another heading"})
    assert answer.status_code == 200
    step = next(each for each in answer.json["steps"] if each["id"] == "test")
    assert (step["status"], step["attempt"]) == ("running", 2)
    assert _decide(service, token).status_code == 409
    assert service.call("POST", "/v1/runs/run-asks/rework", json={"wish": " "}).status_code == 400


def test_who_holds_a_link_is_nobody_where_two_have_to_agree(service: Service, asked: Run) -> None:
    rules = {"ship": {"approvals": {"four_eyes": True}}, "people": []}
    service.deps.store.put(MINE, Put("settings", "tenant", rules))
    answer = _decide(service, approval_token(service.deps, asked))
    assert (answer.status_code, "knows whom" in answer.text) == (403, True)
    answer = service.call("POST", "/v1/runs/run-asks/approve", json={"plan_hash": BINDS})
    assert (answer.status_code, "Slack" in answer.json["way_out"]) == (403, True)


def test_what_was_asked_this_very_moment_can_be_approved(
    service: Service, asked: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, review, binds = service.deps.store, asked.step("review"), "c2" * 32
    assert isinstance(store, LocalStore)
    assert review is not None
    now, tell, answers = service.deps.clock.now(), store.group._tell, list[Any]()
    record(service.deps, MINE, "run-asks", acts.ReworkAsked(now, "test", "bluer", "Ada"))
    record(service.deps, MINE, "run-asks", ev.StepSucceeded(now, "test", 2, {"tests": 7}))
    assert service.call("GET", "/v1/runs/run-asks", key="member").json["asked"]["what"] == ""

    def approve() -> None:
        (listed,) = store.list_runs(MINE)
        answers.append(
            service.call("POST", "/v1/runs/run-asks/approve", key="member", json={"plan_hash": listed.asked})
        )

    def approve_first(changes: Changes) -> None:  # the question is on the disk, and nobody in this process was told yet
        monkeypatch.setattr(store.group, "_tell", tell)
        person.start()
        while person.is_alive() and not store.group._pending:  # refused, or about to write its approval behind us
            person.join(0.001)
        tell(changes)

    person = threading.Thread(target=approve)
    monkeypatch.setattr(store.group, "_tell", approve_first)
    record(service.deps, MINE, "run-asks", ev.StepSucceeded(now, "review", 2, {**review.output, "binds": binds}))
    person.join()
    assert [answer.status_code for answer in answers] == [200], answers[0].text
    decided = [one for one in answers[0].json["approvals"] if one["gate"] == "release"]
    assert [(one["status"], one["plan_hash"]) for one in decided] == [("approved", binds)]
