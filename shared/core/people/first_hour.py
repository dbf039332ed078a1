"""The first hour of a team, as steps with what is done, what is open, and what to do next. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from shared.core.documents.codec import beside, sparse, unknown
from shared.core.people.obstacles import SHARE, explain_obstacle
from shared.core.text.sentence import count_of

PLACE = ("first-hour", "team")  # the kind, and the id
PEOPLE, CODE = "people", "code"  # steps that can be left for later


@dataclass(frozen=True, slots=True)
class FirstHour:
    """What a team has said on the way: which steps are for later, and which run its example is."""

    later: tuple[str, ...] = ()
    example: str = sparse("")
    version: str = beside("")
    more: Mapping[str, Any] = unknown()


class State(StrEnum):
    """How a step stands; `BLOCKED` waits for something that only the team can do elsewhere."""

    DONE = "done"
    OPEN = "open"
    WORKING = "working"
    BLOCKED = "blocked"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its name for programs, its title, how it stands in a sentence, and what to do next ("" for nothing)."""

    name: str
    title: str
    state: State
    says: str
    next: str = ""

    @property
    def is_over(self) -> bool:
        """Say whether the way goes on after it."""
        return self.state in (State.DONE, State.LATER)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a team: the rest follows from it."""

    connected: bool
    databases: int  # how many of them there are
    wanted: int  # how many there are to be
    setup: str = ""  # how far making them has got, in the words of `workspace_databases`
    problem: str = ""  # in the words in which it was refused
    why: str = ""  # an `Obstacle`
    lacking: Sequence[str] = ()  # rights of the connection
    guest: bool = False
    workspace: str = ""  # what the one that is connected, or was, is called
    pages: int = 0  # among how many one may choose
    forges: Sequence[str] = ()  # titles of what is connected for code
    budget: bool = False  # whether somebody has looked at the limits
    example: str = ""  # the status of the example's run
    later: Sequence[str] = ()
    colleagues: int = 0  # in the team, beside whoever looks
    invited: int = 0
    channels: Sequence[str] = ()  # over which whoever looks is told, beside Notion; as people call them


def list_steps(known: Known) -> list[Step]:
    """Return the steps in their order."""
    return [_connection(known), _place(known), _people(known), _limits(known), _code(known), _example(known)]


def _connection(known: Known) -> Step:
    named = f"the workspace “{known.workspace}”" if known.workspace else ""
    if known.connected:
        says = f"Notion is connected: {named}." if named else "Notion is connected."
        return Step("notion", "Notion", State.DONE, says)
    says = "Notion is not connected, or the connection was taken back there."
    choose = f", and choose {named} there: another one has, or gets, a team of its own" if named else ""
    return Step("notion", "Notion", State.BLOCKED, says, f"Connect Notion again{choose}.")


def _place(known: Known) -> Step:
    title = "Where Workwright writes"
    if known.databases >= known.wanted:
        return Step("place", title, State.DONE, "Ideas, Tasks, Routines and Runs are in your Notion.")
    if not known.connected:
        return Step("place", title, State.BLOCKED, "This needs the connection to Notion.")
    trouble = explain_obstacle(known.why, lacking=known.lacking, guest=known.guest, words=known.problem)
    match known.setup:
        case "working":
            return Step("place", title, State.WORKING, "Workwright is asking Notion.")
        case "failed":
            return Step("place", title, State.BLOCKED, *trouble)
        case "choosing" if known.lacking or (known.guest and not known.pages):
            return Step("place", title, State.BLOCKED, *trouble)
        case "choosing" if not known.pages:
            return Step("place", title, State.BLOCKED, "No page of your Notion is shared with Workwright yet.", SHARE)
        case "choosing":
            return Step("place", title, State.OPEN, "Four databases are made on the page you choose.", "Choose a page.")
        case "asking":
            return Step("place", title, State.OPEN, "One thing is not clear yet.", "Answer the question.")
    says = "Workwright keeps Ideas, Tasks, Routines and Runs as databases on a page of yours."
    return Step("place", title, State.OPEN, says, "Look at which pages are shared.")


def _people(known: Known) -> Step:
    title = "People, and how you are told"
    if not (PEOPLE in known.later or known.colleagues or known.example):
        says = "Invite colleagues, and choose how you are told. Comments in Notion come to you anyway."
        return Step("people", title, State.OPEN, says, "Do both, one of them, or go on.")
    if not (known.colleagues or known.invited or known.channels):
        return Step("people", title, State.LATER, "Nobody is invited yet, and you are told in Notion alone.")
    colleagues = count_of(known.colleagues, "colleague") if known.colleagues else "Nobody else"
    invited = f", {known.invited} invited" if known.invited else ""
    *more, last = ["in Notion", *(f"by {each}" for each in known.channels)]
    channels = f"{', '.join(more)} and {last}" if more else last
    is_or_are = "are" if known.colleagues > 1 else "is"
    return Step("people", title, State.DONE, f"{colleagues} {is_or_are} in the team{invited}. You are told {channels}.")


def _limits(known: Known) -> Step:
    if known.budget:
        return Step("limits", "What it may cost", State.DONE, "The limits are set.")
    says = "Models may cost no more than this; work that would cost more waits for you."
    return Step("limits", "What it may cost", State.OPEN, says, "Keep the limits, or change them.")


def _code(known: Known) -> Step:
    if known.forges:
        return Step("code", "Where code goes", State.DONE, f"Code goes to {' and '.join(known.forges)}.")
    if CODE in known.later:
        return Step("code", "Where code goes", State.LATER, "Not connected yet; plans have no code without it.")
    says = "Connect where your code is kept, or leave it for later: plans have no code without it."
    return Step("code", "Where code goes", State.OPEN, says, "Connect it, or leave it for later.")


def _example(known: Known) -> Step:
    title = "Your first plan"
    if known.databases < known.wanted:
        return Step("example", title, State.BLOCKED, "This needs the databases.")
    match known.example:
        case "":
            says = "A small example is written into Ideas and planned. Nothing is built before you agree."
            return Step("example", title, State.OPEN, says, "Try the example.")
        case "received" | "planning":
            return Step("example", title, State.WORKING, "The plan is being written.")
        case "awaiting_approval":
            return Step("example", title, State.OPEN, "The plan is ready.", "Read it and decide.")
    return Step("example", title, State.DONE, "You have decided about your first plan.")
