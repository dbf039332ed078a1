"""A second, slow Notion: it carries requests out, and finds by trying how few would have done."""

import json
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import combinations, product
from typing import Any

from shared.integrations.notion.content.tree import plan
from shared.integrations.notion.content.tree_requests import TOP, Append, Place

Json = dict[str, Any]

MAX_BYTES = 500_000
SIBLINGS, BLOCKS = 100, 1000


def below(block: Json) -> list[Json]:
    found: list[Json] = block[block["type"]].get("children") or []
    return found


def everything(tree: Sequence[Json]) -> Iterator[Json]:
    for block in tree:
        yield block
        yield from everything(below(block))


def stand(tree: Sequence[Json], tier: int) -> None:
    """Check where blocks stand in one request, by the fact sheet."""
    assert len(tree) <= SIBLINGS
    for block in tree:
        kind, inside = block["type"], below(block)
        assert tier <= 3
        assert tier == 1 or kind not in ("column_list", "column")
        assert tier <= 2 or (kind not in ("table", "tab") and not inside)
        least = {"table": 1, "tab": 1, "column": 1, "column_list": 2}.get(kind, 0)
        assert len(inside) >= least
        if kind == "column_list":
            assert len(inside) <= SIBLINGS
            for column in inside:
                assert below(column)
                stand(below(column), 2)
        else:
            stand(inside, tier + 1)


def carried_out(tree: Sequence[Json]) -> list[Any]:
    """Carry out the plan of a tree on lists, checking each request; return what stands there in the end."""
    page: list[Any] = []
    known: dict[int, list[Any]] = {TOP: ["page", page]}

    def made(block: Json) -> list[Any]:
        body = {name: value for name, value in block[block["type"]].items() if name != "children"}
        return [{block["type"]: body}, [made(child) for child in below(block)]]

    for request in plan(tree):
        parent = known[request.parent][1]
        if not isinstance(request, Append):
            assert len(parent) <= SIBLINGS  # else it would be more than one request
            new = parent
        else:
            stand(request.blocks, 1)
            assert len(list(everything(request.blocks))) <= BLOCKS
            body = {"children": request.blocks, "position": {"type": "after_block", "after_block": {"id": "0" * 36}}}
            assert len(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()) <= MAX_BYTES
            at = {Place.END: len(parent), Place.START: 0}.get(request.place)
            if at is None:
                (at,) = (i + 1 for i, each in enumerate(parent) if each is known[request.after])
            new = [made(block) for block in request.blocks]
            parent[at:at] = new
        known.update(zip(request.numbers, new, strict=True))
    return page


def least_requests(tree: Sequence[Json]) -> int:
    """Try every sequence of requests for a small tree of ordinary blocks; return the length of the shortest."""
    listed = list(everything(tree))
    number = {id(block): index for index, block in enumerate(listed)}
    children = {number[id(b)]: tuple(number[id(c)] for c in below(b)) for b in listed} | {-1: tuple(range(0))}
    children[-1] = tuple(number[id(b)] for b in tree)
    own = [len(json.dumps({**b, b["type"]: {"rich_text": b[b["type"]]["rich_text"]}})) for b in listed]

    @cache
    def ways(block: int, tier: int) -> tuple[frozenset[int], ...]:
        """Return every part of a block's tree that may go with it."""
        if tier == 3:
            return (frozenset([block]),)
        found = {frozenset([block])}
        for count in range(1, len(children[block]) + 1):
            for some in combinations(children[block], count):
                for below_each in product(*(ways(child, tier + 1) for child in some)):
                    found.add(frozenset([block]).union(*below_each))
        return tuple(found)

    def placed(parent: int, some: Sequence[int], there: frozenset[int], ids: frozenset[int]) -> bool:
        """Say whether these siblings can go in side by side now: between neighbours that can be named."""
        before = [each for each in children[parent] if each in there and each < some[0]]
        behind = [each for each in children[parent] if each in there and each > some[-1]]
        between = [each for each in children[parent] if each in there and some[0] < each < some[-1]]
        return not between and (not behind or not before or before[-1] in ids)

    reached: set[tuple[frozenset[int], frozenset[int]]] = set()
    frontier, requests = {(frozenset[int](), frozenset([-1]))}, 0
    while True:
        requests += 1
        following = set()
        for there, ids in frontier:
            for parent in ids:
                if parent >= 0 and parent not in there:
                    continue
                present = frozenset(each for each in children[parent] if each in there)
                following.add((there, ids | present))  # a read
                missing = [each for each in children[parent] if each not in there]
                for count in range(1, len(missing) + 1):
                    for some in combinations(missing, count):
                        if not placed(parent, some, there, ids):
                            continue
                        for parts in product(*(ways(each, 1) for each in some)):
                            new = frozenset[int]().union(*parts)
                            if sum(own[each] + 20 for each in new) <= MAX_BYTES - 1000:
                                following.add((there | new, ids | frozenset(some)))
        if any(len(there) == len(listed) for there, _ in following):
            return requests
        frontier = following - reached
        reached |= following
