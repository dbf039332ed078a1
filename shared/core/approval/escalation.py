"""Nobody has decided within the team's time: who is told next, and when the ones after them are."""

from __future__ import annotations

from shared.core.approval.gates import waits_at
from shared.core.run.commands import NOTIFY, Command
from shared.core.run.run import Run, derive_id

OVERDUE = "approval_overdue"  # topic; `ref` is the gate, which of its questions, and the stage
STAGES = ("admin", "owner")  # roles, in the order in which they are told


def build_stage(run: Run, gate: str, number: int, stage: str) -> Command:
    """Return the command by which a stage is told; the same one for the same question."""
    ref = f"{gate}.{number}.{stage}"
    return Command(
        derive_id("overdue-", run.tenant, run.id, ref), NOTIFY, "notify", run.tenant, run.id, topic=OVERDUE, ref=ref
    )


def find_next_stage(stage: str) -> str:
    """Return who is told after a stage, "" after the last one."""
    following = STAGES.index(stage) + 1
    return STAGES[following] if following < len(STAGES) else ""


def is_overdue(run: Run, gate: str, number: int) -> bool:
    """Say whether the run still waits with just this question."""
    waiting = waits_at(run)
    return waiting is not None and waiting.id == gate and number >= waiting.attempt and not run.status.final
