"""A team's policy at work: it passes a gate in the place of people, or has them asked after all.

The decision is made when people would be told that they are asked, and recorded as an event like theirs. It is made
once more when a step begins: the policy that counts is the one there is then, so that one that was narrowed meanwhile
holds for all that has not begun, and a wider one answers nothing that people are asked already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from shared.app.engine.deps import Deps
from shared.app.engine.engine import record, relay
from shared.app.money.tenant_ledger import Book, allowance_of
from shared.core.approval.autonomy import Policy, Verdict, decide_autonomy
from shared.core.approval.autonomy_request import Known, build_request, find_policy_gates
from shared.core.approval.autonomy_words import explain_verdict, name_rule
from shared.core.approval.gates import is_asked_again, is_by_policy
from shared.core.approval.release_words import find_review
from shared.core.documents.codec import from_body, to_body
from shared.core.documents.effect import CLAIMS, Claim
from shared.core.money.run_budget import list_centres
from shared.core.money.spending import day_of
from shared.core.run.acts import PolicyAllowed, PolicyWithdrawn
from shared.core.run.events import Event, StepSucceeded
from shared.core.run.run import Run, Step, WaitKind, derive_id
from shared.integrations.ship_settings import ship_of
from shared.ports import Put
from shared.ports.documents import tenant_settings

Settings = Mapping[str, Any]  # a team's, with the systems that it has connected


def read_policy(deps: Deps, tenant: str) -> Policy:
    """Return what a team has set; that everything is asked about, where it has set nothing."""
    return parse_policy(tenant_settings(deps.store, tenant).autonomy)


def parse_policy(found: Mapping[str, Any] | None) -> Policy:
    """Return the policy that a part of the settings holds."""
    return from_body(Policy, found) if isinstance(found, Mapping) else Policy()


def let_pass(deps: Deps, run: Run, settings: Settings) -> Run:
    """Return the run after its policy has passed the gates at which it may; as it is where people are to be asked."""
    policy = parse_policy(settings.get("autonomy"))
    if not policy.levels or run.rehearse:
        return run
    for gate in run.steps:
        if gate.wait is None or gate.wait.kind != WaitKind.APPROVAL or _was_asked_before(policy, gate):
            continue
        verdict = judge_gate(deps, run, gate, policy, settings)
        if not verdict.asks:
            what, now = gate.wait.what, deps.clock.now()
            event = PolicyAllowed(now, gate.id, what, verdict.rule.value, policy.version, name_rule(verdict))
            run = record(deps, run.tenant, run.id, event)
    return run


def passes(deps: Deps, run: Run, gate: str, settings: Settings) -> bool:
    """Say whether nobody is asked at a gate, because the policy has passed it, now or before."""
    found = let_pass(deps, run, settings).step(gate)
    if found is None or not is_by_policy(found):
        return False
    relay(deps, run.tenant, run.id, "policy")  # who passed it may have died before it was handed over
    return True


def _was_asked_before(policy: Policy, gate: Step) -> bool:
    """Say whether people were asked here before the policy was what it is: a wider one does not answer for them."""
    set_at = datetime.fromisoformat(policy.changed_at) if policy.changed_at else None
    return set_at is not None and gate.handed_at is not None and gate.handed_at < set_at


def judge_gate(deps: Deps, run: Run, gate: Step, policy: Policy, settings: Settings) -> Verdict:
    """Return what a policy says about a gate of a run as it is now."""
    return decide_autonomy(policy, build_request(run, gate, _find_known(deps, run, settings)))


def judge_steps(deps: Deps, run: Run, gate: Step, policy: Policy, settings: Settings) -> list[tuple[str, str, Verdict]]:
    """Return what a policy says about each step that a gate lets begin: its id, its title, and the verdict."""
    request = build_request(run, gate, _find_known(deps, run, settings))
    pieces = request.pieces
    return [(each.step, each.title, decide_autonomy(policy, replace(request, pieces=(each,)))) for each in pieces]


def find_withdrawal(
    deps: Deps, run: Run, step: Step, load_settings: Callable[[str], Settings]
) -> PolicyWithdrawn | None:
    """Return that people are asked before a step begins after all; None where a person, or the policy, still lets it.

    A gate that people have passed is never looked at: what they said stands. That the page was edited since, or that
    money is short, holds nothing up here: the one is told at the next gate, of the other the ledger takes care.
    """
    gates = find_policy_gates(run, step) if step.wake == 0 else []
    if not gates:
        return None
    settings = load_settings(run.tenant)
    policy, known = parse_policy(settings.get("autonomy")), replace(_find_known(deps, run, settings), left=None)
    for gate in gates:
        request = replace(build_request(run, gate, known), is_edited=False)
        verdict = decide_autonomy(policy, request)
        if verdict.asks or is_asked_again(gate):
            now, words = deps.clock.now(), f"people are asked first: {explain_verdict(verdict)}"
            return PolicyWithdrawn(now, gate.id, step.id, step.attempt, verdict.rule.value, policy.version, words)
    return None


def note_released(run: Run, step: Step, event: Event) -> tuple[Put, ...]:
    """Return the record that something was released to a place, saved with what came of the step that did it."""
    places = find_review(run).get("places")
    place = places.get(step.spec.kind) if isinstance(places, Mapping) and isinstance(event, StepSucceeded) else None
    return (Put(CLAIMS, _name_place(str(place)), to_body(Claim(f"{run.id}.{step.id}", str(place)))),) if place else ()


def _name_place(place: str) -> str:
    return derive_id("released-", place)


def _find_known(deps: Deps, run: Run, settings: Settings) -> Known:
    book = Book(deps, run.tenant, allowance_of(deps, run.tenant))
    left = book.room(day_of(deps.clock.now()), centres=list_centres(run.trigger)).micros
    places = find_review(run).get("places")
    wanted = [str(place) for place in places.values()] if isinstance(places, Mapping) else []
    return Known(ship_of(settings), left, frozenset(_find_released(deps, run.tenant, wanted)))


def _find_released(deps: Deps, tenant: str, places: Iterable[str]) -> list[str]:
    return [place for place in places if deps.store.get(tenant, CLAIMS, _name_place(place)) is not None]
