"""What code can set in a plan, code sets: steps that are ours anyway, and the marks of a later plan in references."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shared.core.replan import bare_name

# what every plan gets from us; a model that writes it as well says nothing wrong
_OURS = re.compile(r"approval(\.\w+)?|gate(\.\w+)?|notion\.publish_plan|input\.wait|release\.review|plan\.propose")
_REFERENCE = re.compile(r"(step:)((?:r[0-9]{1,4}\.)?[A-Za-z0-9_-]{1,40})((?:\.[a-z_]{1,40})?)")
BY_NAME = "from_step"  # the field that holds a step's id alone


def without_ours(proposed: Sequence[Any], kinds: Mapping[str, Any]) -> list[Any]:
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
            kept.append(_repointed(step, gone))
    return kept if kept else list(proposed)


def _is_ours(kind: Any, kinds: Mapping[str, Any]) -> bool:
    return isinstance(kind, str) and kind not in kinds and _OURS.fullmatch(kind) is not None


def _needs(step: Mapping[str, Any]) -> Sequence[Any]:
    needs = step.get("depends_on")
    return needs if isinstance(needs, list | tuple) else ()


def _repointed(step: Mapping[str, Any], gone: Mapping[str, Sequence[str]]) -> Mapping[str, Any]:
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


def with_references(given: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Return an input in which what it names of other steps has the ids that these have in the run."""
    return {key: _renamed(key, value, names) for key, value in given.items()}


def _renamed(key: str, value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return with_references(value, names)
    if isinstance(value, list | tuple):
        return [_renamed("", each, names) for each in value]
    if not isinstance(value, str):
        return value
    if key == BY_NAME:  # some models write it as a reference
        name = value.removeprefix("step:")
        return names.get(name, name)
    named = _REFERENCE.fullmatch(value)
    return f"step:{names[named[2]]}{named[3]}" if named and named[2] in names else value


def steps_named(given: Any) -> list[str]:
    """Return the steps that an input names, as a plan names them: what takes from a step comes after it."""
    found = _named_in("", given)
    return list(dict.fromkeys(found))


def _named_in(key: str, given: Any) -> Iterator[str]:
    if isinstance(given, Mapping):
        for name, value in given.items():
            yield from _named_in(name, value)
    elif isinstance(given, list | tuple):
        for value in given:
            yield from _named_in("", value)
    elif isinstance(given, str) and given:
        named = _REFERENCE.fullmatch(given)
        if named or key == BY_NAME:
            yield bare_name(named[2] if named else given)


def bare_references(given: Any) -> Any:
    """Return an input with other steps named as a plan names them, without our marks of its revision."""
    if isinstance(given, Mapping):
        return {
            k: bare_name(v) if k == BY_NAME and isinstance(v, str) else bare_references(v) for k, v in given.items()
        }
    if isinstance(given, list | tuple):
        return [bare_references(each) for each in given]
    named = _REFERENCE.fullmatch(given) if isinstance(given, str) else None
    return f"step:{bare_name(named[2])}{named[3]}" if named else given
