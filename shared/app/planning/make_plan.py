"""Read the page, ask the model, and turn its proposal into a valid plan, or into questions."""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_right
from collections.abc import Iterable, Iterator

from shared.app.approval.comment_records import load_heard
from shared.app.engine.attempt import Attempt
from shared.app.engine.deps import Deps
from shared.app.engine.execute_step import carry_out
from shared.app.engine.failed_attempts import MAX_ERROR, failure_event
from shared.app.engine.step_context import keep_text
from shared.app.engine.tools import Tools
from shared.app.intake.page_view import PageView, answers_in, find_spoken, read_page_view
from shared.app.planning.plan_thinking import Thought, build_rule_thought, think
from shared.app.planning.planner_facts.plan_request import PLAN, ROUTINE
from shared.app.prompts import prompt
from shared.app.workspace.partial_reads import kept_reads
from shared.core.documents.routine import KIND as ROUTINES
from shared.core.errors import ErrorClass, IntegrationError
from shared.core.models.model_errors import InvalidOutput, ModelError
from shared.core.page import Page
from shared.core.planning.proposal import PROPOSALS, RuledPlan
from shared.core.run import events as ev
from shared.core.run.commands import Command
from shared.core.run.run import Run
from shared.core.secrets.secret_places import hide_places
from shared.mind.safety.leaks import MIN_KNOWN, secrets_anywhere
from shared.mind.safety.redaction import Redactor
from shared.ports import get_as
from shared.telemetry import trace

MAX = 20
_WORDS = 80  # characters of the line that people are shown, without the secret


@trace.use_case
def make_plan(command: Command, deps: Deps, tools: Tools) -> None:
    """Attempt the planning step if this attempt is still wanted. Raises Busy while another worker is at it."""
    carry_out(command, deps, tools, _attempt)


def _attempt(attempt: Attempt) -> ev.Event:
    deps, run, step, tools = attempt.deps, attempt.run, attempt.step, attempt.tools
    try:
        connect = tools.accounts.connect_for(run.tenant)
        heard = load_heard(deps, run.tenant, run.id)
        spoken = find_spoken(deps, run, heard)
        with kept_reads(deps, run.tenant, f"{run.id}.{step.id}") as kept:
            view = read_page_view(connect, run.trigger.page, tools.settings(run.tenant), spoken, kept)
        thought = _make_thought(attempt, view)
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


def _make_thought(attempt: Attempt, view: PageView) -> Thought:
    """Return the plan that was made for this page already, without a model; else the model's."""
    deps, run = attempt.deps, attempt.run
    made = get_as(RuledPlan, deps.store, (run.tenant, PROPOSALS, run.trigger.page))
    if made is not None:
        return build_rule_thought(made.answer, deps, attempt.tools, run)
    return think(attempt, view, task_of(deps, run))


def is_made_by_rules(deps: Deps, run: Run) -> bool:
    """Say whether the plan of this page was made by rules: what people write on the page does not change it."""
    return deps.store.get(run.tenant, PROPOSALS, run.trigger.page) is not None


def task_of(deps: Deps, run: Run) -> str:
    """Return what the model is asked for: a routine's page says what to do in Notion, any other what to make."""
    return ROUTINE if deps.store.get(run.tenant, ROUTINES, run.trigger.page) is not None else PLAN


def left_out(page: Page, known: Iterable[str] = ()) -> list[dict[str, str]]:
    """Return for each secret of a page its kind, the id of its block ("" for none), and the words around it."""
    lines = [(block, line) for block, line in _lines(page) if line]
    starts, size = [], 0
    for _, line in lines:
        starts.append(size)
        size += len(line) + 1
    text = "\n".join(line for _, line in lines)
    hidden = hide_places(Redactor(known).hide(text)).split("\n")
    places = {(bisect_right(starts, each.start) - 1, each.kind) for each in secrets_anywhere(text)}
    values = [value for value in known if len(value) >= MIN_KNOWN and value in text]
    places |= {(bisect_right(starts, text.find(value)) - 1, "token of this team") for value in values}
    whole = len(hidden) == text.count("\n") + 1  # a secret of many lines takes some of them away
    found = []
    for number, kind in sorted(places)[:MAX]:
        words = hidden[text.count("\n", 0, starts[number])] if whole else ""
        shown = words if len(words) <= _WORDS else f"{words[: _WORDS - 1]}…"
        found.append({"kind": kind.replace("-", " "), "block": lines[number][0], "words": shown})
    return found


def _lines(page: Page) -> Iterator[tuple[str, str]]:
    yield "", page.title
    for name, value in page.properties.items():
        yield "", f"{name}: {value}" if value else ""
    for block in page.walk():
        cells = " | ".join("".join(span.text for span in cell) for cell in block.cells)
        for text in (block.text, block.caption, cells):
            yield block.id, text
