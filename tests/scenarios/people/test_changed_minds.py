"""People edit, answer, deny, cancel: the run follows, and says what became of what it had done."""

from __future__ import annotations

import time

import pytest
import requests

from shared.app.api.run.retry import retry_run
from shared.app.approval.approvals import approval_token, asked_now, decide, read_token
from shared.core.errors import Conflicting
from shared.core.pages import marks
from shared.core.run.run import Run, RunStatus, Step, StepStatus
from shared.wiring.tools import wire_tools
from tests.support.rigs.house import Neighbourhood

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("changed_minds")]


def _asks(run: Run) -> bool:
    return _gates(run)[-1:] == [StepStatus.WAITING]


def _gates(run: Run) -> list[StepStatus]:
    """Return how the approvals of the run's plans stand, one after another."""
    return [step.status for step in run.steps if step.id.rpartition(".")[2] == "approve"]


def test_a_page_edited_while_it_waits_is_planned_anew_and_the_old_approval_is_void(house: Neighbourhood) -> None:
    page = house.write("Second edition")
    first = house.plan(page)
    deps = house.house.wired.deps
    old = read_token(deps, approval_token(deps, first))
    house.add(page, "We also sell honey.")
    second = house.planned(page, revision=2)
    assert second.id == first.id
    assert second.plan_hash != first.plan_hash
    assert _gates(second) == [StepStatus.SKIPPED, StepStatus.WAITING]
    with pytest.raises(Conflicting, match="plan has changed"):
        decide(deps, old, approve=True, by="Ada", via="link")
    assert house.run(page).status == RunStatus.AWAITING_APPROVAL
    plans = [
        block
        for block in house.as_person("GET", f"/v1/blocks/{page}/children")["results"]
        if block["type"] == "callout"
    ]
    assert len(plans) == 1  # the old plan is taken out of the page
    house.set_status(page, marks.APPROVED)
    run = house.ended(page)
    assert run.status == RunStatus.SUCCEEDED
    assert "honey" in requests.get(run.facts["site"], timeout=10).text


def test_an_approval_of_the_old_plan_that_arrives_after_the_new_one_is_void(house: Neighbourhood) -> None:
    """Somebody edits and approves at once; the second event is late, and the page still says Approved."""
    page = house.write("Too quick")
    house.plan(page)
    house.calm()
    person = {"id": house.home.person, "type": "person"}
    house.configure("notion", webhook_delay_s=2)
    house.disturb("notion", method="PATCH", path=f"/v1/pages/{page}", status=503, times=1000)  # it cannot be shown yet
    try:
        house.add(page, "And candles.")
        house.set_status(page, marks.APPROVED)
        house.deliver(page, [person], "page.content_updated")
        house.wait("the new plan", lambda: house.run(page).revision == 2 and _asks(house.run(page)), page)
        house.deliver(page, [person])
        time.sleep(0.3)
        assert house.run(page).status == RunStatus.AWAITING_APPROVAL
    finally:
        house.soothe("notion")
        house.configure("notion", webhook_delay_s=0)
    run = house.planned(page, revision=2)
    assert run.status == RunStatus.AWAITING_APPROVAL
    assert house.status(page) == marks.PLAN_READY
    house.set_status(page, marks.APPROVED)
    assert house.ended(page).status == RunStatus.SUCCEEDED


@pytest.mark.parametrize("way", ["comment", "edit"])
def test_an_empty_page_asks_and_goes_on_after_an_answer(house: Neighbourhood, way: str) -> None:
    page = house.empty_page(f"Nothing yet ({way})")
    house.set_status(page, marks.PLAN_IT)
    house.wait(
        "the question",
        lambda: bool(house.runs(page)) and house.status(page) == marks.QUESTION and house.comments(page) != [],
        page,
    )
    run = house.run(page)
    assert run.status == RunStatus.AWAITING_INPUT
    assert house.comments(page) == [f"Question: {run.facts['question']}"]
    answer = "A page about our choir, rehearsals on Tuesdays."
    if way == "comment":
        house.comment(page, answer)
    else:
        house.add(page, answer)
    planned = house.planned(page, revision=2)
    assert planned.id == run.id
    house.set_status(page, marks.APPROVED)
    done = house.ended(page)
    assert done.status == RunStatus.SUCCEEDED
    assert "rehearsals on Tuesdays" in requests.get(done.facts["site"], timeout=10).text


