"""code.outline: read the repository there is, if any, and have the model plan the files of the work."""

from __future__ import annotations

from shared.core.planning.artifacts import Artifact
from shared.steps._input import Input
from shared.steps._kind import Done, Repeat, StepContext, StepKind


class PlanFiles(Input):
    """What is written: a new site, service or project, or a change to the tenant's repository."""

    artifact: Artifact


def _run(wanted: PlanFiles, ctx: StepContext) -> Done:
    from shared.steps.code._code_outlining import plan_files

    return plan_files(ctx, wanted.artifact)


CODE_OUTLINE = StepKind(
    "code.outline",
    "Plan the files of the work.",
    PlanFiles,
    _run,
    Repeat.SAME_END,
    plannable=False,
    needs_approval=False,
    thinks="code.outline",
)
