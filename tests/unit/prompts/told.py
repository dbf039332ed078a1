"""What a model is told in each question that we ask: instructions, what a request always brings, and the schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel

from shared.app.chat.conversation import Understood
from shared.app.intake.page_view import PageView
from shared.app.knowledge.ask import _Answered, _Rewritten
from shared.app.planning.learn_preferences import Learnt
from shared.app.planning.plan_proposal import Proposal
from shared.app.planning.planner_facts.plan_context import Known
from shared.app.planning.planner_facts.plan_request import PLAN, ROUTINE, PlanRequest
from shared.app.prompts import prompt
from shared.bench.prompts.prompts_pages import PLACES, page_of
from shared.core.planning.artifacts import Artifact
from shared.mind.agents.registry import agents
from shared.mind.context import assemble
from shared.mind.structured import schema_of
from shared.mind.window import _Answer as Summed
from shared.steps.code._code_answers import Outline, Repaired, Written
from tests.support.builders.runs import begin
from tests.support.ports.local_ports import tools_with
from tests.unit.prompts.refusals import OUTLINE, REPAIR, WRITE
from tests.unit.prompts.refusals_talk import AGENTS
from tests.unit.prompts.sentences import FIXED, texts

Json = Mapping[str, Any]
_KINDS = tuple(f"prompts/code_{kind}" for kind in get_args(Artifact))
_CODE = ("prompts/code", *_KINDS, "prompts/code_tests", "fixed/code: repair")
SAID_IN = {  # which of our texts each question is made of
    "plan": ("prompts/plan", "fixed/plan: repair"),
    "routine": ("prompts/routine", "fixed/plan: repair"),
    OUTLINE: (
        *_CODE,
        "prompts/code_outline",
        "fixed/outline: deployed",
        "fixed/outline: not deployed",
        "fixed/outline: empty",
        "fixed/outline: there",
    ),
    WRITE: (*_CODE, "prompts/code_write", "fixed/write: lines", "fixed/write: go on"),
    REPAIR: (*_CODE, "prompts/code_repair"),
    "ask": ("prompts/ask",),
    "rewrite": ("prompts/rewrite",),
    "chat": ("prompts/chat",),
    "preferences": ("prompts/preferences",),
    "summary": ("memory/summary",),
}


@dataclass(frozen=True, slots=True)
class Told:
    """One question: `said` is all that stands in it, on one line; `texts` names those of ours in it."""

    said: str
    schema: Json
    texts: tuple[str, ...] = field(default=())


@cache
def questions() -> dict[str, Told]:
    """Return every question that a model is asked, by name; those to agents by the agent's id."""
    forms: Mapping[str, type[BaseModel]] = {OUTLINE: Outline, WRITE: Written, REPAIR: Repaired}
    found = {task: _planned(task) for task in (PLAN, ROUTINE)}
    found[AGENTS] = _planned(PLAN, "decision by specialists")
    found["plan for code"] = _planned(PLAN, "API from meeting notes")
    for kind in get_args(Artifact):
        names = ("prompts/code", f"prompts/code_{kind}", "prompts/code_tests", *SAID_IN[WRITE][-3:])
        found[f"write {kind}"] = _told("\n".join(texts()[name] for name in names), schema_of(Written), names)
    for task, form in forms.items():
        found[task] = _told("\n".join(texts()[name] for name in SAID_IN[task]), schema_of(form), SAID_IN[task])
    plain: Mapping[str, type[BaseModel]] = {
        "ask": _Answered, "rewrite": _Rewritten, "chat": Understood, "preferences": Learnt,
    }  # fmt: skip
    for name, form in plain.items():
        found[name] = _told(prompt(name)[1], schema_of(form), SAID_IN[name])
    found["summary"] = _told(texts()["memory/summary"], schema_of(Summed), SAID_IN["summary"])
    rules = ["agents: before", "agents: given", "agents: files", "agents: order", "agents: behind"]
    for name, one in agents().items():
        said = "\n".join([FIXED[rules[0]], one.prompt, *(FIXED[each] for each in rules[1:])])
        found[name] = _told(said, schema_of(one.output), (f"agents/{name}", *(f"fixed/{each}" for each in rules)))
    for name, text in texts().items():
        if name.startswith("roles/"):
            found[name] = Told(one_line(text), {}, (name,))
    return found


def one_line(text: str) -> str:
    """Return a text as it is compared: white space means nothing."""
    return " ".join(text.replace("\n- ", "\n").removeprefix("- ").split())


def _planned(task: str, page: str = "overdue tasks") -> Told:
    tools, run = tools_with(), begin()[0]
    view, known = PageView(page_of(page), "hash"), Known(places=PLACES)
    request = PlanRequest(view, tools, run, known, task, "wrong")
    context = assemble(request.make_parts(), budget=60_000)
    asked = request.make_request(schema_of(Proposal))(context.prompt)
    return _told("\n".join([asked.system, context.stable, asked.prompt]), asked.schema, SAID_IN[task])


def _told(said: str, schema: Json, names: tuple[str, ...]) -> Told:
    return Told(one_line(f"{said} {json.dumps(dict(schema), ensure_ascii=False)}"), schema, names)
