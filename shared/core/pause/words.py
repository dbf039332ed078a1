"""What people read of a pause: who wanted it, why, and how it goes on."""

from __future__ import annotations

from shared.core.outgoing_text import plain
from shared.core.run import Run
from shared.core.sentence import end_sentence

RESUME = "workwright resume"
REHEARSAL = "a rehearsal"  # who pauses a run that is only rehearsed


def pause_words(run: Run) -> str:
    """Return who has paused this run, why, and how it goes on; "" for one that is not paused."""
    pause = run.pause
    if pause is None or run.status.final:
        return ""
    if pause.by == REHEARSAL:
        return (
            f"This run is a rehearsal: nothing was written anywhere. {end_sentence(plain(pause.why)[:300])}"
            f" To let it go on in earnest: {RESUME} --run {run.id}. To end it: workwright cancel {run.id}"
        )
    go_on = "clear the box Paused on its page" if run.box else f"{RESUME} --run {run.id}"
    return f"This run is paused by {_who_and_why(pause.by, pause.why)} To go on: {go_on}"


def all_paused_words(by: str, why: str, go_on: str) -> str:
    """Return who has paused all work, why, and how it goes on."""
    return f"All work is paused by {_who_and_why(by, why)} To go on: {go_on}"


def _who_and_why(by: str, why: str) -> str:
    said = plain(why)[:300]
    return end_sentence(f"{plain(by)[:100] or 'somebody'}{f': {said}' if said else ''}")
