"""The model's proposal → a valid plan, or all that is wrong with it. Nothing of it is trusted before."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

from shared.core.planning.plan_order import collect_predecessors, nearest, sort_steps
from shared.core.planning.plan_refusals import Problems, refuse
from shared.core.planning.plan_rules import Before, Rule
from shared.core.planning.plan_texts import find_without_text
from shared.core.planning.plan_tidy import bare_references, resolve_references, steps_named
from shared.core.run.run import NOTHING, StepSpec

MAX_TITLE = 200
SAME_STEP = 3  # the same kind with the same arguments this often is a loop, not a plan
FIELDS = ("id", "kind", "title", "why", "input", "depends_on")  # of a step
_ONE_WORK = ("code.generate", "code.test")  # of which a plan has one: what another has made would be lost
_ONE_MADE = ("repository.propose_change", "site.deploy")  # each makes what a run may make one of
_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")  # the store takes no other letters
# the steps that every plan gets from us
_TAKEN = re.compile(r"plan(-\d+)?|publish|approve|ask|answer|review|release|production")
_NONE: Mapping[str, str] = MappingProxyType({})
_NEAREST = 3  # kinds that are named first where one is unknown


def validate(
    proposed: Sequence[Any],
    rules: Mapping[str, Rule],
    *,
    prefix: str,
    max_steps: int,
    before: Before | None = None,
    problems: Problems | None = None,
    absent: Mapping[str, str] = _NONE,
) -> tuple[StepSpec, ...]:
    """Return the plan's steps, ids prefixed, in an order in which every step follows its dependencies.

    Steps may depend on what is done `before`. Raises InvalidOutput, written for the model to read, with all that is
    wrong at once: unknown kinds, wrong input, cycles, too many steps, loops, a step that has failed already. What was
    found before is in `problems`; `absent` tells of kinds that there are why this plan cannot have them.
    """
    before = before or Before()
    if not isinstance(proposed, Sequence) or isinstance(proposed, str) or not proposed:
        raise refuse("no_steps", "field 'steps'")
    if len(proposed) > max_steps:
        raise refuse("too_many_steps", count=len(proposed), most=max_steps)
    problems, named = problems or Problems(), _ids(proposed)
    found = [_Reading(item, f"steps[{number}]", rules, absent, problems) for number, item in enumerate(proposed)]
    specs = [spec for reading in found if (spec := reading.spec(prefix)) is not None]
    _find_same_ids(named, problems)
    specs = _link_to_done(specs, before.done, prefix)
    _find_repetition([planned for planned in specs if planned.input is not _UNREAD], before.failed, problems)
    known = {prefix + name for name in named} | {spec.id for spec in before.done.values()}
    _find_unknown_steps(specs, known, list(dict.fromkeys([*named, *before.done])), prefix, problems)
    find_without_text(specs, rules, prefix, before.done, problems)
    _find_circle(specs, prefix, problems)
    if len(specs) == len(proposed):
        _find_too_early(specs, rules, prefix, before.done, problems)
    problems.refuse()
    specs = _link_to_needs(specs, rules, before.done)
    ordered, _ = sort_steps(_link_repairs(specs, rules, before.done), {spec.id for spec in before.done.values()})
    names = {name: spec.id for name, spec in before.done.items()} | {name: prefix + name for name in named}
    return tuple(replace(spec, input=resolve_references(spec.input, names)) for spec in ordered)


_UNREAD: Mapping[str, Any] = {}  # the input of a step whose own could not be used


class _Reading:
    """One step of the answer: as much of it as can be used, and what is wrong with the rest."""

    def __init__(
        self, item: Any, where: str, rules: Mapping[str, Rule], absent: Mapping[str, str], problems: Problems
    ) -> None:
        self._where, self._rules, self._absent, self._problems = where, rules, absent, problems
        self._readable = isinstance(item, Mapping)
        self._item: Mapping[str, Any] = item if isinstance(item, Mapping) else {}
        if not self._readable:
            problems.add("no_object", where, known=", ".join(FIELDS))
        for unknown in sorted(set(self._item) - set(FIELDS)):
            problems.add("unknown_field", where, given=unknown[:40], known=", ".join(FIELDS))

    def spec(self, prefix: str) -> StepSpec | None:
        """Return the step; None where it has no name or no kind. What is wrong with it is noted."""
        if not self._readable:
            return None
        name, rule, needs, title = self._name(), self._rule(), self._needs(), self._title()
        given, estimate = _UNREAD, NOTHING
        if rule is not None:
            given, estimate, referred = self._input(rule)
            needs = list(dict.fromkeys([*needs, *referred]))
        if name is None or rule is None:
            return None
        return StepSpec(
            id=prefix + name,
            kind=rule.name,
            title=_whole(title[:MAX_TITLE]),
            input=given,
            depends_on=tuple(prefix + need for need in needs),
            lane=rule.lane,
            undoable=rule.undoable,
            estimate=estimate,
            vital=rule.vital,
            group=rule.group,
        )

    def _name(self) -> str | None:
        name = self._item.get("id")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            self._problems.add("step_id", f"{self._where}.id")
            return None
        if _TAKEN.fullmatch(name):
            self._problems.add("own_name", f"{self._where}.id", given=name)
        return name

    def _rule(self) -> Rule | None:
        kind = self._item.get("kind")
        rule = self._rules.get(kind) if isinstance(kind, str) else None
        if rule is None:
            self._refuse_kind(str(kind), repr(kind)[:80])
        return rule

    def _refuse_kind(self, kind: str, given: str) -> None:
        if why := self._absent.get(kind):
            self._problems.add("absent_kind", f"{self._where}.kind", given=given, why=why)
        else:
            known = ", ".join(_nearest_first(kind, self._rules))
            self._problems.add("unknown_kind", f"{self._where}.kind", given=given, known=known)

    def _needs(self) -> list[str]:
        needs = self._item.get("depends_on", [])
        if isinstance(needs, Sequence) and not isinstance(needs, str) and all(isinstance(n, str) for n in needs):
            return list(needs)
        self._problems.add("depends_on", f"{self._where}.depends_on")
        return []

    def _title(self) -> str:
        for words in ("title", "why"):
            if not isinstance(self._item.get(words, ""), str):
                self._problems.add("text", f"{self._where}.{words}")
        title = self._item.get("title", "")
        return title if isinstance(title, str) else ""

    def _input(self, rule: Rule) -> tuple[Mapping[str, Any], Any, Sequence[str]]:
        given = self._item.get("input", {})
        if not isinstance(given, Mapping):
            self._problems.add("input_form", f"{self._where}.input")
        else:
            try:
                checked = rule.check(given)
                ceiling = rule.compute_ceiling(checked) if rule.compute_ceiling else rule.estimate
                return checked, ceiling, steps_named(checked)
            except ValueError as error:
                for line in str(error).splitlines() or [""]:
                    self._problems.add("input", f"{self._where}.input", error=line)
        if rule.takes:
            self._problems.tell(f"{rule.name} takes {rule.takes}")
        return _UNREAD, NOTHING, ()


def _ids(proposed: Sequence[Any]) -> list[str]:
    """Return the names that steps of the answer have, whatever else is wrong with them."""
    return [item["id"] for item in proposed if isinstance(item, Mapping) and isinstance(item.get("id"), str)]


def _nearest_first(name: str, rules: Mapping[str, Rule]) -> list[str]:
    near = get_close_matches(name, list(rules), n=_NEAREST, cutoff=0.5)
    return [*near, *sorted(set(rules) - set(near))]


def _whole(text: str) -> str:
    """Return the text without halves of characters, which a JSON answer can hold and no store takes."""
    return text.encode("utf-8", "replace").decode()


def _link_to_done(specs: list[StepSpec], done: Mapping[str, StepSpec], prefix: str) -> list[StepSpec]:
    """Let dependencies name what is done already; a step of this plan with the same name comes first."""
    own = {spec.id for spec in specs}
    earlier = {prefix + name: spec.id for name, spec in done.items() if prefix + name not in own}
    return [replace(s, depends_on=tuple(earlier.get(n, n) for n in s.depends_on)) for s in specs]


def _link_to_needs(specs: list[StepSpec], rules: Mapping[str, Rule], done: Mapping[str, StepSpec]) -> list[StepSpec]:
    """Let steps depend on what is done of the kinds they need, though no plan says so: they go back together."""
    new = {spec.kind for spec in specs}
    result = []
    for spec in specs:
        kinds = set(rules[spec.kind].needs) - new
        needed = [each.id for each in done.values() if each.kind in kinds]
        result.append(replace(spec, depends_on=tuple(dict.fromkeys([*spec.depends_on, *needed]))))
    return result


def _find_same_ids(named: Sequence[str], problems: Problems) -> None:
    for name, count in Counter(named).items():
        if count > 1:
            problems.add("same_id", given=name[:40], count=count)


def _find_repetition(specs: Sequence[StepSpec], failed: Sequence[StepSpec], problems: Problems) -> None:
    same = Counter(_fingerprint(spec) for spec in specs)
    for (kind, _), count in same.items():
        if count >= SAME_STEP:
            problems.add("repeats", kind=kind, count=count)
    for kind in _ONE_WORK:
        if sum(spec.kind == kind for spec in specs) > 1:
            problems.add("one_work", kind=kind)
    for kind in _ONE_MADE:
        if sum(spec.kind == kind for spec in specs) > 1:
            problems.add("one_made", kind=kind)
    for old in failed:
        if _fingerprint(old) in same:
            problems.add("failed_before", kind=old.kind)


def _fingerprint(spec: StepSpec) -> tuple[str, str]:
    """Return what equal steps share; what they name of other steps has other marks in each plan."""
    return spec.kind, json.dumps(bare_references(spec.input), sort_keys=True)


def _link_repairs(specs: list[StepSpec], rules: Mapping[str, Rule], done: Mapping[str, StepSpec]) -> list[StepSpec]:
    """Point each step that can send work back to the step it checks: the dependency of the kind its rule names."""
    by_id = {spec.id: spec for spec in (*done.values(), *specs)}
    result = []
    for spec in specs:
        wanted = rules[spec.kind].repairs
        found = nearest(spec, wanted, by_id) if wanted else ""
        result.append(replace(spec, repairs=found) if found else spec)
    return result


def _find_unknown_steps(
    specs: Sequence[StepSpec], known: set[str], names: Sequence[str], prefix: str, problems: Problems
) -> None:
    listed = f"there are: {', '.join(name[:40] for name in names)}"
    for spec in specs:
        for name in spec.depends_on:
            if name not in known:
                given = name.removeprefix(prefix)[:80]
                problems.add("unknown_step", step=spec.id.removeprefix(prefix), given=given, known=listed)


def _find_circle(specs: Sequence[StepSpec], prefix: str, problems: Problems) -> None:
    own = {spec.id for spec in specs}
    inner = [replace(spec, depends_on=tuple(n for n in spec.depends_on if n in own)) for spec in specs]
    _, waiting = sort_steps(inner, set())
    if waiting:
        problems.add("circle", given=", ".join(sorted(spec.id.removeprefix(prefix) for spec in waiting)))


def _find_too_early(
    specs: Sequence[StepSpec],
    rules: Mapping[str, Rule],
    prefix: str,
    done: Mapping[str, StepSpec],
    problems: Problems,
) -> None:
    """Note steps that would begin without what they build on: nothing untested is to be shown to anybody."""
    before = collect_predecessors(specs, done)
    new = {spec.kind for spec in specs}
    for spec in specs:
        for kind in rules[spec.kind].needs:
            needed = {other.id for other in specs if other.kind == kind}
            if not needed and _is_done_and_kept(kind, rules, done, new):
                continue
            if not needed or not needed <= before[spec.id]:
                late = ", ".join(sorted(each.removeprefix(prefix) for each in needed))
                how = f": let it depend on {late}" if needed else ", and the plan has none: add it"
                name = spec.id.removeprefix(prefix)
                problems.add("too_early", step=name, kind=spec.kind, needed=kind, how=how)


def _is_done_and_kept(kind: str, rules: Mapping[str, Rule], done: Mapping[str, StepSpec], new: set[str]) -> bool:
    """Say whether a step of that kind is done, and nothing that it was done for is made anew: tests of other code."""
    if all(spec.kind != kind for spec in done.values()):
        return False
    rule = rules.get(kind)
    return rule is None or not any(below in new for below in rule.needs)
