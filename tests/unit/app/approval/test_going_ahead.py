"""A page whose team has a policy: what goes ahead, where that is said, and what becomes of it when things change."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.app.api.run.run_views import run_view
from shared.app.engine.engine import record
from shared.app.engine.step_context import context_of
from shared.core.approval.release_words import describe_question
from shared.core.errors import NotApproved
from shared.core.pages import marks
from shared.core.run import acts
from shared.core.run.events import Event
from shared.core.run.reducer import reduce
from shared.core.run.run import Run, RunStatus, Step, StepStatus
from shared.steps._kind import StepContext
from tests.support.rigs.gated_story import Story, approve, said
from tests.support.rigs.small_house import TENANT

pytestmark = pytest.mark.slow

AHEAD = {"code": "inside_limits", "release": "inside_limits", "production": "inside_limits"}
WENT = "Went ahead under the rule “code: go ahead inside limits” (policy, version 1): nobody was asked about the plan."


@pytest.fixture
def policed(story: Story) -> Story:
    """A story whose team lets all go ahead that a policy can let, and whose previews and changes can be taken back."""
    kinds = dict(story.house.tools.kinds)
    for name in ("site.deploy", "repository.propose_change"):
        kinds[name] = replace(kinds[name], undo=lambda wanted, ctx: None)
    object.__setattr__(story.house.tools, "kinds", kinds)
    set_policy(story, AHEAD)
    return story


def set_policy(story: Story, levels: dict[str, str], version: int = 1, **given: Any) -> None:
    at = story.house.clock.now() - timedelta(seconds=1)
    policy = {"levels": levels, "version": version, "changed_at": at.isoformat(), "changed_by": "Ada", **given}
    story.settle(autonomy=policy, ship={"code": {"owner": "acme", "repository": "shop"}, **story_ship(story)})


def story_ship(story: Story) -> dict[str, Any]:
    doc = story.house.store.get(TENANT, "settings", "tenant")
    return dict((doc.body.get("ship") or {}) if doc is not None else {})


def events_of(story: Story) -> list[Event]:
    return [event for _, event in story.house.store.events(TENANT, story.run.id)]


def allowed(story: Story) -> list[str]:
    return [each.gate for each in events_of(story) if isinstance(each, acts.PolicyAllowed)]


def begin_again(story: Story) -> None:
    story.desk.set_status(story.page, marks.PLAN_IT)
    story.desk.tell(story.page)


def test_the_plan_goes_ahead_and_every_place_says_by_which_rule(policed: Story) -> None:
    policed.begin()
    assert (policed.gate.id, policed.sent, allowed(policed)) == ("release", [], ["approve"])
    assert not any("Approve the plan" in each for each in said(policed))  # nobody was asked, and nobody is told so
    assert not policed.run.notices.get("approval_asked/approve")
    container = next(s.output["container"] for s in policed.run.steps if s.output.get("container"))
    blocks = policed.desk.as_person("GET", f"/v1/blocks/{container}/children")["results"]
    callout = next(each for each in blocks if each["type"] == "callout")["callout"]["rich_text"]
    assert WENT in "".join(part["plain_text"] for part in callout)
    assert WENT in describe_question(policed.run, "release")  # whoever is asked first knows that nobody was before
    view = run_view(policed.run)
    assert view["went_ahead"] == [WENT]
    shown = view["approvals"][0]
    assert (shown["by"], shown["via"], shown["rule"]) == ("the team's policy", "policy", "inside_limits")
    run, stored = None, policed.run
    for event in events_of(policed):
        run, _ = reduce(run, event)
    assert run == stored


def test_the_first_release_and_what_goes_live_are_asked_about_and_the_next_release_is_not(policed: Story) -> None:
    policed.begin()
    approve(policed)
    assert (policed.gate.id, len(policed.sent)) == ("production", 2)
    approve(policed)
    assert policed.run.status == RunStatus.SUCCEEDED
    policed.files["site/index.html"] = b"<h1>Bicycle club</h1>\n<p>Saturdays</p>\n"
    begin_again(policed)
    assert (policed.gate.id, allowed(policed)) == ("production", ["approve", "release"])
    assert [each.split(" by ")[1] for each in policed.sent[-2:]] == ["the team's policy"] * 2
    assert policed.run.facts.get("site") is None
    approve(policed)
    policed.settle(ship={"code": {"owner": "acme", "repository": "another"}})
    begin_again(policed)
    assert (policed.gate.id, allowed(policed)) == ("release", ["approve"])


def test_a_policy_that_is_narrowed_holds_for_what_has_not_begun(policed: Story) -> None:
    generate = policed.house.tools.kinds["code.generate"]

    def narrow(wanted: Any, ctx: StepContext) -> Any:
        set_policy(policed, {"code": "always"}, 2)
        return generate.run(wanted, ctx)

    kinds = {**policed.house.tools.kinds, "code.generate": replace(generate, run=narrow)}
    object.__setattr__(policed.house.tools, "kinds", kinds)
    policed.begin()
    assert policed.gate.id == "approve"
    assert [s.id for s in policed.run.steps if s.status.value == "succeeded" and s.spec.kind.startswith("code")] == [
        "generate"
    ]
    assert any("Approve the plan" in each for each in said(policed))
    assert run_view(policed.run)["went_ahead"] == []
    (withdrawn,) = [each for each in events_of(policed) if isinstance(each, acts.PolicyWithdrawn)]
    assert (withdrawn.step, withdrawn.rule, withdrawn.version) == ("test", "always_ask", 2)
    policed.agree()
    assert policed.gate.id == "release"


def test_work_does_not_leave_by_a_policy_that_is_gone_by_then(policed: Story) -> None:
    policed.begin()
    approve(policed)
    approve(policed)
    deploy, begun = policed.house.tools.kinds["site.deploy"], list[str]()

    def note(wanted: Any, ctx: StepContext) -> Any:
        begun.append(ctx.step.id)
        return deploy.run(wanted, ctx)

    kinds = {**policed.house.tools.kinds, "site.deploy": replace(deploy, run=note)}
    object.__setattr__(policed.house.tools, "kinds", kinds)
    policed.house.crash_point = lambda point: (
        set_policy(policed, {"code": "inside_limits", "release": "always"}, 2)
        if point == "commit.after/PolicyAllowed" and len(allowed(policed)) == 2
        else None
    )
    begin_again(policed)
    assert (policed.gate.id, len(policed.sent), begun) == ("release", 3, [])
    assert len([each for each in events_of(policed) if isinstance(each, acts.PolicyWithdrawn)]) == 2
    policed.agree()
    assert (policed.gate.id, len(policed.sent), begun) == ("production", 5, ["deploy"])


def test_two_people_have_to_agree_whatever_the_policy_says(policed: Story) -> None:
    policed.begin()
    approve(policed)
    approve(policed)
    policed.settle(ship={**story_ship(policed), "approvals": {"four_eyes": True}})
    begin_again(policed)
    assert (policed.gate.id, allowed(policed)) == ("release", ["approve"])


def test_another_plan_is_decided_about_anew(policed: Story) -> None:
    policed.begin()
    set_policy(policed, {"code": "always"}, 2)
    record(policed.house.deps, TENANT, policed.run.id, acts.PageChanged(policed.house.clock.now(), "Ada"))
    policed.house.work()
    assert (policed.gate.id, allowed(policed)) == ("r2.approve", ["approve"])
    assert run_view(policed.run)["went_ahead"] == []


@pytest.mark.parametrize("together", [False, True])
def test_the_step_that_puts_live_takes_no_policys_word(policed: Story, together: bool) -> None:
    policed.begin()
    approve(policed)
    run, kinds = policed.run, policed.house.tools.kinds
    if together:  # one approval lets the work leave and go live
        ship = {**story_ship(policed), "approvals": {"production": "with_release"}}
        policed.settle(ship=ship)
        run = replace(run, steps=tuple(_pass(run, each, "release") for each in run.steps))
    else:
        run = replace(run, steps=tuple(_pass(run, each, "production") for each in run.steps))
    promote = run.step("promote")
    assert promote is not None
    context = context_of(policed.house.deps, run, promote, policed.house.tools)
    with pytest.raises(NotApproved, match="a person" if not together else "a person|something has changed"):
        kinds["site.promote"].run(None, context)
    assert not any(each.startswith("site.promote") for each in policed.sent)


def _pass(run: Run, step: Step, gate: str) -> Step:
    """Return the gate as if a policy had passed it, for exactly what is about to happen."""
    if step.id != gate:
        return step
    what = step.wait.what if step.wait is not None else str(step.output.get("plan_hash"))
    at = run.opened_at.isoformat()
    output = {"by": acts.THE_POLICY, "via": acts.BY_POLICY, "at": at, "plan_hash": what}
    return replace(step, status=StepStatus.SUCCEEDED, wait=None, output=output)
