"""Whoever is asked to approve while work is paused reads that it is, by whom, and how it goes on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.app.engine.engine import open_run, record
from shared.app.engine.switches import set_pause
from shared.core.run import acts
from shared.core.run.run import Run
from shared.ports import SYSTEM
from tests.support.builders.runs import gate, opened, spec
from tests.support.ports.local_ports import Ports
from tests.unit.use_cases.test_notify import ADA, Told

SAID = "is paused by Mira: the fair is on. To go on:"


def _pause(ports: Ports, run: Run, whose: str) -> None:
    if whose == "run":
        record(ports.deps, run.tenant, run.id, acts.RunPaused(ports.clock.now(), "Mira", "the fair is on"))
    else:
        set_pause(ports.deps, SYSTEM if whose == "everybody" else run.tenant, "the fair is on", "Mira")


@pytest.mark.parametrize(
    ("whose", "what"), [("run", "This run"), ("tenant", "All work"), ("everybody", "All work"), ("nobody", "")]
)
def test_a_request_for_approval_says_that_work_is_paused(ports: Ports, whose: str, what: str) -> None:
    told = Told(ports, ADA)
    run = open_run(ports.deps, replace(opened(gate("approve"), spec("a", "approve")), at=ports.clock.now()))
    if what:
        _pause(ports, run, whose)
    told.tell(told.about(run, "approval_asked", "approve"))
    (text,) = told.post.texts
    assert (f"{what} {SAID}" in text) is bool(what)
    assert ("paused" in text) is bool(what)


def test_of_what_has_ended_no_pause_is_told(ports: Ports) -> None:
    told = Told(ports, ADA)
    command = told.succeeds()
    set_pause(ports.deps, "t-1", "the fair is on", "Mira")
    told.tell(command)
    assert "paused" not in told.post.texts[0]
