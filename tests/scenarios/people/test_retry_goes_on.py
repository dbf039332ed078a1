"""A run that failed or was stopped is retried: it goes on where it ended, and the systems outside see nothing twice."""

from __future__ import annotations

import pytest
import requests

from shared.app.api.run.retry import retry_run
from shared.core.pages import marks
from shared.core.run.run import Run, RunStatus, Step, StepStatus
from shared.wiring.tools import wire_tools
from tests.support.rigs.house import Neighbourhood

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("retry_goes_on")]


def _retry(house: Neighbourhood, old: Run, *, from_start: bool = False) -> Run:
    return retry_run(house.house.wired.deps, wire_tools, old.tenant, old.id, "Ada Example", from_start=from_start)


def _of(run: Run, kind: str) -> Step:
    return next(step for step in run.steps if step.spec.kind == kind)


def _done(run: Run) -> set[str]:
    return {step.id for step in run.steps if step.status == StepStatus.SUCCEEDED}


def _did(house: Neighbourhood, run: Run) -> set[str]:
    """Return the steps that a run has attempted itself, by its own log."""
    events = house.house.wired.deps.store.events(run.tenant, run.id, limit=500)
    return {str(event.step) for _, event in events if hasattr(event, "step")}


def _pulls(house: Neighbourhood, run: Run) -> list[str]:
    made = run.facts["repository"].rpartition("/")[2]
    return [str(one["repo"]) for one in house.effects("github", "pull.create") if str(one["repo"]).endswith(made)]


def _fails_at_the_preview(house: Neighbourhood, title: str) -> tuple[str, Run]:
    """Return a page whose run has opened its pull request, and failed at the preview."""
    page = house.write(title)
    house.plan(page)
    house.disturb("vercel", method="POST", path="/v13/deployments", status=403, times=1000)
    try:
        house.set_status(page, marks.APPROVED)
        run = house.ended(page)
    finally:
        house.soothe("vercel")
    assert (run.status, _of(run, "site.deploy").status) == (RunStatus.FAILED, StepStatus.FAILED)
    return page, run


def test_what_is_done_is_neither_planned_nor_written_nor_proposed_again(house: Neighbourhood) -> None:
    page, first = _fails_at_the_preview(house, "Once is enough")
    second = _retry(house, first)
    assert second.facts["retries"] == f"{first.id}, from where it ended"
    ended = house.ended(page, count=2)
    assert (ended.id, ended.status, house.status(page)) == (second.id, RunStatus.SUCCEEDED, marks.DONE)
    assert _done(first) & _did(house, ended) == set()
    assert _pulls(house, ended) == _pulls(house, first)
    assert len(_pulls(house, ended)) == 1
    assert requests.get(ended.facts["site"], timeout=10).status_code == 200
    assert house.house.wired.deps.store.load_run(first.tenant, first.id).run == first  # type: ignore[union-attr]


def test_a_retry_that_fails_is_retried_and_goes_on_from_there(house: Neighbourhood) -> None:
    page, first = _fails_at_the_preview(house, "Twice")
    house.disturb("vercel", method="POST", path="/v13/deployments", status=403, times=1000)
    try:
        second = _retry(house, first)
        assert house.ended(page, count=2).status == RunStatus.FAILED
    finally:
        house.soothe("vercel")
    third = _retry(house, second)
    assert third.facts["retries"] == f"{second.id}, from where it ended"
    ended = house.ended(page, count=3)
    assert (ended.id, ended.status) == (third.id, RunStatus.SUCCEEDED)
    assert _done(first) & _did(house, ended) == set()
    assert len(_pulls(house, ended)) == 1


def test_what_a_stop_took_back_is_asked_for_and_done_again(house: Neighbourhood) -> None:
    page = house.write("Stopped and wanted")
    house.plan(page)
    house.set_status(page, marks.APPROVED)
    house.asked(page, "production")
    house.set_status(page, marks.CANCELLED)
    first = house.ended(page, agree=False)
    undone = {step.spec.kind for step in first.steps if step.status == StepStatus.UNDONE}
    assert undone == {"repository.propose_change", "site.deploy"}
    second = _retry(house, first)
    house.asked(page, "release")
    ended = house.ended(page, count=2)
    assert (ended.id, ended.status) == (second.id, RunStatus.SUCCEEDED)
    assert "plan" not in _did(house, ended)
    pulled, deployed = _of(ended, "repository.propose_change").output, _of(ended, "site.deploy").output
    assert pulled["branch"] != _of(first, "repository.propose_change").output["branch"]
    assert deployed["deployment"] != _of(first, "site.deploy").output["deployment"]
    repo = house.look("github", "/_state")["repos"][str(pulled["repository"]).lower()]
    assert [ref for ref in repo["refs"] if "workwright/" in ref] == [f"refs/heads/{pulled['branch']}"]
    assert requests.get(ended.facts["site"], timeout=10).status_code == 200


def test_a_site_that_was_wrong_in_production_goes_live_again_after_another_yes(house: Neighbourhood) -> None:
    page = house.write("Blank for a while")
    assert house.story(page).status == RunStatus.SUCCEEDED
    house.add(page, "One more thing.")
    house.calm()
    house.plan(page, count=2)
    house.disturb("vercel", path="/_alias/*", status=200, html="<p>Coming soon</p>", times=1000)
    try:
        house.set_status(page, marks.APPROVED)
        failed = house.ended(page, count=2)
    finally:
        house.soothe("vercel")
    assert "rolled back" in failed.failure
    second = _retry(house, failed)
    house.wait("the question", lambda: house.run(page).status == RunStatus.AWAITING_APPROVAL, page)
    asked = house.run(page)
    assert asked.step("production").status == StepStatus.WAITING  # type: ignore[union-attr]
    ended = house.ended(page, count=3)
    assert (ended.id, ended.status) == (second.id, RunStatus.SUCCEEDED)
    assert _did(house, ended) <= {"production", "site.promote", "promote", "watch", *_live(ended)}
    assert "One more thing." in requests.get(ended.facts["site"], timeout=10).text


def _live(run: Run) -> set[str]:
    return {step.id for step in run.steps if step.spec.kind in ("site.promote", "site.watch")}


def test_a_page_that_was_changed_meanwhile_is_planned_anew(house: Neighbourhood) -> None:
    page, first = _fails_at_the_preview(house, "Changed meanwhile")
    house.add(page, "We also sell honey.")
    house.calm()
    second = _retry(house, first)
    assert second.facts["retries"] == f"{first.id}, from the start: the page was changed since it was planned"
    assert house.planned(page, count=2).id == second.id
    house.set_status(page, marks.APPROVED)
    ended = house.ended(page, count=2)
    assert "honey" in requests.get(ended.facts["site"], timeout=10).text


def test_from_the_start_everything_is_planned_and_done_again(house: Neighbourhood) -> None:
    page, first = _fails_at_the_preview(house, "All of it")
    second = _retry(house, first, from_start=True)
    assert house.planned(page, count=2).id == second.id
    assert _did(house, house.run(page)) >= {"plan", "publish"}
    house.set_status(page, marks.APPROVED)
    assert house.ended(page, count=2).status == RunStatus.SUCCEEDED
