"""Who decides while work is paused is told that it is, and is not promised that it begins now."""

from __future__ import annotations

from shared.app.approval.approvals import approval_token
from shared.app.engine.switches import set_pause
from shared.core.run.run import Run, RunStatus
from tests.functions.conftest import MINE, Service
from tests.functions.links.test_question_links import answered, questioned
from tests.functions.slack.test_slack_clicks import _click, run

__all__ = ["questioned", "run"]  # fixtures
SAID = "All work is paused by Mira: the fair is on. To go on: workwright resume"


def _pause(service: Service) -> None:
    set_pause(service.deps, MINE, "the fair is on", "Mira")


def test_the_page_of_a_link_says_so_before_and_after(service: Service) -> None:
    token = approval_token(service.deps, service.waiting())
    assert "paused" not in service.call("GET", f"/approvals/{token}", key="").text
    _pause(service)
    assert SAID in service.call("GET", f"/approvals/{token}", key="").text
    page = answered(service, token, "approve")
    assert (page.status_code, SAID in page.text, "begins now" in page.text) == (200, True, False)
    assert "Approved" in page.text


def test_whoever_answers_a_question_is_told_so(service: Service, questioned: Run) -> None:
    token = approval_token(service.deps, questioned)
    _pause(service)
    assert SAID in service.call("GET", f"/approvals/{token}", key="").text
    page = answered(service, token, "again")
    assert (page.status_code, SAID in page.text, "The work goes on" in page.text) == (200, True, False)


def test_whoever_clicks_in_slack_is_told_so(service: Service, run: Run) -> None:
    _pause(service)
    said = _click(service, approval_token(service.deps, run)).json["text"]
    assert said.startswith("Approved: ")
    assert SAID in said
    after = service.deps.store.load_run(MINE, run.id)
    assert after is not None
    assert after.run.status == RunStatus.EXECUTING


def test_a_refusal_needs_no_word_of_it(service: Service, run: Run) -> None:
    _pause(service)
    assert "paused" not in _click(service, approval_token(service.deps, run), action="deny").json["text"]
