"""Blocks over the wire: read below a page, append, change, delete."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Protocol

from shared.core.errors import ErrorClass, IntegrationError, Missing, OutcomeUnknown, Rejected
from shared.core.page import Block
from shared.integrations.notion.client.checked_answers import guard_parsing
from shared.integrations.notion.client.wire import Json, Wire, format_body_id, format_path_id
from shared.integrations.notion.content import reading
from shared.integrations.notion.content.tree import plan, position
from shared.integrations.notion.content.tree_requests import TOP, Append, Request

MAX_PAGE_BLOCKS = 20_000
MAX_DEPTH = 100  # nobody nests like that; blocks that hold themselves would be followed for ever


class Kept(Protocol):
    """Remembers the parts of a long read, so that a read that was interrupted goes on where it was.

    A key begins with the page's `last_edited_time` and a blank: a part read from another state of the page has another
    key, and a keeper can tell which times are still within their minute.
    """

    def get(self, key: str) -> str | None:
        """Return what was put under that key, or None."""

    def put(self, key: str, text: str) -> None:
        """Remember a text."""


class BlockCalls(Wire):
    """What stands on a page."""

    def block(self, block_id: str) -> Json:
        """Return one block, without its children; raises Missing."""
        return self._ask("GET", f"/v1/blocks/{format_path_id(block_id)}")

    def children(self, block_id: str) -> list[Json]:
        """Return the direct children of a block or page."""
        return list(self._list_results("GET", f"/v1/blocks/{format_path_id(block_id)}/children"))

    def read_tree(self, block_id: str, *, kept: Kept | None = None, edited: str = "") -> list[Block]:
        """Return everything below a block or page as our own types; raises Rejected beyond 20,000 blocks or 100 levels.

        With `kept`, lists that were read of the same state of the page, which was last `edited` then, are not asked for
        again.
        """
        return self._tree(block_id, [MAX_PAGE_BLOCKS], kept if edited else None, edited, MAX_DEPTH)

    def _tree(self, block_id: str, room: list[int], kept: Kept | None, edited: str, deeper: int) -> list[Block]:
        found: list[Block] = []
        for raw in self._children(block_id, kept, edited):
            room[0] -= 1
            if room[0] < 0:
                raise Rejected(self.system, f"the page has more than {MAX_PAGE_BLOCKS} blocks")
            below: Sequence[Block] = ()
            if raw.get("has_children") and str(raw.get("type")) not in reading.NOT_ENTERED:
                if not deeper:
                    raise Rejected(self.system, f"the page has blocks more than {MAX_DEPTH} deep")
                try:
                    below = self._tree(raw["id"], room, kept, edited, deeper - 1)
                except Missing:
                    if raw.get("type") != "synced_block":  # its original may not be shared with us
                        raise
            found.append(_parse_block(raw, below))
        return found

    def _children(self, block_id: str, kept: Kept | None, edited: str) -> list[Json]:
        """Return the children, remembered ones if there are; raises Missing."""
        if kept is None:
            return self.children(block_id)
        key = f"{edited} {format_path_id(block_id)}"
        text = kept.get(key)
        if text is not None:
            known: list[Json] = json.loads(text)
            return known
        found = self.children(block_id)
        for raw in found:  # what cannot be read must not be kept: it would be met again each time
            _parse_block(raw)
        kept.put(key, json.dumps(found, separators=(",", ":")))
        return found

    def append(
        self, block_id: str, children: Sequence[Json], after: str | None = None, *, at_start: bool = False
    ) -> list[str]:
        """Append at most 100 blocks in one request, at the end, at the start or after a sibling.

        Returns the ids of the first level, in order. Called again it appends them a second time: look at the children
        first.
        """
        body: Json = {"children": list(children)}
        if after is not None and at_start:
            raise Rejected(self.system, "append: `after` and `at_start` exclude each other; give one")
        if after is not None:
            body["position"] = {"type": "after_block", "after_block": {"id": format_body_id(after, "append.after")}}
        elif at_start:
            body["position"] = {"type": "start"}
        made = self._write("PATCH", f"/v1/blocks/{format_path_id(block_id)}/children", body, listed=True)
        ids = [str(each["id"]) for each in made.get("results") or ()]
        if len(ids) != len(children):
            raise OutcomeUnknown(self.system, f"{len(children)} blocks were sent and {len(ids)} came back")
        return ids

    def append_tree(self, block_id: str, children: Sequence[Json]) -> list[str]:
        """Append a tree of any size in the fewest requests; return the ids of the first level, in order.

        Called again it appends everything a second time: `writer.write_tree` goes on where an earlier call ended.
        """
        return self._carry_out(block_id, plan(children))

    def _carry_out(self, block_id: str, requests: Sequence[Request], *, begun: bool = False) -> list[str]:
        """Carry out planned requests below a block; return the ids of the first level, in order.

        What breaks off when a part is there already is OutcomeUnknown, unless it will never work.
        """
        done: list[Request] = []
        try:
            return self._append_all(block_id, requests, done)
        except IntegrationError as error:
            never = error.error_class in (ErrorClass.PERMANENT, ErrorClass.FINAL)
            if not (begun or done) or never or isinstance(error, OutcomeUnknown):
                raise
            message = f"{block_id} is only partly written: {error}"
            raise OutcomeUnknown(self.system, message, retry_after=error.retry_after) from error

    def _append_all(self, block_id: str, requests: Sequence[Request], done: list[Request]) -> list[str]:
        ids = {TOP: block_id}
        top: dict[int, str] = {}
        for request in requests:
            parent = ids[request.parent]
            if isinstance(request, Append):
                beside, at_start = position(request, ids, None)
                made = self.append(parent, request.blocks, beside, at_start=at_start)
            else:
                made = [str(child["id"]) for child in self.children(parent)]
            if len(made) != len(request.numbers):
                raise OutcomeUnknown(
                    self.system, f"{parent} was created with {len(request.numbers)} and has {len(made)}"
                )
            ids.update(zip(request.numbers, made, strict=True))
            if request.parent == TOP:
                top.update(zip(request.numbers, made, strict=True))
            done.append(request)
        return [top[number] for number in sorted(top)]

    def update_block(self, block_id: str, kind: str, body: Json) -> Json:
        """Replace a block's content (not its type, not its children). The same call again leaves the same block."""
        return self._write("PATCH", f"/v1/blocks/{format_path_id(block_id)}", {kind: body})

    def delete_block(self, block_id: str) -> None:
        """Move a block to the trash; one that is gone already counts as deleted."""
        try:
            self._write("DELETE", f"/v1/blocks/{format_path_id(block_id)}", None)
        except Missing:
            return

    def restore_block(self, block_id: str) -> None:
        """Take a block with all below it out of the trash, to where it stood. The same call again changes nothing."""
        self._write("PATCH", f"/v1/blocks/{format_path_id(block_id)}", {"in_trash": False})


def _parse_block(raw: Json, below: Sequence[Block] = ()) -> Block:
    with guard_parsing(f"block {raw['id']}"):
        return reading.read_block(raw, below)
