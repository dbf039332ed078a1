"""The text that an earlier step has left, for steps that write it somewhere."""

from __future__ import annotations

from shared.core.errors import Rejected
from shared.core.run.run import StepStatus
from shared.steps._kind import StepContext


def text_of_step(name: str, ctx: StepContext) -> str:
    """Return the text that the step of that id in the plan has left; raises Rejected with the reason there is none."""
    step = ctx.step_named(name)
    if step is not None and "text" in step.output:
        return ctx.get_text(str(step.output["text"]))
    if step is None:
        why = "is not a step of this plan"
    elif step.status != StepStatus.SUCCEEDED:
        why = "is not done yet; let this step depend on it"
    else:
        why = f"has left no text: {step.spec.kind} leaves none"
    raise Rejected("notion", f"from_step: {name!r} {why}")
