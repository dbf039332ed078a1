"""An earlier version of the work comes back: tested again, asked about again, once, and nothing else is lost by it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from shared.app.code.restore_version import restore_version
from shared.app.code.work_versions import versions_of
from shared.app.engine.engine import open_run, record
from shared.cli.remote import versions_table
from shared.core.documents.snapshot import SNAPSHOTS
from shared.core.errors import Conflicting, NotThere
from shared.core.people.actor import Actor, ActorKind
from shared.core.run import acts
from shared.core.run.run import Limits, Run, RunStatus, StepStatus
from shared.ports import Put
from shared.steps.ship._harm_findings import note_of_author
from tests.support.builders.runs import gate, opened, spec
from tests.support.desks.coding_bench import RIGHT, SCRIPT, Coder, CodingBench
from tests.support.ports.dying import Died, dying_at
from tests.support.ports.local_ports import Ports, local_ports
from tests.support.ports.scripted_sandbox import ScriptedSandbox

ADA = Actor(ActorKind.PERSON, f"p-{'a' * 24}", "Ada Example")
OTHER = "return b + a"


def begin(ports: Ports, *bodies: str, **limits: int) -> CodingBench:
    """Return a bench whose first version waits to be released; those after it are written when a rework is asked."""
    coder = Coder([*bodies], {}, [])
    coder.files = lambda body: {"adds.py": body.encode(), "test_adds.py": SCRIPT.get(body, b"it_adds=passed")}
    made = CodingBench(ports, ScriptedSandbox(), coder)
    specs = (
        spec("write", kind="code.generate"),
        spec("test", "write", kind="code.test", group=True),
        gate("release", "test"),
        spec("ship", "release", kind="site.deploy", repairs="test"),
        gate("production", "ship"),
    )
    event = opened(*specs, limits=Limits(backoff_s=1.0, **limits))
    open_run(ports.deps, replace(event, at=ports.clock.now()))
    made.work()
    return made


def tree(run: Run) -> str:
    step = run.step("test")
    assert step is not None
    return str(step.output["tree"])


def restore(ports: Ports, number: int) -> Run:
    return restore_version(ports.deps, "t-1", "run-1", number, ADA)


def test_the_version_is_the_newest_again_and_is_tested_again(ports: Ports) -> None:
    made = begin(ports, RIGHT, OTHER)
    first = tree(ports.run())
    made.rework("The order reads strangely.")
    assert tree(ports.run()) != first
    asked = len(made.sandbox.asked)  # type: ignore[attr-defined]
    restore(ports, 1)
    run = made.work()
    assert (tree(run), run.status, made.coder.bodies) == (first, RunStatus.AWAITING_APPROVAL, [])
    assert len(made.sandbox.asked) > asked, "its tests have been run, and not only remembered"  # type: ignore[attr-defined]
    found = versions_of(ports.deps, run)
    assert [(each.n, each.about["tree"] == first, each.restores, each.kept) for each in found] == [
        (1, True, 0, True),
        (2, False, 0, True),
        (3, True, 1, True),
    ]
    assert [line.endswith("is version 1 again") for line in versions_table({"versions": [v.data for v in found]})] == [
        False,
        False,
        True,
    ]
    assert made.coder.told == ["The order reads strangely."], "no model was asked for it"
    (entry,) = [each.body for each in ports.store.audit("t-1") if each.body["what"] == "VersionRestored"]
    assert (entry["by"], entry["actor"], entry["about"]) == ("Ada Example", ADA.ref, "version 1")


def test_what_was_approved_of_another_tree_no_longer_counts(ports: Ports) -> None:
    made = begin(ports, RIGHT, OTHER)
    made.rework("The order reads strangely.")
    approve(ports, "release")
    run = made.work()
    assert [step.id for step in run.steps if step.wait] == ["production"]
    late = _approval(ports, "production")
    restore(ports, 1)
    run = made.work()
    states = {step.id: step.status for step in run.steps}
    assert (states["release"], states["ship"], states["production"]) == (
        StepStatus.WAITING,
        StepStatus.PENDING,
        StepStatus.PENDING,
    )
    assert record(ports.deps, "t-1", "run-1", late) == run, "a yes to what went live before opens nothing"


def _approval(ports: Ports, name: str) -> acts.ApprovalGranted:
    step = ports.run().step(name)
    assert step is not None
    assert step.wait is not None
    return acts.ApprovalGranted(ports.clock.now(), name, step.wait.what, "Ada Example")


def approve(ports: Ports, name: str) -> None:
    record(ports.deps, "t-1", "run-1", _approval(ports, name))


def test_it_counts_as_work_that_was_sent_back(ports: Ports) -> None:
    made = begin(ports, RIGHT, OTHER, reworks=2)
    made.rework("The order reads strangely.")
    restore(ports, 1)
    made.work()
    with pytest.raises(Conflicting, match="too many times"):
        restore(ports, 2)


def test_asked_twice_at_any_moment_it_is_one_version(ports: Ports) -> None:
    made = begin(ports, RIGHT, OTHER)
    made.rework("The order reads strangely.")
    assert restore(ports, 1) == restore(ports, 1)
    with pytest.raises(Conflicting, match="cannot be changed just now"):
        restore(ports, 2)  # another one, while the first is tested
    run = made.work()
    assert restore(ports, 1) == run, "it is what waits to be released"
    assert restore(ports, 3) == run
    assert len(versions_of(ports.deps, run)) == 3


def test_what_was_stuck_with_a_question_goes_on_with_the_version(ports: Ports) -> None:
    made = begin(ports, RIGHT, *["return a - b"] * 3)
    first = tree(ports.run())
    assert made.rework("Shorter.").status == RunStatus.AWAITING_INPUT
    restore(ports, 1)
    run = made.work()
    assert (run.status, tree(run)) == (RunStatus.AWAITING_APPROVAL, first), run.failure


def test_a_version_that_failed_or_is_gone_or_never_was_is_refused_with_the_way_out(ports: Ports) -> None:
    made = begin(ports, "return a - b", RIGHT, OTHER)
    made.rework("The order reads strangely.")
    before = ports.run()
    with pytest.raises(Conflicting, match="version 1 did not pass its tests") as refused:
        restore(ports, 1)
    assert "ask for a rework" in refused.value.way_out
    for number in (4, 9):
        with pytest.raises(NotThere, match=f"no version {number}"):
            restore(ports, number)
    doc = ports.store.get("t-1", SNAPSHOTS, "run-1.002")
    assert doc is not None
    ports.store.put("t-1", Put(SNAPSHOTS, "run-1.002", {**doc.body, "ref": ""}))
    with pytest.raises(Conflicting, match="no longer kept"):
        restore(ports, 2)
    with pytest.raises(NotThere, match="no run 'run-1'"):
        restore_version(ports.deps, "t-2", "run-1", 2, ADA)
    assert ports.run() == before


@pytest.mark.parametrize("end", ["under way", "ended", "too often"])
def test_work_that_can_no_longer_be_changed_stays_as_it_is(ports: Ports, end: str) -> None:
    made = begin(ports, RIGHT, OTHER, reworks=1 if end == "too often" else 20)
    made.rework("The order reads strangely.")
    if end == "under way":
        approve(ports, "release")
    if end == "ended":
        record(ports.deps, "t-1", "run-1", acts.CancelRequested(ports.clock.now(), "Ada Example"))
    before = ports.run()
    with pytest.raises(Conflicting) as refused:
        restore(ports, 1)
    assert (bool(refused.value.way_out), ports.run()) == (True, before)


def test_what_the_author_of_a_repair_said_is_not_said_of_the_version_before(ports: Ports) -> None:
    made = begin(ports, RIGHT, OTHER)
    run = made.rework("The order reads strangely.")
    noted = [
        replace(step, output={**step.output, "note": "Turned round."}) if step.spec.kind == "code.repair" else step
        for step in run.steps
    ]
    assert note_of_author(SimpleNamespace(run=replace(run, steps=tuple(noted)))) == "Turned round."  # type: ignore[arg-type]
    restore(ports, 1)
    after = made.work()
    again = (*noted, *after.steps[len(noted) :])
    assert note_of_author(SimpleNamespace(run=replace(after, steps=again))) == ""  # type: ignore[arg-type]


def _tell(ports: Ports, step: int) -> tuple[Run, list[str]]:
    """Restore the first of two versions, dying at that crash point and beginning again; return the end."""
    made = begin(ports, RIGHT, OTHER)
    made.rework("The order reads strangely.")
    passed: list[str] = []
    for point in (dying_at(step, passed), lambda name: None):
        made.ports = ports.with_deps(crash_point=point)
        try:
            restore(made.ports, 1)
            made.work()
        except Died:
            continue
    return ports.run(), passed


def test_a_death_at_any_point_makes_one_version(tmp_path: Path) -> None:
    with local_ports(tmp_path / "whole") as ports:
        whole, passed = _tell(ports, -1)
        expected = [(step.id, step.status, step.output) for step in whole.steps]
    assert "commit.after/VersionRestored" in passed
    for number in range(1, len(passed) + 1):
        with local_ports(tmp_path / str(number)) as ports:
            died, then = _tell(ports, number)
            assert [(step.id, step.status, step.output) for step in died.steps] == expected, then[-1]
            assert len(versions_of(ports.deps, died)) == 3, then[-1]
