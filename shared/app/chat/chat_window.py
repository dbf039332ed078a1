"""What a conversation's model is told of what was said: the last turns, and a summary of those before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from shared.app.chat.chat_memory import Chat, Said
from shared.mind.context import Part
from shared.mind.window import Turn, slide, summarize, turns_of, window_parts
from shared.ports.model import Message, Model

SHARE = 2400  # tokens of turns, before the oldest go


def slide_window(chat: Chat, model: Callable[[], Model]) -> Chat:
    """Return the conversation, with the turns that have become too many summarised; they stay readable for people."""
    turns = _turns(chat.turns[chat.covered :])
    kept, gone = slide(turns, SHARE)
    if not gone:
        return chat
    gone = turns[: len(turns) - len(kept) + 1]  # the first too: the summary holds the goal
    summary, _ = summarize(model(), chat.summary, gone, seed=f"{chat.id}.{len(chat.turns)}")
    covered = chat.covered + sum(len(turn.messages) for turn in gone)
    return replace(chat, summary=summary, covered=covered)


def build_window_parts(chat: Chat) -> list[Part]:
    """Return what was said before the last message, as parts of a context."""
    return window_parts(chat.summary, _turns(chat.turns[chat.covered : -1]), share=0.4)


def _turns(turns: tuple[Said, ...]) -> list[Turn]:
    return turns_of([Message(turn.role, turn.text) for turn in turns])
