"""Four eyes: where a tenant says so, whoever asked for work or let it leave cannot also let it go live.

People are told apart by what the tenant's settings know of them (`people`), else by their names. Whoever nobody knows
(the holder of a link, a key that bears nobody's name) cannot be told apart from anybody, so their word does not count
for what leaves either.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.core.approval.gates import PLAN, PRODUCTION, RELEASE, gate_kind
from shared.core.run.run import Run
from shared.core.ship.shipping import WITH_RELEASE, Ship

LINK, BY_KEY = "link", frozenset({"api", "chat"})  # ways to decide: as whoever holds a link, with a key
_FIELDS = ("id", "name", "email")
_IN_A_SYSTEM = "_user"  # how the fields end that say who somebody is in a system

People = Iterable[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Barred:
    """Why somebody's word does not count here, and what to do."""

    why: str
    way_out: str


def find_bar(run: Run, gate: str, by: str, via: str, ship: Ship, people: People) -> Barred | None:
    """Return why this person may not approve at this gate; None when they may."""
    kind = gate_kind(gate)
    if not ship.four_eyes or kind == PLAN:
        return None
    known = list(people)
    if via == LINK or (via in BY_KEY and _find_person(by, known) is None):
        who = "whoever holds this link" if via == LINK else f"the key {by!r}"
        places = " or ".join(f"in {each}" for each in ("Notion", *ship.known_in))
        way = f"Approve {places}, where it is known who you are"
        way += ", or with a key that bears the name of one of the people in the settings."
        return Barred(f"two different people have to agree here, and nobody knows who {who} is", way)
    last = kind == PRODUCTION or ship.production == WITH_RELEASE
    if last and (role := _had_a_hand(run, gate, by, known)):
        return Barred(f"two different people have to agree here, and {by} {role}", "Ask somebody else to approve.")
    return None


def _had_a_hand(run: Run, gate: str, by: str, people: list[Mapping[str, Any]]) -> str:
    me = _identity(by, people)
    if run.trigger.by and _identity(run.trigger.by, people) == me:
        return "has asked for this work"
    prefix = gate.rpartition(".")[0]
    release = run.step(f"{prefix}.{RELEASE}" if prefix else RELEASE)
    let_go = str(release.output.get("by", "")) if release is not None and release.id != gate else ""
    return "has approved what left" if let_go and _identity(let_go, people) == me else ""


def _identity(name: str, people: list[Mapping[str, Any]]) -> str:
    found = _find_person(name, people)
    return f"person {found['id']}" if found is not None and found.get("id") else f"name {_small(name)}"


def _find_person(name: str, people: list[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    wanted = _small(name)
    return next((person for person in people if wanted and wanted in _names(person)), None)


def _names(person: Mapping[str, Any]) -> set[str]:
    return {_small(str(value)) for name, value in person.items() if name in _FIELDS or name.endswith(_IN_A_SYSTEM)}


def _small(name: str) -> str:
    return " ".join(name.casefold().split())
