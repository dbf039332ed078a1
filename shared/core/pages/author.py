"""Who stands behind what a page shows, and how sure that is; stored and handed on as one text."""

from __future__ import annotations

from dataclasses import dataclass

PERSON, BOT, AGENT = "person", "bot", "agent"  # as Notion calls them
UNKNOWN = "unknown"  # no delivery told of it
DOUBTED = "doubted"  # of an approval or a stop nobody was seen to give; looked at once more, before people are asked
_SEEN, _MIXED = "seen-", "mixed-"


@dataclass(frozen=True, slots=True)
class Author:
    """Somebody who did something to a page; without a kind it is a name and no more, without an id nobody knows whom.

    Not `certain`: one of several who did it at once, and nobody can tell who of them did what. `seen`: the page was
    merely looked at, or its status not set by this one just now, so that it is nobody's decision.
    """

    kind: str = ""
    id: str = ""
    certain: bool = True
    seen: bool = False

    @property
    def decides(self) -> bool:
        """Say whether a person, and nobody else, set a property just now: then the status may be their decision."""
        return self.kind == PERSON and self.certain and not self.seen

    @property
    def may_stop(self) -> bool:
        """Say whether a person was among those who set it: an unwanted stop costs less than one that is unheard."""
        return self.kind == PERSON and not self.seen


def read_author(text: str) -> Author:
    """Return the author that a stored text is about."""
    rest = text.removeprefix(_SEEN)
    kind, colon, user = rest.removeprefix(_MIXED).partition(":")
    if not colon:
        kind, user = "", kind
    return Author(kind, user, certain=not rest.startswith(_MIXED), seen=text.startswith(_SEEN))


def write_author(author: Author) -> str:
    """Return the text that is stored of an author, which every version so far can read."""
    doubts = (_SEEN if author.seen else "") + ("" if author.certain else _MIXED)
    return f"{doubts}{author.kind}:{author.id}" if author.kind else f"{doubts}{author.id}"
