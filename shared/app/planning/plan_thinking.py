"""From a page to a plan: what is known, the model's proposal, its risk; where that is high, a critic's second look."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from shared.app.engine.attempt import Attempt
from shared.app.engine.deps import Deps
from shared.app.engine.failed_attempts import MAX_ERROR
from shared.app.engine.tools import Tools
from shared.app.intake.page_view import PageView
from shared.app.knowledge.knowledge_search import knowledge_parts
from shared.app.models.contexts import keep_context
from shared.app.money.budget import PLAN_OUTPUT_TOKENS, estimate_plan
from shared.app.planning.learn_preferences import learn
from shared.app.planning.named_places import NamedPlaces
from shared.app.planning.plan_checking import places_named, rule_of, validate_plan
from shared.app.planning.plan_critique import SecondLook, describe_first_look, look_again
from shared.app.planning.plan_proposal import Proposal
from shared.app.planning.planner_facts.plan_context import Known
from shared.app.planning.planner_facts.plan_history import (
    find_last_answer,
    keep_last_answer,
    plan_before,
    questions_answered,
    texts_left,
)
from shared.app.planning.planner_facts.plan_places import places_of
from shared.app.planning.planner_facts.plan_request import PLAN_PROMPT_TOKENS, PlanRequest, names_of, usable
from shared.app.planning.preferences import preferences_of
from shared.core.errors import IntegrationError
from shared.core.models.model_errors import InvalidOutput, ModelError
from shared.core.models.token_bound import answer_room
from shared.core.planning.durations import typical_of
from shared.core.planning.proposal import upgrade_proposal
from shared.core.planning.risk import Risk, ceiling_of, risk_of
from shared.core.run.replan import collect_progress, is_work
from shared.core.run.run import Run, StepSpec
from shared.integrations.notion.client.wire import normal_id
from shared.integrations.systems import TITLES, USUAL_SECONDS
from shared.mind.fitting import ask_within
from shared.mind.page_text import page_words
from shared.mind.structured import append_last_answer, ask, schema_of
from shared.ports.model import Model, ModelRequest, ModelResult

__all__ = ["BY_RULES", "OFFLINE", "Proposal", "Thought", "build_rule_thought", "rule_of", "think", "validate_plan"]

OFFLINE = "offline"  # the name of the model that thinks by rules
BY_RULES = "Nobody has taken a second look at this plan: it was made by rules, not by a model that might be wrong."


@dataclass(frozen=True, slots=True)
class Thought:
    """A valid plan and what it took; `specs` hold our own steps and the gate."""

    proposal: Proposal
    specs: tuple[StepSpec, ...]
    model: str
    risk: Risk = field(default_factory=lambda: Risk("low"))
    look: SecondLook | None = None
    known: Known = field(default_factory=Known)

    @property
    def by_model(self) -> bool:
        """Say whether a language model made it, and not rules."""
        return self.model != OFFLINE

    @property
    def asks(self) -> bool:
        """Say whether it is questions instead of a plan."""
        return not self.proposal.steps

    def outlook(self) -> dict[str, Any]:
        """Return what people are told beside the steps; core/planning/plan_words.py puts it into words."""
        if self.asks:
            return {}
        followed = [preference for preference in self.known.preferences if preference.id in self.proposal.followed]
        look = self.look.words if self.look else BY_RULES if self.risk.level == "high" else ""
        return {
            "risk": {"level": self.risk.level, "why": list(self.risk.why)},
            "micros": ceiling_of(self.specs).micros,
            "seconds": list(typical_of([spec for spec in self.specs if is_work(spec)], USUAL_SECONDS)),
            "second_look": look,
            "findings": list(self.look.findings) if self.look else [],
            "followed": [{"id": preference.id, "text": preference.text} for preference in followed],
        }


def build_rule_thought(made: Mapping[str, Any], deps: Deps, tools: Tools, run: Run) -> Thought:
    """Return the thought behind a plan that was made without a model."""
    proposal, specs = validate_plan(upgrade_proposal(made), tools, run, places_named(deps, tools, run))
    return Thought(proposal, specs, OFFLINE, risk=risk_of(specs, proposal.analysis.risk, TITLES))


def think(attempt: Attempt, view: PageView, task: str) -> Thought:
    """Return the model's plan; raises IntegrationError and ModelError."""
    deps, run, step, tools, model = attempt.deps, attempt.run, attempt.step, attempt.tools, attempt.model()
    learn(deps, run.tenant, model)
    query = page_words(view.page)
    says = knowledge_parts(deps, tools, run.tenant, query, without=(normal_id(view.page.id),), related=True)
    places = places_of(deps, tools, run.tenant, view.page)
    known = Known(
        tuple(preferences_of(deps, run.tenant)),
        collect_progress(run),
        workspace=tuple(says),
        places=places,
        texts=texts_left(deps, run),
        last_plan=plan_before(deps, run),
        kinds=tools.kinds,
        asked=query,
    )
    planning = _Planning(attempt, view, task, model, places_named(deps, tools, run, places.today, query))
    try:
        first = planning.propose(known, step.feedback)
    except InvalidOutput as error:
        keep_last_answer(deps, run, step, error.answer, str(error)[:MAX_ERROR], tools.known_secrets(run.tenant))
        raise
    if first.asks or not first.by_model or first.risk.level != "high":
        return first
    return planning.looked_at(first)


