"""A planner's answer becomes a plan, or all that is wrong with it goes back: its shape, its steps, their cost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from pydantic import BaseModel, ValidationError

from shared.app.engine.deps import Deps
from shared.app.engine.tools import Tools
from shared.app.money.budget import step_estimate
from shared.app.money.ceilings import compute_ceiling_by_input, limit_to_means, refuse_too_dear
from shared.app.planning.named_places import NamedPlaces, resolve_places
from shared.app.planning.plan_proposal import Proposal
from shared.app.planning.planner_facts.plan_places import today_of
from shared.app.planning.planner_facts.plan_request import absent_kinds, usable
from shared.core.planning.artifacts import CHANGE, NODE_PROJECT
from shared.core.planning.plan import REVIEW, Before, Rule, add_gates, question, validate
from shared.core.planning.plan_refusals import Problems, refuse
from shared.core.planning.plan_tidy import drop_our_steps
from shared.core.run.replan import collect_progress
from shared.core.run.run import Run, StepSpec
from shared.core.secrets.secret_places import hide_places_in
from shared.core.ship.shipping import WITH_RELEASE, Ship
from shared.integrations.notion.client.client import Notion
from shared.integrations.ship_settings import ship_of
from shared.integrations.systems import FILES_ALONE, name_system
from shared.mind.field_errors import describe_errors, fields_in_words
from shared.mind.questions import Question, list_textless_problems
from shared.mind.safety.redaction import Redactor
from shared.mind.structured import compact, schema_of
from shared.ports.model import Model
from shared.steps._kind import StepKind

_LONGEST_INPUT = 400  # characters of what a kind takes, told beside what is wrong with an input


def validate_plan(
    answer: Mapping[str, Any], tools: Tools, run: Run, places: NamedPlaces | None = None
) -> tuple[Proposal, tuple[StepSpec, ...]]:
    """Return the proposal and its steps with the gate, or with the questions; raises InvalidOutput for the model.

    `places` look up what it names in Notion, for all answers of an attempt; without them it stays as it is named.

    What of it looks like a secret becomes a sign: it is shown in pages, titles and messages, and to strangers.
    """
    proposal = _read_proposal(answer, tools.known_secrets(run.tenant))
    prefix = f"r{run.revision}." if run.revision > 1 else ""
    if proposal.asked and proposal.steps:
        raise refuse("steps_and_questions", "field questions")
    if proposal.asked:
        return proposal, question(*proposal.asked, prefix=prefix)
    model = tools.model(run.tenant)
    settings = tools.settings(run.tenant)
    rules = {kind.name: rule_of(kind, model, tools.kinds) for kind in usable(tools.kinds, settings).values()}
    absent = absent_kinds(tools.kinds, settings)
    left = run.limits.steps - len(run.steps) - 5  # what every plan gets from us
    before = _collect_before(run)
    problems = Problems()
    kept = drop_our_steps(proposal.steps, rules)
    _refuse_artifacts(kept, ship_of(settings), problems)
    proposal.steps, new = resolve_places(kept, places, problems, _words_of(proposal)) if places else (kept, [])
    proposal.assumptions = [*dict.fromkeys([*new, *proposal.assumptions])][:20]
    specs = validate(
        proposal.steps, rules, prefix=prefix, max_steps=left, before=before, problems=problems, absent=absent
    )
    specs = limit_to_means(specs, run, tools.kinds)
    refuse_too_dear(specs, run)
    if review := tools.kinds.get(REVIEW):
        rules[REVIEW] = rule_of(review, model, tools.kinds)
    together = ship_of(settings).production == WITH_RELEASE
    return proposal, add_gates(specs, rules, prefix=prefix, live_with_release=together, done=before.done)


def _read_proposal(answer: Mapping[str, Any], secrets: Iterable[str]) -> Proposal:
    """Return what was proposed, with signs for secrets and without what nobody can see; raises InvalidOutput."""
    redactor = Redactor(secrets)
    redactor.learn(dict(answer))
    try:
        return Proposal.model_validate(hide_places_in(redactor.hide_in(dict(answer))))
    except ValidationError as error:
        raise refuse("shape", "field", error=compact(error, Proposal)) from error


def _refuse_artifacts(steps: Sequence[Mapping[str, Any]], ship: Ship, problems: Problems) -> None:
    """Refuse to make what the tenant has no place for: a change of nothing, or what a host of files cannot build."""
    deploys = any(step.get("kind") == "site.deploy" for step in steps)
    for number, step in enumerate(steps):
        given, where = step.get("input"), f"steps[{number}].input.artifact"
        if step.get("kind") != "code.generate" or not isinstance(given, Mapping):
            continue
        if given.get("artifact") == CHANGE and not ship.code.repository:
            problems.add("no_repository", where)
        if given.get("artifact") == NODE_PROJECT and deploys and ship.site.system in FILES_ALONE:
            problems.add("files_alone", where, host=name_system(ship.site.system))


def _words_of(proposal: Proposal) -> str:
    """Return what the plan says in words that people read before they approve it."""
    titles = [str(step.get("title", "")) for step in proposal.steps]
    return "\n".join([proposal.summary, *proposal.assumptions, *(each.text for each in proposal.requirements), *titles])


def places_named(deps: Deps, tools: Tools, run: Run, today: str = "", page_text: str = "") -> NamedPlaces:
    """Return what looks up the databases that a plan names; `today` is the day that its planner was told.

    `page_text` is what its page says.
    """
    settings = tools.settings(run.tenant)
    day = today or today_of(settings, run.opened_at)[0]

    def connect() -> Notion:
        return tools.accounts.connect_for(run.tenant)(Notion)

    return NamedPlaces(deps, run.tenant, connect, settings, date.fromisoformat(day), page_text)


def _collect_before(run: Run) -> Before:
    done = collect_progress(run)
    failed = [step.spec for step in done.failed if not step.home]  # who has a run retried has mended what failed in it
    return Before({name: step.spec for name, step in done.done.items()}, failed)


def _list_textless_fields(wanted: BaseModel) -> list[str]:
    """Return which fields of an input hold no text where one is needed: people would approve what does nothing."""
    if isinstance(wanted, Question):
        return list_textless_problems(wanted)
    texts = {name: getattr(wanted, name) for name in type(wanted).model_fields}
    blank = [name for name, value in texts.items() if isinstance(value, str) and value.isspace()]
    return [f"{name}: holds blanks alone; write a text" for name in blank]


def _answers_of(
    kind: StepKind, kinds: Mapping[str, StepKind]
) -> Callable[[Mapping[str, Any]], Sequence[str] | None] | None:
    """Return what gives the fields of a step's answer; None for a kind that asks nobody."""
    if kind.weigh is None:
        return None
    weigh = kind.weigh

    def answers(given: Mapping[str, Any]) -> Sequence[str] | None:
        voice = weigh(kind.input.model_validate(dict(given)), kinds).voice
        return None if voice is None else tuple(voice.model_fields)

    return answers


def rule_of(kind: StepKind, model: Model, kinds: Mapping[str, StepKind]) -> Rule:
    """Return what plan validation needs to know of a kind; `kinds` are all, for those that become steps of others."""

    def check(given: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            wanted = kind.input.model_validate(dict(given))
        except ValidationError as error:
            raise ValueError("\n".join(describe_errors(error.errors(), schema_of(kind.input)))) from error
        if blank := _list_textless_fields(wanted):
            raise ValueError("\n".join(blank))
        return wanted.model_dump(mode="json")

    return Rule(
        kind.name,
        check,
        kind.lane,
        kind.undo is not None,
        kind.needs_approval,
        step_estimate(kind, model),
        kind.repairs,
        kind.needs,
        compute_ceiling_by_input(kind, kinds, model),
        kind.group,
        vital=kind.vital,
        ships=kind.ships,
        leaves_text=kind.leaves_text,
        answers=_answers_of(kind, kinds),
        takes=fields_in_words(schema_of(kind.input))[:_LONGEST_INPUT],
    )