def test_a_run_cancelled_while_it_builds_takes_everything_back_in_reverse_order(house: Neighbourhood) -> None:
    page = house.write("Never mind")
    house.plan(page)
    house.configure("vercel", build_seconds=30)
    try:
        house.set_status(page, marks.APPROVED)
        house.wait("the preview", lambda: house.agreed(page) or _building(house.run(page)), page)
        house.set_status(page, marks.CANCELLED)
        run = house.ended(page)
    finally:
        house.configure("vercel", build_seconds=0.05)
    assert run.status == RunStatus.CANCELLED
    assert run.cancel == "cancelled by Ada Example in Notion"
    pulled, deployed = _of(run, "repository.propose_change"), _of(run, "site.deploy")
    assert (pulled.status, deployed.status) == (StepStatus.UNDONE, StepStatus.UNDONE)
    repository, branch = pulled.output["repository"], pulled.output["branch"]
    repo = house.look("github", "/_state")["repos"][repository.lower()]
    assert [ref for ref in repo["refs"] if branch in ref] == []
    closed = house.effects("github", "ref.delete")
    assert [effect["repo"] for effect in closed if effect["repo"] == repository] == [repository]
    deployments = house.look("vercel", "/_state")["deployments"].values()
    assert [one for one in deployments if run.id in str(one.get("meta"))] == []
    taken_back = [
        (entry["at"], system)
        for system, kind, what in (("vercel", "deployment.delete", deployed), ("github", "ref.delete", pulled))
        for entry in house.look(system, "/_journal?effects=1")
        for effect in entry["effects"]
        if effect["kind"] == kind and set(effect.values()) & set(map(str, _names(house, run, what)))
    ]
    assert [system for _, system in sorted(taken_back)] == ["vercel", "github"]
    (told,) = [text for text in house.comments(page) if "was cancelled" in text]
    assert "Cancelled by Ada Example in Notion." in told
    assert f"Taken back: {deployed.spec.title}" in told
    assert f"Taken back: {pulled.spec.title}" in told
    assert house.status(page) == marks.CANCELLED


def _building(run: Run) -> bool:
    """Say whether the pull request is there and the preview is being built; the two are made side by side."""
    return bool(_of(run, "repository.propose_change").output) and _of(run, "site.deploy").wake > 0


def _names(house: Neighbourhood, run: Run, step: Step) -> list[str]:
    """Return by which names the journals know what this step has made."""
    made = house.house.wired.deps.store.get(run.tenant, "effects", f"{run.id}.{step.id}.deployment")
    return [str(made.body["result"]["id"])] if made else [str(step.output["repository"])]


def _of(run: Run, kind: str) -> Step:
    return next(step for step in run.steps if step.spec.kind == kind)


def test_a_denied_plan_ends_the_run_and_builds_nothing(house: Neighbourhood) -> None:
    page = house.write("Denied")
    run = house.plan(page)
    deps = house.house.wired.deps
    decide(deps, asked_now(run), approve=False, by="Ada Example", via="api", reason="too dear")
    ended = house.ended(page)
    assert (ended.status, ended.cancel) == (RunStatus.CANCELLED, "denied by Ada Example: too dear")
    assert house.status(page) == marks.CANCELLED
    assert [text for text in house.comments(page) if "Denied by Ada Example: too dear." in text] != []
    assert {step.spec.kind for step in ended.steps if step.output} == {
        "plan.propose",
        "notion.publish_plan",
        "approval.ask",
    }
    with pytest.raises(Conflicting, match="already been decided"):
        decide(deps, asked_now(run), approve=True, by="Ben", via="api")


@pytest.mark.parametrize("column", [None, {"number": {}}], ids=["deleted", "made a number"])
def test_a_database_without_our_column_for_runs_still_shows_and_takes_approvals(
    house: Neighbourhood, column: dict[str, dict[str, str]] | None
) -> None:
    source = f"/v1/data_sources/{house.home.ideas}"
    house.as_person("PATCH", source, {"properties": {"Run": None}})
    if column is not None:
        house.as_person("PATCH", source, {"properties": {"Run": column}})
    try:
        page = house.write("No column")
        house.plan(page)
        house.set_status(page, marks.APPROVED)
        run = house.ended(page, in_words=True)  # behind the plan a status counts only where the page says what it is of
        assert run.status == RunStatus.SUCCEEDED
        house.calm()
    finally:
        house.as_person("PATCH", source, {"properties": {"Run": None}} if column is not None else {"properties": {}})
        house.as_person("PATCH", source, {"properties": {"Run": {"rich_text": {}}}})


def test_a_cancelled_run_that_is_retried_is_shown_anew_and_finishes(house: Neighbourhood) -> None:
    page = house.write("Second thoughts")
    house.plan(page)
    house.set_status(page, marks.CANCELLED)
    first = house.ended(page)
    assert first.status == RunStatus.CANCELLED
    second = retry_run(house.house.wired.deps, wire_tools, first.tenant, first.id, "Ada")
    assert retry_run(house.house.wired.deps, wire_tools, first.tenant, first.id, "Ada").id == second.id
    assert house.planned(page, count=2).id == second.id
    house.wait("the new plan shown", lambda: house.status(page) == marks.PLAN_READY, page)
    house.set_status(page, marks.APPROVED)
    ended = house.ended(page, count=2)
    assert (ended.id, ended.status, house.status(page)) == (second.id, RunStatus.SUCCEEDED, marks.DONE)
    assert house.house.wired.deps.store.load_run(first.tenant, first.id).run == first  # type: ignore[union-attr]
