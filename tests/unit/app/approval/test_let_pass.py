"""A policy decides in the place of people: what is read for that, who is not asked, and what a death leaves."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from shared.app.approval.autonomy import find_withdrawal, judge_gate, let_pass, note_released, read_policy
from shared.app.engine.engine import open_run, record
from shared.core.documents.codec import to_body
from shared.core.run import acts
from shared.core.run import events as ev
from shared.core.run.run import Run, StepSpec, Trigger, Usage
from shared.ports import Put
from shared.ports.documents import tenant_settings
from tests.support.builders.runs import TENANT, at, gate, opened, spec
from tests.support.ports.dying import Died, dying_at
from tests.support.ports.local_ports import Ports

AHEAD: dict[str, Any] = {
    "levels": {"pages": "inside_limits", "code": "inside_limits", "release": "inside_limits"},
    "version": 2,
}
AHEAD["risk"] = "medium"
SHIP = {"code": {"system": "github", "owner": "acme"}}
WRITE = spec("write", "approve", kind="notion.update_page", undoable=True)
PUSH = spec("push", "release", kind="repository.propose_change", undoable=True)
MADE = spec("generate", kind="code.generate", input={"artifact": "static_site"})
REVIEWED: Mapping[str, Any] = {
    "binds": "b1", "paths": ["site/a.html"], "stat": {"files": 1},
    "places": {"repository.propose_change": "github:acme/shop"},
}  # fmt: skip


def begin(ports: Ports, *specs: StepSpec, run: str = "run-1", policy: Mapping[str, Any] = AHEAD, **given: Any) -> Run:
    """Open a run of a team with this policy; `settings` are other settings of it."""
    settings = {"autonomy": policy, "ship": SHIP, **given.pop("settings", {})}
    ports.store.put(TENANT, Put("settings", "tenant", settings))
    return open_run(ports.deps, replace(opened(*specs, run=run, **given), at=ports.clock.now()))


def begin_release(ports: Ports, output: Mapping[str, Any] = REVIEWED, run: str = "run-1", **given: Any) -> Run:
    """Open a run that waits at its release."""
    begin(ports, MADE, spec("review", kind="release.review"), gate("release", "review"), PUSH, run=run, **given)
    return record(ports.deps, TENANT, run, ev.StepSucceeded(ports.clock.now(), "review", 1, output))


def find_rule(ports: Ports, run: Run) -> str:
    """Return the rule that decides at the gate at which the run waits."""
    waiting = next(step for step in run.steps if step.wait is not None)
    settings = {**to_body(tenant_settings(ports.store, run.tenant)), "connected": ["github"]}
    return judge_gate(ports.deps, run, waiting, read_policy(ports.deps, run.tenant), settings).rule.value


def passed(ports: Ports, run: Run) -> bool:
    """Let the policy decide; say whether nobody is asked now."""
    settings = {**to_body(tenant_settings(ports.store, run.tenant)), "connected": ["github"]}
    return not let_pass(ports.deps, run, settings).asked


def events_of(ports: Ports, run: str = "run-1") -> list[ev.Event]:
    return [event for _, event in ports.store.events(TENANT, run)]


def test_a_plan_inside_the_limits_asks_nobody(ports: Ports) -> None:
    run = begin(ports, gate("approve"), WRITE)
    assert passed(ports, run)
    (event,) = [each for each in events_of(ports) if isinstance(each, acts.PolicyAllowed)]
    assert (event.gate, event.plan_hash, event.rule, event.version) == ("approve", run.plan_hash, "inside_limits", 2)
    assert event.words == "pages: go ahead inside limits"
    audit = [each.body for each in ports.store.audit(TENANT)]
    assert [(each["what"], each["by"]) for each in audit][-1] == ("PolicyAllowed", "workwright")
    assert audit[-1]["about"] == "inside_limits, version 2"


@pytest.mark.parametrize(
    ("specs", "given", "rule"),
    [
        pytest.param((WRITE,), {"policy": {}}, "nothing_set", id="no policy"),
        pytest.param(
            (WRITE,),
            {"policy": {**AHEAD, "changed_at": at(9e8).isoformat()}},
            "inside_limits",
            id="asked before it was set",
        ),
        pytest.param((replace(WRITE, kind="notion.trash_page"),), {}, "cannot_be_undone", id="removes"),
        pytest.param((replace(WRITE, undoable=False),), {}, "cannot_be_undone", id="no undo"),
        pytest.param((replace(WRITE, kind="notion.replace_content"),), {}, "above_the_risk", id="above the risk"),
        pytest.param(
            (replace(WRITE, kind="agent.loop", input={"may": ["notion.trash_page"]}),),
            {},
            "cannot_be_undone",
            id="an agent may",
        ),
        pytest.param(
            (replace(WRITE, kind="agent.loop", input={"may": ["notion.update_page"]}),),
            {"policy": {**AHEAD, "levels": {"code": "inside_limits"}}},
            "always_ask",
            id="an agent may write pages",
        ),
        pytest.param((replace(WRITE, kind="crm.write"),), {}, "always_ask", id="another kind of work"),
        pytest.param((WRITE,), {"policy": {**AHEAD, "systems": ["github"]}}, "systems", id="another system"),
        pytest.param((replace(WRITE, estimate=Usage(1, 5)),), {}, "money", id="no money allowed"),
        pytest.param(
            (replace(WRITE, estimate=Usage(1, 50_000)),),
            {"policy": {**AHEAD, "micros": 90_000}, "settings": {"budget": {"day": 40_000, "kept_back": 0}}},
            "budget",
            id="budget starved",
        ),
        pytest.param(
            (WRITE,), {"trigger": Trigger("page", "p", causes=("run-0",))}, "another_run_asked", id="another run asked"
        ),
        pytest.param((WRITE,), {"facts": {"edited": {"changes": ["a line"]}}}, "page_edited", id="edited"),
    ],
)
def test_people_are_asked_about_the_rest(
    ports: Ports, specs: tuple[StepSpec, ...], given: dict[str, Any], rule: str
) -> None:
    run = begin(ports, gate("approve"), *specs, **given)
    assert find_rule(ports, run) == rule
    assert not passed(ports, run)
    assert ports.run() == run


def test_the_first_release_to_a_place_is_asked_about_and_the_next_is_not(ports: Ports) -> None:
    run = begin_release(ports)
    assert not passed(ports, run)
    run = record(ports.deps, TENANT, run.id, acts.ApprovalGranted(ports.clock.now(), "release", "b1", "Ada", "slack"))
    push = run.step("push")
    assert push is not None
    failed = ev.StepFailed(ports.clock.now(), "push", 1, "no")
    assert note_released(run, push, failed) == ()
    ports.store.put(TENANT, *note_released(run, push, ev.StepSucceeded(ports.clock.now(), "push", 1)))
    assert passed(ports, begin_release(ports, run="run-2"))
    elsewhere = {**REVIEWED, "places": {"repository.propose_change": "github:acme/other"}}
    assert not passed(ports, begin_release(ports, elsewhere, run="run-3"))


@pytest.mark.parametrize(
    ("output", "given", "rule"),
    [
        pytest.param(
            {"paths": ["app.py"]}, {"policy": {**AHEAD, "may_change": ["site/**"]}}, "paths", id="a path outside"
        ),
        pytest.param({}, {"policy": {**AHEAD, "must_not_change": ["*.html"]}}, "paths", id="a path forbidden"),
        pytest.param({"stat": {"files": 2}}, {}, "paths", id="paths that nobody knows"),
        pytest.param({"places": {}}, {}, "first_release", id="a place that nobody knows"),
        pytest.param({"findings": [{"severity": "warn", "text": "look"}]}, {}, "findings", id="a finding"),
        pytest.param(
            {}, {"settings": {"ship": {**SHIP, "approvals": {"four_eyes": True}}}}, "two_people", id="four eyes"
        ),
        pytest.param(
            {},
            {"policy": {**AHEAD, "levels": {**AHEAD["levels"], "code": "release_and_production"}}},
            "ask_for_release_and_production",
            id="level",
        ),
    ],
)
def test_what_leaves_is_asked_about_outside_the_limits(
    ports: Ports, output: dict[str, Any], given: dict[str, Any], rule: str
) -> None:
    run = begin_release(ports)
    push = run.step("push")
    assert push is not None
    ports.store.put(TENANT, *note_released(run, push, ev.StepSucceeded(ports.clock.now(), "push", 1)))
    assert passed(ports, begin_release(ports, run="run-2"))
    asked = begin_release(ports, {**REVIEWED, **output}, run="run-3", **given)
    assert find_rule(ports, asked) == rule
    assert not passed(ports, asked)


def test_the_policy_of_another_team_has_no_effect(ports: Ports) -> None:
    ports.store.put("t-2", Put("settings", "tenant", {"autonomy": AHEAD}))
    assert not passed(ports, begin(ports, gate("approve"), WRITE, policy={}))


def test_a_policy_that_is_set_later_answers_no_question_that_waits(ports: Ports) -> None:
    run = begin(ports, gate("approve"), WRITE, policy={})
    ports.clock.move(seconds=60)
    wide = {**AHEAD, "changed_at": ports.clock.now().isoformat()}
    ports.store.put(TENANT, Put("settings", "tenant", {"autonomy": wide}))
    assert not passed(ports, run)
    ports.clock.move(seconds=60)
    assert passed(
        ports, open_run(ports.deps, replace(opened(gate("approve"), WRITE, run="run-2"), at=ports.clock.now()))
    )


def test_a_death_between_decision_and_record_leaves_one_event(ports: Ports) -> None:
    run = begin(ports, gate("approve"), WRITE)
    names: list[str] = []
    settings = {"autonomy": AHEAD}
    let_pass(
        replace(ports.deps, crash_point=dying_at(0, names)), begin(ports, gate("approve"), WRITE, run="run-0"), settings
    )
    assert len(names) >= 2
    for number in range(1, len(names) + 1):
        with suppress(Died):
            let_pass(replace(ports.deps, crash_point=dying_at(number, [])), ports.run(), settings)
    let_pass(ports.deps, ports.run(), settings)
    assert let_pass(ports.deps, run, settings).step("write") == ports.run().step(
        "write"
    )  # who still knows the old state
    assert sum(isinstance(each, acts.PolicyAllowed) for each in events_of(ports)) == 1


def test_what_was_handed_out_beside_it_waits_too_whatever_the_policy_says_by_then(ports: Ports) -> None:
    run = begin(ports, gate("approve"), WRITE, replace(WRITE, id="beside"))
    settings = {"autonomy": AHEAD}
    run = let_pass(ports.deps, run, settings)
    beside = run.step("beside")
    assert beside is not None
    assert find_withdrawal(ports.deps, run, beside, lambda tenant: settings) is None
    narrow = acts.PolicyWithdrawn(ports.clock.now(), "approve", "write", 1, "always_ask", 3)
    run = record(ports.deps, TENANT, run.id, narrow)
    withdrawn = find_withdrawal(ports.deps, run, beside, lambda tenant: settings)
    assert withdrawn is not None
    after = record(ports.deps, TENANT, run.id, withdrawn)
    assert [(step.id, step.status.value) for step in after.steps] == [
        ("approve", "waiting"), ("write", "pending"), ("beside", "pending"),
    ]  # fmt: skip


def test_what_a_person_has_approved_is_not_looked_at_again(ports: Ports) -> None:
    run = begin(ports, gate("approve"), WRITE, policy={})
    run = record(
        ports.deps, TENANT, run.id, acts.ApprovalGranted(ports.clock.now(), "approve", run.plan_hash, "Ada", "slack")
    )
    write = run.step("write")
    assert write is not None
    assert find_withdrawal(ports.deps, run, write, lambda tenant: {"autonomy": {}}) is None
