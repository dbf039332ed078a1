"""Who may decide at a gate now: the one answer that the page, the API, messengers and the terminal share. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from shared.core.approval.four_eyes import LINK, Barred, find_bar
from shared.core.approval.gates import PLAN, gate_kind, waits_at
from shared.core.approval.sight import Team
from shared.core.people.actor import Actor
from shared.core.people.members import ROLES
from shared.core.planning.risk import cannot_be_undone
from shared.core.run.run import Run, RunStatus, StepSpec

MAY_DECIDE = frozenset(ROLES) - {"viewer"}
NEEDS_SIGN_IN = "this cannot be taken back, so it needs you to sign in"


@dataclass(frozen=True, slots=True)
class Decider:
    """Who wants to decide, with what role, and by which way: `LINK` shows no more than that somebody has a message."""

    actor: Actor
    role: str
    via: str


def find_refusal(run: Run, gate: str, who: Decider, team: Team) -> Barred | None:
    """Return why somebody may not approve at a gate; None when they may."""
    if (bar := find_role_bar(who.role)) is not None:
        return bar
    if who.via == LINK and team.signs_in and is_irreversible(run, gate):
        return Barred(NEEDS_SIGN_IN, "Sign in, and decide in your own name.")
    return find_bar(run, gate, who.actor.name, who.via, team.ship, team.people, who.actor.ref)


def find_role_bar(role: str) -> Barred | None:
    """Return why somebody with this role, "" for none, decides nothing; None where they may."""
    if role in MAY_DECIDE:
        return None
    why = f"the role {role} does not decide" if role else "only members of the team decide"
    return Barred(why, "Ask a member of your team.")


def may_act_now(run: Run, who: Decider, team: Team) -> bool:
    """Say whether a run waits for something that somebody may decide, or answer, at this moment."""
    if run.status == RunStatus.AWAITING_INPUT:
        return who.role in MAY_DECIDE
    gate = waits_at(run)
    return gate is not None and find_refusal(run, gate.id, who, team) is None


def is_irreversible(run: Run, gate: str) -> bool:
    """Say whether what follows an approval here cannot be undone: what leaves, goes live, or has no way back.

    Of a plan that is what begins without another question.
    """
    if gate_kind(gate) != PLAN:
        return True
    return any(cannot_be_undone(spec) for spec in _list_unasked(run))


def _list_unasked(run: Run) -> Iterable[StepSpec]:
    """Return the steps that no later gate stands before."""
    specs = {step.id: step.spec for step in run.steps}
    later = {name for name, spec in specs.items() if spec.gate is not None and gate_kind(name) != PLAN}
    asked: dict[str, bool] = {}

    def stands_behind(name: str) -> bool:
        if name not in asked:
            asked[name] = False
            spec = specs.get(name)
            before = spec.depends_on if spec is not None else ()
            asked[name] = any(each in later or stands_behind(each) for each in before)
        return asked[name]

    return [spec for name, spec in specs.items() if spec.gate is None and not stands_behind(name)]
