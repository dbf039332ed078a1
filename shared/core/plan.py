"""The model's proposal → a valid plan, or why not. Until it has been through here, nothing of it is trusted."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from shared.core.errors import InvalidOutput
from shared.core.run import NOTHING, StepSpec, Usage, WaitKind

MAX_TITLE = 200
SAME_STEP = 3  # the same kind with the same arguments this often is a loop, not a plan
_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")  # the store takes no other letters
_TAKEN = re.compile(r"plan(-\d+)?|publish|approve|ask|answer")  # the steps that every plan gets from us


@dataclass(frozen=True, slots=True)
class Rule:
    """What validation needs of a kind of step. `check` returns the input in its stored form or raises ValueError."""

    name: str
    check: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    lane: str
    undoable: bool = False
    needs_approval: bool = True
    estimate: Usage = NOTHING
    repairs: str = ""
    needs: tuple[str, ...] = ()  # kinds of which at least one step is in the plan, and every one before this
    most: Callable[[Mapping[str, Any]], Usage] | None = None  # what it costs at most where that hangs on the input
    group: bool = False
    vital: bool = False
    refers: Callable[[Mapping[str, Any]], Sequence[str]] | None = None  # steps its input names: it depends on them


@dataclass(frozen=True, slots=True)
class Before:
    """What plans before this one have done, by the names that steps had in them, and the steps that failed."""

    done: Mapping[str, StepSpec] = field(default_factory=dict)
    failed: Sequence[StepSpec] = ()


def validate(
    proposed: Sequence[Any], rules: Mapping[str, Rule], *, prefix: str, max_steps: int, before: Before | None = None
) -> tuple[StepSpec, ...]:
    """Return the plan's steps, ids prefixed, in an order in which every step follows its dependencies.

    Steps may depend on what is done `before`. Raises InvalidOutput, written for the model to read: unknown kinds, wrong
    input, cycles, too many steps, loops, a step that has failed already.
    """
    before = before or Before()
    if not isinstance(proposed, Sequence) or isinstance(proposed, str) or not proposed:
        raise InvalidOutput("field 'steps' must be a list with at least one step")
    if len(proposed) > max_steps:
        raise InvalidOutput(f"the plan has {len(proposed)} steps; at most {max_steps} are allowed")
    specs = [_spec(item, number, rules, prefix) for number, item in enumerate(proposed)]
    specs = _on_what_is_done(specs, before.done, prefix)
    _refuse_repetition(specs, before.failed)
    ordered = _in_order(_with_repairs(specs, rules, before.done), {spec.id for spec in before.done.values()})
    _refuse_too_early(ordered, rules, prefix, before.done)
    return tuple(ordered)


def with_gate(specs: tuple[StepSpec, ...], rules: Mapping[str, Rule], *, prefix: str) -> tuple[StepSpec, ...]:
    """Put the publication of the plan and a person's approval before everything that needs one."""
    publish = StepSpec(f"{prefix}publish", "notion.publish_plan", "Write the plan into the page")
    gate = StepSpec(
        f"{prefix}approve",
        "approval.ask",
        "Approve this plan",
        depends_on=(publish.id,),
        lane="",
        gate=WaitKind.APPROVAL,
    )
    gated = tuple(_depending(spec, gate.id) if rules[spec.kind].needs_approval else spec for spec in specs)
    return (publish, gate, *gated)


def question(*asked: str, prefix: str) -> tuple[StepSpec, ...]:
    """Return the steps that ask people back, all in one comment, and wait for their answer."""
    text = asked[0] if len(asked) == 1 else "\n".join(f"{number}. {each}" for number, each in enumerate(asked, 1))
    ask = StepSpec(f"{prefix}ask", "notion.ask_question", "Ask what is meant", {"question": text})
    answer = StepSpec(
        f"{prefix}answer", "input.wait", "Answer the question", depends_on=(ask.id,), lane="", gate=WaitKind.INPUT
    )
    return (ask, answer)


def _spec(item: Any, number: int, rules: Mapping[str, Rule], prefix: str) -> StepSpec:
    where = f"steps[{number}]"
    if not isinstance(item, Mapping):
        raise InvalidOutput(f"{where} must be an object")
    unknown = set(item) - {"id", "kind", "title", "why", "input", "depends_on"}
    if unknown:
        raise InvalidOutput(f"{where} has the unknown field {sorted(unknown)[0]!r}")
    name, kind = item.get("id"), item.get("kind")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InvalidOutput(f"{where}.id must be letters (A-Z, a-z), digits, '-' and '_', at most 40")
    if _TAKEN.fullmatch(name):
        raise InvalidOutput(f"{where}.id {name!r} is one of our own steps' names; choose another")
    rule = rules.get(kind) if isinstance(kind, str) else None
    if rule is None:
        raise InvalidOutput(f"{where}.kind {kind!r} is unknown; use one of: {', '.join(sorted(rules))}")
    needs = item.get("depends_on", [])
    if not isinstance(needs, Sequence) or isinstance(needs, str) or not all(isinstance(n, str) for n in needs):
        raise InvalidOutput(f"{where}.depends_on must be a list of step ids")
    given = item.get("input", {})
    if not isinstance(given, Mapping):
        raise InvalidOutput(f"{where}.input must be an object")
    try:
        checked = rule.check(given)
        estimate = rule.most(checked) if rule.most else rule.estimate
        needs = list(dict.fromkeys([*needs, *(rule.refers(checked) if rule.refers else ())]))
    except ValueError as error:
        raise InvalidOutput(f"{where}.input: {error}") from error
    title = item.get("title", "")
    for words in ("title", "why"):
        if not isinstance(item.get(words, ""), str):
            raise InvalidOutput(f"{where}.{words} must be text")
    return StepSpec(
        id=prefix + name,
        kind=rule.name,
        title=_whole(title[:MAX_TITLE]),
        input=checked,
        depends_on=tuple(prefix + n for n in needs),
        lane=rule.lane,
        undoable=rule.undoable,
        estimate=estimate,
        vital=rule.vital,
        group=rule.group,
    )


