"""Finds among the blocks that stand somewhere those that an unanswered request may have put there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

Json = Mapping[str, Any]

GONE = ""  # in place of the id of a block that was written and that somebody has removed since
_ADDRESSES = ("url", "expression", "page_id", "database_id", "comment_id", "block_id")


def found_among(
    there: Sequence[Json], sent: Sequence[Json], before: Sequence[Json] = (), behind: Sequence[Json] = ()
) -> list[str] | None:
    """Return the ids of what was sent, in order, or None when it did not arrive.

    Notion carries out a request whole or not at all. So when half of it or more is there in the right order, it has
    arrived, and people have changed or removed the rest: what was changed keeps its id, what was removed gets GONE.
    `before` and `behind` are what stood around it already; nothing else may have stood among `there`.
    """
    here = [signature(block) for block in there]
    wanted = [signature(block) for block in (*before, *sent, *behind)]
    ids = [GONE] * len(wanted)
    same = [False] * len(wanted)
    for tag, there_from, there_to, sent_from, sent_to in SequenceMatcher(None, here, wanted, False).get_opcodes():
        kinds = [kind for kind, _ in here[there_from:there_to]]
        changed = tag == "replace" and kinds == [kind for kind, _ in wanted[sent_from:sent_to]]
        if tag == "equal" or changed:
            ids[sent_from:sent_to] = [str(block["id"]) for block in there[there_from:there_to]]
            same[sent_from:sent_to] = [not changed] * (sent_to - sent_from)
    ours = slice(len(before), len(before) + len(sent))
    count = sum(same[ours])
    return ids[ours] if count and 2 * count >= len(sent) else None


def signature(block: Json) -> tuple[str, str]:
    """Return what a block is and says, the same for a block as it is written and as it is read."""
    kind = str(block.get("type"))
    body = block.get(kind)
    return kind, _content(body if isinstance(body, Mapping) else {})


def _content(body: Json) -> str:
    parts = [_text(body.get("rich_text"))]
    parts += [_text(cell) for cell in body.get("cells") or ()]
    for holder in (body, body.get("external"), body.get("synced_from")):
        if isinstance(holder, Mapping):
            parts += [str(holder[name]) for name in _ADDRESSES if isinstance(holder.get(name), str)]
    return "\x1f".join(parts)


def _text(items: Any) -> str:
    return "".join(_item(item) for item in items or () if isinstance(item, Mapping))


def _item(item: Json) -> str:
    if "mention" in item:
        return "\ufffc"  # what a mention shows is Notion's to say
    payload = item.get("text") or item.get("equation") or {}
    return str(payload.get("content") or payload.get("expression") or "")