@dataclass(frozen=True, slots=True)
class _Planning:
    """One attempt at a plan, and what all its questions need; what `named` has looked up is looked up once."""

    attempt: Attempt
    view: PageView
    task: str
    model: Model
    named: NamedPlaces

    def looked_at(self, first: Thought) -> Thought:
        """Let a critic look, and plan once more with what it finds; the better plan is the one that has been mended.

        A planner that asks people, now that it knows what was guessed, gives its best answer: people are asked.
        """
        run, step, tools = self.attempt.run, self.attempt.step, self.attempt.tools
        seed = f"{run.id}.{step.id}.{step.attempt}.look"
        kinds = usable(tools.kinds, tools.settings(run.tenant))
        names = names_of(self.view, first.known)
        parts = PlanRequest(self.view, tools, run, replace(first.known, last_plan=""), self.task).make_parts()
        look = look_again(self.model, self.view, first.proposal, first.specs, seed, parts, (kinds, names))
        seen = replace(first, look=look)
        if not look.findings:
            return seen
        try:  # what was wrong with an answer before has been mended since
            mended = json.dumps(first.proposal.model_dump(), ensure_ascii=False)
            second = self.propose(replace(first.known, last_plan=mended, findings=look.findings), "")
        except (IntegrationError, ModelError):  # there is a plan, and people are told what is wrong with it
            return seen
        if second.asks:
            return second
        parts += describe_first_look(look, (first.proposal, first.specs), (second.proposal, second.specs), kinds)
        last = look_again(self.model, self.view, second.proposal, second.specs, f"{seed}-2", parts, (kinds, names))
        return replace(second, look=last, known=first.known)

    def propose(self, known: Known, feedback: str) -> Thought:
        """Return the plan that the model proposes; `feedback` is what is wrong with its last answer."""
        run, tools = self.attempt.run, self.attempt.tools
        answer, result = self._answer(known, feedback)
        try:
            proposal, specs = validate_plan(answer, tools, run, self.named)
        except InvalidOutput as error:
            error.answer = json.dumps(answer, ensure_ascii=False)
            raise
        return Thought(proposal, specs, result.model, risk_of(specs, proposal.analysis.risk, TITLES), known=known)

    def _answer(self, known: Known, feedback: str) -> tuple[dict[str, Any], ModelResult]:
        deps, run, step, tools = self.attempt.deps, self.attempt.run, self.attempt.step, self.attempt.tools
        names = names_of(self.view, known)
        feedback = names.shorten(feedback)
        last_answer = names.shorten(find_last_answer(deps, run, step)) if feedback else ""
        untold = "" if last_answer else feedback  # else it stands behind the answer that it is about
        known = replace(known, answered=f"{last_answer}\n{feedback}")
        window = self.model.window("reason")
        room = min(PLAN_PROMPT_TOKENS, window - answer_room(window, PLAN_OUTPUT_TOKENS))
        asked = PlanRequest(self.view, tools, run, known, self.task, untold, room)
        asked_for = asked.make_request(schema_of(Proposal))
        talk, view = questions_answered(run, self.view)

        def request_of(text: str) -> ModelRequest:
            return (
                append_last_answer(asked_for(text), last_answer, feedback, window) if last_answer else asked_for(text)
            )

        (answer, result), context = ask_within(
            self.model,
            request_of,
            [*replace(asked, view=view).make_parts(), *names.parts(talk)],
            lambda request: ask(self.model, request, Proposal),
            answer_tokens=PLAN_OUTPUT_TOKENS,
            max_tokens=PLAN_PROMPT_TOKENS,
            seed=f"{run.id}.{step.id}.{step.attempt}",
            reserved=estimate_plan(self.model),
            keep=lambda context: keep_context(deps, run, step, context, tools.known_secrets(run.tenant)),
        )
        if result.model != OFFLINE and context.short:  # people approve knowing that not all of it was read
            unread = [f"Not everything was read: {what}."[:500] for what in context.crowded_out]
            answer = answer.model_copy(update={"assumptions": [*unread, *answer.assumptions][:20]})
        return names.expand(answer.model_dump()), result