def in_full(spec: StepSpec) -> str:
    """Return what a step is, as people approve it: its kind, and all it is given."""
    return f"{spec.kind} {json.dumps(dict(spec.input), ensure_ascii=False, sort_keys=True)}"


def _whole(text: str) -> str:
    """Return the text without halves of characters, which a JSON answer can hold and no store takes."""
    return text.encode("utf-8", "replace").decode()


def _on_what_is_done(specs: list[StepSpec], done: Mapping[str, StepSpec], prefix: str) -> list[StepSpec]:
    """Let dependencies name what is done already; a step of this plan with the same name comes first."""
    own = {spec.id for spec in specs}
    earlier = {prefix + name: spec.id for name, spec in done.items() if prefix + name not in own}
    return [_changed(s, depends_on=tuple(earlier.get(n, n) for n in s.depends_on)) for s in specs]


def _refuse_repetition(specs: Sequence[StepSpec], failed: Sequence[StepSpec]) -> None:
    ids = Counter(spec.id for spec in specs)
    for name, count in ids.items():
        if count > 1:
            raise InvalidOutput(f"step id {name!r} is used {count} times")
    same = Counter((spec.kind, json.dumps(dict(spec.input), sort_keys=True)) for spec in specs)
    for (kind, _), count in same.items():
        if count >= SAME_STEP:
            raise InvalidOutput(f"the plan repeats itself: {kind} with the same input {count} times")
    for old in failed:
        if (old.kind, json.dumps(dict(old.input), sort_keys=True)) in same:
            raise InvalidOutput(f"the plan repeats the step that has failed: {old.kind} with the same input")


def _with_repairs(specs: list[StepSpec], rules: Mapping[str, Rule], done: Mapping[str, StepSpec]) -> list[StepSpec]:
    """Point each step that can send work back to the step it checks: the dependency of the kind its rule names."""
    by_id = {spec.id: spec for spec in (*done.values(), *specs)}
    result = []
    for spec in specs:
        wanted = rules[spec.kind].repairs
        found = next((n for n in spec.depends_on if n in by_id and by_id[n].kind == wanted), "") if wanted else ""
        result.append(_changed(spec, repairs=found) if found else spec)
    return result


def _in_order(specs: list[StepSpec], earlier: set[str]) -> list[StepSpec]:
    known, ordered, waiting = {spec.id for spec in specs} | earlier, [], list(specs)
    for spec in specs:
        for name in spec.depends_on:
            if name not in known:
                raise InvalidOutput(f"step {spec.id!r} depends on {name!r}, which is not in the plan")
    done = set(earlier)
    while waiting:
        ready = [spec for spec in waiting if done.issuperset(spec.depends_on)]
        if not ready:
            raise InvalidOutput(f"the steps {', '.join(sorted(s.id for s in waiting))} wait for each other in a circle")
        ordered += ready
        done.update(spec.id for spec in ready)
        waiting = [spec for spec in waiting if spec.id not in done]
    return ordered


def _refuse_too_early(
    ordered: Sequence[StepSpec], rules: Mapping[str, Rule], prefix: str, done: Mapping[str, StepSpec]
) -> None:
    """Refuse steps that would begin without what they build on: nothing untested is to be shown to anybody."""
    before: dict[str, set[str]] = {spec.id: set() for spec in done.values()}
    for spec in ordered:
        before[spec.id] = set(spec.depends_on).union(*(before[name] for name in spec.depends_on))
    new = {spec.kind for spec in ordered}
    for spec in ordered:
        for kind in rules[spec.kind].needs:
            needed = {other.id for other in ordered if other.kind == kind}
            if not needed and _still_holds(kind, rules, done, new):
                continue
            if not needed or not needed <= before[spec.id]:
                name = spec.id.removeprefix(prefix)
                raise InvalidOutput(f"step {name!r} ({spec.kind}) must come after every step of the kind {kind}")


def _still_holds(kind: str, rules: Mapping[str, Rule], done: Mapping[str, StepSpec], new: set[str]) -> bool:
    """Say whether a step of that kind is done, and nothing that it was done for is made anew: tests of other code."""
    if all(spec.kind != kind for spec in done.values()):
        return False
    rule = rules.get(kind)
    return rule is None or not any(below in new for below in rule.needs)


def _depending(spec: StepSpec, on: str) -> StepSpec:
    return _changed(spec, depends_on=(on, *spec.depends_on))


def _changed(spec: StepSpec, **changes: Any) -> StepSpec:
    return replace(spec, **changes)
