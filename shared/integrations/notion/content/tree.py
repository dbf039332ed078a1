"""A block tree of any size as the fewest requests that Notion accepts.

Notion takes at most 100 siblings in a list, three tiers, 1,000 blocks and 500 KB in a request, and answers with the
ids of the first tier alone (notion-api: size limits, append). So a block whose children do not all come with it has to
stand in the first tier, or its id has to be read. The read never pays: to send `v` with children that must be gone on
with, and then read their ids, is two requests; to send `v` bare and then append these children is two requests as
well, and the append has room for two tiers more. Reads are left for what is born with children (columns, tabs).

The minimum, over all ways to choose for each block `v` which run of its children, each whole, comes along with it::

    requests = k(page) + sum of k(v) over all blocks v
    k(v)     = 0 when all children come along, else the fewest requests the other children fit into:
               at least max(⌈siblings / 100⌉, ⌈blocks / 1000⌉, ⌈bytes / 500 KB⌉)

which for known shapes is: ⌈n / 100⌉ for n blocks in a row; d - 2 for a chain of depth d ≥ 3, because every block above
the last three has its own request; ⌈n / 1000⌉ for trees of at most three tiers in which nothing else binds. It is found
from the leaves up: of all ways to send a block those of fewest requests below are kept, the lightest of them, and the
bare one. That is enough: a lighter block saves at most one request above, and the bare one costs exactly one.
Not searched: groups inside groups of siblings, and, in a list of more than 200, groups at all (`tree_runs`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, takewhile
from typing import Any

from shared.core.errors import Rejected
from shared.integrations.notion.content.tree_nodes import AROUND, BORN_WITH, Node, measure_blocks, replace_children
from shared.integrations.notion.content.tree_requests import TOP, Append, PagePlan, Place, Read, Request
from shared.integrations.notion.content.tree_runs import MAX_BLOCKS, MAX_BYTES, MAX_SIBLINGS, Option, Run, fewest, runs

Json = dict[str, Any]
_KEPT = 4  # ways of equal cost kept per block, lighter in blocks or lighter in bytes


def plan(blocks: Sequence[Json]) -> list[Request]:
    """Return the requests that write these blocks into one place, in order; parents come before their children.

    The first one goes where the caller wants the tree (its place says END). The same blocks give the same requests.
    Raises Rejected for what no request can carry.
    """
    nodes = measure_blocks(blocks)
    if _come_whole(nodes):  # nearly always: nothing is to be chosen
        return [Append(TOP, tuple(node.number for node in nodes), tuple(blocks), Place.END, TOP)]
    for node in nodes:
        _weigh(node)
    last = fewest([node.options for node in nodes])[-1][0]
    return list(_follow(TOP, nodes, Option(last.cost, 0, 0, len(nodes), len(nodes), (), last)))


def plan_page(blocks: Sequence[Json], size: int = 0) -> PagePlan:
    """Return what to create a page with and what follows; `size` is what the request weighs without children, bytes.

    The answer to a page's creation has no ids of blocks, so only whole blocks come along with it.
    """
    nodes = measure_blocks(blocks)
    for node in nodes:
        _weigh(node)
    born = _list_openings(nodes, 1, size + AROUND, 0, min_children=0, light=False)[0]
    children = tuple(node.block for node in nodes[born.first : born.last])
    return PagePlan(children, tuple(_follow(TOP, nodes, born)))


def _come_whole(nodes: Sequence[Node]) -> bool:
    """Say whether one request takes them all, each with everything below it."""
    return (
        0 < len(nodes) <= MAX_SIBLINGS
        and all(node.lowest for node in nodes)
        and sum(node.blocks for node in nodes) <= MAX_BLOCKS
        and sum(node.size for node in nodes) <= MAX_BYTES
    )


def _weigh(node: Node) -> None:
    for child in node.children:
        _weigh(child)
    if not node.children:
        node.options = [node.whole]
    elif node.kind == "column_list":
        node.options = _ways_of_columns(node)
    else:
        ways = _list_openings(node.children, 2, node.own + AROUND, 1, min_children=BORN_WITH.get(node.kind, 0))
        node.options = ways or [_choose_partial_birth(node)]


def _list_openings(
    children: Sequence[Node], tier: int, base: int, own: int, *, min_children: int, light: bool = True
) -> list[Option]:
    """Return the ways to send a block with some of its children: those of least cost, and the bare one; [] for none.

    `tier` is where children that come along stand; `own` is 1 for a block and 0 for a page, which is not `light`: as
    many children as possible come along.
    """
    left = fewest([child.options for child in children])
    right = fewest([child.options for child in reversed(children)])[::-1]
    blocks = list(accumulate((child.blocks for child in children), initial=own))
    sizes = list(accumulate((child.size for child in children), initial=base))

    def way(first: int, last: int) -> Option:
        count, size = blocks[last] - blocks[first] + own, sizes[last] - sizes[first] + base
        cost = left[first][0].cost + right[last][0].cost
        return Option(cost, count, size, first, last, (), left[first][0], right[last][0])

    reach = list(_reach(children, tier, blocks, sizes, base, own))
    widest = [way(first, last) for first, last in enumerate(reach) if last - first >= min_children]
    if not widest:
        return []
    min_cost = min(each.cost for each in widest)
    if not light:
        return [max((each for each in widest if each.cost == min_cost), key=lambda each: each.last - each.first)]
    costs = [-states[0].cost for states in right]  # fewer siblings never cost more: this rises
    lightest = []
    for each in widest:
        if each.cost == min_cost:
            fits = bisect_left(costs, left[each.first][0].cost - min_cost, each.first, each.last)
            lightest.append(way(each.first, max(fits, each.first + min_children)))
    bare = [way(each.first, each.first + min_children) for each in widest]
    if not min_children:
        bare = [way(len(children), len(children))]
    return _best(lightest) + _best([each for each in bare if each.cost > min_cost])[:1]


def _reach(
    children: Sequence[Node], tier: int, blocks: list[int], sizes: list[int], base: int, own: int
) -> Iterator[int]:
    """Yield for every first child how far the run that may come along reaches."""
    last = 0
    for first in range(len(children) + 1):
        last = max(last, first)
        while (
            last < len(children)
            and children[last].lowest >= tier
            and last - first < MAX_SIBLINGS
            and blocks[last + 1] - blocks[first] + own <= MAX_BLOCKS
            and sizes[last + 1] - sizes[first] + base <= MAX_BYTES
        ):
            last += 1
        yield last


def _best(options: list[Option]) -> list[Option]:
    """Keep those of least cost of which none is heavier than another."""
    if not options:
        return []
    min_cost = min(option.cost for option in options)
    kept: list[Option] = []
    for option in sorted((o for o in options if o.cost == min_cost), key=lambda o: (o.blocks, o.size, o.first)):
        if not kept or option.size < kept[-1].size:
            kept.append(option)
    return kept[:_KEPT]


def _choose_partial_birth(node: Node) -> Option:
    """Send a block that must have children, none of which may come whole: they come bare; a read tells their ids."""
    first = next((index for index, child in enumerate(node.children) if child.kind != "column_list"), None)
    if first is None:
        raise Rejected("notion", f"a {node.kind} that holds nothing but columns cannot be written; put text into it")
    run = takewhile(lambda child: child.kind != "column_list", node.children[first : first + MAX_SIBLINGS])
    ways = [_second_tier(child) for child in run]
    for parts in ([way[0] for way in ways], [way[-1] for way in ways], [ways[0][-1]]):
        option = _combine_parts(node, first, tuple(parts))
        if _fits(option):
            return option
    raise Rejected("notion", f"a {node.kind} cannot be written: its first child alone fills a request")


def _second_tier(node: Node) -> list[Option]:
    """Return the ways to send a block that is not whole and stands in the second tier, the lightest last."""
    ways = _list_openings(node.children, 3, node.own + AROUND, 1, min_children=BORN_WITH.get(node.kind, 0))
    return ways or [_combine_parts(node, 0, (node.children[0].options[-1],))]  # a tab with a bare label


def _ways_of_columns(node: Node) -> list[Option]:
    if node.lowest and _fits(node.whole):
        light = node.whole
    else:
        light = _combine_parts(node, 0, _lighten_columns(node))
    bare = _combine_parts(node, 0, tuple(column.options[-1] for column in node.children[:MAX_SIBLINGS]))
    if not _fits(bare):
        bare = _combine_parts(node, 0, tuple(column.options[-1] for column in node.children[:2]))
    ways = [option for option in (light, bare) if _fits(option)]
    if not ways:
        raise Rejected("notion", "columns cannot be written: the first blocks of two of them fill a request")
    return ways[:1] if ways[-1].cost <= ways[0].cost and ways[0].cost == 0 else ways


def _lighten_columns(node: Node) -> tuple[Option, ...]:
    """Choose for each column the way of least cost, and the bare one for the heaviest until they fit together."""
    columns = node.children[:MAX_SIBLINGS]
    parts = [column.options[0] for column in columns]
    for index in sorted(range(len(parts)), key=lambda i: (-parts[i].blocks, -parts[i].size)):
        if _fits(_combine_parts(node, 0, tuple(parts))):
            break
        parts[index] = columns[index].options[-1]
    return tuple(parts)


def _combine_parts(node: Node, first: int, parts: tuple[Option, ...]) -> Option:
    last = first + len(parts)
    left = fewest([child.options for child in node.children[:first]])[-1][0]
    right = fewest([child.options for child in reversed(node.children[last:])])[-1][0]
    reads = 1 if any(part.cost for part in parts) else 0
    cost = reads + left.cost + right.cost + sum(part.cost for part in parts)
    blocks, size = 1 + sum(part.blocks for part in parts), node.own + AROUND + sum(part.size for part in parts)
    return Option(cost, blocks, size, first, last, parts, left, right)


def _fits(option: Option) -> bool:
    return option.blocks <= MAX_BLOCKS and option.size <= MAX_BYTES


def _follow(parent: int, children: Sequence[Node], option: Option) -> Iterator[Request]:
    """Yield the requests for what did not come along with a block."""
    came = children[option.first : option.last]
    born = list(zip(came, option.parts, strict=bool(option.parts)))
    rode = tuple(_body(*each) for each in born) or tuple(child.block for child in came)
    if option.left is not None:
        for run in runs(option.left):
            place = Place.AFTER if run[0][0] else Place.START if rode else Place.END
            yield from _plan_append(parent, children, run, place, behind=rode)
    if any(part.cost for _, part in born):
        yield Read(parent, tuple(child.number for child, _ in born), rode)
        rode = ()
    for child, part in born:
        yield from _follow(child.number, child.children, part)
    if option.right is not None:
        for run in runs(option.right, option.last, backwards=True):
            place = Place.END if run[0][0] == option.last else Place.AFTER
            yield from _plan_append(parent, children, run, place, before=rode)


def _plan_append(
    parent: int,
    children: Sequence[Node],
    run: Run,
    place: Place,
    *,
    before: tuple[Json, ...] = (),
    behind: tuple[Json, ...] = (),
) -> Iterator[Request]:
    """Yield one request, and what belongs below its blocks."""
    sent = [(children[index], option) for index, option in run]
    after = children[run[0][0] - 1].number if place is Place.AFTER else TOP
    numbers = tuple(node.number for node, _ in sent)
    yield Append(parent, numbers, tuple(_body(*each) for each in sent), place, after, before, behind)
    for node, option in sent:
        yield from _follow(node.number, node.children, option)


def _body(node: Node, way: Option) -> Json:
    """Return a block as it goes into a request."""
    if not way.parts and way.last - way.first == len(node.children):
        return node.block
    come = node.children[way.first : way.last]
    if not way.parts:
        return replace_children(node.block, [child.block for child in come])
    return replace_children(node.block, [_body(*each) for each in zip(come, way.parts, strict=True)])


def position(request: Append, ids: Mapping[int, str], after: str | None) -> tuple[str | None, bool]:
    """Return the id to append after, or None, and whether it goes to the start; `after` is the tree's own place."""
    if request.place is Place.AFTER:
        return ids[request.after], False
    if request.place is Place.START:
        return None, True
    return (after if request.parent == TOP else None), False
