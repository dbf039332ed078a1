"""A valid plan gets what no plan can do without: its publication, people's approvals, or the questions back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from shared.core.planning.plan_order import nearest
from shared.core.planning.plan_rules import Before, Rule
from shared.core.planning.plan_validation import MAX_TITLE, validate
from shared.core.run.run import StepSpec, WaitKind

__all__ = ["MAX_TITLE", "REVIEW", "Before", "Rule", "add_gates", "describe_in_full", "question", "validate"]

REVIEW = "release.review"  # the kind of step that looks through what is about to leave


def add_gates(
    specs: tuple[StepSpec, ...],
    rules: Mapping[str, Rule],
    *,
    prefix: str,
    live_with_release: bool = False,
    done: Mapping[str, StepSpec] | None = None,
) -> tuple[StepSpec, ...]:
    """Put the publication of the plan and a person's approval before everything that needs one.

    Before anything leaves stands another approval, of exactly what leaves, and before production a third one, unless
    the tenant has people approve both at once (`live_with_release`). No plan can do without. `done` is what earlier
    plans have done, which this one may build on.
    """
    specs = _add_release_gate(specs, rules, prefix, done or {})
    if not live_with_release:
        specs = _add_live_gate(specs, rules, prefix)
    publish = StepSpec(f"{prefix}publish", "notion.publish_plan", "Write the plan into the page")
    gate = _approval(f"{prefix}approve", "Approve this plan", (publish.id,))
    own = {spec.id for spec in specs}
    gated = tuple(_depending(spec, gate.id) if _waits_for_people(spec, rules, own) else spec for spec in specs)
    return (publish, gate, *gated)


def _waits_for_people(spec: StepSpec, rules: Mapping[str, Rule], own: set[str]) -> bool:
    """Say whether a step waits for the plan's approval; of the later gates those that wait for nothing of this plan."""
    return not own & set(spec.depends_on) if spec.gate else rules[spec.kind].needs_approval


def _approval(name: str, title: str, after: tuple[str, ...]) -> StepSpec:
    return StepSpec(name, "approval.ask", title, depends_on=after, lane="", gate=WaitKind.APPROVAL)


def _add_release_gate(
    specs: tuple[StepSpec, ...], rules: Mapping[str, Rule], prefix: str, done: Mapping[str, StepSpec]
) -> tuple[StepSpec, ...]:
    """Put the review of the work and its approval before the first step that sends it anywhere."""
    leaving = [spec.id for spec in specs if rules[spec.kind].ships == "release"]
    if not leaving:
        return specs
    behind = _collect_successors(specs, leaving)
    after = dict.fromkeys(n for spec in specs if spec.id in leaving for n in spec.depends_on if n not in behind)
    rule, by_id = rules[REVIEW], {spec.id: spec for spec in (*done.values(), *specs)}
    review = StepSpec(
        f"{prefix}review",
        REVIEW,
        "Look through what is about to leave",
        depends_on=tuple(after),
        lane=rule.lane,
        undoable=rule.undoable,
        estimate=rule.estimate,
        repairs=nearest(StepSpec("", "", depends_on=tuple(after)), rule.repairs, by_id),
    )
    gate = _approval(f"{prefix}release", "Approve what leaves", (review.id,))
    place = next(number for number, spec in enumerate(specs) if spec.id in leaving)
    gated = tuple(_depending(spec, gate.id) if spec.id in leaving else spec for spec in specs)
    return (*gated[:place], review, gate, *gated[place:])


def _add_live_gate(specs: tuple[StepSpec, ...], rules: Mapping[str, Rule], prefix: str) -> tuple[StepSpec, ...]:
    live = [spec.id for spec in specs if not spec.gate and rules[spec.kind].ships == "production"]
    if not live:
        return specs
    behind = _collect_successors(specs, live)
    after = dict.fromkeys(n for spec in specs if spec.id in live for n in spec.depends_on if n not in behind)
    gate = _approval(f"{prefix}production", "Approve that it goes live", tuple(after))
    place = next(number for number, spec in enumerate(specs) if spec.id in live)
    gated = tuple(_depending(spec, gate.id) if spec.id in live else spec for spec in specs)
    return (*gated[:place], gate, *gated[place:])


def _collect_successors(specs: Sequence[StepSpec], names: Iterable[str]) -> set[str]:
    """Return these steps and all that wait for one of them; specs in plan order."""
    found = set(names)
    for spec in specs:
        if found & set(spec.depends_on):
            found.add(spec.id)
    return found


def question(*asked: str, prefix: str) -> tuple[StepSpec, ...]:
    """Return the steps that ask people back, all in one comment, and wait for their answer."""
    text = asked[0] if len(asked) == 1 else "\n".join(f"{number}. {each}" for number, each in enumerate(asked, 1))
    ask = StepSpec(f"{prefix}ask", "notion.ask_question", "Ask what is meant", {"question": text})
    answer = StepSpec(
        f"{prefix}answer", "input.wait", "Answer the question", depends_on=(ask.id,), lane="", gate=WaitKind.INPUT
    )
    return (ask, answer)


def describe_in_full(spec: StepSpec) -> str:
    """Return what a step is, as people approve it: its kind, and all it is given."""
    return f"{spec.kind} {json.dumps(dict(spec.input), ensure_ascii=False, sort_keys=True)}"


def _depending(spec: StepSpec, on: str) -> StepSpec:
    return replace(spec, depends_on=(on, *spec.depends_on))
