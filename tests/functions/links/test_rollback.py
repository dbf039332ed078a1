"""A person takes back what a run put live: by the API, by the link in the message; once, and only what is there."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.app.engine.engine import record
from shared.app.ship.roll_back import GOOD_FOR, rollback_url
from shared.core.errors import ErrorClass
from shared.core.run import events as ev
from shared.core.run.run import Run, RunStatus, StepSpec, derive_id
from tests.functions.conftest import MINE, OTHER, Service

STEP = StepSpec("promote", "site.promote", lane="deploy")
LIVE = {"system": "vercel", "project": "prj_1", "deployment": "dpl_2", "previous": "dpl_1", "url": "https://a.example"}


def _live(service: Service, output: dict[str, Any] | None = None, run: str = "run-live", tenant: str = MINE) -> Run:
    opened = service.opened(tenant, run, STEP, page="page-1")
    facts = {"site": "https://a.example"}
    return service.save(
        opened, ev.StepSucceeded(opened.at, "promote", 1, LIVE if output is None else output, facts=facts)
    )


def _roll_back(service: Service, run: str = "run-live", **given: Any) -> Any:
    return service.call("POST", f"/v1/runs/{run}/rollback", **given)


def _opened(service: Service, run_id: str, tenant: str = MINE) -> Run:
    loaded = service.deps.store.load_run(tenant, run_id)
    assert loaded is not None
    return loaded.run


def test_it_opens_a_run_of_one_step_that_names_exactly_what_to_show_again(service: Service) -> None:
    _live(service)
    answer = _roll_back(service, key="member")
    assert answer.status_code == 200
    assert answer.json["id"] == derive_id("run-", MINE, "run-live", "rollback")
    run = _opened(service, answer.json["id"])
    assert (run.trigger.kind, run.trigger.page, run.trigger.by) == ("rollback", "page-1", "member's key")
    (step,) = run.steps
    wanted = {"system": "vercel", "site": "prj_1", "deployment": "dpl_2", "previous": "dpl_1"}
    assert (step.spec.kind, dict(step.spec.input), step.spec.lane) == ("site.rollback", wanted, "deploy")


def test_asking_twice_is_asking_once_and_after_a_failure_it_may_be_asked_again(service: Service) -> None:
    _live(service)
    first = _roll_back(service).json["id"]
    assert _roll_back(service).json["id"] == first
    failed = ev.StepFailed(service.deps.clock.now(), "rollback", 1, "the host said no", ErrorClass.PERMANENT)
    assert record(service.deps, MINE, first, failed).status == RunStatus.FAILED
    second = _roll_back(service).json["id"]
    assert second == derive_id("run-", MINE, "run-live", "rollback", "2")
    assert _roll_back(service).json["id"] == second


@pytest.mark.parametrize(
    ("output", "words"),
    [
        pytest.param({**LIVE, "previous": ""}, "This was the first version", id="first"),
        pytest.param({}, "has put nothing live", id="nothing"),
    ],
)
def test_what_cannot_be_taken_back_is_refused_with_a_way_out(
    service: Service, output: dict[str, Any], words: str
) -> None:
    _live(service, output)
    answer = _roll_back(service)
    assert answer.status_code == 409
    assert words in answer.json["detail"]
    assert answer.json["way_out"]


def test_a_run_at_work_is_stopped_instead(service: Service) -> None:
    service.waiting()
    answer = _roll_back(service, "run-waits")
    assert answer.status_code == 409


def test_the_link_asks_first_and_rolls_back_once(service: Service) -> None:
    run = _live(service)
    path = rollback_url(service.deps, run).removeprefix(service.deps.public_url)
    shown = service.call("GET", path, key="")
    assert shown.status_code == 200
    assert "Roll back" in shown.text
    new_id = derive_id("run-", MINE, "run-live", "rollback")
    assert service.deps.store.load_run(MINE, new_id) is None  # opening the link does nothing
    for _ in range(2):
        taken = service.call("POST", path, key="", data={"decision": "rollback"})
        assert (taken.status_code, "Rolling back" in taken.text) == (200, True)
    assert _opened(service, new_id).trigger.by == "Lin Example"


def test_a_link_is_ours_in_time_and_for_its_run_alone(service: Service) -> None:
    run = _live(service)
    path = rollback_url(service.deps, run).removeprefix(service.deps.public_url)
    for forged in (
        path[:-1] + ("0" if path[-1] != "0" else "1"),
        path.replace("/rollbacks/", "/rollbacks/x"),
        "/rollbacks/a.b",
    ):
        assert service.call("POST", forged, key="", data={"decision": "rollback"}).status_code == 401
    approval = path.replace("/rollbacks/", "/approvals/")
    assert service.call("GET", approval, key="").status_code == 401  # a link for one thing opens nothing else
    foreign = service.call("POST", path, key="", data={"decision": "rollback"}, headers={"Origin": "https://e.example"})
    assert foreign.status_code == 403
    assert run.ended_at is not None
    older = replace(run, ended_at=run.ended_at - GOOD_FOR - timedelta(minutes=1))
    late = rollback_url(service.deps, older).removeprefix(service.deps.public_url)
    assert service.call("POST", late, key="", data={"decision": "rollback"}).status_code == 409
    assert service.deps.store.load_run(MINE, derive_id("run-", MINE, "run-live", "rollback")) is None


def test_another_tenants_run_is_not_there(service: Service) -> None:
    _live(service, run="run-theirs", tenant=OTHER)
    assert _roll_back(service, "run-theirs").status_code == 404
