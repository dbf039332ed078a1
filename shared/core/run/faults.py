"""What sort of failure one is, so that what people are told to do does not rest on how it was put into words."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum


class Fault(StrEnum):
    """A sort of failure with a way out of its own; the values are stored."""

    OTHER = "other"  # none of these: what happened is told, and that is all there is to say
    LOOPED = "looped"  # runs have woken each other
    NO_SANDBOX = "no_sandbox"
    NOT_SHARED = "not_shared"  # the page or table is not shared with our connection, or does not exist
    MUST_NOT_LEAVE = "must_not_leave"  # what was found in the work keeps it from leaving
    UNKNOWN_KIND = "unknown_kind"  # a kind of step that this version does not have
    NO_KEY = "no_key"  # this installation has no key for the model
    NO_MODEL = "no_model"  # the team's rules leave no model to ask
    QUOTA = "quota"  # the account's money or quota is used up
    BUDGET = "budget"  # ours, or the team's
    TOO_LONG = "too_long"  # the run's time is over
    SAME_TWICE = "same_twice"  # a model made the very same mistake again
    MAY_HAVE_HAPPENED = "may_have_happened"  # and nobody can look it up
    LOST = "lost"  # nobody came back from the attempts
    LOST_UNPAID = "lost_unpaid"  # nor does the budget allow another one
    TRIED_OFTEN = "tried_often"  # as often as may be, and it never worked
    WENT_BACK = "went_back"  # what was live was wrong, and the version before it is live again


_KNOWN = frozenset(each.value for each in Fault)
# How versions before put it that stored no fault; what they have stored is read as they read it.
_FORMER_WORDS = (
    (Fault.LOOPED, "runs led to this one"),
    (Fault.NO_SANDBOX, "sandbox"),
    (Fault.NOT_SHARED, "not shared with this connection"),
    (Fault.MUST_NOT_LEAVE, "This must not leave as it is"),
    (Fault.UNKNOWN_KIND, "knows no step kind"),
    (Fault.NO_KEY, "has no key for it"),
    (Fault.NO_MODEL, "no model may be asked"),
    (Fault.QUOTA, "money or quota is used up"),
    (Fault.BUDGET, "budget"),
    (Fault.TOO_LONG, "not finished after"),
    (Fault.SAME_TWICE, "same failure twice"),
    (Fault.MAY_HAVE_HAPPENED, "may have happened"),
    (Fault.LOST, "no attempt came back"),
    (Fault.TRIED_OFTEN, "(tried "),
    (Fault.WENT_BACK, "rolled back to the previous version"),
)


def faults_of(fault: Fault | None, words: str) -> Collection[Fault]:
    """Return what sort of failure it is; where none was stored, every sort that its words may be about."""
    if fault is not None:
        return (fault,)
    return frozenset(each for each, phrase in _FORMER_WORDS if phrase in words)


def read_fault(text: str) -> Fault:
    """Return the fault that is stored as this text; one that only a newer version knows is like any other."""
    return Fault(text) if text in _KNOWN else Fault.OTHER
