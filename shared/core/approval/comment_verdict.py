"""What a batch of new comments about a plan comes to."""

from __future__ import annotations

from dataclasses import dataclass

from shared.core.approval.decision_words import Said


@dataclass(frozen=True, slots=True)
class Asked:
    """A comment of a member that decides nothing and is said to us: its id, thread, text, and who made it."""

    comment: str
    discussion: str
    text: str
    by: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a batch of new comments comes to; `by` is the id of the person who decided."""

    said: Said | None = None
    by: str = ""
    wishes: tuple[tuple[str, str, str], ...] = ()  # (comment, text, person)
    unclear: str = ""  # the discussion to answer in
    asked: tuple[Asked, ...] = ()
    thumbs_down: tuple[tuple[str, str], ...] = ()  # (comment, person)
    stop: bool = False  # a plain no, and no word of what should be otherwise
