"""Long writes while people work on the page: what is theirs stays, and ours is found again."""

import pytest

from shared.core.errors import Rejected
from shared.core.page import Span
from shared.integrations.notion.content import blocks
from shared.integrations.notion.content.writer import write_tree, written_ids
from tests.support.rigs.long_writes import (
    Json,
    Killed,
    Memory,
    NotionInProcess,
    chain,
    holding,
    kill_at,
    once_each,
    p,
    standing,
    text_of,
)

pytestmark = pytest.mark.slow


SHORT = [p(f"p{number}") for number in range(102)] + [chain("deep ", 5), p("end")]


def test_what_stood_there_with_the_same_text_is_not_taken_for_ours(desk: NotionInProcess) -> None:
    page, memory = desk.page(p("daily note"), p("end")), Memory(before=kill_at(1))
    above = desk.notion.children(page)[0]["id"]
    with pytest.raises(Killed):  # the request is about to be sent
        write_tree(desk.notion, memory, page, [p("end")], after=above)
    write_tree(desk.notion, memory, page, [p("end")], after=above)
    assert [block.text for block in desk.notion.read_tree(page)] == ["daily note", "end", "end"]


@pytest.mark.parametrize("moved", [False, True], ids=["reworded", "reworded and moved"])
def test_a_block_with_our_mark_is_ours_whatever_people_have_made_of_it(desk: NotionInProcess, *, moved: bool) -> None:
    """Its answer was lost, and before anybody looked a person gave it other words, or put something before it."""
    page, mark = desk.page(p("by Ada")), "https://house.example/v1/runs/run-1#workwright-plan-1"
    ours = blocks.callout([Span("Plan", bold=True, href=mark), Span(" of seven steps")], "🗺️")
    memory = Memory(after=kill_at(1))
    with pytest.raises(Killed):
        write_tree(desk.notion, memory, page, [ours])
    _, there = desk.notion.children(page)
    words = [{"text": {"content": "Our plan", "link": {"url": mark}}}, {"text": {"content": ", with eight of them"}}]
    desk.as_person("PATCH", f"/v1/blocks/{there['id']}", {"callout": {"rich_text": words}})
    if moved:  # the block it was written behind is gone, another stands behind it
        desk.as_person("DELETE", f"/v1/blocks/{desk.notion.children(page)[0]['id']}", None)
        desk.notion.append(page, [p("by Ada, later")])
    assert write_tree(desk.notion, memory, page, [ours]) == [there["id"]]
    assert sum(child["type"] == "callout" for child in desk.notion.children(page)) == 1


def test_the_block_we_write_beside_may_go(desk: NotionInProcess) -> None:
    page = desk.page(p("above"))

    def remove_the_last(name: str) -> None:
        if name in ("tree-000", "tree-001"):
            desk.as_person("DELETE", f"/v1/blocks/{desk.notion.children(page)[-1]['id']}", None)

    ids = write_tree(desk.notion, Memory(before=remove_the_last), page, SHORT)
    assert len(ids) == 104
    texts = [block.text for block in desk.notion.read_tree(page)]
    assert texts == [*(f"p{number}" for number in range(99)), "p100", "p101", "deep 5", "end"]


def test_the_block_we_write_behind_may_go_and_the_order_stays(desk: NotionInProcess) -> None:
    sizes = (5, 3, 3, 3, 5)  # hundreds of blocks: the middle ones are sent into the gap between the outer ones
    tree = [blocks.toggle(f"t{n}", [p("", *[p("")] * 98)] * size) for n, size in enumerate(sizes)]
    for added in ([], [p("by Ada")]):
        home = desk.page()

        def disturb(name: str, home: str = home, added: list[Json] = added) -> None:
            if name == "tree-001":
                body = {"children": added, "position": {"type": "start"}}
                desk.as_person("PATCH", f"/v1/blocks/{home}/children", body)
                (gone,) = (c["id"] for c in desk.notion.children(home) if text_of(c[c["type"]]) == "t0")
                desk.as_person("DELETE", f"/v1/blocks/{gone}", None)

        assert len(write_tree(desk.notion, Memory(before=disturb), home, tree)) == 5
        texts = [text_of(data) for _, data, _ in standing(desk, home)]
        assert texts == ["by Ada"] * len(added) + ["t1", "t2", "t3", "t4"]


def test_people_may_change_what_is_still_being_written(desk: NotionInProcess) -> None:
    page = desk.page()

    def rename(name: str) -> None:
        if name == "tree-002":  # the read of the column's children
            (columns,) = desk.notion.children(page)
            (left, _) = desk.notion.children(columns["id"])
            (top,) = desk.notion.children(left["id"])
            desk.as_person("PATCH", f"/v1/blocks/{top['id']}", {"toggle": {"rich_text": blocks.rich_text("by Ada")}})

    tree = [holding("column_list", holding("column", chain("deep ", 5)), holding("column", p("right")))]
    write_tree(desk.notion, Memory(before=rename), page, tree)
    (columns,) = desk.notion.read_tree(page)
    assert [b.text for b in columns.walk() if b.text] == ["by Ada", "deep 4", "deep 3", "deep 2", "deep 1", "right"]


def test_below_what_people_removed_nothing_is_written(desk: NotionInProcess) -> None:
    page = desk.page()

    def remove_the_deep_one(name: str) -> None:
        (deep,) = (child for child in desk.notion.children(page) if child["type"] == "toggle")
        desk.as_person("DELETE", f"/v1/blocks/{deep['id']}", None)
        raise Killed

    memory = Memory(after=once_each(lambda name: remove_the_deep_one(name) if name == "tree-001" else None))
    with pytest.raises(Killed):
        write_tree(desk.notion, memory, page, SHORT)
    ids = write_tree(desk.notion, memory, page, SHORT)
    assert [index for index, block in enumerate(ids) if block == ""] == [102]
    assert [block.text for block in desk.notion.read_tree(page)] == [*(f"p{number}" for number in range(102)), "end"]


def test_what_was_written_can_be_removed_although_the_write_never_ended(desk: NotionInProcess) -> None:
    for at in range(1, 5):
        page, memory = desk.page(p("p0")), Memory(after=kill_at(at))
        with pytest.raises(Killed):
            write_tree(desk.notion, memory, page, SHORT)
        for block in written_ids(desk.notion, memory.results.get, page, SHORT):
            desk.notion.delete_block(block)
        assert [block.text for block in desk.notion.read_tree(page)] == ["p0"]
    assert written_ids(desk.notion, Memory().results.get, page, SHORT) == []


def test_other_blocks_under_the_same_name_are_refused(desk: NotionInProcess) -> None:
    page, memory = desk.page(), Memory()
    write_tree(desk.notion, memory, page, [p("one")])
    with pytest.raises(Rejected, match="not the blocks this write was begun with"):
        write_tree(desk.notion, memory, page, [p("two")])
    assert write_tree(desk.notion, memory, page, []) == []
