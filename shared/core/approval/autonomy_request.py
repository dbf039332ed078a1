"""What a gate of a run would let begin, as a policy sees it: read from the run alone. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shared.core.approval.autonomy import CODE, OTHERS, PAGES, PRODUCTION, RELEASE, Piece, Request
from shared.core.approval.gates import PLAN, gate_kind, is_asked_again, is_by_policy
from shared.core.approval.release_words import find_review
from shared.core.planning.risk import LEVELS, cannot_be_undone, ceiling_of, list_allowed_kinds, risk_of
from shared.core.run.acts import EDITED
from shared.core.run.replan import is_work
from shared.core.run.run import Run, Step, StepSpec, StepStatus
from shared.core.ship.shipping import Ship

_OF_PAGES = "notion"
_OF_CODE = frozenset(
    {"code", "agent", "pattern", "knowledge", "release"}
)  # made and thought about here, in the sandbox
_LEAVES = frozenset({"repository", "site"})
_LIVE = frozenset({"site.promote", "site.rollback", "repository.merge_change", "made.take_away"})
_ENDED = (StepStatus.SUCCEEDED, StepStatus.SKIPPED, StepStatus.FAILED, StepStatus.CANCELLED)
_SEEN = "warn"  # the weight of a finding that is shown to whoever approves


@dataclass(frozen=True, slots=True)
class Known:
    """What a run itself does not say: the team's rules, what it may still spend, and where it released before."""

    ship: Ship
    left: int | None = None  # millionths of a US dollar that its team may still spend; None where that is not asked
    places: frozenset[str] = frozenset()  # to which something was released before


def build_request(run: Run, gate: Step, known: Known) -> Request:
    """Return what this gate would let begin."""
    kind, specs = gate_kind(gate.id), list_released(run, gate.id)
    review, ship = find_review(run) if kind != PLAN else {}, known.ship
    open_cost = sum(step.spec.estimate.micros for step in run.steps if not step.parent and step.status not in _ENDED)
    return Request(
        kind,
        tuple(_piece(spec, ship) for spec in specs),
        _find_risk(run, gate),
        run.counted.micros + open_cost,
        ceiling_of(specs).micros,
        _find_left(run, known),
        _list_paths(review) if kind != PLAN else (),
        _list_first_places(review, known.places) if kind != PLAN else (),
        sum(each.get("severity") == _SEEN for each in review.get("findings", ())),
        ship.four_eyes and kind != PLAN,
        bool(run.facts.get(EDITED)),
        run.trigger.kind == "page" and bool(run.trigger.causes),
    )


def list_released(run: Run, gate: str) -> tuple[StepSpec, ...]:
    """Return the steps that begin once this gate is passed, without another one being asked.

    Parts of steps are not among them: what a step may become stands in it.
    """
    by_id = {step.id: step.spec for step in run.steps}
    before: dict[str, frozenset[str]] = {}

    def find_before(name: str) -> frozenset[str]:
        if name not in before:
            before[name] = frozenset()
            needed = [each for each in by_id[name].depends_on if each in by_id]
            before[name] = frozenset(needed).union(*(find_before(each) for each in needed))
        return before[name]

    later = {name for name, spec in by_id.items() if spec.gate is not None and gate in find_before(name)}
    behind = [s for s in run.steps if s.spec.gate is None and not s.parent and gate in find_before(s.id)]
    return tuple(step.spec for step in behind if not later & find_before(step.id))


def find_policy_gates(run: Run, step: Step) -> list[Step]:
    """Return the gates that let a step begin and that only a policy has passed, or had, before people were asked there.

    What is part of a step began with it.
    """
    gates = [] if step.parent else [each for each in run.steps if is_by_policy(each) or is_asked_again(each)]
    return [gate for gate in gates if any(spec.id == step.id for spec in list_released(run, gate.id))]


def _piece(spec: StepSpec, ship: Ship) -> Piece:
    kinds = [spec.kind, *list_allowed_kinds(spec.input)]
    works = frozenset(sort_work(kind) for kind in kinds)
    systems = frozenset(filter(None, (_find_system(kind, ship) for kind in kinds)))
    return Piece(spec.id, spec.title, works, systems, cannot_be_undone(spec))


def sort_work(kind: str) -> str:
    """Return which kind of work a kind of step is."""
    area = kind.partition(".")[0]
    if kind in _LIVE:
        return PRODUCTION
    if area == _OF_PAGES:
        return PAGES
    return CODE if area in _OF_CODE else RELEASE if area in _LEAVES else OTHERS


def _find_system(kind: str, ship: Ship) -> str:
    """Return the system that a kind of step writes to; "" where it stays here."""
    area = kind.partition(".")[0]
    if area in _OF_CODE:
        return ""
    return {"repository": ship.code.system, "site": ship.site.system}.get(area, area) or area


def _find_risk(run: Run, gate: Step) -> str:
    """Return the risk of the plan that a gate stands in: as people were shown it, and never less than by our rules."""
    prefix = gate.id.rpartition(".")[0]
    specs = [s.spec for s in run.steps if not s.parent and is_work(s.spec) and s.id.rpartition(".")[0] == prefix]
    planned = [step.output for step in run.steps if step.spec.lane == "plan" and step.output.get("risk")]
    shown = str((planned[-1]["risk"] or {}).get("level", "")) if planned else LEVELS[0]
    by_rules = risk_of(specs).level
    if shown not in LEVELS:
        return LEVELS[-1]
    return max(shown, by_rules, key=LEVELS.index)


def _find_left(run: Run, known: Known) -> int | None:
    if known.left is None:
        return None
    own = run.limits.micros - run.limits.kept_back - run.counted.micros - run.reserved.micros
    return min(own, known.left)


def _list_paths(review: Mapping[str, object]) -> tuple[str, ...] | None:
    """Return the paths that leave; None where the review names not all of them."""
    paths, stat = review.get("paths"), review.get("stat")
    if not isinstance(paths, list | tuple) or not isinstance(stat, Mapping) or stat.get("files") != len(paths):
        return None
    return tuple(str(path) for path in paths)


def _list_first_places(review: Mapping[str, object], places: Iterable[str]) -> tuple[str, ...] | None:
    """Return the places to which this would be the first release; None where the review names no place."""
    wanted = review.get("places")
    if not isinstance(wanted, Mapping) or not wanted:
        return None
    known = frozenset(places)
    return tuple(sorted({str(place) for place in wanted.values()} - known))
