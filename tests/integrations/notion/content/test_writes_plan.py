"""How a tree becomes requests: within every limit, complete and in order, and never more of them than necessary."""

import json
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import combinations, product
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.core.errors import Rejected
from shared.integrations.notion.content import blocks
from shared.integrations.notion.content.tree import plan, plan_page
from shared.integrations.notion.content.tree_requests import TOP, Append, Place

pytestmark = pytest.mark.slow

Json = dict[str, Any]
Shape = tuple[Any, ...]  # a tree as the shapes of its children

MOST_BYTES = 500_000
SIBLINGS, BLOCKS = 100, 1000


def text(size: int) -> list[Json]:
    """Return rich text of some size, in bytes of ASCII."""
    parts = [2000] * (size // 2000) + [size % 2000]
    return [{"type": "text", "text": {"content": "x" * part}} for part in parts if part]


def node(kind: str, *children: Json, size: int = 1, **body: Any) -> Json:
    return blocks.block(kind, {"rich_text": text(size)} | body, children)


def item(*children: Json, size: int = 1) -> Json:
    return node("bulleted_list_item", *children, size=size)


def bare(kind: str, *children: Json, **body: Any) -> Json:
    return blocks.block(kind, body, children)


def chain(depth: int) -> Json:
    return item(*([chain(depth - 1)] if depth > 1 else []))


def shaped(shape: Shape) -> Json:
    return item(*map(shaped, shape))


def below(block: Json) -> list[Json]:
    found: list[Json] = block[block["type"]].get("children") or []
    return found


def cost(tree: Sequence[Json]) -> int:
    return len(plan(tree))


# --- a second, slow Notion --------------------------------------------------------------------------------------------


def height(block: Json) -> int:
    return 1 + max(map(height, below(block)), default=0)


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
            assert len(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()) <= MOST_BYTES
            at = {Place.END: len(parent), Place.START: 0}.get(request.place)
            if at is None:
                (at,) = (i + 1 for i, each in enumerate(parent) if each is known[request.after])
            new = [made(block) for block in request.blocks]
            parent[at:at] = new
        known.update(zip(request.numbers, new, strict=True))
    return page


def as_lists(tree: Sequence[Json]) -> list[Any]:
    return [[{b["type"]: {n: v for n, v in b[b["type"]].items() if n != "children"}}, as_lists(below(b))] for b in tree]


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

    reached, frontier, requests = set(), {(frozenset[int](), frozenset([-1]))}, 0
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
                            if sum(own[each] + 20 for each in new) <= MOST_BYTES - 1000:
                                following.add((there | new, ids | frozenset(some)))
        if any(len(there) == len(listed) for there, _ in following):
            return requests
        frontier = following - reached
        reached |= following


SHAPES = st.recursive(st.just(()), lambda inner: st.lists(inner, max_size=4).map(tuple), max_leaves=5)
SIZES = st.sampled_from([1, 1, 1, 120_000, 160_000, 240_000, 260_000, 400_000])


@st.composite
def small_trees(draw: st.DrawFn) -> list[Json]:
    def built(shape: Shape) -> Json:
        return item(*(built(each) for each in shape), size=draw(SIZES))

    tree = [built(shape) for shape in draw(st.lists(SHAPES, min_size=1, max_size=4))]
    return tree if len(list(everything(tree))) <= 6 else tree[:1] if len(list(everything(tree[:1]))) <= 6 else [item()]


HEAVY = [item(size=size) for size in (400_000, 160_000, 160_000, 80_000)]
SPLIT = [item(item(size=240_000), item(item(item())), item(size=240_000), size=1)]


@settings(max_examples=60)
@given(small_trees())
@example(HEAVY)
@example(SPLIT)
@example([chain(6)])
def test_no_sequence_of_requests_is_shorter(tree: list[Json]) -> None:
    assert cost(tree) == least_requests(tree)
    assert carried_out(tree) == as_lists(tree)


# --- shapes whose minimum is known ------------------------------------------------------------------------------------


def wide_and_deep(levels: int, total: int) -> list[Json]:
    """Return `total` blocks on `levels` levels, every level wider than the one above, spread by a fixed rule."""
    width = [1 + round((total - levels) * (level + 1) / (levels * (levels + 1) / 2)) for level in range(levels)]
    width[-1] += total - sum(width)
    row: list[Json] = [item() for _ in range(width[-1])]
    for level in reversed(range(levels - 1)):
        homes: list[list[Json]] = [[] for _ in range(width[level])]
        for index, block in enumerate(row):
            homes[index * 7 % len(homes)].append(block)
        row = [item(*home) for home in homes]
    return row


def table(rows: int, width: int = 2) -> Json:
    cells = [[text(3)] * width]
    return bare("table", *(bare("table_row", cells=cells[0]) for _ in range(rows)), table_width=width)


def columns(*inside: Sequence[Json]) -> Json:
    return bare("column_list", *(bare("column", *each) for each in inside))


def test_a_thousand_blocks_in_a_row_take_a_hundred_each() -> None:
    tree = [item()] * 1000
    assert cost(tree) == 1000 // 100
    assert carried_out(tree) == as_lists(tree)


@pytest.mark.parametrize("depth", [1, 2, 3, 4, 5, 12, 40])
def test_in_a_chain_only_the_last_three_share_a_request(depth: int) -> None:
    assert cost([chain(depth)]) == max(1, depth - 2)
    assert carried_out([chain(depth)]) == as_lists([chain(depth)])


def test_in_five_thousand_blocks_on_twelve_levels_each_block_above_three_levels_has_one_request() -> None:
    tree = wide_and_deep(12, 5000)
    found = list(everything(tree))
    assert (len(found), max(map(height, tree))) == (5000, 12)
    assert max(len(below(block)) for block in found) <= 100  # so that only depth binds
    # A block with more than three levels cannot be whole in its request: one request at least goes into it.
    assert cost(tree) == 1 + sum(height(block) > 3 for block in found)
    assert carried_out(tree) == as_lists(tree)


@pytest.mark.parametrize(
    ("tree", "least"),
    [
        pytest.param([table(250, 5)], 3, id="a table of 250 rows: 100 at a time, the first with the table"),
        pytest.param([table(250)] * 4, 1 + 2 * 4, id="four tables go in together, and each is gone on with twice"),
        # A column's id is never answered: it takes a read, and the table's own id a second one or an append.
        pytest.param([columns([table(250)], [item()])], 1 + 1 + 1 + 2, id="a table in a column"),
        pytest.param([columns([table(99)], [table(3), item(item())])], 1, id="columns that fit"),
        pytest.param([columns([item()] * 150, [item()])], 1 + 1 + 1, id="a long column is read once and gone on with"),
        pytest.param([columns([chain(2)] * 100, [item()])] * 3, 1, id="many columns in one request"),
        pytest.param([columns([chain(4)], [chain(4)])], 1 + 1 + 2 * 2, id="columns of deep blocks: a read for each"),
        pytest.param([item(columns([item()], [item()]))], 2, id="columns inside something else begin a request"),
    ],
)
def test_tables_and_columns_begin_as_they_must_and_go_on(tree: list[Json], least: int) -> None:
    assert cost(tree) == least
    assert carried_out(tree) == as_lists(tree)


@pytest.mark.parametrize("letter", ["x", "ż"])
def test_large_paragraphs_fill_the_bytes_of_a_request(letter: str) -> None:
    forty_kb = json.loads(json.dumps(item(size=40_000)).replace("xx", letter * (2 // len(letter.encode()))))
    tree = [forty_kb] * 100
    size = len(json.dumps(tree, ensure_ascii=False, separators=(",", ":")).encode())
    assert 4_000_000 < size < 4_500_000
    assert cost(tree) == -(-size // MOST_BYTES) == 9
    assert carried_out(tree) == as_lists(tree)


def test_three_tiers_fill_the_thousand_blocks_of_a_request() -> None:
    tree = [item(*[item()] * 99)] * 25
    assert cost(tree) == -(-25 * 100 // 1000)
    mixed = ([item()] * 9 + [item(*[item(*[item()] * 98)] * 10)]) * 4
    assert cost(mixed) == -(-len(list(everything(mixed))) // 1000)
    assert carried_out(mixed) == as_lists(mixed)


def test_small_things_around_large_ones_share_a_request() -> None:
    sizes = (5, 3, 3, 3, 5)  # hundreds of blocks: the middle ones come into the gap between the outer ones
    tree = [item(*[item(*[item()] * 98)] * size) for size in sizes]
    assert cost(tree) == 2
    assert carried_out(tree) == as_lists(tree)


def test_what_lies_between_deep_blocks_comes_along_with_their_parent() -> None:
    tree = [item(chain(4), *[item()] * 250, chain(4))]
    assert cost(tree) == 1 + 2 + 2  # itself; 152 of 252 in two; the two deep ones
    assert carried_out(tree) == as_lists(tree)


@pytest.mark.parametrize(
    ("tree", "first", "later"),
    [
        ([item()] * 1000, 100, 9),
        ([chain(3), chain(2)], 2, 0),
        ([chain(12)], 0, 10),
        ([item()] * 30 + [chain(4)] + [item()] * 30, 30, 2),
        ([item(size=40_000)] * 20, 12, 1),
    ],
)
def test_a_page_is_born_with_what_fits(tree: list[Json], first: int, later: int) -> None:
    made = plan_page(tree, 300)
    assert (len(made.children), len(made.requests)) == (first, later)


# --- any shape --------------------------------------------------------------------------------------------------------


@st.composite
def some_kind(draw: st.DrawFn, levels: int = 3) -> Json:
    inside = [] if levels == 0 else draw(st.lists(some_kind(levels - 1), max_size=3))
    many = draw(st.sampled_from([1, 1, 40])) if sum(1 for _ in everything(inside)) < 20 else 1
    kind = draw(st.sampled_from(["item", "item", "table", "columns", "tab"] if inside else ["item", "table"]))
    if kind == "table":
        return table(draw(st.sampled_from([1, 3, 120, 230])))
    if kind == "columns":
        plain = [each for each in inside if each["type"] != "column_list"]
        return columns(plain * many or [item()], [item(), *inside])
    if kind == "tab":
        return bare("tab", *(node("paragraph", each) for each in inside * many))
    return item(*inside * many, size=draw(st.sampled_from([1, 30, 30_000])))


@settings(max_examples=25)
@given(st.lists(some_kind(), min_size=1, max_size=4))
def test_any_tree_arrives_whole_and_in_order_within_all_limits(tree: list[Json]) -> None:
    assert carried_out(tree) == as_lists(tree)


@pytest.mark.parametrize(
    ("block", "says"),
    [
        (item(size=600_000), "larger than a request"),
        (columns([columns([item()], [item()])], [item()]), "nothing but columns"),
    ],
)
def test_what_no_request_carries_is_refused_by_name(block: Json, says: str) -> None:
    with pytest.raises(Rejected, match=says):
        plan([block])
