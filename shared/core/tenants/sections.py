"""What a team can set, by sections: one model of it, wherever each part of it is stored. Pure.

A field that nobody has set has its usual value, the default of its class here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any

from shared.core.errors import Conflicting
from shared.core.money.spending import Allowance
from shared.core.people.actor import Actor
from shared.core.schedule.day_tasks import DEFAULT_CAPACITY
from shared.core.ship.shipping import ASK

CHANGED = "changed"  # field of the settings: who changed each section last
_KEPT_OF = ("run", "project", "person", "day", "month")


@dataclass(frozen=True, slots=True)
class Daily:
    """When days are planned; no time, no planning."""

    planning_time: str = ""
    time_zone: str = "UTC"
    day_hours: float = DEFAULT_CAPACITY


@dataclass(frozen=True, slots=True)
class Syncing:
    """How many seconds lie between two looks at Notion at least; 0 for as often as is useful."""

    interval_s: int = 0


@dataclass(frozen=True, slots=True)
class ModelRules:
    """Which models are asked."""

    classes: Mapping[str, Any] = field(default_factory=dict)
    prefer: str = ""
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Approving:
    """Who has to agree that something goes live."""

    production: str = ASK
    four_eyes: bool = False


@dataclass(frozen=True, slots=True)
class Reaching:
    """After how many hours without a decision the next ones are told; 0 for never."""

    escalate_hours: int = 0


@dataclass(frozen=True, slots=True)
class Frontends:
    """Whose pages may call with a key of the team."""

    origins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """How often each key may call us, and how often others than people may ask for a run of one page."""

    api_per_minute: int = 600
    automated_runs_per_hour: int = 6


@dataclass(frozen=True, slots=True)
class Retention:
    """For how many days what is kept of work, people and money stays."""

    contexts_days: int = 90  # after the end of the run in which a model was told them; and conversations
    preferences_days: int = 1095  # after they were said, changed or deleted; feedback too
    accounts_days: int = 90  # what is left of keys, sessions and requests to join after their end
    spending_days: int = 1095
    audit_days: int = 1095


@dataclass(frozen=True, slots=True)
class Section:
    """The class of a section's fields, and where in the settings they stand; `is_told`: in `TeamTelling` instead."""

    of: type[Any]
    path: tuple[str, ...] = ()
    is_told: bool = False


SECTIONS: Mapping[str, Section] = {
    "planning": Section(Daily),
    "sync": Section(Syncing, ("sync",)),
    "models": Section(ModelRules, ("models",)),
    "budgets": Section(Allowance, ("budget",)),
    "approvals": Section(Approving, ("ship", "approvals")),
    "channels": Section(Reaching, is_told=True),
    "frontends": Section(Frontends),
    "limits": Section(Limits),
    "retention": Section(Retention, ("retention",)),
}


@dataclass(frozen=True, slots=True)
class Bodies:
    """The two documents in which a team's settings are stored."""

    settings: Mapping[str, Any]
    telling: Mapping[str, Any] = field(default_factory=dict)


def read_section(bodies: Bodies, name: str) -> Any:
    """Return a section as an object of its class."""
    section = SECTIONS[name]
    stored = _find(bodies, section)
    return section.of(**{each.name: stored[each.name] for each in fields(section.of) if each.name in stored})


def change_section(bodies: Bodies, name: str, patch: Mapping[str, Any]) -> Bodies:
    """Return the bodies with a section changed as RFC 7396 says; what is set to None has its usual value again."""
    section = SECTIONS[name]
    if section.is_told:
        return replace(bodies, telling=merge_patch(bodies.telling, patch))
    for part in reversed(section.path):
        patch = {part: patch}
    return replace(bodies, settings=merge_patch(bodies.settings, patch))


def merge_patch(target: Mapping[str, Any], patch: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a merge patch makes of an object (RFC 7396)."""
    merged = dict(target)
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, Mapping):
            known = merged.get(name)
            merged[name] = merge_patch(known if isinstance(known, Mapping) else {}, value)
        else:
            merged[name] = value
    return merged


def note_changes(before: Bodies, after: Bodies, by: Actor, at: datetime) -> Bodies:
    """Return the bodies after a change with who made it, for each section that is not as it was."""
    note = {"name": by.name, "actor": by.ref, "at": at.isoformat()}
    different = {name: note for name in SECTIONS if list_values(before, name) != list_values(after, name)}
    if not different:
        return after
    noted = {**(after.settings.get(CHANGED) or {}), **different}
    return replace(after, settings={**after.settings, CHANGED: noted})


def list_values(bodies: Bodies, name: str) -> dict[str, Any]:
    """Return a section's fields as JSON has them."""
    section = read_section(bodies, name)
    values = {each.name: getattr(section, each.name) for each in fields(section)}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def check_budgets(allowed: Allowance, path: str = "") -> None:
    """Raise Conflicting, naming the field, where more would be kept back than another limit is."""
    for name in _KEPT_OF:
        limit = getattr(allowed, name)
        if limit is not None and limit < allowed.kept_back:
            way_out = f"Set {path}kept_back to {limit} or less, or raise {path}{name}."
            problem = f"{path}kept_back must be at most {path}{name} ({limit}), got {allowed.kept_back}"
            raise Conflicting(problem, way_out=way_out)


def _find(bodies: Bodies, section: Section) -> Mapping[str, Any]:
    found: Any = bodies.telling if section.is_told else bodies.settings
    for part in section.path:
        found = found.get(part) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}
