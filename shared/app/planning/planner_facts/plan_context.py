"""What a planner is told beside the page: day and databases, preferences, what was done, what a critic found."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.app.planning.planner_facts.plan_inputs import shorten_input
from shared.app.planning.planner_facts.plan_places import Places
from shared.core.documents.preference import Preference
from shared.core.planning.plan_tidy import bare_references
from shared.core.run.replan import SoFar, bare_name
from shared.core.run.run import Step
from shared.core.text.outgoing_text import visible
from shared.mind.context import Part
from shared.steps._kind import StepKind

_OUTPUT = 600  # characters of a step's output that tell what came of it
_ERROR = 1200
_KEPT = re.compile(r"[0-9a-f]{64}")  # where a text is kept: its content address, which says nothing to a model
_STEP = re.compile(r"r[0-9]{1,4}\.[A-Za-z0-9_/-]{1,80}")  # an id of a step, with our mark of the plan it is of


@dataclass(frozen=True, slots=True)
class Known:
    """All of it is data; nothing of it can change what the planner may do."""

    preferences: tuple[Preference, ...] = ()
    so_far: SoFar = field(default_factory=lambda: SoFar({}))
    texts: Mapping[str, str] = field(default_factory=dict)  # what steps that are done have left, by their names
    last_plan: str = ""  # the one that is mended
    findings: tuple[str, ...] = ()
    workspace: tuple[Part, ...] = ()  # what other pages say about it
    places: Places = field(default_factory=Places)
    kinds: Mapping[str, StepKind] = field(default_factory=dict)  # of the steps that earlier plans had
    asked: str = ""  # what people have said and answered, with the page's own words
    answered: str = ""  # the answer that could not be used, and what was wrong with it

    @property
    def wanted(self) -> str:
        """Return what the team wants beside this page, in its words."""
        return "\n".join(preference.text for preference in self.preferences)

    @property
    def named(self) -> str:
        """Return texts in which kinds of steps are called by their names: what was planned before, and how it went."""
        steps = (*self.so_far.done.values(), *self.so_far.failed)
        return "\n".join([self.last_plan, self.answered, *self.findings, *(step.spec.kind for step in steps)])

    def parts(self) -> list[Part]:
        """Return it as parts of the planner's context."""
        found = []
        if self.preferences:
            lines = [f"{preference.id}: {preference.text}" for preference in self.preferences]
            found.append(Part("preferences", "the team", "\n".join(lines), share=0.1))
        if self.so_far.done:
            found.append(Part("history", "steps that are done", _lines(self._list_done()), must=True, share=0.2))
        if self.so_far.failed:
            found.append(Part("errors", "steps that failed", _lines(self._list_failed()), must=True, share=0.1))
        if self.last_plan:
            found.append(Part("history", "your last plan", _drop_own_fields(self.last_plan), must=True, share=0.2))
        if self.findings:
            found.append(Part("feedback", "a critic of your plan", "\n".join(self.findings), must=True, share=0.1))
        return [*found, *self.workspace]

    def data(self) -> dict[str, Any]:
        """Return it as structure, for a planner by rules; only what there is."""
        preferences = [{"id": preference.id, "text": preference.text} for preference in self.preferences]
        named = {"preferences": preferences, "done": self._list_done(), "failed": self._list_failed()}
        return {name: value for name, value in named.items() if value}

    def _list_done(self) -> list[dict[str, Any]]:
        return [
            {**_name_step(name, step), "input": self._describe_input(step), "output": self._came_of(name, step)}
            for name, step in self.so_far.done.items()
        ]

    def _describe_input(self, step: Step) -> str:
        return _short(shorten_input(self.kinds.get(step.spec.kind), step.spec.input))

    def _came_of(self, name: str, step: Step) -> str:
        """Return what a step made, with the text it left in place of where that is kept."""
        made = {key: value for key, value in step.output.items() if not _KEPT.fullmatch(str(value))}
        return _short({"text": self.texts[name], **made} if name in self.texts else made)

    def _list_failed(self) -> list[dict[str, Any]]:
        return [
            {
                **_name_step(bare_name(step.id), step),
                "input": self._describe_input(step),
                "error": visible(step.error)[:_ERROR],
            }
            for step in self.so_far.failed
        ]


def _drop_own_fields(plan: str) -> str:
    """Return a plan that was kept as its planner answered it: without the fields that only we fill."""
    try:
        answer = json.loads(plan)
    except ValueError:
        return plan
    kept = {name: value for name, value in answer.items() if name != "artifact"}
    wishes = [
        {name: each[name] for name in ("id", "text", "block") if name in each} for each in kept.get("requirements", ())
    ]
    return json.dumps({**kept, "requirements": wishes}, ensure_ascii=False)


def _name_step(name: str, step: Step) -> dict[str, Any]:
    return {"id": name, "kind": step.spec.kind, "title": step.spec.title}


def _short(given: Mapping[str, Any]) -> str:
    """Return what a step was given, or made, without what it keeps elsewhere."""
    text = json.dumps(_readable(bare_references(given)), ensure_ascii=False)
    return text if len(text) <= _OUTPUT else f"{text[:_OUTPUT]} …"


def _readable(value: Any) -> Any:
    """Return a value without the addresses of kept texts, and with steps as a plan names them."""
    if isinstance(value, Mapping):
        return {name: _readable(each) for name, each in value.items() if not _is_kept(each)}
    if isinstance(value, list | tuple):
        return [_readable(each) for each in value if not _is_kept(each)]
    return bare_name(value) if isinstance(value, str) and _STEP.fullmatch(value) else value


def _is_kept(value: Any) -> bool:
    return isinstance(value, str) and _KEPT.fullmatch(value) is not None


def _lines(entries: list[dict[str, Any]]) -> str:
    return "\n".join(json.dumps(each, ensure_ascii=False) for each in entries)
