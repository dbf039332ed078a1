"""A story whose work is really tested and mended: the sandbox goes by what files say, the model by `story.mend`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from shared.core.code.worktree import Worktree
from shared.core.models.model_errors import ModelError
from shared.steps import KINDS
from shared.steps._kind import Done, StepContext
from shared.steps._work import rewrite_work, work_of
from tests.support.ports.scripted_sandbox import ScriptedSandbox
from tests.support.rigs.gated_story import Story


def with_the_real_loop(made: Story) -> Story:
    """Give the story the product's own steps for tests and repairs."""

    def mend(wanted: Any, ctx: StepContext) -> Done:
        before = ctx.run.step(wanted.of)
        assert before is not None
        feedback = ctx.get_text(wanted.feedback)
        made.repairs.append(feedback)
        files = made.mend(dict(work_of(ctx, before.output).tree.files), feedback)
        return Done({**rewrite_work(ctx, before.output, Worktree(files)), **made.words})

    tools = made.house.tools
    real = {name: KINDS[name] for name in ("code.test", "code.try")}
    repair = replace(KINDS["code.repair"], run=mend)
    object.__setattr__(tools, "kinds", {**tools.kinds, **real, "code.repair": repair})
    object.__setattr__(tools, "sandbox", ScriptedSandbox)
    return made


def cannot_mend(files: dict[str, bytes], feedback: str) -> dict[str, bytes]:
    """Answer as a model does that writes by rules."""
    raise ModelError("it writes by rules and cannot repair what it wrote")
