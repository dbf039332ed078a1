"""What a plan's steps are to write or read of other steps, and whether there is any: found before people approve it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.core.planning.plan_refusals import Problems
from shared.core.planning.plan_rules import Rule
from shared.core.planning.plan_tidy import BY_NAME, REFERENCE, steps_named
from shared.core.run.replan import bare_name
from shared.core.run.run import StepSpec

_READS, _TAKES = "reads", "takes"  # of a question to an agent, wherever it stands in a pattern
_SHORT = 80


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a field wants of a step: its text, or the field `part` of its answer."""

    field: str
    given: str
    step: str
    part: str = ""


def find_without_text(
    specs: Sequence[StepSpec],
    rules: Mapping[str, Rule],
    prefix: str,
    done: Mapping[str, StepSpec],
    problems: Problems,
) -> None:
    """Note what is to be written or read of a step that leaves no text, or does not answer with that field."""
    specs_by_id = {**done, **{spec.id.removeprefix(prefix): spec for spec in specs}}
    leaving = [name for name, spec in specs_by_id.items() if spec.kind in rules and rules[spec.kind].leaves_text]
    known = f"these do: {', '.join(leaving)}" if leaving else "no step of the plan does"
    for spec in specs:
        for wanted in _find_wanted(spec.input):
            named, at = specs_by_id.get(wanted.step), f"step {spec.id.removeprefix(prefix)!r}, {wanted.field}"
            if named is None:  # said already: it is not in the plan
                continue
            given = wanted.given[:_SHORT]
            if wanted.step not in leaving:
                problems.add("no_text", at, given=given, kind=named.kind, known=known)
                continue
            fields = _list_answer_fields(named, rules[named.kind]) if wanted.part else None
            if fields is not None and wanted.part not in fields:
                there_are = f"it answers with {', '.join(fields)}" if fields else "it has a text and no fields"
                problems.add("no_field", at, given=given, kind=named.kind, known=there_are)


def _list_answer_fields(step: StepSpec, rule: Rule) -> Sequence[str] | None:
    """Return the fields of a step's answer, () for one that has a text alone; None where nobody can tell before."""
    if rule.answers is None:
        return ()
    try:
        return rule.answers(step.input)
    except ValueError:  # what an earlier plan has done is held to the rules of its own day
        return None


def _find_wanted(given: Any, at: str = "") -> Iterator[_Wanted]:
    """Yield what an input wants of other steps' texts, at any depth: a pattern holds questions of its own."""
    if isinstance(given, Mapping):
        for name, value in given.items():
            where = f"{at}.{name}" if at else str(name)
            if name == BY_NAME and isinstance(value, str) and value:
                yield from (_Wanted(where, value, step) for step in steps_named({name: value}))
            elif name == _READS and isinstance(value, list | tuple):
                yield from _find_references(value, where, parts=False)
            elif name == _TAKES and isinstance(value, Mapping):
                for field, each in value.items():
                    yield from _find_references([each], f"{where}.{field}", parts=True)
            else:
                yield from _find_wanted(value, where)
    elif isinstance(given, list | tuple):
        for number, each in enumerate(given):
            yield from _find_wanted(each, f"{at}[{number}]")


def _find_references(values: Sequence[Any], at: str, *, parts: bool) -> Iterator[_Wanted]:
    for value in values:
        found = REFERENCE.fullmatch(value) if isinstance(value, str) else None
        if found:
            yield _Wanted(at, str(value), bare_name(found["step"]), found["part"] or "" if parts else "")
