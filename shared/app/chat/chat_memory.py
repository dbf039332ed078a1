"""Conversations as they are kept: who speaks, about which page and run, which plan was shown, and what was said.

One document each, written with a guard, so that two answers at once do not lose one another. The last turns stay word
for word; of older ones a short summary does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from shared.app.engine.deps import Deps
from shared.core.chat.summary import Summary
from shared.core.documents.codec import beside, to_body, unknown
from shared.core.errors import Busy, VersionConflict
from shared.core.people.actor import Actor, By, Known, read_by
from shared.core.run.run import derive_id
from shared.ports import Put, get_as, read_as
from shared.ports.model import Message

KIND = "chats"
MAX_TURNS = 60  # kept word for word; a model is told as many of them as there is room for
MAX_BYTES = 500_000  # of them, so that the document stays far below what a store takes, in any script
MAX_SAID = 4000  # letters of one message
MAX_ANSWER = 20_000  # letters of an answer


@dataclass(frozen=True, slots=True)
class Said:
    """One turn. `message` is the sender's name for what was said, under which it counts once; an answer has that of
    what it answers. `did` is what was done about it.
    """

    role: str  # "user" | "assistant"
    text: str
    at: str  # ISO 8601, UTC
    message: str = ""
    did: str = ""
    run: str = ""
    sources: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Chat:
    """One conversation of one person. `shown` names the plan that was shown last, which a yes is about."""

    id: str = beside("")
    by: str = ""  # the key, or the person in Notion, whose conversation it is
    name: str = ""
    page: str = ""
    title: str = ""  # of the page
    project: str = ""  # the page or database below which questions are answered; "": the whole workspace
    run: str = ""
    shown: str = ""
    language: str = "en"
    opened: str = ""
    summary: Summary = Summary()  # noqa: RUF009 - frozen; of the turns before those a model is told word for word
    covered: int = 0  # of `turns`, the first, are in the summary
    turns: tuple[Said, ...] = ()
    version: str = beside("")
    speaker: Known | None = beside(None)  # noqa: RUF009 - who speaks now
    more: Mapping[str, Any] = unknown()

    @property
    def actor(self) -> By:
        """Return who acts by what is said: who speaks now, else the name of whose conversation it is."""
        return self.speaker.actor if self.speaker is not None else self.name

    @property
    def asker(self) -> Actor | None:
        """Return on whose account the conversation is, where that is known."""
        return read_by(self.actor)[1]

    def answer_to(self, message: str) -> Said | None:
        """Return what was answered to a message of that name; None when it is new, or was never answered."""
        return self._turn("assistant", message)

    def find_said(self, message: str) -> Said | None:
        """Return what was said under that name; None when it is new."""
        return self._turn("user", message)

    def _turn(self, role: str, message: str) -> Said | None:
        return next((turn for turn in self.turns if message and (turn.role, turn.message) == (role, message)), None)


def new_chat(
    tenant: str, by: str, name: str, at: str, number: str, *, page: str = "", title: str = "", project: str = ""
) -> Chat:
    """Return a conversation that begins; `number` tells it from others of the same person."""
    return Chat(derive_id("chat-", tenant, by, number), by, name, page, title, project, opened=at)


def load_chat(deps: Deps, tenant: str, chat: str, by: str) -> Chat | None:
    """Return the conversation, if it is that person's."""
    found = get_as(Chat, deps.store, (tenant, KIND, chat))
    return found if found is not None and found.by == by else None


def chats_of(deps: Deps, tenant: str, by: str, limit: int = 50) -> list[Chat]:
    """Return that person's conversations, the one that was opened last first."""
    found: list[Chat] = []
    after = ""
    while docs := deps.store.list_docs(tenant, KIND, after=after, limit=20):  # each may be large
        found += [each for each in (read_as(Chat, doc) for doc in docs) if each.by == by]
        found = sorted(found, key=lambda each: each.opened, reverse=True)[:limit]
        after = docs[-1].id
    return found


def keep_chat(deps: Deps, tenant: str, chat: Chat) -> Chat:
    """Save the conversation; raises Busy when something else was said in it just now."""
    room = _room(chat.turns)
    if len(chat.turns) > room:
        gone, kept = chat.turns[:-room], chat.turns[-room:]
        from shared.mind.window import summarize, turns_of

        late = turns_of([Message(turn.role, turn.text) for turn in gone[chat.covered :]])
        summary, _ = summarize(None, chat.summary, late)
        chat = replace(chat, turns=kept, summary=summary, covered=max(0, chat.covered - len(gone)))
    try:
        deps.store.put(tenant, Put(KIND, chat.id, to_body(chat), chat.version))
    except VersionConflict as error:
        raise Busy("something else has just been said in this conversation") from error
    doc = deps.store.get(tenant, KIND, chat.id)
    return replace(chat, version=doc.version if doc else "")


def _room(turns: Sequence[Said]) -> int:
    """Return how many turns, counted from the last, are kept: always the last two."""
    size = 0
    for number, turn in enumerate(reversed(turns)):
        size += len(json.dumps(asdict(turn), ensure_ascii=False).encode("utf-8", "surrogatepass"))
        if number >= 2 and size > MAX_BYTES:
            return number
    return MAX_TURNS


def forget_chat(deps: Deps, tenant: str, chat: Chat) -> None:
    deps.store.put(tenant, Put(KIND, chat.id, None))
