"""Finds among the blocks that stand somewhere those that an unanswered request may have put there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from shared.core.pages import marks

Json = Mapping[str, Any]

GONE = ""  # in place of the id of a block that was written and that somebody has removed since
_ADDRESSES = ("url", "expression", "page_id", "database_id", "comment_id", "block_id")


def find_among(
    children: Sequence[Json], sent: Sequence[Json], before: Sequence[Json] = (), behind: Sequence[Json] = ()
) -> list[str] | None:
    """Return the ids of what was sent, in order, or None when it did not arrive.

    Notion carries out a request whole or not at all. So when half of it or more is there in the right order, it has
    arrived, and people have changed or removed the rest: what was changed keeps its id, what was removed gets GONE.
    `before` and `behind` are what stood around it already; nothing else may have stood among `children`.
    """
    here = [signature(block) for block in children]
    wanted = [signature(block) for block in (*before, *sent, *behind)]
    ids = [GONE] * len(wanted)
    same = [False] * len(wanted)
    for tag, there_from, there_to, sent_from, sent_to in SequenceMatcher(None, here, wanted, False).get_opcodes():
        kinds = [kind for kind, _ in here[there_from:there_to]]
        changed = tag == "replace" and kinds == [kind for kind, _ in wanted[sent_from:sent_to]]
        if tag == "equal" or changed:
            ids[sent_from:sent_to] = [str(block["id"]) for block in children[there_from:there_to]]
            same[sent_from:sent_to] = [not changed] * (sent_to - sent_from)
    ours = slice(len(before), len(before) + len(sent))
    count = sum(same[ours])
    return ids[ours] if count and 2 * count >= len(sent) else None


def find_by_mark(children: Sequence[Json], sent: Sequence[Json]) -> list[str] | None:
    """Return the ids of what was sent by the marks of ours in it, or None where it has none, or none of them is there.

    A mark is in one block of ours alone, so it is that block, whatever people have made of its words and its place.
    """
    counts = Counter(mark for block in sent for mark in set(_marks(block)))
    known: dict[str, str] = {}
    for block in children:
        for mark in _marks(block):
            known.setdefault(mark, str(block["id"]))
    ids = [next((known[m] for m in _marks(block) if counts[m] == 1 and m in known), GONE) for block in sent]
    return ids if any(ids) else None


def _marks(block: Json) -> Iterator[str]:
    body = block.get(str(block.get("type")))
    for item in (body.get("rich_text") if isinstance(body, Mapping) else None) or ():
        link = (item.get("text") or {}).get("link") or {}
        if marks.is_mark(str(link.get("url") or "")):
            yield str(link["url"])


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
