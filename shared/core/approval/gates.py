"""Where a run waits for people to agree: its gates, what each of them is about, and who has passed it."""

from __future__ import annotations

from shared.core.run.acts import BY_POLICY
from shared.core.run.run import Run, Step, StepStatus, WaitKind

PLAN, RELEASE, PRODUCTION, QUESTION = "plan", "release", "production", "question"


def gate_kind(gate: str) -> str:
    """Return what a gate is about by its step's id: "plan", "release" or "production"."""
    name = gate.rpartition(".")[2]
    return name if name in (RELEASE, PRODUCTION) else PLAN


def waiting_kind(run: Run) -> str:
    """Return what the approval that a run waits for is about; "" when it waits for none."""
    waits = (step for step in run.steps if step.wait is not None and step.wait.kind == WaitKind.APPROVAL)
    return next((gate_kind(step.id) for step in waits), "")


def waits_at(run: Run) -> Step | None:
    """Return the gate that the run waits at for an approval."""
    return next((s for s in run.steps if s.wait is not None and s.wait.kind == WaitKind.APPROVAL), None)


def is_by_policy(gate: Step) -> bool:
    """Say whether no person but the team's policy has passed this gate."""
    passed = gate.spec.gate == WaitKind.APPROVAL and gate.status == StepStatus.SUCCEEDED
    return passed and gate.output.get("via") == BY_POLICY


def is_asked_again(gate: Step) -> bool:
    """Say whether people are asked, or soon will be, at a gate that was passed before."""
    waits = gate.status in (StepStatus.PENDING, StepStatus.WAITING)
    return gate.spec.gate == WaitKind.APPROVAL and gate.attempt > 1 and waits
