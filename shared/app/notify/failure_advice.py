"""What a person can do about a run that has failed, by what sort of failure it was, and how work begins again."""

from __future__ import annotations

from shared.core.run.faults import Fault, faults_of
from shared.core.run.run import Run, Step, StepStatus
from shared.integrations.systems import SYSTEMS as ALL_SYSTEMS


def way_out(run: Run) -> str:
    """Return what a person can do about a failed run, by how it failed."""
    ended = _advice(run, _ENDS)
    return ended or f"{_to_mend(run)} {begin_again(run)}{_describe_command(run)}"


def went_back(run: Run) -> bool:
    """Say whether what was live was wrong, and the version before it is live again."""
    return Fault.WENT_BACK in faults_of(run.fault, run.failure)


def _advice(run: Run, known: dict[Fault, str]) -> str:
    found = faults_of(run.fault, run.failure)
    return next((text for fault, text in known.items() if fault in found), "")


def _to_mend(run: Run) -> str:
    failed = next((step for step in reversed(run.steps) if step.status == StepStatus.FAILED), None)
    if _is_unshared(run):
        return "share that page or table with the connection again; if it was deleted, restore it."
    advice = _advice(run, _WAYS_OUT)
    if advice or failed is None:
        return advice or "look at the run for what went wrong."
    system = SYSTEMS.get(failed.spec.kind.partition(".")[0], "")
    if _is(Fault.TRIED_OFTEN, failed) and system:
        return f"see whether {system} works again."
    if failed.rounds or failed.spec.lane == "plan":
        return "say on the page more precisely what you want."
    return f"fix what {system or 'the message'} says."


def _is(fault: Fault, step: Step) -> bool:
    return fault in faults_of(step.fault, step.error)


def begin_again(run: Run) -> str:
    """Return how work on this page begins again."""
    return _NEXT.get(run.trigger.kind, _RETRY)


def _is_unshared(run: Run) -> bool:
    """Say whether the run failed at what is not shared with us; also where its planner then found no other way."""
    found = faults_of(run.fault, run.failure)
    failed = [step for step in run.steps if step.status == StepStatus.FAILED and not step.home]
    again = Fault.SAME_TWICE in found and any(_is(Fault.NOT_SHARED, step) for step in failed)
    return Fault.NOT_SHARED in found or again


def _describe_command(run: Run) -> str:
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
_ENDS = {  # what is not begun again
    Fault.LOOPED: "nothing, if nobody wanted this: agents had set each other off."
    " A person can set the status to Plan it.",
    Fault.NO_SANDBOX: "ask whoever runs this installation to run “workwright doctor”; it says what is missing.",
}
_WAYS_OUT = {
    Fault.MUST_NOT_LEAVE: "change the page, or have an owner change what is allowed (workwright ship).",
    Fault.UNKNOWN_KIND: "nothing; it was planned by an earlier version, and this version plans it anew.",
    Fault.NO_KEY: "give a key of your own (workwright models key), or ask whoever runs this installation.",
    Fault.NO_MODEL: "look at whom your team asks (workwright models), and change it or connect a provider.",
    Fault.QUOTA: "top up that account, or name other models (workwright models).",
    Fault.BUDGET: "raise the budget, or make the idea smaller.",
    Fault.LOST_UNPAID: "raise the budget, or make the idea smaller.",
    Fault.TOO_LONG: "ask for less at once, or begin again.",
    Fault.SAME_TWICE: "say on the page more precisely what you want.",
    Fault.MAY_HAVE_HAPPENED: "look there whether it happened; it is not repeated by itself.",
    Fault.LOST: "ask whoever runs this installation to look at its log.",
}
