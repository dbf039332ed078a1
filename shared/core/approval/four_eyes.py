"""Four eyes: where a tenant says so, whoever asked for work or let it leave cannot also let it go live.

People are told apart by who is recorded, and by what the tenant's settings know of them (`people`): a person's keys,
sessions, links and accounts in systems are one person, and two of one name are two. Where only a name was recorded,
names decide. Whoever nobody knows (a key that is nobody's) cannot be told apart from anybody, so their word does not
count for what leaves either.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.core.approval.gates import PLAN, PRODUCTION, RELEASE, gate_kind
from shared.core.people.actor import ActorKind, find_identity
from shared.core.people.members import person_id
from shared.core.people.told_people import IN_A_SYSTEM, list_ids
from shared.core.run.acts import BY_POLICY
from shared.core.run.run import Run
from shared.core.ship.shipping import WITH_RELEASE, Ship

LINK, BY_KEY = "link", frozenset({"api", "chat"})  # ways to decide: by a link for somebody, with a key
_FIELDS = ("id", "name", "email")
_IS_PERSON = f"{ActorKind.PERSON.value}:"

People = Iterable[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Barred:
    """Why somebody's word does not count here, and what to do."""

    why: str
    way_out: str


def find_bar(run: Run, gate: str, by: str, via: str, ship: Ship, people: People, actor: str = "") -> Barred | None:
    """Return why this person may not approve at this gate; None when they may. `actor` is the `ref` of who it is."""
    kind = gate_kind(gate)
    if not ship.four_eyes or kind == PLAN:
        return None
    if via == BY_POLICY:
        return Barred("two different people have to agree here, and a policy is none", "Ask a person to approve.")
    known = list(people)
    is_known = actor.startswith(_IS_PERSON) or _find_person(by, known) is not None
    if via in (LINK, *BY_KEY) and not is_known:
        who = "whoever holds this link" if via == LINK else f"the key {by!r}"
        places = " or ".join(f"in {each}" for each in ("Notion", *ship.known_in))
        way = f"Approve {places}, where it is known who you are, sign in to Workwright"
        way += ", or use a key in your own name."
        return Barred(f"two different people have to agree here, and nobody knows who {who} is", way)
    last = kind == PRODUCTION or ship.production == WITH_RELEASE
    if last and (role := _had_a_hand(run, gate, identify(by, actor, known), known)):
        return Barred(f"two different people have to agree here, and {by} {role}", "Ask somebody else to approve.")
    return None


@dataclass(frozen=True, slots=True)
class _Traces:
    """All that somebody is known by: ids that are theirs, and those that may be, by names alone."""

    ids: frozenset[str]
    maybe: frozenset[str]
    names: frozenset[str]

    def is_same(self, other: _Traces) -> bool:
        """Say whether two of whom this is known may be one person; where ids of both are known, names tell nothing."""
        if self.ids & other.ids or self.ids & other.maybe or self.maybe & other.ids:
            return True
        return not (self.ids and other.ids) and bool(self.names & other.names)


def identify(by: str, actor: str, people: People) -> _Traces:
    """Return all that somebody is known by: the `ref` of who acted, the name, and what the settings know of both.

    Who is found in the settings by an id is not looked for by name: somebody else may be called the same.
    """
    own = actor.removeprefix(_IS_PERSON) if actor.startswith(_IS_PERSON) else ""
    account = find_identity(own)
    ids = frozenset({own, person_id(account) if account else ""} - {""})
    names = frozenset({_small(by)} - {""})
    known = [(person, frozenset(list_ids(person)), frozenset(_names(person))) for person in people]
    if theirs := [each for each in known if ids & each[1]]:
        return _Traces(
            ids.union(*(each[1] for each in theirs)), frozenset(), names.union(*(each[2] for each in theirs))
        )
    system = account.partition(":")[0]
    alike = [each for each in known if names & each[2] and not (system and each[0].get(f"{system}{IN_A_SYSTEM}"))]
    maybe = frozenset(name for each in alike for name in each[1])
    return _Traces(ids, maybe, names.union(*(each[2] for each in alike)))


def _had_a_hand(run: Run, gate: str, me: _Traces, people: list[Mapping[str, Any]]) -> str:
    trigger = run.trigger
    asked = identify(trigger.by, trigger.actor.ref if trigger.actor is not None else "", people)
    if trigger.by and asked.is_same(me):
        return "has asked for this work"
    prefix = gate.rpartition(".")[0]
    release = run.step(f"{prefix}.{RELEASE}" if prefix else RELEASE)
    let_go = release.output if release is not None and release.id != gate else {}
    before = identify(str(let_go.get("by", "")), str(let_go.get("actor", "")), people)
    return "has approved what left" if let_go.get("by") and before.is_same(me) else ""


def _find_person(name: str, people: list[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    wanted = _small(name)
    return next((person for person in people if wanted and wanted in _names(person)), None)


def _names(person: Mapping[str, Any]) -> set[str]:
    named = {_small(str(value)) for name, value in person.items() if name in _FIELDS or name.endswith(IN_A_SYSTEM)}
    return named - {""}


def _small(name: str) -> str:
    return " ".join(name.casefold().split())
