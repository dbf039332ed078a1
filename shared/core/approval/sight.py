"""What is known of a page that is looked at: read as far as the decision needs it, and no further."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from shared.core.approval.decision_words import Verdict
from shared.core.pages.author import Author
from shared.core.people.actor import Known
from shared.core.run.run import Limits
from shared.core.ship.shipping import Ship


class Need(StrEnum):
    """What is read only where a decision rests on it: each costs a call to Notion, or a document."""

    CAUSES = "the runs that led to the page's present state"
    EDITOR = "the person who edited the page last"
    RULES = "whether the plan was made by rules"
    SECOND_LOOK = "whether a comment asks for another look at the work"
    CONTENT = "what the page says, and what was said about it"
    DECLINED = "whether a member wants nothing to be built"
    MEMBERS = "the people of the workspace"
    WHO = "who somebody is, and their role"
    TEAM = "what the team has settled about approvals"
    TO_BUILD = "whether a member wants what was changed to be built too"
    VERDICT = "what the comments come to"
    TOLD_WITHIN = "within what time a delivery comes"


@dataclass(frozen=True, slots=True)
class SecondLook:
    """Comments that ask for another look at the work: the member who did so last, "" for nobody, and which they are.

    `alone`: nothing else was said since; else what was said is about another plan.
    """

    by: str = ""
    comments: tuple[str, ...] = ()
    alone: bool = True


@dataclass(frozen=True, slots=True)
class Content:
    """What people wrote, by its hash, and what they commented."""

    hash: str
    shown: bool = True  # the page was set to ask about this very thing
    wish: str | None = None  # who wished for another plan than this one, before we died
    fresh: bool = False  # there are new comments that may decide


@dataclass(frozen=True, slots=True)
class Team:
    """What the team has settled about approvals, and its people."""

    ship: Ship
    people: tuple[Mapping[str, Any], ...] = ()
    signs_in: bool = False  # it has members who may decide, so that nobody has to by a link alone


@dataclass(frozen=True, slots=True)
class Sight:
    """A page as it is now. What is None was not read yet."""

    status: str = ""
    wished: bool = False  # a plan is wished for, by the status now or by one that had to wait
    ticked: bool | None = False  # the box Paused; None once the run has heard of it
    switch: bool = False  # the page stands for all work
    cancelled: bool = False  # the status Cancelled, and meant for this run
    may_return: bool = True  # not looked at again and again for days yet
    depth: int = Limits().depth  # of a chain of runs that wake each other
    causes: tuple[str, ...] | None = None
    editor: str | None = None  # "" for none
    by_rules: bool | None = None
    second_look: SecondLook | None = None
    content: Content | None = None
    edit_told: bool = False  # what was changed since the plan is noted
    declined: str | None = None  # by whom; "" for nobody
    members: frozenset[str] | None = None
    people: Mapping[Author, Known] = field(default_factory=dict)
    team: Team | None = None
    to_build: str | None = None  # who wants it; "" for nobody
    verdict: Verdict | None = None
    told_within: timedelta | None = None
