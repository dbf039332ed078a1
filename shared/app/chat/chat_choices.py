"""What a conversation asked back: which one is meant, or whether it should be done; and what is said to that.

The question is kept with the conversation until the next message: a number, a title or a yes decides; anything else is
something new.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from shared.app.chat.chat_actions import Deed
from shared.app.chat.chat_memory import Chat
from shared.core.approval.decision_words import Said, is_plain_no, read_decision
from shared.core.chat import chat_words as words
from shared.core.chat.chat_words import say
from shared.core.chat.naming import Kind, Named, resolve
from shared.core.chat.speech_rules import read
from shared.core.text.outgoing_text import fold

_PICK = "pick "
MAX = 9  # that are listed: one figure answers
_NUMBER = re.compile(r"(?:(?:number|no\.|nr\.|nummer|numéro|número|the|#)\s*)?(\d{1,2})\W*(?:please|bitte|svp)?\W*")
_ORDINAL = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "erste": 1, "zweite": 2, "dritte": 3, "première": 1,
    "premier": 1, "deuxième": 2, "troisième": 3, "primera": 1, "primero": 1, "segunda": 2,
    "segundo": 2, "tercera": 3, "tercero": 3,
}  # fmt: skip
_PLACE = re.compile(r"(?:(?:the|der|die|das|den|le|la|el)\s+)?(\w+)(?:\s+(?:one|run|page))?\W*")
_NEVER = re.compile(
    r"(?:never ?mind|none|neither|nothing|forget it|leave it|no thanks?|nein danke"
    r"|keine[rs]?|aucune?|ningun[oa]|rien)\W*"
)


@dataclass(frozen=True, slots=True)
class Pick:
    """A question that is open: the act, the message with the wish, and the ids that may be meant."""

    act: str
    message: str
    ids: tuple[str, ...]


def find_pick(chat: Chat) -> Pick | None:
    """Return the question that was put last; None where none was."""
    if not chat.shown.startswith(_PICK):
        return None
    act, message, *ids = chat.shown.removeprefix(_PICK).split(" ")
    return Pick(act, message, tuple(ids))


def ask_back(chat: Chat, act: str, named: Sequence[Named], message: str, before: str = "") -> Deed:
    """Ask which of these is meant, or, of one alone, whether to do it; `before` is said first."""
    some = list({thing.id: thing for thing in named}.values())
    if len(some) == 1:
        text = say(f"sure_{act}", chat.language, title=some[0].title)
    else:
        text = say("which" if len(some) <= MAX else "which_more", chat.language, titles=number_titles(some[:MAX]))
    ids = " ".join(thing.id for thing in some[:MAX])
    return Deed(f"{before}\n{text}".strip(), shown=f"{_PICK}{act} {message} {ids}")


def number_titles(named: Sequence[Named]) -> str:
    """Return what is listed for a choice, a line each."""
    return "\n".join(
        f"{number}. “{thing.title}”" + (f" ({thing.where})" if thing.where else "")
        for number, thing in enumerate(named, 1)
    )


def read_pick(pick: Pick, message: str, named: Sequence[Named]) -> str | None:
    """Return the id that is chosen by what is said, "" for none of them, None where it is something else."""
    text = fold(message)
    if is_plain_no(message) or _NEVER.fullmatch(text):
        return ""
    if len(pick.ids) == 1 and read_decision(message).answer == Said.YES:
        return pick.ids[0]
    if (number := _number(text)) is not None:
        return pick.ids[number - 1] if 0 < number <= len(pick.ids) else None
    if read(message, [thing.title for thing in named]).act in words.ACTS:
        return None
    found = resolve(message, [thing for thing in named if thing.id in pick.ids], message)
    sure = found.kind == Kind.ONE or (found.kind == Kind.SEVERAL and len(found.named) == 1 and not found.rest)
    return found.named[0].id if sure and "?" not in message else None


def _number(text: str) -> int | None:
    if (found := _NUMBER.fullmatch(text)) is not None:
        return int(found.group(1))
    place = _PLACE.fullmatch(text)
    return _ORDINAL.get(place.group(1)) if place is not None else None
