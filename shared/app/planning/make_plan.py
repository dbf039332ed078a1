"""Read the page, ask the model, and turn its proposal into a valid plan, or into questions."""

from __future__ import annotations

import hashlib
import json

from shared.app.approval.heard import heard_of
from shared.app.engine.attempt import Attempt
from shared.app.engine.deps import Deps
from shared.app.engine.execute_step import carry_out
from shared.app.engine.failed_attempts import MAX_ERROR, failure_event
from shared.app.engine.step_context import keep_text
from shared.app.engine.tools import Tools
from shared.app.intake.page_view import PageView, answers_in, read_page_view, spoken_of
from shared.app.planning.left_out import left_out
from shared.app.planning.plan_thinking import Thought, by_rules, think
from shared.app.planning.told.plan_request import PLAN, ROUTINE
from shared.app.prompts import prompt
from shared.app.workspace.kept_reads import kept_reads
from shared.core.errors import ErrorClass, IntegrationError
from shared.core.models.model_errors import InvalidOutput, ModelError
from shared.core.run import events as ev
from shared.core.run.commands import Command
from shared.core.run.run import Run
from shared.telemetry import trace

PROPOSALS = "proposals"  # documents, by page: plans that were made by rules and need no model
ROUTINES = "routines"  # documents, by page: what is known of a routine


@trace.use_case
def make_plan(command: Command, deps: Deps, tools: Tools) -> None:
    """Attempt the planning step if this attempt is still wanted. Raises Busy while another worker is at it."""
    carry_out(command, deps, tools, _attempt)


def _attempt(attempt: Attempt) -> ev.Event:
    deps, run, step, tools = attempt.deps, attempt.run, attempt.step, attempt.tools
    try:
        connect = tools.accounts.connect_for(run.tenant)
        heard = heard_of(deps, run.tenant, run.id)
        spoken = spoken_of(deps, run, heard)
        with kept_reads(deps, run.tenant, f"{run.id}.{step.id}") as kept:
            view = read_page_view(connect, run.trigger.page, tools.settings(run.tenant), spoken, kept)
        thought = _thought(attempt, view)
    except InvalidOutput as error:
        return ev.StepFailed(
            deps.clock.now(), step.id, step.attempt, str(error)[:MAX_ERROR], ErrorClass.INVALID,
            signature=hashlib.sha256(str(error).encode()).hexdigest()[:16], used=error.used,
        )  # fmt: skip
    except (IntegrationError, ModelError) as error:
        return failure_event(deps, run.tenant, step, error)
    proposal = thought.proposal
    output = {
        "proposal": keep_text(deps, run, json.dumps(proposal.model_dump(), ensure_ascii=False), "plan.propose"),
        "page": keep_text(deps, run, json.dumps(view.data, ensure_ascii=False), "plan.propose"),
        "page_hash": view.content_hash,
        "page_url": view.page.url,
        "summary": proposal.summary,
        "artifact": proposal.artifact,
        "requirements": len(proposal.requirements),
        "model": thought.model,
        "prompt": prompt(task_of(deps, run))[0],
        "left_out": left_out(view.page, tuple(tools.known_secrets(run.tenant))),
        **({"answers": answers} if (answers := answers_in(view)) else {}),
        **thought.outlook(),
    }
    replannable = thought.by_model and not thought.asks
    return ev.PlanProposed(deps.clock.now(), step.id, step.attempt, thought.specs, output, replannable=replannable)


def _thought(attempt: Attempt, view: PageView) -> Thought:
    """Return the plan that was made for this page already, without a model; else the model's."""
    deps, run = attempt.deps, attempt.run
    made = deps.store.get(run.tenant, PROPOSALS, run.trigger.page)
    if made is not None:
        return by_rules(made.body["answer"], deps, attempt.tools, run)
    return think(attempt, view, task_of(deps, run))


def made_by_rules(deps: Deps, run: Run) -> bool:
    """Say whether the plan of this page was made by rules: what people write on the page does not change it."""
    return deps.store.get(run.tenant, PROPOSALS, run.trigger.page) is not None


def task_of(deps: Deps, run: Run) -> str:
    """Return what the model is asked for: a routine's page says what to do in Notion, any other what to make."""
    return ROUTINE if deps.store.get(run.tenant, ROUTINES, run.trigger.page) is not None else PLAN
