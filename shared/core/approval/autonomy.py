"""How far a team lets work go without asking: its policy, and the one decision that follows from it. Pure.

What can never be taken back, what is riskier than the team has said, the first release to a place, and what a person
has to look at for another reason is always asked about. A policy can only answer what is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from shared.core.approval.gates import PLAN
from shared.core.documents.codec import sparse
from shared.core.documents.generate import SPARSE
from shared.core.planning.risk import LEVELS as RISKS
from shared.core.ship.paths import does_any_match

PAGES, OTHERS, CODE, RELEASE, PRODUCTION = "pages", "other_systems", "code", "release", "production"
WORKS = (PAGES, OTHERS, CODE, RELEASE, PRODUCTION)  # kinds of work
ALWAYS, OUTWARD, INSIDE = "always", "release_and_production", "inside_limits"
LEVELS = (ALWAYS, OUTWARD, INSIDE)  # the strictest first
EVERYTHING = ("**",)


class Rule(StrEnum):
    """Which rule of the policy decides, under the name that is recorded."""

    IRREVERSIBLE = "cannot_be_undone"
    RISK = "above_the_risk"
    FIRST = "first_release"
    TWO_PEOPLE = "two_people"
    EDITED = "page_edited"
    CHAINED = "another_run_asked"
    FINDINGS = "findings"
    NOTHING_SET = "nothing_set"
    ALWAYS = "always_ask"
    OUTWARD = "ask_for_release_and_production"
    MONEY = "money"
    BUDGET = "budget"
    SYSTEMS = "systems"
    PATHS = "paths"
    AHEAD = "ahead_until_release"  # the plan goes ahead; release and production are asked about
    INSIDE = "inside_limits"


@dataclass(frozen=True, slots=True)
class Policy:
    """What a team has set; where nobody has set anything everything is asked about. Money in millionths of a US dollar.

    `systems` empty means all that are connected; patterns are those of `core/ship/paths.py`.
    """

    levels: Mapping[str, str] = field(default_factory=dict, metadata={SPARSE: True})  # by kind of work; else: ask
    risk: str = sparse("low")  # the highest that goes ahead
    micros: int = sparse(0)  # the most that a run may cost that goes ahead; 0: only what is free
    systems: tuple[str, ...] = sparse(())
    may_change: tuple[str, ...] = sparse(EVERYTHING)
    must_not_change: tuple[str, ...] = sparse(())
    version: int = sparse(0)  # counts how often it was set
    changed_at: str = sparse("")
    changed_by: str = sparse("")
    changed_actor: str = sparse("")  # the `ref` of who that is

    def find_level(self, works: Iterable[str]) -> str:
        """Return the strictest level of these kinds of work; of none at all it is to ask."""
        places = [LEVELS.index(level) if (level := self.levels.get(work)) in LEVELS else 0 for work in works]
        return LEVELS[min(places, default=0)]


@dataclass(frozen=True, slots=True)
class Piece:
    """One step that a gate lets begin, as a policy sees it."""

    step: str
    title: str
    works: frozenset[str]
    systems: frozenset[str] = frozenset()  # that it writes to
    is_final: bool = False  # what it does cannot be undone


@dataclass(frozen=True, slots=True)
class Request:
    """What a gate would let begin, and all that a policy may look at. Money in millionths of a US dollar."""

    gate: str  # "plan", "release" or "production"
    pieces: tuple[Piece, ...]
    risk: str = "low"
    micros: int = 0  # what the run has cost, and what its open steps may cost at most
    needs: int = 0  # what the steps behind this gate may cost at most
    left: int | None = None  # what the run and its team may still spend; None where that is not asked
    paths: tuple[str, ...] | None = ()  # that leave; None where not all of them are known
    first_places: tuple[str, ...] | None = ()  # to which nothing was released before; None where that is not known
    findings: int = 0  # that a person should look at before anything leaves
    two_people: bool = False  # have to agree here
    is_edited: bool = False  # the page was edited after the plan was made
    is_chained: bool = False  # a run led to this one, and no person


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether people are asked, by which rule, and what makes it so, in words that follow the rule's."""

    asks: bool
    rule: Rule
    about: str = ""
    works: tuple[str, ...] = ()  # the kinds of work that the level was looked up for


def decide_autonomy(policy: Policy, request: Request) -> Verdict:
    """Return whether people are asked at a gate: first what no policy can answer, then its level, then its limits."""
    works = {work for piece in request.pieces for work in piece.works}
    if request.gate != PLAN:
        works.add(CODE)  # of what leaves and goes live, how it was made says as much as where it goes
    sorted_works = tuple(work for work in WORKS if work in works)
    level = policy.find_level(works)
    found = _find_never(policy, request) or _find_level_rule(request, level) or _find_limit(policy, request)
    if found is not None:
        return Verdict(True, found[0], found[1], sorted_works)
    return Verdict(False, Rule.AHEAD if level == OUTWARD else Rule.INSIDE, "", sorted_works)


def _find_never(policy: Policy, request: Request) -> tuple[Rule, str] | None:
    """Return what is asked about under every policy, and where there is none."""
    if not policy.levels:
        return Rule.NOTHING_SET, ""
    if final := [piece.title or piece.step for piece in request.pieces if piece.is_final]:
        return Rule.IRREVERSIBLE, final[0]
    if not _is_within(request.risk, policy.risk):
        return Rule.RISK, request.risk
    if request.first_places is None:
        return Rule.FIRST, ""
    if request.first_places:
        return Rule.FIRST, request.first_places[0]
    conditions = (
        (request.two_people, Rule.TWO_PEOPLE),
        (request.is_edited, Rule.EDITED),
        (request.is_chained, Rule.CHAINED),
        (request.findings > 0, Rule.FINDINGS),
    )
    return next(((rule, "") for holds, rule in conditions if holds), None)


def _is_within(risk: str, highest: str) -> bool:
    """Say whether a risk is no higher than the highest that is set; one that nobody knows is not."""
    return risk in RISKS and highest in RISKS and RISKS.index(risk) <= RISKS.index(highest)


def _find_level_rule(request: Request, level: str) -> tuple[Rule, str] | None:
    if level == ALWAYS:
        return Rule.ALWAYS, ""
    return (Rule.OUTWARD, "") if level == OUTWARD and request.gate != PLAN else None


def _find_limit(policy: Policy, request: Request) -> tuple[Rule, str] | None:
    """Return the first limit that is passed, and what passes it."""
    if request.micros > policy.micros:
        return Rule.MONEY, f"{request.micros / 1e6:.2f}"
    if request.left is not None and request.needs > request.left:
        return Rule.BUDGET, f"{max(0, request.left) / 1e6:.2f}"
    used = {system for piece in request.pieces for system in piece.systems}
    if policy.systems and (others := sorted(used - set(policy.systems))):
        return Rule.SYSTEMS, others[0]
    if request.paths is None:
        return Rule.PATHS, ""
    outside = (path for path in request.paths if not _may_change(policy, path))
    return next(((Rule.PATHS, path) for path in outside), None)


def _may_change(policy: Policy, path: str) -> bool:
    return does_any_match(path, policy.may_change) and not does_any_match(path, policy.must_not_change)
