"""The model's proposal → a valid plan, or why not. Until it has been through here, nothing of it is trusted."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from shared.core.errors import InvalidOutput
from shared.core.run import NOTHING, StepSpec, Usage, WaitKind

MAX_TITLE = 200
SAME_STEP = 3  # the same kind with the same arguments this often is a loop, not a plan
_ONE_WORK = ("code.generate", "code.test")  # of which a plan has one: what another has made would be lost
_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")  # the store takes no other letters
# the steps that every plan gets from us
_TAKEN = re.compile(r"plan(-\d+)?|publish|approve|ask|answer|review|release|production")


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
    ships: str = ""  # "release": it sends the work somewhere; "production": it makes it what everybody sees
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
    specs = _on_what_it_needs(specs, rules, before.done)
    ordered = _in_order(_with_repairs(specs, rules, before.done), {spec.id for spec in before.done.values()})
    _refuse_too_early(ordered, rules, prefix, before.done)
    return tuple(ordered)


REVIEW = "release.review"  # the kind of step that looks through what is about to leave


def with_gate(
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
    specs = _before_it_leaves(specs, rules, prefix, done or {})
    if not live_with_release:
        specs = _before_it_is_live(specs, rules, prefix)
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


def _before_it_leaves(
    specs: tuple[StepSpec, ...], rules: Mapping[str, Rule], prefix: str, done: Mapping[str, StepSpec]
) -> tuple[StepSpec, ...]:
    """Put the review of the work and its approval before the first step that sends it anywhere."""
    leaving = [spec.id for spec in specs if rules[spec.kind].ships == "release"]
    if not leaving:
        return specs
    behind = _behind(specs, leaving)
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
        repairs=_nearest(StepSpec("", "", depends_on=tuple(after)), rule.repairs, by_id),
    )
    gate = _approval(f"{prefix}release", "Approve what leaves", (review.id,))
    place = next(number for number, spec in enumerate(specs) if spec.id in leaving)
    gated = tuple(_depending(spec, gate.id) if spec.id in leaving else spec for spec in specs)
    return (*gated[:place], review, gate, *gated[place:])


def _before_it_is_live(specs: tuple[StepSpec, ...], rules: Mapping[str, Rule], prefix: str) -> tuple[StepSpec, ...]:
    live = [spec.id for spec in specs if not spec.gate and rules[spec.kind].ships == "production"]
    if not live:
        return specs
    behind = _behind(specs, live)
    after = dict.fromkeys(n for spec in specs if spec.id in live for n in spec.depends_on if n not in behind)
    gate = _approval(f"{prefix}production", "Approve that it goes live", tuple(after))
    place = next(number for number, spec in enumerate(specs) if spec.id in live)
    gated = tuple(_depending(spec, gate.id) if spec.id in live else spec for spec in specs)
    return (*gated[:place], gate, *gated[place:])


def _behind(specs: Sequence[StepSpec], names: Iterable[str]) -> set[str]:
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


def _on_what_it_needs(specs: list[StepSpec], rules: Mapping[str, Rule], done: Mapping[str, StepSpec]) -> list[StepSpec]:
    """Let steps depend on what is done of the kinds they need, though no plan says so: they go back together."""
    new = {spec.kind for spec in specs}
    result = []
    for spec in specs:
        kinds = set(rules[spec.kind].needs) - new
        needed = [each.id for each in done.values() if each.kind in kinds]
        result.append(_changed(spec, depends_on=tuple(dict.fromkeys([*spec.depends_on, *needed]))))
    return result


def _refuse_repetition(specs: Sequence[StepSpec], failed: Sequence[StepSpec]) -> None:
    ids = Counter(spec.id for spec in specs)
    for name, count in ids.items():
        if count > 1:
            raise InvalidOutput(f"step id {name!r} is used {count} times")
    same = Counter((spec.kind, json.dumps(dict(spec.input), sort_keys=True)) for spec in specs)
    for (kind, _), count in same.items():
        if count >= SAME_STEP:
            raise InvalidOutput(f"the plan repeats itself: {kind} with the same input {count} times")
    for kind in _ONE_WORK:
        if sum(spec.kind == kind for spec in specs) > 1:
            raise InvalidOutput(f"the plan has several steps {kind}, and ships what one has made: put it into one step")
    for old in failed:
        if (old.kind, json.dumps(dict(old.input), sort_keys=True)) in same:
            raise InvalidOutput(f"the plan repeats the step that has failed: {old.kind} with the same input")


def _with_repairs(specs: list[StepSpec], rules: Mapping[str, Rule], done: Mapping[str, StepSpec]) -> list[StepSpec]:
    """Point each step that can send work back to the step it checks: the dependency of the kind its rule names."""
    by_id = {spec.id: spec for spec in (*done.values(), *specs)}
    result = []
    for spec in specs:
        wanted = rules[spec.kind].repairs
        found = _nearest(spec, wanted, by_id) if wanted else ""
        result.append(_changed(spec, repairs=found) if found else spec)
    return result


def _nearest(spec: StepSpec, kind: str, by_id: Mapping[str, StepSpec]) -> str:
    """Return the nearest step of that kind that is done before this one; "" where there is none."""
    level, seen = list(spec.depends_on), set(spec.depends_on)
    while level:
        known = [by_id[name] for name in level if name in by_id]
        if found := next((each.id for each in known if each.kind == kind), ""):
            return found
        level = [name for each in known for name in each.depends_on if name not in seen]
        seen.update(level)
    return ""


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
