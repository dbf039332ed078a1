"""What all ways of deciding at a gate share: who may, and what a wish for something else leads to."""

from __future__ import annotations

from shared.app.engine.deps import Deps
from shared.app.engine.engine import record
from shared.app.people.membership import members_of
from shared.core.approval.deciders import MAY_DECIDE, find_role_bar
from shared.core.approval.decision_words import WISHED
from shared.core.approval.four_eyes import find_bar
from shared.core.approval.gates import PLAN, gate_kind
from shared.core.approval.sight import Team
from shared.core.errors import Forbidden
from shared.core.people.actor import Actor, By, read_by
from shared.core.run import acts
from shared.core.run.run import Run, RunStatus, Step, StepStatus, WaitKind
from shared.integrations.ship_settings import ship_of
from shared.ports.documents import tenant_settings

BUILDS = "code.test"  # the kind of step that makes and mends the work


def waiting_question(run: Run) -> Step | None:
    """Return the question in words that the run waits with; None while something still goes on beside it."""
    asked = (s for s in run.steps if s.wait is not None and s.wait.kind == WaitKind.INPUT)
    return next(asked, None) if run.status == RunStatus.AWAITING_INPUT else None


def team_of(deps: Deps, tenant: str) -> Team:
    """Return what the tenant has settled about approvals."""
    settings, members = tenant_settings(deps.store, tenant), members_of(deps, tenant).people.values()
    return Team(ship_of(settings.more), settings.people, any(each.role in MAY_DECIDE for each in members))


def refuse_barred(deps: Deps, run: Run, gate: str, by: str, via: str, actor: Actor | None = None) -> None:
    """Raise Forbidden when this person's approval does not count here."""
    team, ref = team_of(deps, run.tenant), actor.ref if actor is not None else ""
    if (bar := find_bar(run, gate, by, via, team.ship, team.people, ref)) is not None:
        raise Forbidden(bar.why, way_out=bar.way_out)


def refuse_role(role: str) -> None:
    """Raise Forbidden for a role, "" for none, that decides nothing."""
    if (bar := find_role_bar(role)) is not None:
        raise Forbidden(bar.why, way_out=bar.way_out)


def find_rework_step(run: Run, gate: Step) -> Step | None:
    """Return the step that begins again when people want what a gate asks about to be otherwise; None at the plan's."""
    if gate_kind(gate.id) == PLAN:
        return None
    shown = [step for name in gate.spec.depends_on if (step := run.step(name)) is not None]
    named = [step for each in shown if (step := run.step(each.spec.repairs)) is not None]
    built = [step for step in run.steps if step.spec.kind == BUILDS and not step.parent]
    found = [step for step in (*named, *reversed(built)) if step.status == StepStatus.SUCCEEDED]
    return found[0] if found else None


def ask_for_rework(deps: Deps, run: Run, gate: Step, wish: str, by: By, *, handled: str = "") -> bool:
    """Have the work done otherwise, as `wish` says; False where nothing can, or it was asked for too often."""
    step = find_rework_step(run, gate)
    if step is None:
        return False
    name, actor = read_by(by)
    event = acts.ReworkAsked(deps.clock.now(), step.id, f"{name}{WISHED}{wish}", name, actor)
    after = record(deps, run.tenant, run.id, event, handled=handled)
    again = after.step(step.id)
    return again is not None and again.attempt > step.attempt
