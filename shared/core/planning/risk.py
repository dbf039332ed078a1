"""How risky a plan is, by what its steps do: rules that no model can talk down, with the reasons for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.core.planning.artifacts import NODE_PROJECT, PYTHON_SERVICE, STATIC_SITE
from shared.core.run.replan import is_work
from shared.core.run.run import NOTHING, StepSpec, Usage

LEVELS = ("low", "medium", "high")
MANY_PLACES = 10  # things that are written to; more than that is more than a person looks through
MUCH_MONEY = 4_000_000  # micro-dollars a plan may cost at most before its cost is a risk of its own

_HIGH: Mapping[str, str] = {
    "site.promote": "it puts a site live, for everybody to see",
    "repository.merge_change": "it merges into the branch that everybody works on",
    "notion.trash_page": "it removes pages",
    "notion.delete_blocks": "it deletes content",
    "notion.replace_content": "it replaces what is written",
    "notion.change_schema": "it changes the columns of a table",
    "notion.update_rows": "it changes many rows at once",
}
_FOR_GOOD = frozenset(
    ("site.promote", "repository.merge_change", "notion.trash_page", "notion.delete_blocks")
)  # shown to everybody, or removed: an undo brings back what was there, not who has seen it
_SHIPS = frozenset(
    ("repository.propose_change", "repository.merge_change", "site.deploy", "site.promote")
)  # what these bring out is as risky as what was written
_BY_ARTIFACT: Mapping[str, str] = {STATIC_SITE: "low", PYTHON_SERVICE: "medium", NODE_PROJECT: "medium"}
_NEW_CODE: Mapping[str, str] = {
    "site.promote": "it puts a site with a program of its own live",
    "repository.merge_change": "it merges a program that is new",
}
_WHERE: Mapping[str, str] = {
    "notion": "Notion", "repository": "a repository", "site": "the place where sites are kept",
}  # fmt: skip
_HARMLESS = frozenset(
    (
        *("code.generate", "code.test", "site.verify", "site.watch", "repository.watch_checks"),
        *("notion.query_rows", "notion.aggregate_rows"),
    )
)
_THINKING = ("agent.", "pattern.", "knowledge.")  # these read and answer; what an agent may do beside is in `may`
_TARGETS = ("page", "data_source", "database", "block", "project", "repository", "channel")


@dataclass(frozen=True, slots=True)
class Risk:
    """A level of LEVELS and what makes it so, the worst first."""

    level: str
    why: tuple[str, ...] = ()


def risk_of(specs: Sequence[StepSpec], level_of_model: str = "low", titles: Mapping[str, str] | None = None) -> Risk:
    """Return the risk of a plan; `level_of_model` is the model's own word, which can raise it and never lower it.

    `titles` are what people call the systems that steps may write to.
    """
    found: dict[str, str] = {}
    specs = [spec for spec in specs if is_work(spec)]
    shipped = _rate_shipping(specs)
    for spec in specs:
        for kind in (spec.kind, *list_allowed_kinds(spec.input)):
            level, why = _rate_kind(kind, spec, shipped, titles or {})
            if why:
                found.setdefault(why, level)
    if (places := len(_places(specs))) > MANY_PLACES:
        found[f"it writes to {places} places"] = "high"
    if (micros := ceiling_of(specs).micros) > MUCH_MONEY:
        found[f"it may cost up to {micros / 1e6:.2f} US dollars"] = "high"
    by_rules = max((LEVELS.index(level) for level in found.values()), default=0)
    if level_of_model in LEVELS and LEVELS.index(level_of_model) > by_rules:
        return Risk(level_of_model, ("the model that made the plan says so", *_worst_first(found)))
    return Risk(LEVELS[by_rules], tuple(_worst_first(found)))


def cannot_be_undone(spec: StepSpec) -> bool:
    """Say whether what a step does, or lets an agent do, is for good: it goes outward, removes, or has no undo."""
    if not is_work(spec):
        return False
    if any(kind in _FOR_GOOD for kind in (spec.kind, *list_allowed_kinds(spec.input))):
        return True
    return not (spec.undoable or spec.kind in _HARMLESS or spec.kind.startswith((*_THINKING, "release.", "code.")))


def ceiling_of(specs: Iterable[StepSpec]) -> Usage:
    """Return what the steps may cost at most, each attempted once: the sum of what is reserved for them."""
    total = NOTHING
    for spec in specs:
        total += spec.estimate
    return total


def _rate_shipping(specs: Sequence[StepSpec]) -> str:
    """Return how risky it is to bring out what this plan writes.

    A static page holds no data, is shown to people before it goes live, and is taken back by itself. Code that changes
    what others work with, and what another plan has written, is as risky as it gets.
    """
    written = [str(spec.input.get("artifact", "")) for spec in specs if spec.kind == "code.generate"]
    levels = [_BY_ARTIFACT.get(artifact, "high") for artifact in written]
    return max(levels, key=LEVELS.index, default="high")


def _rate_kind(kind: str, spec: StepSpec, shipped: str, titles: Mapping[str, str]) -> tuple[str, str]:
    if kind == spec.kind and kind in _SHIPS and shipped == "low":
        return "low", ""
    if kind == spec.kind and kind in _NEW_CODE and shipped == "medium":
        return "medium", _NEW_CODE[kind]
    if kind in _HIGH:
        return "high", _HIGH[kind]
    if kind in _HARMLESS or kind.startswith(_THINKING):
        return "low", ""
    if kind == spec.kind and not spec.undoable:
        return "high", f"{kind} cannot be taken back"
    system = kind.partition(".")[0]
    return "medium", f"it writes to {_WHERE.get(system) or titles.get(system, system)}"


def list_allowed_kinds(given: Mapping[str, Any]) -> list[str]:
    """Return the kinds of steps that agents may ask for by themselves in this step, also those of its members."""
    may = given.get("may") or ()
    names = may if isinstance(may, Mapping | list | tuple) else ()
    found = [str(each.get("kind", "")) if isinstance(each, Mapping) else str(each) for each in names]
    for value in given.values():
        for each in value if isinstance(value, list | tuple) else (value,):
            found += list_allowed_kinds(each) if isinstance(each, Mapping) else ()
    return found


def _places(specs: Sequence[StepSpec]) -> set[str]:
    writing = [spec for spec in specs if spec.kind not in _HARMLESS and not spec.kind.startswith(_THINKING)]
    return {
        str(spec.input[name])
        for spec in writing
        for name in _TARGETS
        if isinstance(spec.input.get(name), str) and spec.input[name] and not spec.input[name].startswith("step:")
    }


def _worst_first(found: Mapping[str, str]) -> list[str]:
    return sorted(found, key=lambda why: -LEVELS.index(found[why]))
