"""What people do to a run: they agree or refuse, change the page, ask for other work, let it stand still, stop it.

What their policy does in their place is here too.

`by` is the name that people read; `actor` says who that is, where it is known. Earlier events have the name alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from shared.core.people.actor import Actor
from shared.core.run.run import Usage

BY_POLICY, THE_POLICY = "policy", "the team's policy"  # how a gate was passed without a person, and by whom
EDITED = "edited"  # the run's fact that holds what was changed on the page
ROLLED_BACK = "rolled_back"  # the fact of a run whose site was taken back


@dataclass(frozen=True, slots=True)
class BudgetChanged:
    """The tenant's budget is another one now; what waited for it asks again."""

    at: datetime


@dataclass(frozen=True, slots=True)
class ApprovalGranted:
    """A person said yes to exactly this plan."""

    at: datetime
    gate: str
    plan_hash: str
    by: str
    via: str = ""
    actor: Actor | None = None


@dataclass(frozen=True, slots=True)
class ApprovalDenied:
    """A person said no."""

    at: datetime
    gate: str
    plan_hash: str
    by: str
    via: str = ""
    reason: str = ""
    actor: Actor | None = None


@dataclass(frozen=True, slots=True)
class PolicyAllowed:
    """The team's policy lets exactly this go ahead without a person: by which rule, in words, of which version."""

    at: datetime
    gate: str
    plan_hash: str
    rule: str
    version: int
    words: str = ""


@dataclass(frozen=True, slots=True)
class PolicyWithdrawn:
    """A step was about to begin that the policy had let go ahead, and would not now: people are asked first."""

    at: datetime
    gate: str
    step: str
    attempt: int
    rule: str
    version: int
    words: str = ""


@dataclass(frozen=True, slots=True)
class PageChanged:
    """People edited the page: answers a question, or makes the proposed plan out of date.

    `plan_estimate` is what another plan may cost by the models there are now; None: as much as the plan before.
    """

    at: datetime
    by: str = ""
    plan_estimate: Usage | None = None
    actor: Actor | None = None


@dataclass(frozen=True, slots=True)
class PageEdited:
    """People edited the page after its plan was approved: the work goes on, and they are told what is not in it.

    `content` is the hash of what the page says now; `changes` are in words, none when it says again what it said.
    """

    at: datetime
    content: str
    changes: tuple[str, ...] = ()
    by: str = ""


@dataclass(frozen=True, slots=True)
class ReworkAsked:
    """People want what `step` has made to be otherwise; it begins again, and all that was built on it."""

    at: datetime
    step: str
    feedback: str
    by: str = ""
    actor: Actor | None = None


@dataclass(frozen=True, slots=True)
class AnotherLookAsked:
    """People were asked about work that could not be mended, and want what had passed its tests to be looked at again.

    They may have changed a setting meanwhile, or the work is good enough as it was.
    """

    at: datetime
    by: str = ""
    actor: Actor | None = None


@dataclass(frozen=True, slots=True)
class VersionRestored:
    """People want an earlier version of the work back: `step` tests again what its child `source` has tried.

    `version` is the number that people know it by.
    """

    at: datetime
    step: str
    source: str
    version: int
    by: str = ""
    actor: Actor | None = None


@dataclass(frozen=True, slots=True)
class GrantRestored:
    """The tenant reconnected a provider; what waited for it goes on."""

    at: datetime
    provider: str


@dataclass(frozen=True, slots=True)
class RolledBack:
    """What a run has put live was taken back after its end, by another run; it says so before anything else."""

    at: datetime
    by: str
    run: str  # that did it


@dataclass(frozen=True, slots=True)
class CancelRequested:
    """A person wants it stopped; a repeated request changes nothing, `force` gives up on undo."""

    at: datetime
    by: str
    reason: str = ""
    force: bool = False  # skip undo, and list what is left behind
    actor: Actor | None = None


@dataclass(frozen=True, slots=True)
class RunPaused:
    """Somebody wants this run to stand still; with `box` they ticked it on the page."""

    at: datetime
    by: str
    why: str = ""
    box: bool = False
    actor: Actor | None = None


@dataclass(frozen=True, slots=True)
class RunResumed:
    """The run may go on; with `box` somebody cleared the box on the page."""

    at: datetime
    by: str
    box: bool = False
    actor: Actor | None = None


@dataclass(frozen=True, slots=True)
class TimeStoodStill:
    """All work was paused from `since` until `until`: that time counts against nothing."""

    at: datetime
    since: datetime
    until: datetime
