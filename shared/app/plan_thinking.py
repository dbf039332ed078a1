"""From a page to a plan: what is known, the model's proposal, its risk; where that is high, a critic's second look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from shared.app.budget import PLAN_OUTPUT_TOKENS, one_plan, step_estimate
from shared.app.ceilings import most_by_input, refuse_too_dear, within_means
from shared.app.contexts import keep_context
from shared.app.deps import Deps
from shared.app.execute_step import Tools
from shared.app.knowledge_search import knowledge_parts
from shared.app.learn_preferences import learn
from shared.app.page_view import PageView
from shared.app.plan_known import Known
from shared.app.plan_places import places_of
from shared.app.plan_proposal import Proposal
from shared.app.plan_request import PLAN_PROMPT_TOKENS, plan_parts, plan_request, usable
from shared.app.preferences import preferences_of
from shared.app.second_look import SecondLook, look_again
from shared.core.durations import typical_of
from shared.core.errors import IntegrationError, InvalidOutput, ModelError
from shared.core.plan import REVIEW, Before, Rule, question, validate, with_gate
from shared.core.proposal import upgraded
from shared.core.replan import is_work, so_far
from shared.core.risk import Risk, ceiling_of, risk_of
from shared.core.run import Run, Step, StepSpec
from shared.core.secret_places import without_places_in
from shared.core.shipping import WITH_RELEASE, ship_of
from shared.core.tokens import answer_room
from shared.integrations.notion.wire import normal_id
from shared.mind.fitting import within
from shared.mind.page_text import page_text
from shared.mind.questions import references
from shared.mind.redaction import Redactor
from shared.mind.structured import ask, compact, schema_of
from shared.ports import Model
from shared.steps._kind import StepKind

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
        """Return what people are told beside the steps; core/plan_words.py puts it into words."""
        if self.asks:
            return {}
        followed = [one for one in self.known.preferences if one.id in self.proposal.followed]
        look = self.look.words if self.look else BY_RULES if self.risk.level == "high" else ""
        return {
            "risk": {"level": self.risk.level, "why": list(self.risk.why)},
            "micros": ceiling_of(self.specs).micros,
            "seconds": list(typical_of([spec for spec in self.specs if is_work(spec)])),
            "second_look": look,
            "findings": list(self.look.findings) if self.look else [],
            "followed": [{"id": one.id, "text": one.text} for one in followed],
        }


def by_rules(made: Mapping[str, Any], tools: Tools, run: Run) -> Thought:
    """Return the thought behind a plan that was made without a model."""
    proposal, specs = validated(upgraded(made), tools, run)
    return Thought(proposal, specs, OFFLINE, risk=risk_of(specs, proposal.analysis.risk))


def think(deps: Deps, run: Run, step: Step, tools: Tools, view: PageView, task: str, model: Model) -> Thought:
    """Return the model's plan; raises IntegrationError and ModelError."""
    learn(deps, run.tenant, model)
    query = f"{view.page.title} {page_text(view.page)}"
    says = knowledge_parts(deps, tools, run.tenant, query, without=(normal_id(view.page.id),))
    places = places_of(deps, tools, run.tenant, view.page)
    known = Known(tuple(preferences_of(deps, run.tenant)), so_far(run), workspace=tuple(says), places=places)
    first = _proposed(deps, run, step, tools, view, task, model, known)
    if first.asks or not first.by_model or first.risk.level != "high":
        return first
    return _looked_at(first, deps, run, step, tools, view, task, model)


def _looked_at(
    first: Thought, deps: Deps, run: Run, step: Step, tools: Tools, view: PageView, task: str, model: Model
) -> Thought:
    """Let a critic look, and plan once more with what it finds; the better plan is the one that has been mended."""
    seed = f"{run.id}.{step.id}.{step.attempt}.look"
    look = look_again(model, view, first.proposal, first.specs, seed)
    seen = replace(first, look=look)
    if not look.findings:
        return seen
    try:
        found = replace(first.known, findings=look.findings)
        second = _proposed(deps, run, step, tools, view, task, model, found)
    except (IntegrationError, ModelError):  # there is a plan, and people are told what is wrong with it
        return seen
    if second.asks:  # there was enough to plan with before
        return seen
    last = look_again(model, view, second.proposal, second.specs, f"{seed}-2")
    return replace(second, look=last, known=first.known)


