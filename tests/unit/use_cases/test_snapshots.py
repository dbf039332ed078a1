"""Versions of the work stay as long as the team wants, and what is green of an open run as long as that runs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared.app.code.snapshots import KEEP_DAYS, snapshots_of
from shared.app.engine.engine import open_run, record
from shared.app.engine.sweep import sweep
from shared.core.code.worktree import Worktree
from shared.core.documents.snapshot import EXPIRIES
from shared.core.run import acts
from shared.core.run.events import RunOpened
from shared.core.run.run import Carried, Step, Trigger
from shared.ports import SYSTEM, Put
from tests.support.builders.runs import gate
from tests.support.builders.work_versions import FIRST, PATIENT, SECOND, TestedRun
from tests.support.measures.kept_versions import restore
from tests.support.ports.local_ports import Ports

TENANT = "t-1"


@pytest.fixture
def told(ports: Ports) -> TestedRun:
    made = TestedRun(ports.deps, TENANT)
    made.tell()
    return made


def days_pass(ports: Ports, days: float) -> int:
    """Let days pass, one sweep a day; return how many versions went."""
    gone = 0
    for _ in range(round(days)):
        ports.clock.move(seconds=86_400)
        gone += sweep(ports.deps)["expired"]
    return gone


def kept(ports: Ports) -> list[str]:
    return [doc.id for doc in snapshots_of(ports.deps, TENANT, "run-work")]


def wants(ports: Ports, days: Any) -> None:
    ports.store.put(TENANT, Put("settings", "tenant", {"ship": {"versions": {"keep_days": days}}}))


def test_each_version_can_be_restored(ports: Ports, told: TestedRun) -> None:
    assert dict(restore(ports.deps, TENANT, "run-work", 1).files) == FIRST
    assert dict(restore(ports.deps, TENANT, "run-work", 2).files) == SECOND
    with pytest.raises(KeyError):
        restore(ports.deps, TENANT, "run-work", 3)


def test_a_version_that_is_tried_once_more_is_kept_with_what_counts(ports: Ports, told: TestedRun) -> None:
    before = snapshots_of(ports.deps, TENANT, "run-work")
    ports.clock.move(seconds=60)
    told.keep(2, "test~try-2", Worktree(SECOND), green=True, tests=1)
    assert snapshots_of(ports.deps, TENANT, "run-work") == before, "the same again changes nothing"
    told.keep(2, "test~try-2", Worktree(SECOND), green=False, tests=1, reason="it was luck")
    again = snapshots_of(ports.deps, TENANT, "run-work")
    assert [(each.n, each.green) for each in again] == [(1, False), (2, False)]


def test_versions_of_an_ended_run_go_with_their_texts_when_the_team_wants(ports: Ports, told: TestedRun) -> None:
    wants(ports, 3)
    told.end()
    other = TestedRun(ports.deps, TENANT, "run-other")
    other.tell()
    assert days_pass(ports, 2) == 0
    assert days_pass(ports, 2) == 3  # and what was red of the open one
    assert kept(ports) == []
    for ref in told.refs.values():
        with pytest.raises(KeyError):
            ports.store.get_text(TENANT, ref)
    assert dict(restore(ports.deps, TENANT, "run-other", 2).files) == SECOND
    assert ports.store.list_docs(SYSTEM, EXPIRIES)[0].body["run"] == "run-other"
    assert len(ports.store.list_docs(SYSTEM, EXPIRIES)) == 1


def test_what_is_green_of_an_open_run_never_goes(ports: Ports, told: TestedRun) -> None:
    wants(ports, 2)
    assert days_pass(ports, 12) == 1
    assert kept(ports) == ["run-work.002"]
    assert dict(restore(ports.deps, TENANT, "run-work", 2).files) == SECOND
    with pytest.raises(KeyError):
        ports.store.get_text(TENANT, told.refs["work 1"])
    assert ports.store.get_text(TENANT, told.refs["originals 1"])  # the green one rests on it


@pytest.mark.parametrize("days", [None, 0, -3, "soon", True])
def test_without_a_sensible_wish_they_stay_the_usual_time(ports: Ports, told: TestedRun, days: Any) -> None:
    wants(ports, days)
    told.end()
    for passed, left in ((KEEP_DAYS - 1, 2), (2, 0)):
        ports.clock.move(seconds=passed * 86_400)
        sweep(ports.deps)
        assert len(kept(ports)) == left


def test_nothing_is_deleted_that_a_later_version_has_too(ports: Ports, told: TestedRun) -> None:
    told.keep(3, "test~try-2", Worktree(FIRST), green=True, tests=1)
    wants(ports, 1)
    days_pass(ports, 4)
    assert kept(ports) == ["run-work.002", "run-work.003"]
    assert dict(restore(ports.deps, TENANT, "run-work", 3).files) == FIRST


def test_a_run_of_which_nothing_is_left_is_not_looked_at_again(ports: Ports, told: TestedRun) -> None:
    told.end()
    ports.clock.move(seconds=timedelta(days=KEEP_DAYS + 1).total_seconds())
    assert sweep(ports.deps)["expired"] == 2
    assert ports.store.list_docs(SYSTEM, EXPIRIES) == []


def test_a_run_that_goes_on_with_them_keeps_them_until_it_has_ended(ports: Ports) -> None:
    told = TestedRun(ports.deps, TENANT, page="page-1")
    told.tell()
    told.end()
    wants(ports, 3)
    ports.store.put(TENANT, Put("pages", "page-1", {"run": "run-again", "generation": 2, "settled": False}))
    carried = Carried((Step(gate("production"), home="run-work"),))
    trigger = Trigger("redeploy", "page-1")
    open_run(ports.deps, RunOpened(ports.clock.now(), TENANT, "run-again", trigger, PATIENT, carried=carried))
    assert days_pass(ports, 5) == 0
    assert dict(restore(ports.deps, TENANT, "run-work", 2).files) == SECOND
    record(ports.deps, TENANT, "run-again", acts.CancelRequested(ports.clock.now(), "Ada"))
    assert days_pass(ports, 2) == 2
