"""Approvals of work: of exactly that work, asked for again when it changes or is old, and bound to where it goes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.core.approval.release import GOOD_FOR, binding, refusal
from shared.core.errors import ErrorClass
from shared.core.run import acts
from shared.core.run.run import Limits, RunStatus
from shared.core.ship.shipping import AFTER_REVIEW, WITH_RELEASE
from shared.integrations.ship_settings import ship_of
from tests.support.builders.reworked_run import asked, done, failed, released, yes
from tests.support.builders.runs import after, at, statuses


def test_an_approval_is_asked_about_what_the_step_before_it_says() -> None:
    run = asked()
    gate_step = run.step("release")
    assert gate_step is not None
    assert gate_step.wait is not None
    assert (run.status, gate_step.wait.what) == (RunStatus.AWAITING_APPROVAL, "b1")
    same, _ = after(run, yes(run, "release", run.plan_hash))  # the plan's hash opens no later gate
    assert same == run
    run, commands = after(run, yes(run, "release", "b1"))
    assert [c.step for c in commands if c.name == "attempt"] == ["push", "deploy"]


def test_an_approval_that_waits_is_void_when_the_work_changes() -> None:
    run = asked()
    run, _ = after(run, acts.ReworkAsked(at(4), "test", "the colours are wrong", "Ada Example"))
    assert statuses(run)["release"] == "pending"
    same, _ = after(run, yes(run, "release", "b1"))
    assert same == run


def test_people_may_ask_for_changes_a_bounded_number_of_times_and_not_of_what_is_not_there() -> None:
    run = asked(Limits(reworks=2))
    for number in range(3):
        run, _ = after(run, acts.ReworkAsked(at(10 + number), "test", f"wish {number}", "Ada Example"))
        if number == 2:
            break
        assert run.step("test").feedback == f"wish {number}"  # type: ignore[union-attr]
        again, _ = after(run, acts.ReworkAsked(at(11), "test", "while it is being made", "Ada Example"))
        assert again == run
        run, _ = after(run, done(run, "test", 12), done(run, "review", 13, output={"binds": f"c{number}"}))
        if statuses(run)["review"] != "succeeded":
            run, _ = after(run, done(run, "review", 13, output={"binds": f"c{number}"}))
    assert statuses(run)["test"] == "succeeded"  # the third wish was one too many
    for name in ("release", "nobody"):
        same, _ = after(run, acts.ReworkAsked(at(20), name, "x", "Ada Example"))
        assert same == run


@pytest.mark.parametrize("step", ["push", "deploy"])
def test_an_approval_that_is_out_of_date_is_asked_for_again(step: str) -> None:
    run = released()
    run, commands = after(run, failed(run, step, "the approval is older than 24 hours", ErrorClass.STALE))
    assert statuses(run)["test"] == "succeeded"
    assert statuses(run)["review"] == "running"
    assert [c.step for c in commands if c.name == "attempt"] == ["review"]
    run, commands = after(run, done(run, "review", 7, output={"binds": "b2"}))
    assert run.status == RunStatus.AWAITING_APPROVAL
    assert [c.topic for c in commands if c.name == "notify"] == ["approval_asked"]


def test_asking_again_and_again_ends() -> None:
    run = released(Limits(repairs=2))
    for number in range(3):
        run, _ = after(run, failed(run, "push", f"changed {number}", ErrorClass.STALE))
        if run.failure:
            break
        run, _ = after(run, done(run, "review", 7, output={"binds": f"c{number}"}))
        run, _ = after(run, yes(run, "release"))
    assert run.failure == "push: changed 2"


def test_a_binding_differs_when_anything_that_was_approved_differs() -> None:
    bound = {"plan": "p", "tree": "t", "target": {"owner": "acme", "merge": "never"}, "ceiling": 5}
    others = [
        {**bound, "plan": "q"}, {**bound, "tree": "u"}, {**bound, "ceiling": 6},
        {**bound, "target": {"owner": "acme", "merge": "when_green"}},
        {**bound, "target": {"owner": "acme"}},
    ]  # fmt: skip
    found = {binding(**each) for each in [bound, *others]}  # type: ignore[arg-type]
    assert len(found) == 1 + len(others)
    assert binding(**{**bound, "target": {"merge": "never", "owner": "acme"}}) == binding(**bound)  # type: ignore[arg-type]


def test_an_approval_counts_for_a_day_and_for_nothing_else() -> None:
    granted = {"by": "Ada Example", "via": "api", "at": at(0).isoformat(), "plan_hash": "b1"}
    assert refusal(granted, "b1", at(0) + GOOD_FOR) == ""
    assert "24 hours" in refusal(granted, "b1", at(0) + GOOD_FOR + timedelta(seconds=1))
    assert "changed" in refusal(granted, "b2", at(1))
    assert "nobody" in refusal({}, "b1", at(1))


def test_what_a_tenant_has_not_said_about_shipping_is_the_safe_value() -> None:
    ship = ship_of({"github_owner": "acme", "ship": {"unknown": 1, "code": {"future": True}}})
    assert (ship.code.owner, ship.code.merge, ship.code.private, ship.production, ship.four_eyes) == (
        "acme", "never", True, "ask", False,
    )  # fmt: skip
    given = {"code": {"owner": "other", "merge": "after_review", "reviewers": ["ada"]},
             "approvals": {"production": "with_release", "four_eyes": True}}  # fmt: skip
    ship = ship_of({"github_owner": "acme", "ship": given})
    assert (ship.code.owner, ship.code.merge, ship.code.reviewers) == ("other", AFTER_REVIEW, ("ada",))
    assert (ship.production, ship.four_eyes) == (WITH_RELEASE, True)


@pytest.mark.parametrize(
    ("settings", "systems"),
    [
        ({}, ("", "")),
        ({"connected": ["gitlab", "notion", "cloud_storage"]}, ("gitlab", "cloud_storage")),
        ({"connected": ["gitlab", "github", "cloud_storage", "vercel"]}, ("github", "vercel")),
        ({"connected": ["notion"], "granted": ["notion", "github", "vercel"]}, ("github", "vercel")),
        ({"connected": ["gitlab"], "granted": ["gitlab", "github"]}, ("gitlab", "")),
        ({"connected": ["github"], "ship": {"code": {"system": "gitlab"}}}, ("gitlab", "")),
    ],
)
def test_people_approve_the_very_systems_the_work_would_go_to(
    settings: dict[str, object], systems: tuple[str, str]
) -> None:
    ship = ship_of(settings)
    assert (ship.code.system, ship.site.system) == systems
