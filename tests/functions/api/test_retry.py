"""Retry: a new run goes on once where a failed or cancelled one ended; the finished one stays as it is."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest

from shared.app.api.run.retry import retry_run
from shared.app.approval.comment_records import load_heard
from shared.app.intake.open_page_run import page_record
from shared.core.documents.codec import to_body
from shared.core.documents.comment_records import HEARD
from shared.core.errors import ErrorClass
from shared.core.run import acts
from shared.core.run import events as ev
from shared.core.run.run import Run, RunStatus, StepSpec, Usage, derive_id
from shared.ports import Put
from tests.functions.conftest import MINE, Service
from tests.support.ports.local_ports import ScriptedModel, tools_with

STEP = StepSpec("build", "code.generate")


def _page(service: Service, run: str, *, settled: bool = True, generation: int = 1) -> None:
    body = {"run": run, "generation": generation, "settled": settled}
    service.deps.store.put(MINE, Put("pages", "page-1", body))


def _ended(service: Service, how: str = "failed", run: str = "run-first", page: str = "page-1") -> Run:
    opened = service.opened(MINE, run, STEP, page=page)
    ends: dict[str, ev.Event] = {
        "failed": ev.StepFailed(opened.at, "build", 1, "it broke", ErrorClass.PERMANENT),
        "cancelled": acts.CancelRequested(opened.at, "Ada", force=True),
        "succeeded": ev.StepSucceeded(opened.at, "build", 1),
    }
    found = service.save(opened, ends[how])
    assert found.status.value == how
    return found


def _retry(service: Service, run: str = "run-first", **given: Any) -> Any:
    return service.call("POST", f"/v1/runs/{run}/retry", **given)


@pytest.mark.parametrize("how", ["failed", "cancelled"])
def test_it_becomes_a_new_run_of_the_page(service: Service, how: str) -> None:
    old = _ended(service, how)
    _page(service, old.id, generation=4)
    answer = _retry(service)
    assert answer.status_code == 200
    new = answer.json
    assert new["id"] == derive_id("run-", MINE, old.id, "retry")
    assert (new["trigger"], new["page"], new["by"]) == ("retry", "page-1", "owner's key")
    assert [(s["kind"], s["status"], s["attempt"]) for s in new["steps"]] == [("code.generate", "running", 2)]
    assert new["retry_of"] == old.id
    assert new["facts"] == {"retries": f"{old.id}, from where it ended"}
    loaded = service.deps.store.load_run(MINE, new["id"])
    assert loaded is not None
    assert loaded.run.trigger.causes == ()
    record = page_record(service.deps, MINE, "page-1")
    assert (record.run, record.generation, record.settled) == (new["id"], 5, False)


def test_what_its_plan_may_cost_is_reserved_by_the_models_there_are_now(service: Service) -> None:
    opened = service.opened(MINE, "run-first")  # when there was no model that costs anything
    old = service.save(opened, ev.StepFailed(opened.at, "plan", 1, "it broke", ErrorClass.PERMANENT))
    _page(service, old.id)
    tools = tools_with(model=ScriptedModel([], usage=Usage(10, 40_000)))
    run = retry_run(service.deps, lambda: tools, MINE, old.id, "Ada")
    assert run.reserved == Usage(50, 200_000)  # two plans, two looks, what was learnt of feedback


def test_from_the_start_nothing_of_the_old_run_is_taken_along(service: Service) -> None:
    old = _ended(service)
    _page(service, old.id)
    new = _retry(service, json={"from_start": True}).json
    assert [(s["kind"], s["status"]) for s in new["steps"]] == [("plan.propose", "running")]
    assert new["facts"] == {"retries": f"{old.id}, from the start, as it was asked for"}
    assert _retry(service, json={"from_start": True}).json == new


def test_from_the_start_after_a_retry_that_goes_on_names_the_run_to_retry(service: Service) -> None:
    _page(service, _ended(service).id)
    new = _retry(service).json["id"]
    answer = _retry(service, json={"from_start": True})
    assert answer.status_code == 409
    assert f"workwright retry {new} --from-start" in answer.json["way_out"]


def test_work_of_an_earlier_version_is_done_anew(service: Service) -> None:
    """Its code named no work, and no step of today can go on with it."""
    opened = service.opened(MINE, "run-first", STEP, StepSpec("test", "code.test", depends_on=("build",)))
    done = ev.StepSucceeded(opened.at, "build", 1, output={"files": "ref"})
    old = service.save(opened, done, ev.StepFailed(opened.at, "test", 1, "it broke", ErrorClass.FINAL))
    _page(service, old.id)
    new = _retry(service).json
    assert new["facts"]["retries"] == f"{old.id}, from the start: it was planned by an earlier version of Workwright"
    assert [s["kind"] for s in new["steps"]] == ["plan.propose"]


def test_a_kind_of_step_that_is_no_more_is_planned_anew(service: Service) -> None:
    opened = service.opened(MINE, "run-first", StepSpec("fly", "moon.fly_to"))
    old = service.save(opened, ev.StepFailed(opened.at, "fly", 1, "no step kind", ErrorClass.PERMANENT))
    _page(service, old.id)
    assert [s["kind"] for s in _retry(service).json["steps"]] == ["plan.propose"]


def test_work_that_is_no_longer_kept_is_done_anew(service: Service) -> None:
    ref = service.deps.store.put_text(MINE, "the files")
    opened = service.opened(MINE, "run-first", STEP, StepSpec("test", "code.test", depends_on=("build",)))
    done = ev.StepSucceeded(opened.at, "build", 1, output={"work": ref})
    old = service.save(opened, done, ev.StepFailed(opened.at, "test", 1, "it broke", ErrorClass.FINAL))
    _page(service, old.id)
    service.deps.store.delete_text(MINE, ref)
    assert "what it had written is no longer kept" in _retry(service).json["facts"]["retries"]


def test_a_comment_that_was_heard_is_not_heard_again(service: Service) -> None:
    """A no that ended the run before is still on the page, and does not end the one that goes on."""
    old = _ended(service)
    _page(service, old.id)
    heard = {"ids": ["comment-1"], "wishes": []}
    service.deps.store.put(MINE, Put(HEARD, old.id, heard))
    new = _retry(service).json["id"]
    assert load_heard(service.deps, MINE, new).ids == {"comment-1"}


def test_the_finished_run_stays_as_it_was(service: Service) -> None:
    old = _ended(service)
    _page(service, old.id)
    new = _retry(service).json["id"]
    loaded = service.deps.store.load_run(MINE, old.id)
    assert loaded is not None
    assert loaded.run == old
    assert service.call("GET", f"/v1/runs/{old.id}").json["retried_by"] == new


def test_again_is_once(service: Service) -> None:
    _page(service, _ended(service).id)
    first, second = _retry(service).json, _retry(service).json
    assert first == second
    assert len(service.deps.store.list_runs(MINE)) == 2


def test_at_once_is_once(service: Service) -> None:
    _page(service, _ended(service).id)
    answers: list[Any] = []
    threads = [threading.Thread(target=lambda: answers.append(_retry(service))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json["id"] for answer in answers}) == 1
    assert len(service.deps.store.list_runs(MINE)) == 2
    assert page_record(service.deps, MINE, "page-1").generation == 2


def test_a_retry_can_be_retried(service: Service) -> None:
    _page(service, _ended(service).id)
    second = _retry(service).json["id"]
    service.call("POST", f"/v1/runs/{second}/cancel", json={"force": True})
    record = page_record(service.deps, MINE, "page-1")
    service.deps.store.put(MINE, Put("pages", "page-1", to_body(replace(record, settled=True))))
    third = _retry(service, second).json
    assert third["retry_of"] == second
    assert len({"run-first", second, third["id"]}) == 3
    assert _retry(service).json["id"] == second


def test_a_run_that_goes_on_cannot_be_retried(service: Service) -> None:
    service.save(service.opened(MINE, "run-first", STEP))
    answer = _retry(service)
    assert answer.status_code == 409
    assert "cancel" in answer.json["way_out"]


def test_a_run_that_succeeded_cannot_be_retried(service: Service) -> None:
    _page(service, _ended(service, "succeeded").id)
    answer = _retry(service)
    assert answer.status_code == 409
    assert "Plan it" in answer.json["way_out"]


def test_a_run_without_a_page_cannot_be_retried(service: Service) -> None:
    _ended(service, page="")
    answer = _retry(service)
    assert answer.status_code == 409
    assert "page" in answer.json["way_out"]


def test_a_page_that_went_on_is_left_alone(service: Service) -> None:
    _ended(service)
    _ended(service, run="run-newer")
    _page(service, "run-newer", generation=2)
    answer = _retry(service)
    assert answer.status_code == 409
    assert "run-newer" in answer.json["detail"]
    assert page_record(service.deps, MINE, "page-1").run == "run-newer"


def test_an_end_the_page_does_not_show_yet_comes_first(service: Service) -> None:
    _page(service, _ended(service).id, settled=False)
    answer = _retry(service)
    assert answer.status_code == 409
    assert "again" in answer.json["way_out"]
    assert answer.headers["Retry-After"]
    assert [run.status for run in service.deps.store.list_runs(MINE)] == [RunStatus.FAILED]
