"""What a person can do about a run that has failed, by the words it failed with, and how work begins again."""

from __future__ import annotations

from shared.core.run.run import Run, StepStatus
from shared.integrations.systems import SYSTEMS as ALL_SYSTEMS


def way_out(run: Run) -> str:
    """Return what a person can do about a failed run, by how it failed."""
    ended = next((text for words, text in _ENDS if words in run.failure), "")
    return ended or f"{_to_mend(run)} {begin_again(run)}{_typed(run)}"


def _to_mend(run: Run) -> str:
    failed = next((step for step in reversed(run.steps) if step.status == StepStatus.FAILED), None)
    if _is_unshared(run):
        return "share that page or table with the connection again; if it was deleted, restore it."
    told = next((text for words, text in _WAYS_OUT if words in run.failure), "")
    if told or failed is None:
        return told or "look at the run for what went wrong."
    system = SYSTEMS.get(failed.spec.kind.partition(".")[0], "")
    if "(tried " in failed.error and system:
        return f"see whether {system} works again."
    if failed.rounds or failed.spec.lane == "plan":
        return "say on the page more precisely what you want."
    return f"fix what {system or 'the message'} says."


def begin_again(run: Run) -> str:
    """Return how work on this page begins again."""
    return _NEXT.get(run.trigger.kind, _RETRY)


def _is_unshared(run: Run) -> bool:
    """Say whether the run failed at what is not shared with us; also where its planner then found no other way."""
    errors = (step.error for step in run.steps if step.status == StepStatus.FAILED and not step.home)
    return NOT_SHARED in run.failure or ("same failure twice" in run.failure and any(NOT_SHARED in e for e in errors))


def _typed(run: Run) -> str:
    """Return the command beside the comment where a page may not be shared: nobody hears what is commented there."""
    unheard = _is_unshared(run) and run.trigger.kind not in _NEXT
    return f" Where comments are not heard, type: workwright retry {run.id}" if unheard else ""


_RETRY = (
    "Then comment “retry” on the page and it goes on where it ended,"
    " or set its status to Plan it and it is planned anew."
)
_NEXT = {
    "routine": "Then the routine runs again at its next time.",
    "day": "Then set the dates in Tasks yourself; the next day is planned as usual.",
}
SYSTEMS = {each.name: each.title for each in ALL_SYSTEMS.values() if each.address and not each.for_all}
SYSTEMS |= {"site": "the place where the site is", "repository": "the place where the code is kept"}
_ENDS = (  # what is not begun again
    (
        "runs led to this one",
        "nothing, if nobody wanted this: agents had set each other off. A person can set the status to Plan it.",
    ),
    ("sandbox", "ask whoever runs this installation to run “workwright doctor”; it says what is missing."),
)
NOT_SHARED = "not shared with this connection"  # as our client of Notion says it
_WAYS_OUT = (
    ("This must not leave as it is", "change the page, or have an owner change what is allowed (workwright ship)."),
    ("knows no step kind", "nothing; it was planned by an earlier version, and this version plans it anew."),
    ("has no key for it", "give a key of your own (workwright models key), or ask whoever runs this installation."),
    ("no model may be asked", "look at whom your team asks (workwright models), and change it or connect a provider."),
    ("money or quota is used up", "top up that account, or name other models (workwright models)."),
    ("budget", "raise the budget, or make the idea smaller."),
    ("not finished after", "ask for less at once, or begin again."),
    ("same failure twice", "say on the page more precisely what you want."),
    ("may have happened", "look there whether it happened; it is not repeated by itself."),
    ("no attempt came back", "ask whoever runs this installation to look at its log."),
)
