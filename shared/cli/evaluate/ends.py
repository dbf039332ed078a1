"""How a page's run can end, seen from its author's side."""

from __future__ import annotations

from shared.core.run.run import Run, RunStatus

LIVE, DONE, QUESTION, REFUSED, FAILED = "live", "done", "question", "refused", "failed"
STOPPED, TIMED_OUT = "stopped", "timed out"
NO_MONEY, NO_MODEL = "no money", "no model"  # the page could not be evaluated: this tells nothing about the model
ENDS = (LIVE, DONE, QUESTION, REFUSED)  # those that can be right
MADE = (LIVE, DONE)


def end_of(run: Run, *, in_time: bool) -> str:
    """Return how it ended; `refused` is a failure before anybody approved a plan, so that nothing was begun."""
    if not in_time:
        return TIMED_OUT
    if run.status == RunStatus.SUCCEEDED:
        return LIVE if any(step.spec.kind == "site.promote" and step.output for step in run.steps) else DONE
    if run.status == RunStatus.AWAITING_INPUT:
        return QUESTION
    if run.status == RunStatus.CANCELLED:
        return STOPPED
    approved = any(step.spec.kind == "approval.ask" and step.output for step in run.steps)
    return FAILED if approved else REFUSED
