"""code.write: have the model write some files of the plan: as many as one answer holds, or a part of a long one."""

from __future__ import annotations

from shared.steps._input import Input
from shared.steps._kind import Done, Repeat, StepContext, StepKind


class WriteFiles(Input):
    """Which files: those of a chunk of the plan that an outline has made, the rest of them in a later piece."""

    outline: str
    chunk: int
    piece: int = 1


def _run(wanted: WriteFiles, ctx: StepContext) -> Done:
    from shared.steps.code._code_writing import write_files

    return write_files(ctx, wanted.outline, wanted.chunk)


CODE_WRITE = StepKind(
    "code.write",
    "Write some files of the plan.",
    WriteFiles,
    _run,
    Repeat.SAME_END,
    plannable=False,
    needs_approval=False,
    thinks="code.write",
)
