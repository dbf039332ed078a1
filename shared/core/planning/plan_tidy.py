"""What code can set in a plan, code sets: steps that are ours anyway, and the marks of a later plan in references."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shared.core.run.replan import bare_name

# what every plan gets from us; a model that writes it as well says nothing wrong
_OURS = re.compile(r"approval(\.\w+)?|gate(\.\w+)?|notion\.publish_plan|input\.wait|release\.review|plan\.propose")
REFERENCE = re.compile(r"step:(?P<step>(?:r[0-9]{1,4}\.)?[A-Za-z0-9_-]{1,40})(?:\.(?P<part>[a-z_]{1,40}))?")
BY_NAME = "from_step"  # the field that holds a step's id alone


def drop_our_steps(proposed: Sequence[Any], kinds: Mapping[str, Any]) -> list[Any]:
    """Return the steps without approvals, publications and reviews, which code adds; others wait for what these did."""
    gone = {
        str(step.get("id")): [each for each in _needs(step) if isinstance(each, str)]
        for step in proposed
        if isinstance(step, Mapping) and _is_ours(step.get("kind"), kinds)
    }
    kept = []
    for step in proposed:
        if not isinstance(step, Mapping):
            kept.append(step)
        elif not _is_ours(step.get("kind"), kinds):
            kept.append(_repoint(step, gone))
    return kept if kept else list(proposed)


def _is_ours(kind: Any, kinds: Mapping[str, Any]) -> bool:
    return isinstance(kind, str) and kind not in kinds and _OURS.fullmatch(kind) is not None


def _needs(step: Mapping[str, Any]) -> Sequence[Any]:
    needs = step.get("depends_on")
    return needs if isinstance(needs, list | tuple) else ()


def _repoint(step: Mapping[str, Any], gone: Mapping[str, Sequence[str]]) -> Mapping[str, Any]:
    if not any(isinstance(each, str) and each in gone for each in _needs(step)):
        return step
    found: dict[Any, None] = {}
    waiting, seen = list(_needs(step)), set[str]()
    while waiting:
        name = waiting.pop(0)
        if isinstance(name, str) and name in gone:
            waiting = [*([] if name in seen else gone[name]), *waiting]
            seen.add(name)
        else:
            found[name] = None
    return {**step, "depends_on": list(found)}


def resolve_references(given: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Return an input in which what it names of other steps has the ids that these have in the run."""
    return dict(_rename_steps(given, lambda name: names.get(name, name)))


def bare_references(given: Any) -> Any:
    """Return an input with other steps named as a plan names them, without our marks of its revision."""
    return _rename_steps(given, bare_name)


def steps_named(given: Any) -> list[str]:
    """Return the steps that an input names, as a plan names them: what takes from a step comes after it."""
    found: dict[str, None] = {}

    def note(name: str) -> str:
        if name:
            found[bare_name(name)] = None
        return name

    _rename_steps(given, note)
    return list(found)


def _rename_steps(given: Any, rename: Callable[[str], str], key: str = "") -> Any:
    """Return an input with another name for each step that it names: in a reference, or alone in the field for one."""
    if isinstance(given, Mapping):
        return {name: _rename_steps(value, rename, name) for name, value in given.items()}
    if isinstance(given, list | tuple):
        return [_rename_steps(each, rename) for each in given]
    if not isinstance(given, str):
        return given
    named = REFERENCE.fullmatch(given)
    if key == BY_NAME:  # written as in other fields it is the same step
        return rename(named["step"] if named else given)
    return f"step:{rename(named['step'])}{given[named.end('step') :]}" if named else given