def _proposed(
    deps: Deps, run: Run, step: Step, tools: Tools, view: PageView, task: str, model: Model, known: Known
) -> Thought:
    request_of = plan_request(view, tools, run, step.feedback, task, schema_of(Proposal), known)
    window = model.window("reason")
    room = min(PLAN_PROMPT_TOKENS, window - answer_room(window, PLAN_OUTPUT_TOKENS))
    (answer, result), context = within(
        model,
        request_of,
        plan_parts(view, tools, run, step.feedback, task, known, room),
        lambda request: ask(model, request, Proposal),
        answer_tokens=PLAN_OUTPUT_TOKENS,
        most=PLAN_PROMPT_TOKENS,
        seed=f"{run.id}.{step.id}.{step.attempt}",
        reserved=one_plan(model),
        keep=lambda context: keep_context(deps, run, step, context, tools.known_secrets(run.tenant)),
    )
    if result.model != OFFLINE and context.short:  # people approve knowing that not all of it was read
        unread = [f"Not everything was read: {what}."[:500] for what in context.dropped if "no room" in what]
        answer = answer.model_copy(update={"assumptions": [*unread, *answer.assumptions][:20]})
    proposal, specs = validated(answer.model_dump(), tools, run)
    return Thought(proposal, specs, result.model, risk_of(specs, proposal.analysis.risk), known=known)


def validated(answer: Mapping[str, Any], tools: Tools, run: Run) -> tuple[Proposal, tuple[StepSpec, ...]]:
    """Return the proposal and its steps with the gate, or with the questions; raises InvalidOutput for the model.

    What of it looks like a secret becomes a sign: it is shown in pages, titles and messages, and to strangers.
    """
    redactor = Redactor(tools.known_secrets(run.tenant))
    redactor.learn(dict(answer))
    hidden = without_places_in(redactor.hide_in(dict(answer)))  # and what nobody can see is gone
    try:
        proposal = Proposal.model_validate(hidden)
    except ValidationError as error:
        raise InvalidOutput(f"field {compact(error)}") from error
    prefix = f"r{run.revision}." if run.revision > 1 else ""
    if proposal.asked and proposal.steps:
        raise InvalidOutput(
            "field questions: a plan with steps asks nothing; assume what is missing, or leave out steps"
        )
    if proposal.asked:
        return proposal, question(*proposal.asked, prefix=prefix)
    model = tools.model(run.tenant)
    rules = {k.name: rule_of(k, model, tools.kinds) for k in usable(tools.kinds, tools.settings(run.tenant)).values()}
    left = run.limits.steps - len(run.steps) - 5  # what every plan gets from us
    before = _before(run)
    specs = validate(proposal.steps, rules, prefix=prefix, max_steps=left, before=before)
    specs = within_means(specs, run, tools.kinds)
    refuse_too_dear(specs, run)
    if review := tools.kinds.get(REVIEW):
        rules[REVIEW] = rule_of(review, model, tools.kinds)
    together = ship_of(tools.settings(run.tenant)).production == WITH_RELEASE
    return proposal, with_gate(specs, rules, prefix=prefix, live_with_release=together, done=before.done)


def _before(run: Run) -> Before:
    there = so_far(run)
    return Before({name: step.spec for name, step in there.done.items()}, [step.spec for step in there.failed])


def rule_of(kind: StepKind, model: Model, kinds: Mapping[str, StepKind]) -> Rule:
    """Return what plan validation needs to know of a kind; `kinds` are all, for those that become steps of others."""

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
        most_by_input(kind, kinds, model),
        kind.group,
        vital=kind.vital,
        ships=kind.ships,
        refers=references if kind.weigh else None,
    )
