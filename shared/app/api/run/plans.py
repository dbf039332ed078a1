"""A run's present plan in full: what it understood, assumes and leaves out, its risk, and why each step is there."""

from __future__ import annotations

import json
from typing import Any

from shared.app.api.exchange import ApiReply, Call
from shared.app.api.json_shapes import COUNT, TEXTS, array, choice, explain, members, text
from shared.core.approval.release_words import describe_passed
from shared.core.errors import NotThere
from shared.core.planning.plan import describe_in_full
from shared.core.planning.plan_words import describe_followed, explain_replanning, finding_lines, outlook_lines
from shared.core.planning.proposal import upgrade_proposal
from shared.core.planning.risk import LEVELS
from shared.core.run.replan import bare_name, is_work
from shared.core.run.run import Run, Step

PLAN = members(
    run=text(),
    revision=COUNT,
    plan_hash=text(what="The hash that an approval has to name."),
    model=text(),
    summary=text(),
    asked=text(what="What the planner understood."),
    missing=TEXTS,
    questions=TEXTS,
    assumptions=TEXTS,
    alternatives=array(members(title=text(), why_not=text())),
    risk=choice(*LEVELS, ""),
    outlook=explain(TEXTS, "Risk, cost, time and the critic's opinion, in the words that people read."),
    findings=explain(TEXTS, "What the critic still finds wrong."),
    followed=explain(TEXTS, "The team's preferences that the plan follows."),
    went_ahead=explain(TEXTS, "By which rule of the team's policy nobody was asked, a line for each question."),
    instead=explain(TEXTS, "Why there is a new plan, and what is kept of the one before."),
    requirements=COUNT,
    steps=array(members(id=text(), title=text(), why=text(), exactly=text(), status=text())),
)


def show_plan(call: Call) -> ApiReply:
    """Return the latest plan of a run; before there is one, and for a run that needed no planner, its steps alone."""
    loaded = call.deps.store.load_run(call.tenant, call.parts["run"])
    if loaded is None:
        raise NotThere(f"no run {call.parts['run']!r}")
    run = loaded.run
    made = [step for step in run.steps if step.spec.lane == "plan" and step.output.get("proposal")]
    return ApiReply(body=_view(call, run, made[-1] if made else None))


def _view(call: Call, run: Run, planning: Step | None) -> dict[str, Any]:
    planned = planning.output if planning else {}
    kept = json.loads(call.deps.store.get_text(call.tenant, str(planned["proposal"]))) if planned else {}
    proposal = upgrade_proposal(kept)
    return {
        "run": run.id,
        "revision": run.revision,
        "plan_hash": run.plan_hash,
        "model": str(planned.get("model", "")),
        "summary": str(planned.get("summary", "")),
        "asked": proposal["analysis"]["asked"],
        "missing": proposal["analysis"]["missing"],
        "questions": proposal["questions"],
        "assumptions": proposal["assumptions"],
        "alternatives": proposal["alternatives"],
        "risk": str((planned.get("risk") or {}).get("level", "")),
        "outlook": outlook_lines(planned),
        "findings": finding_lines(planned),
        "followed": describe_followed(planned),
        "went_ahead": describe_passed(run),
        "instead": explain_replanning(run),
        "requirements": len(proposal["requirements"]),
        "steps": _steps(run, planning, proposal),
    }


def _steps(run: Run, planning: Step | None, proposal: dict[str, Any]) -> list[dict[str, str]]:
    """Return the steps of this plan: those that came after its planning step."""
    reasons = {str(each.get("id")): str(each.get("why", "")) for each in proposal["steps"]}
    after = run.steps[run.steps.index(planning) + 1 :] if planning else run.steps
    return [
        {
            "id": step.id,
            "title": step.spec.title,
            "why": reasons.get(bare_name(step.id), ""),
            "exactly": describe_in_full(step.spec),
            "status": step.status.value,
        }
        for step in after
        if is_work(step.spec) and not step.parent
    ]
