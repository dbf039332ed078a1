"""code.generate: from requirements to files: a plan of them first, then file by file, as one piece of work.

A group. Its child `outline` plans the files, and reads the repository where there is one; the children `write-N` write
them in the order of what depends on what, those side by side that do not. What a child got wrong goes back to it.
"""

from __future__ import annotations

from shared.core.planning.artifacts import Artifact
from shared.steps._input import Input
from shared.steps._kind import Done, FanOut, Repeat, StepContext, StepKind

CALLS = 3  # whose cost is reserved: a call costs far less than it might, so this pays for more of them


class Generate(Input):
    """`change`: of the team's repository."""

    artifact: Artifact


def _run(wanted: Generate, ctx: StepContext) -> Done | FanOut:
    from shared.steps.code._code_generating import choose_children

    return choose_children(ctx, wanted.artifact)


CODE_GENERATE = StepKind(
    "code.generate",
    "Write the files of a site, a service or a Node project, or change the repository, with tests for everything.",
    Generate,
    _run,
    Repeat.SAME_END,
    thinks="code.write",
    max_calls=CALLS,
    group=True,
    core=True,
)
