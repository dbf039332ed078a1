"""Read the page, ask the model, and turn its proposal into a valid plan, or into a question."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.app.budget import Meter, step_estimate
from shared.app.deps import Deps
from shared.app.execute_step import MAX_ERROR, Tools, carry_out, failure_event, keep_text
from shared.app.kept_reads import kept_reads
from shared.app.page_view import PageView, Spoken, read_page_view, said_until
from shared.app.plan_comments import heard_of
from shared.app.plan_request import PLAN, ROUTINE, plan_request, usable
from shared.app.prompts import prompt
from shared.core import events as ev
from shared.core.commands import Command
from shared.core.errors import ErrorClass, IntegrationError, InvalidOutput, ModelError
from shared.core.outgoing_text import visible_in
from shared.core.plan import Rule, question, validate, with_gate
from shared.core.run import NOTHING, Run, Step, StepSpec
from shared.ports import Model, ModelResult
from shared.steps._kind import StepKind

MAX_REQUIREMENTS = 2000
PROPOSALS = "proposals"  # documents, by page: plans that were made by rules and need no model
ROUTINES = "routines"  # documents, by page: what is known of a routine


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Requirement(_Closed):
    """One wish of the page, and the block it came from."""

    id: str = Field(pattern=r"^R[0-9]{1,5}$")
    text: str = Field(max_length=20_000)
    block: str
    source: str = ""


class Proposal(_Closed):
    """The model's whole answer; `steps` are validated by core/plan.py."""

    question: str = Field(max_length=2000)
    summary: str = Field(max_length=4000)
    artifact: str
    name: str = Field(max_length=80)
    requirements: list[Requirement] = Field(max_length=MAX_REQUIREMENTS)
    steps: list[dict[str, Any]]


def make_plan(command: Command, deps: Deps, tools: Tools) -> None:
    """Attempt the planning step if this attempt is still wanted. Raises Busy while another worker is at it."""
    carry_out(command, deps, lambda run, step, meter: _attempt(deps, run, step, tools, meter))


def _attempt(deps: Deps, run: Run, step: Step, tools: Tools, meter: Meter) -> ev.Event:
    try:
        connect = tools.accounts.connect_for(run.tenant)
        heard = heard_of(deps, run.tenant, run.id)
        spoken = Spoken(said_until(run), heard.ids, heard.before(run.revision))
        with kept_reads(deps, run.tenant, f"{run.id}.{step.id}") as kept:
            view = read_page_view(connect, run.trigger.page, tools.settings(run.tenant), spoken, kept)
        result = _thought(deps, run, step, tools, view, meter)
    except (IntegrationError, ModelError) as error:
        return failure_event(deps, step, error)
    try:
        proposal, specs = _validated(result.answer, tools, run)
    except InvalidOutput as error:
        return ev.StepFailed(
            deps.clock.now(), step.id, step.attempt, str(error)[:MAX_ERROR], ErrorClass.INVALID,
            signature=hashlib.sha256(str(error).encode()).hexdigest()[:16], used=result.usage,
        )  # fmt: skip
    output = {
        "proposal": keep_text(deps, run, json.dumps(proposal.model_dump(), ensure_ascii=False), "plan.propose"),
        "page": keep_text(deps, run, json.dumps(view.data, ensure_ascii=False), "plan.propose"),
        "page_hash": view.content_hash,
        "page_url": view.page.url,
        "summary": proposal.summary,
        "artifact": proposal.artifact,
        "requirements": len(proposal.requirements),
        "model": result.model,
        "prompt": prompt(task_of(deps, run))[0],
    }
    return ev.PlanProposed(deps.clock.now(), step.id, step.attempt, specs, output, result.usage)


def _thought(deps: Deps, run: Run, step: Step, tools: Tools, view: PageView, meter: Meter) -> ModelResult:
    """Return the plan that was made for this page already, without a model; else the model's."""
    made = deps.store.get(run.tenant, PROPOSALS, run.trigger.page)
    if made is not None:
        return ModelResult(made.body["answer"], "offline", NOTHING)
    request = plan_request(view, tools, run, step.feedback, task_of(deps, run), Proposal.model_json_schema())
    return meter.model(tools.model(run.tenant)).complete(request)


def made_by_rules(deps: Deps, run: Run) -> bool:
    """Say whether the plan of this page was made by rules: what people write on the page does not change it."""
    return deps.store.get(run.tenant, PROPOSALS, run.trigger.page) is not None


def task_of(deps: Deps, run: Run) -> str:
    """Return what the model is asked for: a routine's page says what to do in Notion, any other what to make."""
    return ROUTINE if deps.store.get(run.tenant, ROUTINES, run.trigger.page) is not None else PLAN


def _validated(answer: Any, tools: Tools, run: Run) -> tuple[Proposal, tuple[StepSpec, ...]]:
    try:
        proposal = Proposal.model_validate(visible_in(answer))  # people approve what they can see
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the answer"
        raise InvalidOutput(f"field {where}: {first['msg']}") from error
    prefix = f"r{run.revision}." if run.revision > 1 else ""
    if proposal.question.strip() and not proposal.steps:
        return proposal, question(proposal.question.strip(), prefix=prefix)
    model = tools.model(run.tenant)
    rules = {k.name: rule_of(k, model) for k in usable(tools.kinds, tools.settings(run.tenant)).values()}
    left = run.limits.steps - len(run.steps) - 2
    specs = validate(proposal.steps, rules, prefix=prefix, max_steps=left)
    return proposal, with_gate(specs, rules, prefix=prefix)


def rule_of(kind: StepKind, model: Model) -> Rule:
    """Return what plan validation needs to know of a kind."""

    def check(given: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            return kind.input.model_validate(dict(given)).model_dump(mode="json")
        except ValidationError as error:
            first = error.errors()[0]
            raise ValueError(f"{'.'.join(str(p) for p in first['loc'])}: {first['msg']}") from error

    return Rule(
        kind.name,
        check,
        kind.lane,
        kind.undo is not None,
        kind.needs_approval,
        step_estimate(kind, model),
        kind.repairs,
        kind.needs,
    )
