"""What earlier plans of a run have left to read: the last plan itself, and the texts of steps that are done."""

from __future__ import annotations

from shared.app.engine.deps import Deps
from shared.core.run.replan import so_far
from shared.core.run.run import Run

_MOST = 300  # characters of one text: what came of it, and not all of it


def plan_before(deps: Deps, run: Run) -> str:
    """Return the last plan as its planner answered it; "" where no step of it has failed."""
    if not so_far(run).failed:
        return ""
    kept = [str(step.output["proposal"]) for step in run.steps if step.output.get("proposal")]
    return _kept(deps, run, kept[-1]) if kept else ""


def texts_left(deps: Deps, run: Run) -> dict[str, str]:
    """Return the beginning of the text that each step that is done has left, by the step's name."""
    done = so_far(run).done
    kept = {name: str(step.output["text"]) for name, step in done.items() if step.output.get("text")}
    texts = {name: _kept(deps, run, text) for name, text in kept.items()}
    return {name: text if len(text) <= _MOST else f"{text[:_MOST]} …" for name, text in texts.items() if text}


def _kept(deps: Deps, run: Run, ref: str) -> str:
    try:
        return deps.store.get_text(run.tenant, ref)
    except KeyError:  # it is no longer kept
        return ""
