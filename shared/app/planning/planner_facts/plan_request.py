"""What the model is asked for a plan: the page as data, what the team may use, and what its last answer lacked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.app.engine.tools import Tools
from shared.app.intake.page_view import PageView
from shared.app.money.budget import PLAN_OUTPUT_TOKENS
from shared.app.planning.planner_facts.plan_context import Known
from shared.app.planning.planner_facts.plan_examples import example_plans
from shared.app.planning.planner_facts.plan_families import NOTION, Families, families_for
from shared.app.planning.planner_facts.plan_fitting import core_kinds, fitting_kinds, further_table
from shared.app.planning.planner_facts.plan_kinds import kinds_notes, kinds_table
from shared.app.planning.planner_facts.short_names import ShortNames, short_names
from shared.app.prompts import prompt
from shared.core.run.run import Run
from shared.integrations.ship_settings import ship_of
from shared.integrations.systems import name_system
from shared.mind.context import Part
from shared.mind.error_summary import compact_error
from shared.mind.page_text import page_text, page_words
from shared.ports.model import ModelRequest
from shared.steps._kind import StepKind

PLAN, ROUTINE = "plan", "routine"  # tasks of the model, and names of their prompts
PLAN_PROMPT_TOKENS = 60_000  # a page that needs more is read in part, and the plan says so
_PROPOSES = "repository.propose_change"
_NO_REPOSITORY = f"None is named yet: {_PROPOSES} makes one for this page; there is no software to change."
_REPAIR = "Your last answer could not be used: mend exactly what its errors say."


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """What one question for a plan is made of. `room` is what its whole prompt may take, in tokens."""

    view: PageView
    tools: Tools
    run: Run
    known: Known
    task: str = PLAN
    feedback: str = ""  # what is wrong with the last answer
    room: int = PLAN_PROMPT_TOKENS

    def make_request(self, schema: Mapping[str, Any]) -> Callable[[str], ModelRequest]:
        """Return what makes the question to the model of a prompt; the prompt is made of `make_parts`."""
        data = {
            "page": self.view.data,
            "kinds": list(self._usable()),
            "feedback": self.feedback,
            "places": self.known.places.data(),
            **self.known.data(),
        }

        def request(text: str) -> ModelRequest:
            return ModelRequest(
                task=self.task,
                task_class="reason",
                system=prompt(self.task)[1],
                prompt=text,
                schema=schema,
                data=data,
                max_output_tokens=PLAN_OUTPUT_TOKENS,
            )

        return request

    def make_parts(self) -> list[Part]:
        """Return what the planner is told: the kinds of steps first, which other plans share; then data alone."""
        page, known, kinds, names = self.view.page, self.known, self._usable(), names_of(self.view, self.known)
        words = f"{page_words(page)}\n{known.asked}"
        core = core_kinds(kinds)
        families = families_for(words, core)
        parts = _kinds_parts(core, families, self.room)
        fitting = fitting_kinds(kinds, f"{words}\n{known.wanted}", f"{known.named}\n{self.feedback}")
        if further := further_table(fitting, self.room):
            parts.append(Part("task", "further kinds of steps", further, trusted=True))
        if known.places.day:
            parts.append(known.places.part(columns=NOTION in families.names))
        code = ship_of(self.tools.settings(self.run.tenant)).code
        if code.repository or _PROPOSES in kinds:
            named = f"{code.owner}/{code.repository}" if code.repository else _NO_REPOSITORY
            parts.append(Part("input", "the team's repository", named, must=True, share=0.1))
        parts.append(Part("page", names.names.get(page.id, page.id), page_text(page), must=True, share=0.7))
        parts += known.parts()
        if self.feedback:
            parts.append(Part("errors", "your last answer", compact_error(self.feedback), must=True, share=0.1))
            parts.append(Part("task", "repair", _REPAIR, trusted=True))
        return names.parts(parts)

    def _usable(self) -> dict[str, StepKind]:
        return usable(self.tools.kinds, self.tools.settings(self.run.tenant))


def _kinds_parts(core: Mapping[str, StepKind], families: Families, room: int) -> list[Part]:
    """Return what is told of the kinds that every planner knows, as far as a page may need these families."""
    table = kinds_table(core.values(), room, families.names)
    parts = [Part("task", "kinds of steps", table, trusted=True, stable=True)]
    if families.sure and (more := kinds_notes(core.values(), families.names, room)):
        parts.append(Part("task", "fields of steps", more, trusted=True))
    if example := example_plans(core, families.names):
        parts.append(Part("task", "usual plans", example, trusted=True))
    return parts


def names_of(view: PageView, known: Known) -> ShortNames:
    """Return the short names of what a request for a plan shows of Notion."""
    return short_names(
        view.page, [(described.columns.data_source, described.columns.title) for described in known.places.databases]
    )


def usable(kinds: Mapping[str, StepKind], settings: Mapping[str, Any]) -> dict[str, StepKind]:
    """Return the kinds of steps a plan of this tenant may hold, by name."""
    return {kind.name: kind for kind in kinds.values() if not _reason_against(kind, settings)}


def absent_kinds(kinds: Mapping[str, StepKind], settings: Mapping[str, Any]) -> dict[str, str]:
    """Return the others by name, with the reason for a planner."""
    return {kind.name: why for kind in kinds.values() if (why := _reason_against(kind, settings))}


def _reason_against(kind: StepKind, settings: Mapping[str, Any]) -> str:
    if not kind.plannable:
        return "our code adds it where it is needed; leave it out"
    if missing := kind.missing_with(settings.get("connected", ())):
        alternatives = (" or ".join(map(name_system, system.split("|"))) for system in missing)
        lacks = " and ".join(alternatives)
        return f"this team has not connected {lacks}; leave it out, and say among the assumptions what cannot be done"
    if kind.useful is not None and not kind.useful(settings):
        return "this team's settings leave it nothing to do; leave it out"
    return ""
