"""A second, cheaper look at a plan where the stakes are high: a critic who has not made it says what is wrong with it.

Its findings lead to one more round of planning; what is found after that is shown to whoever approves. A critic that
cannot be reached, or that there is no money for, holds nothing up: people are told that nobody has looked.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import unified_diff
from typing import Any

from shared.app.intake.page_view import PageView
from shared.app.planning.plan_proposal import Proposal
from shared.app.planning.planner_facts.plan_families import AGENTS, family_of
from shared.app.planning.planner_facts.plan_inputs import shorten_input
from shared.app.planning.planner_facts.plan_kinds import kind_line, kinds_table, notes_of
from shared.app.planning.planner_facts.plan_request import PLAN_PROMPT_TOKENS
from shared.app.planning.planner_facts.short_names import ShortNames
from shared.core.errors import IntegrationError
from shared.core.models.model_errors import ModelError
from shared.core.planning.plan import describe_in_full
from shared.core.planning.plan_tidy import bare_references
from shared.core.planning.plan_words import MAX_FINDINGS
from shared.core.run.replan import bare_name, is_work
from shared.core.run.run import StepSpec
from shared.core.text.cut_text import cut_text
from shared.core.text.outgoing_text import visible
from shared.mind.agents.ask_agent import ask_agent, checked_input
from shared.mind.agents.registry import agent
from shared.mind.context import Part
from shared.mind.page_text import page_text
from shared.ports.model import Model
from shared.steps._kind import StepKind

CRITIC = "critic"
_ASKED, _PLAN = 18_000, 36_000  # characters: what the critic takes of each
_NAMES = "page:1 is the page that people wrote; other names like it stand for its blocks, and for databases."
_LINE = 120  # characters of a step at least, its title apart
_CUT = "… (more that is not shown here)"
_FINDING = 1600  # characters: where, what is wrong and what to do, each as long as a critic may write
_WORST = ("high", "medium", "low")
Looked = tuple[Proposal, Sequence[StepSpec]]


@dataclass(frozen=True, slots=True)
class SecondLook:
    """What a critic found, the worst first; `failed` says why there was none, `partly` that it saw not everything."""

    findings: tuple[str, ...] = ()
    model: str = ""
    failed: str = ""
    partly: bool = False

    @property
    def words(self) -> str:
        """Return what people are told about it."""
        if self.failed:
            return f"Nobody has taken a second look at this plan: {self.failed}"
        by = f"A second look, by the {self.model} model,{' which has not read all of it,' if self.partly else ''}"
        if self.findings:
            return f"{by} still finds something wrong with this plan:"
        return f"{by} has found nothing wrong with this plan."


def _list_planner_parts(parts: Iterable[Part], kinds: Mapping[str, StepKind], specs: Sequence[StepSpec]) -> list[Part]:
    """Return what the planner knew, as parts for the critic: what it was given besides is known and not guessed.

    Of the kinds that the plan uses all that the planner was told, of the others what there is to plan with instead.
    """
    given = list(parts)
    addresses = [part.source for part in given if part.name == "knowledge"]
    found = [replace(part, must=False, share=0.2) if part.name == "input" else part for part in given
             if part.name in ("input", "history")]  # fmt: skip
    used = {name: kind for name, kind in kinds.items() if name in {spec.kind for spec in specs}}
    lines = [_NAMES, kinds_table(used.values(), PLAN_PROMPT_TOKENS)]
    lines += [note for kind in used.values() for note in notes_of(kind)]
    lines += ["Others that a plan may use:"]
    asked = any(family_of(name) == AGENTS for name in used)  # else nobody has told the planner of any
    task = "\n".join(part.text for part in given if part.name == "task")
    unused = {name: kind for name, kind in kinds.items() if name not in used and (kind.core or name in task)}
    others = {name: kind for name, kind in unused.items() if asked or family_of(name) != AGENTS}
    lines += [kind_line(kind, kinds, short=True) for kind in others.values()]
    found.append(Part("input", "kinds of steps of this plan, and others", "\n".join(lines), share=0.3))
    if addresses:
        found.append(Part("input", "pages that the planner was shown passages of", "\n".join(addresses), share=0.1))
    return found


def describe_first_look(look: SecondLook, first: Looked, second: Looked, kinds: Mapping[str, StepKind]) -> list[Part]:
    """Return what a critic said of the first plan, and what is other in the second, for its look at that."""
    before, after = (_describe_plan(*each, kinds).splitlines() for each in (first, second))
    changed = [
        line for line in unified_diff(before, after, lineterm="", n=0) if not line.startswith(("---", "+++", "@@"))
    ]
    findings = "\n".join(look.findings)
    return [
        Part("history", "your findings on the plan before this one", findings, must=True, share=0.1),
        Part("history", "lines of that plan that went (-) and came (+)", "\n".join(changed), share=0.2),
    ]


def look_again(
    model: Model,
    view: PageView,
    proposal: Proposal,
    specs: Sequence[StepSpec],
    seed: str,
    parts: Sequence[Part],
    known: tuple[Mapping[str, StepKind], ShortNames],
) -> SecondLook:
    """Return what the critic says about the plan; never raises for a model that cannot answer.

    `parts` is what the planner was told, of which the critic is told what is not the page; `known` are the kinds it may
    plan, and the short names it was told of what is in Notion.
    """
    critic, (kinds, names) = agent(CRITIC), known
    given = {"asked": _cut(names.shorten(page_text(view.page)), _ASKED)}
    given["plan"] = names.shorten(_describe_plan(proposal, specs, kinds))
    beside = names.parts(_list_planner_parts(parts, kinds, specs))
    try:
        answer, result = ask_agent(model, critic, checked_input(critic, given), beside, seed=seed)
    except (IntegrationError, ModelError) as error:
        return SecondLook(failed=f"{type(error).__name__}: {str(error)[:200]}.")
    partly = any(_CUT in text for text in given.values())
    found = tuple(names.put_in_words(line) for line in _findings(answer.model_dump()))
    return SecondLook(found, result.model, partly=partly)


def _findings(answer: dict[str, Any]) -> tuple[str, ...]:
    found = sorted(answer["findings"], key=lambda each: _WORST.index(each["severity"]))
    lines = [f"{each['severity']}: {each['where']}: {each['problem']} {each['mend']}" for each in found]
    lines = [cut_text(" ".join(visible(line).split()), _FINDING) for line in lines]
    if answer["verdict"] == "stop":
        lines.insert(0, "The critic advises against doing this at all.")
    elif answer["verdict"] == "ok":  # which does not go with a finding of weight: that one counts
        lines = [line for line, each in zip(lines, found, strict=True) if each["severity"] != "low"]
    return tuple(lines[:MAX_FINDINGS])


def _describe_plan(proposal: Proposal, specs: Sequence[StepSpec], kinds: Mapping[str, StepKind]) -> str:
    """Return the plan as its planner wrote it, with what each step is given: a long one leaves room for all others.

    Steps that every plan gets from us are left out, and so is what code has filled in: nobody has planned either.
    """
    beside = {"asked": proposal.analysis.asked, "summary": proposal.summary, "assumptions": proposal.assumptions}
    wishes = "\n".join(f"{each.id}: {each.text}" for each in proposal.requirements)
    head = _cut(json.dumps(beside, ensure_ascii=False), _PLAN // 4) + "\n" + _cut(wishes, _PLAN // 4)
    ours = {spec.id for spec in specs if not is_work(spec)}
    lines = [_line(spec, ours, kinds) for spec in specs if spec.id not in ours]
    left = _PLAN - len(head) - sum(len(name) + 1 for name, _ in lines)
    limits = _even([len(given) for _, given in lines], left)
    return _cut("\n".join([head, *(name + _cut(given, max(limits, _LINE)) for name, given in lines)]), _PLAN)


def _line(spec: StepSpec, ours: Collection[str], kinds: Mapping[str, StepKind]) -> tuple[str, str]:
    given = bare_references(shorten_input(kinds.get(spec.kind), spec.input))
    after = [bare_name(name) for name in spec.depends_on if name not in ours]
    waits = f" after {', '.join(after)}" if after else ""
    return f"{bare_name(spec.id)}: {spec.title} — ", f"{describe_in_full(replace(spec, input=given))}{waits}"


def _even(sizes: Sequence[int], room: int) -> int:
    """Return how long each may be at most so that all fit: what short ones leave free goes to the long ones."""
    for number, size in enumerate(sorted(sizes)):
        share = room // (len(sizes) - number)
        if size > share:
            return share
        room -= size
    return max(sizes, default=0)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: max(0, limit - len(_CUT))] + _CUT
