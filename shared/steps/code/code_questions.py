"""The questions to a model that `code.generate` and `code.test` consist of: code.outline, code.write and code.repair.

Each is a step, so that it has its own retry, cost and place in the timeline; none is planned or approved by itself.
"""

from __future__ import annotations

from functools import partial

from shared.core.planning.artifacts import Artifact
from shared.steps._input import Input
from shared.steps._kind import Done, Repeat, StepContext, StepKind


class PlanFiles(Input):
    """What is written: a new site, service or project, or a change to the tenant's repository."""

    artifact: Artifact


class WriteFiles(Input):
    """Which files: those of a chunk of the plan that an outline has made, the rest of them in a later piece."""

    outline: str
    chunk: int
    piece: int = 1


class Repair(Input):
    """`of`: the step whose output names the work; `feedback`: where the text is kept that says what is wrong."""

    of: str
    feedback: str


def _outline(wanted: PlanFiles, ctx: StepContext) -> Done:
    from shared.steps.code._code_outlining import plan_files

    return plan_files(ctx, wanted.artifact)


def _write(wanted: WriteFiles, ctx: StepContext) -> Done:
    from shared.steps.code._code_writing import write_files

    return write_files(ctx, wanted.outline, wanted.chunk)


def _repair(wanted: Repair, ctx: StepContext) -> Done:
    from shared.steps.code._code_repairing import mend

    return mend(ctx, wanted.of, wanted.feedback)


_child = partial(StepKind, repeat=Repeat.SAME_END, plannable=False, needs_approval=False)
CODE_OUTLINE = _child("code.outline", "Plan the files of the work.", PlanFiles, _outline, thinks="code.outline")
CODE_WRITE = _child("code.write", "Write some files of the plan.", WriteFiles, _write, thinks="code.write")
CODE_REPAIR = _child(
    "code.repair", "Mend the work by what its tests or a reviewer said.", Repair, _repair, thinks="code.repair"
)
