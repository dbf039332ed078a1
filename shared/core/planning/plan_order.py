"""In which order the steps of a plan can be done, and what comes before each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shared.core.run.run import StepSpec


def sort_steps(specs: Sequence[StepSpec], earlier: set[str]) -> tuple[list[StepSpec], list[StepSpec]]:
    """Return the steps in an order in which each follows its dependencies, and those that wait for ever."""
    ordered, waiting, done = list[StepSpec](), list(specs), set(earlier)
    while waiting:
        ready = [spec for spec in waiting if done.issuperset(spec.depends_on)]
        if not ready:
            break
        ordered += ready
        done.update(spec.id for spec in ready)
        waiting = [spec for spec in waiting if spec.id not in done]
    return ordered, waiting


def nearest(spec: StepSpec, kind: str, by_id: Mapping[str, StepSpec]) -> str:
    """Return the nearest step of that kind that is done before this one; "" where there is none."""
    level, seen = list(spec.depends_on), set(spec.depends_on)
    while level:
        known = [by_id[name] for name in level if name in by_id]
        if found := next((each.id for each in known if each.kind == kind), ""):
            return found
        level = [name for each in known for name in each.depends_on if name not in seen]
        seen.update(level)
    return ""


def collect_predecessors(specs: Sequence[StepSpec], done: Mapping[str, StepSpec]) -> dict[str, set[str]]:
    """Return all that comes before each step, also of those that wait in a circle."""
    direct = {spec.id: set(spec.depends_on) for spec in specs}
    found: dict[str, set[str]] = {spec.id: set() for spec in done.values()}
    for spec in specs:
        seen, waiting = set[str](), list(direct[spec.id])
        while waiting:
            name = waiting.pop()
            if name not in seen:
                seen.add(name)
                waiting += direct.get(name, ())
        found[spec.id] = seen
    return found
