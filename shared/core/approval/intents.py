"""What may follow from a look at a page: one thing to do, which is then recorded, or one more thing to find out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from shared.core.approval.four_eyes import Barred
from shared.core.approval.sight import Need
from shared.core.pages.author import Author
from shared.core.people.actor import Actor

IN_NOTION, BY_COMMENT = "notion", "comment in Notion"  # ways to decide


@dataclass(frozen=True, slots=True)
class Nothing:
    """The page asks for nothing."""


@dataclass(frozen=True, slots=True)
class Find:
    """What is not known yet decides; `whom` it is about, where it is about somebody."""

    what: Need
    whom: Author | None = None


@dataclass(frozen=True, slots=True)
class TurnSwitch:
    """Pause all work of the tenant, or let it go on."""

    tick: bool


@dataclass(frozen=True, slots=True)
class TurnBox:
    """Let this run stand still, or go on; then look further."""

    tick: bool


@dataclass(frozen=True, slots=True)
class Open:
    """Open the page's next run; no person asked for one that is `automated`."""

    causes: tuple[str, ...] = ()
    automated: bool = False


@dataclass(frozen=True, slots=True)
class BreakChain:
    """Open no run: too many have woken each other, of which this is the last."""

    last: str


@dataclass(frozen=True, slots=True)
class ListenAfterEnd:
    """Hear what comments ask of a run that has ended."""

    retry: bool
    roll_back: bool


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop the run."""

    by: Author
    why: str


@dataclass(frozen=True, slots=True)
class LookLater:
    """Look again when the plan is there; a status read then may be somebody else's, and decides nothing."""


@dataclass(frozen=True, slots=True)
class LookForEdits:
    """Note what was changed on the page since its plan was approved."""


@dataclass(frozen=True, slots=True)
class NoteEdit:
    """Note what was changed since the work was planned; what was decided meanwhile was decided without knowing it."""


@dataclass(frozen=True, slots=True)
class TakeNote:
    """Remember comments as heard, then look further."""

    comments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LookOver:
    """Look over the work again, as a member asks in comments."""

    by: Author
    comments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Replan:
    """Plan again: by the wish of whoever is named, else because the page says something else now.

    `edited`: while people were asked, which tells something about the plan.
    """

    wisher: str | None = None  # a name
    edited: bool = False


@dataclass(frozen=True, slots=True)
class ReplanAsWished:
    """Plan again with what people wish for in comments."""

    by: Author


@dataclass(frozen=True, slots=True)
class Build:
    """Plan again with what was changed on the page since, as a member asks in a comment."""

    by: Author


@dataclass(frozen=True, slots=True)
class Approve:
    """Approve what the gate asks about."""

    gate: str
    by: Actor
    via: str


@dataclass(frozen=True, slots=True)
class Bar:
    """Say why somebody's approval does not count."""

    gate: str
    by: str  # a name
    via: str
    bar: Barred


@dataclass(frozen=True, slots=True)
class Rework:
    """Have the work done otherwise."""

    gate: str
    by: Author
    wish: str


@dataclass(frozen=True, slots=True)
class Deny:
    """End it, as somebody said who wants no other plan, or none that anybody could make."""

    gate: str
    by: Author
    words: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer what was asked in comments, and explain once how to decide where that was unclear."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Look again at an approval or a stop that no person was seen to give, when no delivery can be on its way."""

    at: datetime


@dataclass(frozen=True, slots=True)
class AskWho:
    """Tell people that nobody was seen to set this status."""


Ending = Cancel | Deny
Planning = Replan | ReplanAsWished | Build | Rework | LookOver
Deciding = Approve | Bar | Answer | Doubt | AskWho
Noticing = LookLater | LookForEdits | NoteEdit | TakeNote
Beginning = Open | BreakChain | ListenAfterEnd
Intent = Nothing | Find | TurnSwitch | TurnBox | Ending | Planning | Deciding | Noticing | Beginning
