"""A question in words is shown and answered behind its link and through the API, and an edit at a gate too."""

from __future__ import annotations

from typing import Any

import pytest

from shared.app.approval.approvals import approval_token
from shared.core.run import acts
from shared.core.run import events as ev
from shared.core.run.run import Run, RunStatus, StepSpec, WaitKind
from tests.functions.conftest import MINE, Service
from tests.functions.links.test_release_links import asked as asked  # a run that waits at the release

FOUND = "This must not leave as it is:\n- <b>x.html</b>:3: a program (rule “binary”). Leave it out.\nSay “again”."


@pytest.fixture
def questioned(service: Service) -> Run:
    """A run whose work could not be mended, with something green to go back to, and that asks people."""
    test = StepSpec("test", "code.test", lane="execute-step", group=True)
    push = StepSpec("push", "release.review", depends_on=("test",), lane="deploy", repairs="test")
    ask = StepSpec("test~ask", "notion.ask_question", lane="execute-step")
    wait = StepSpec("test~answer", "input.wait", depends_on=("test~ask",), lane="", gate=WaitKind.INPUT)
    opened = service.opened(MINE, "run-asks", test, push)
    state = {"back_to": "test~try-1", "asked": "nobody mends it"}
    return service.save(
        opened,
        ev.StepFannedOut(opened.at, "test", 1, 0, (ask, wait), state),
        ev.StepSucceeded(opened.at, "test~ask", 1, facts={"question": FOUND}),
    )


def answered(service: Service, token: str, decision: str, reason: str = "") -> Any:
    return service.call("POST", f"/approvals/{token}", key="", data={"decision": decision, "reason": reason})


def shown(service: Service) -> dict[str, Any]:
    return dict(service.call("GET", "/v1/runs/run-asks", key="viewer").json)


def test_the_link_and_the_api_show_what_was_found_as_text(service: Service, questioned: Run) -> None:
    assert questioned.status == RunStatus.AWAITING_INPUT
    page = service.call("GET", f"/approvals/{approval_token(service.deps, questioned)}", key="")
    assert (page.status_code, "&lt;b&gt;x.html&lt;/b&gt;:3: a program (rule “binary”)" in page.text) == (200, True)
    run = shown(service)
    assert (run["waits_for"], run["asked"]["what"], run["asked"]["plan_hash"]) == ("question", "question", "")
    assert "- <b>x.html</b>:3: a program (rule “binary”). Leave it out." in run["asked"]["lines"]
    listed = service.call("GET", "/v1/runs", key="viewer").json["runs"]
    assert [each["waits_for"] for each in listed] == ["question"]


@pytest.mark.parametrize("way", ["link", "API"])
def test_again_goes_on_in_the_same_plan(service: Service, questioned: Run, way: str) -> None:
    if way == "link":
        token = approval_token(service.deps, questioned)
        assert answered(service, token, "again").status_code == 200
        assert answered(service, token, "again").status_code == 409
    else:
        said = service.call("POST", "/v1/runs/run-asks/answer", key="member", json={"text": "Again, please"})
        assert said.status_code == 200
    run = shown(service)
    assert (run["revision"], run["status"], run["asked"]["lines"]) == (1, "executing", [])


@pytest.mark.parametrize("way", ["link", "API"])
def test_anything_else_leads_to_another_plan(service: Service, questioned: Run, way: str) -> None:
    if way == "link":
        token = approval_token(service.deps, questioned)
        assert answered(service, token, "answer", "  ").status_code == 400
        assert answered(service, token, "answer", "Leave the program out").status_code == 200
    else:
        body = {"text": "Leave the program out"}
        assert service.call("POST", "/v1/runs/run-asks/answer", key="member", json=body).status_code == 200
    run = shown(service)
    assert (run["revision"], run["status"]) == (2, "planning")


def test_a_question_in_words_is_not_approved(service: Service, questioned: Run) -> None:
    answer = answered(service, approval_token(service.deps, questioned), "approve")
    assert (answer.status_code, "cannot be approved or denied" in answer.text) == (409, True)


def test_who_may_not_decide_answers_nothing(service: Service, questioned: Run) -> None:
    said = service.call("POST", "/v1/runs/run-asks/answer", key="viewer", json={"text": "again"})
    assert said.status_code == 403
    assert shown(service)["waits_for"] == "question"


def test_a_link_to_an_approval_shows_the_question_that_came_in_its_place(service: Service, asked: Run) -> None:
    token, now = approval_token(service.deps, asked), service.deps.clock.now()
    ask = StepSpec("test~ask", "notion.ask_question", lane="execute-step")
    wait = StepSpec("test~answer", "input.wait", depends_on=("test~ask",), lane="", gate=WaitKind.INPUT)
    for event in (
        acts.ReworkAsked(now, "test", "bluer", "Ada"),
        ev.StepFannedOut(now, "test", 2, 0, (ask, wait), {"back_to": "x"}),
        ev.StepSucceeded(now, "test~ask", 1, facts={"question": FOUND}),
    ):
        _record(service, event)
    page = service.call("GET", f"/approvals/{token}", key="")
    assert (page.status_code, "(rule “binary”)" in page.text, "<form" in page.text) == (200, True, False)


def test_an_edit_is_shown_behind_the_link_and_can_be_built_from_there(service: Service, asked: Run) -> None:
    old, now = approval_token(service.deps, asked), service.deps.clock.now()
    assert "Build the change" not in service.call("GET", f"/approvals/{old}", key="").text
    after = _record(service, acts.PageEdited(now, "c1", ("added: “<i>honey</i>”",), "Ada"))
    assert service.call("GET", f"/approvals/{old}", key="").status_code == 409
    token = approval_token(service.deps, after)
    page = service.call("GET", f"/approvals/{token}", key="")
    assert "added: “&lt;i&gt;honey&lt;/i&gt;”" in page.text
    assert "Build the change too" in page.text
    assert any("honey" in line for line in shown(service)["left_out"])
    assert answered(service, token, "build").status_code == 200
    run = shown(service)
    assert (run["revision"], run["status"]) == (2, "planning")


def test_what_was_not_edited_cannot_be_built_too(service: Service, asked: Run) -> None:
    said = service.call("POST", "/v1/runs/run-asks/answer", json={"text": "build it"})
    assert (said.status_code, "approved, denied" in said.json["detail"]) == (409, True)


def _record(service: Service, event: ev.Event) -> Run:
    from shared.app.engine.engine import record

    return record(service.deps, MINE, "run-asks", event)
