"""How a tree becomes requests: within every limit, complete and in order, and never more of them than necessary."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.core.errors import Rejected
from shared.integrations.notion.content import blocks
from shared.integrations.notion.content.tree import plan, plan_page
from tests.support.measures.least_requests import MAX_BYTES, Json, below, carried_out, everything, least_requests

pytestmark = pytest.mark.slow
Shape = tuple[Any, ...]  # a tree as the shapes of its children


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


def cost(tree: Sequence[Json]) -> int:
    return len(plan(tree))


# --- a second, slow Notion --------------------------------------------------------------------------------------------


def height(block: Json) -> int:
    return 1 + max(map(height, below(block)), default=0)


def as_lists(tree: Sequence[Json]) -> list[Any]:
    return [[{b["type"]: {n: v for n, v in b[b["type"]].items() if n != "children"}}, as_lists(below(b))] for b in tree]


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
    assert cost(tree) == -(-size // MAX_BYTES) == 9
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
