"""Writes block trees that may be interrupted anywhere and begun again, and end complete, in order, without doubles."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Protocol

from shared.core.errors import IntegrationError, Missing, OutcomeUnknown, Rejected
from shared.http_client import json_bytes
from shared.integrations.notion.content.recognise import GONE, find_among, find_by_mark
from shared.integrations.notion.content.tree import plan, plan_page, position
from shared.integrations.notion.content.tree_requests import TOP, Append, Read, Request

Json = dict[str, Any]
Result = Mapping[str, Any]


class Once(Protocol):
    """Do something once and remember its result under the name; after an interruption ask `look` what is there."""

    def __call__(self, name: str, do: Callable[[], Result], look: Callable[[], Result | None], /) -> Result:
        """Return the result, the same one every time."""


class Blocks(Protocol):
    """The calls a write makes; `Notion` has them."""

    def children(self, block_id: str) -> list[Json]:
        """Return the direct children of a block or page."""

    def append(
        self, block_id: str, children: Sequence[Json], after: str | None = None, *, at_start: bool = False
    ) -> list[str]:
        """Append blocks in one request; return their ids."""


def write_tree(
    notion: Blocks,
    once: Once,
    parent_id: str,
    blocks: Sequence[Json],
    *,
    after: str | None = None,
    name: str = "tree",
) -> list[str]:
    """Write a tree of any size below a page or block, at its end or after a sibling; return the first level's ids.

    Every request has its own name (`tree-000`, `tree-001`, …; `tree-place` is a read) and its own memory in `once`, so
    the same call again goes on where an earlier one ended: what was answered is not sent again, and what was sent
    without an answer is looked for. Other people may work on the page meanwhile. A block they removed has the id "",
    and what belonged below it is not written.

    Raises what the requests raise, after which the call may be repeated, and Rejected when the blocks are not those the
    write was begun with.
    """
    if not blocks:
        return []
    return _Write(notion, once, name, parent_id, plan(blocks), after, empty=False).carry_out()


def write_page(
    notion: Blocks,
    once: Once,
    blocks: Sequence[Json],
    create: Callable[[Sequence[Json]], str],
    find: Callable[[], str | None],
    *,
    size: int = 20_000,
    name: str = "page",
) -> str:
    """Create a page with content of any size in the fewest requests; return its id.

    `create` is given the blocks that fit into the page's own request and returns the new page's id; `find` looks for
    the page after an unanswered attempt. `size` is the most that request weighs without blocks, in bytes. The same call
    again goes on where an earlier one ended, as in `write_tree`.
    """
    parts = plan_page(blocks, size)

    def find_result() -> Result | None:
        page = find()
        return None if page is None else {"page": page}

    page = str(once(f"{name}-created", lambda: {"page": create(parts.children)}, find_result)["page"])
    if parts.requests:
        _Write(notion, once, name, page, parts.requests, None, empty=True).carry_out()
    return page


def written_ids(
    notion: Blocks,
    known: Callable[[str], Result | None],
    parent_id: str,
    blocks: Sequence[Json],
    *,
    after: str | None = None,
    name: str = "tree",
) -> list[str]:
    """Return the first-level ids of an interrupted `write_tree`, for whoever removes what it has written so far.

    `known` gives the result remembered under a name, or None. The one request without a result is looked for.
    """
    reached = False

    def recall(name: str, do: Callable[[], Result], look: Callable[[], Result | None]) -> Result:
        nonlocal reached
        result = None if reached else known(name)
        if result is not None:
            return result
        found = None if reached or name.endswith(_PLACE) else look()
        reached = True
        if found is None:
            raise _Unwritten
        return found

    write = _Write(notion, recall, name, parent_id, plan(blocks), after, empty=False)
    with suppress(_Unwritten):
        write.carry_out()
    return [block for block in write.top() if block != GONE]


_PLACE = "-place"


class _Unwritten(Exception):
    """There is no more of this write."""


class _Write:
    """One tree on its way into a page."""

    def __init__(
        self,
        notion: Blocks,
        once: Once,
        name: str,
        parent_id: str,
        requests: Sequence[Request],
        after: str | None,
        *,
        empty: bool,
    ) -> None:
        self._notion = notion
        self._once = once
        self._name = name
        self._requests = requests
        self._after = after
        self._behind = ""  # the block that stood behind our place when we began
        self._empty = empty
        self._digest = _digest(requests)
        self._ids: dict[int, str] = {TOP: parent_id}
        self._inside: dict[int, dict[int, str]] = {}  # below each parent: the ids of ours by number

    def carry_out(self) -> list[str]:
        """Send what is missing; return the ids of the first level."""
        self._find_place()
        for number, request in enumerate(self._requests):
            self._write_request(f"{self._name}-{number:03d}", request)
        return self.top()

    def top(self) -> list[str]:
        """Return the ids of the first level that are known, in order."""
        numbers = {number for request in self._requests if request.parent == TOP for number in request.numbers}
        return [self._ids[number] for number in sorted(numbers) if number in self._ids]

    def _find_place(self) -> None:
        """Remember what stood around the place before the first write: only that tells ours from the same text."""

        def look() -> Result:
            return {"digest": self._digest, **self._surroundings()}

        place = self._once(self._name + _PLACE, look, look)
        if place["digest"] != self._digest:
            raise Rejected(
                "notion",
                f"{self._name}: these are not the blocks this write was begun with; write them under a new name",
            )
        self._after, self._behind = place["after"] or None, place["behind"]

    def _surroundings(self) -> Result:
        if self._empty:
            return {"after": "", "behind": ""}
        child_ids = [str(child["id"]) for child in self._notion.children(self._ids[TOP])]
        if self._after is None:
            return {"after": child_ids[-1] if child_ids else "", "behind": ""}
        if self._after not in child_ids:
            raise Rejected("notion", f"{self._after} is not a child of the block to write into")
        behind = child_ids.index(self._after) + 1
        return {"after": self._after, "behind": child_ids[behind] if behind < len(child_ids) else ""}

    def _write_request(self, name: str, request: Request) -> None:
        parent = self._ids[request.parent]
        if parent == GONE:
            ids = [GONE] * len(request.numbers)
        elif isinstance(request, Read):
            ids = self._write_once(
                name, lambda: self._read_born_children(request), lambda: self._read_born_children(request)
            )
        else:
            ids = self._write_once(name, lambda: self._send_append(request), lambda: self._find_arrived(request))
        self._ids.update(zip(request.numbers, ids, strict=True))
        self._inside.setdefault(request.parent, {}).update(zip(request.numbers, ids, strict=True))

    def _write_once(self, name: str, do: Callable[[], list[str]], look: Callable[[], list[str] | None]) -> list[str]:
        def find_result() -> Result | None:
            ids = look()
            return None if ids is None else {"ids": ids}

        return list(self._once(name, lambda: {"ids": do()}, find_result)["ids"])

    def _read_born_children(self, request: Read) -> list[str]:
        """Return the ids of children that came with their parent."""
        parent = self._ids[request.parent]
        children_now = self._notion.children(parent)
        kinds = [str(child.get("type")) for child in children_now]
        if kinds == [str(block["type"]) for block in request.blocks]:
            return [str(child["id"]) for child in children_now]
        ids = find_among(children_now, request.blocks)
        if ids is None and children_now:
            raise Rejected("notion", f"{self._name}: somebody rebuilt {parent} while it was being written; begin again")
        return ids or [GONE] * len(request.numbers)

    def _send_append(self, request: Append) -> list[str]:
        parent = self._ids[request.parent]
        beside, at_start = position(request, self._ids, self._after)
        if beside == GONE:
            beside, at_start = self._neighbour(request)
        try:
            return self._notion.append(parent, request.blocks, beside, at_start=at_start)
        except OutcomeUnknown as unclear:
            found = self._look_again(request)  # often it has, and then nobody needs to wait
            if found is None:
                raise unclear
            return found
        except (Rejected, Missing):
            if beside is None:
                raise
            other, at_start = self._neighbour(request)  # somebody may have removed the one we write beside
            if other == beside:
                raise
            return self._notion.append(parent, request.blocks, other, at_start=at_start)

    def _look_again(self, request: Append) -> list[str] | None:
        try:
            return self._find_arrived(request)
        except IntegrationError:  # that this look failed says nothing about the write
            return None

    def _find_arrived(self, request: Append) -> list[str] | None:
        """Look for what an earlier, unanswered attempt left."""
        children_now = self._notion.children(self._ids[request.parent])
        places = {str(child["id"]): index for index, child in enumerate(children_now)}
        before, behind = self._find_neighbours(request, places)
        start = 0 if before is None else places[before] + 1
        end = len(children_now) if behind is None else places[behind]
        found = find_among(
            children_now[start:end],
            request.blocks,
            request.rode_before if before is None else (),
            request.rode_behind if behind is None else (),
        )
        return found if found is not None else find_by_mark(children_now, request.blocks)

    def _neighbour(self, request: Append) -> tuple[str | None, bool]:
        """Return where to append now that the block beside the place is gone: after the nearest one that is there."""
        child_ids = [str(child["id"]) for child in self._notion.children(self._ids[request.parent])]
        before, behind = self._find_neighbours(request, {block: index for index, block in enumerate(child_ids)})
        if before is None and behind is not None and child_ids[0] != behind:
            before = child_ids[child_ids.index(behind) - 1]
        return before, before is None and (behind is not None or bool(request.rode_behind))

    def _find_neighbours(self, request: Append, places: Mapping[str, int]) -> tuple[str | None, str | None]:
        """Return the nearest blocks before and behind the place that are known and still there, or None."""
        first, last = request.numbers[0], request.numbers[-1]
        ours = self._inside.get(request.parent, {})
        numbered = [(number, block) for number, block in sorted(ours.items()) if block in places]
        before = [block for number, block in numbered if number < first]
        behind = [block for number, block in numbered if number > last]
        if request.parent == TOP:
            before = before or [block for block in (self._after or "",) if block in places]
            behind = behind or [block for block in (self._behind,) if block in places]
        return before[-1] if before else None, behind[0] if behind else None


def _digest(requests: Sequence[Request]) -> str:
    text = hashlib.sha256()
    for request in requests:
        text.update(json_bytes([type(request).__name__, request.parent, request.numbers, request.blocks]))
    return text.hexdigest()[:16]
