"""code.repair: have the model mend the work by what its tests, its build or a reviewer said."""

from __future__ import annotations

from shared.steps._input import Input
from shared.steps._kind import Done, Repeat, StepContext, StepKind


class Repair(Input):
    """`of`: the step whose output names the work; `feedback`: where the text is kept that says what is wrong."""

    of: str
    feedback: str


def _run(wanted: Repair, ctx: StepContext) -> Done:
    from shared.steps.code._code_repairing import mend

    return mend(ctx, wanted.of, wanted.feedback)


CODE_REPAIR = StepKind(
    "code.repair",
    "Mend the work by what its tests or a reviewer said.",
    Repair,
    _run,
    Repeat.SAME_END,
    plannable=False,
    needs_approval=False,
    thinks="code.repair",
)
