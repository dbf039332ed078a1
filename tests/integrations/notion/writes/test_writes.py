"""Long writes to the simulated Notion: killed anywhere, answered badly, people on the page; complete in the end."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from shared.app.engine.effects import Effects
from shared.core.errors import IntegrationError
from shared.core.page import Block
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.content import blocks
from shared.integrations.notion.content.tree import plan
from shared.integrations.notion.content.writer import write_page, write_tree
from shared.local.simulators.notion.simulator import NotionSimulator
from shared.steps._kind import Repeat
from tests.integrations.conftest import Served
from tests.support.ports.local_ports import local_ports
from tests.support.rigs.long_writes import (
    LONG,
    READS,
    REQUESTS,
    Json,
    Killed,
    Memory,
    NotionInProcess,
    Result,
    kill_at,
    once_each,
    p,
    standing,
    text_of,
    write_until_done,
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def undisturbed(desk: NotionInProcess) -> str:
    """Return a page that was written while nothing went wrong."""
    page = desk.page()
    desk.notion.append_tree(page, LONG)
    return page


@pytest.fixture(scope="module")
def expected(desk: NotionInProcess, undisturbed: str) -> list[Any]:
    return standing(desk, undisturbed)


def test_a_write_goes_to_its_place_in_the_planned_number_of_requests(
    desk: NotionInProcess, expected: list[Any]
) -> None:
    page = desk.page(p("above"), p("below"))
    above = desk.notion.children(page)[0]["id"]
    before = len(desk.simulator.journal)
    ids = write_tree(desk.notion, Memory(), page, LONG, after=above)
    assert len(desk.simulator.journal) - before == REQUESTS
    there = standing(desk, page)
    assert [child["id"] for child in desk.notion.children(page)[1:-1]] == ids
    assert there[1:-1] == expected
    assert [text_of(there[end][1]) for end in (0, -1)] == ["above", "below"]


def test_what_was_written_reads_as_it_was_meant(desk: NotionInProcess, undisturbed: str) -> None:
    there = desk.notion.read_tree(undisturbed)
    assert [block.text for block in there[:9]] == ["again"] * 9
    assert [child.text for child in there[9].children] == ["inside"] * 150
    assert [block.text for block in there[10].walk()] == [f"deep {depth}" for depth in (5, 4, 3, 2, 1)]
    assert [row.cells[0][0].text for row in there[11].children] == [f"row {number}" for number in range(104)]
    left, right = there[12].children
    assert [child.text for child in left.children] == [f"left {number}" for number in range(101)]
    assert [block.text for block in right.walk()][1:] == [f"right {depth}" for depth in (4, 3, 2, 1)]
    assert [block.text for block in there[13].walk()][1:] == [
        *("first", "body", "second", "third 3", "third 2", "third 1"),
    ]
    assert [block.text for block in there[14:]] == [*(f"end {number}" for number in range(9)), "last 😀"]


@pytest.mark.parametrize("at", range(REQUESTS))
def test_killed_before_the_answer_of_any_request_is_remembered_it_goes_on(
    desk: NotionInProcess, expected: list[Any], at: int
) -> None:
    page, memory, sent = desk.page(), Memory(after=kill_at(at)), desk.carried_out()
    assert write_until_done(desk, page, memory) == 2
    assert desk.carried_out() - sent == len(plan(LONG)) - READS
    assert standing(desk, page) == expected


def test_killed_before_every_request_it_goes_on(desk: NotionInProcess, expected: list[Any]) -> None:
    def kill(name: str) -> None:
        raise Killed

    page, memory, sent = desk.page(), Memory(before=once_each(kill)), desk.carried_out()
    assert write_until_done(desk, page, memory) == REQUESTS + 1
    assert desk.carried_out() - sent == len(plan(LONG)) - READS
    assert standing(desk, page) == expected


@pytest.mark.parametrize("when", ["before", "after"])
def test_people_may_write_in_between(desk: NotionInProcess, expected: list[Any], when: str) -> None:
    page, count = desk.page(p("again"), p("again")), 0  # the same text as ours, and not ours

    def disturb(name: str) -> None:
        nonlocal count
        count += 1
        homes = [page, *(child["id"] for child in desk.notion.children(page) if child["type"] == "toggle")]
        home = homes[count % len(homes)]
        first = desk.notion.children(home)[:1]
        body: Json = {"children": [p("by Ada")]}
        if first and count % 2:
            body["position"] = {"type": "after_block", "after_block": {"id": first[0]["id"]}}
        desk.as_person("PATCH", f"/v1/blocks/{home}/children", body)
        raise Killed

    memory = Memory(**{when: once_each(disturb)})
    assert write_until_done(desk, page, memory) > REQUESTS // 2
    assert count == REQUESTS
    there = standing(desk, page, but="by Ada")
    assert [text_of(data) for _, data, _ in there[:2]] == ["again"] * 2
    assert there[2:] == expected
    assert str(standing(desk, page)).count("'plain_text': 'by Ada'") == REQUESTS


FAULTS: dict[str, Json] = {
    "503 with ids": {"status": 503, "when": "after", "committed": True},
    "503 before": {"status": 503},
    "503 after, without ids": {"status": 503, "when": "after"},
    "502 with a page of HTML": {"status": 502, "html": "<html>502</html>"},
    "502 after, with a page of HTML": {"status": 502, "html": "<html>502</html>", "when": "after"},
    "504 before": {"status": 504},
    "504 after": {"status": 504, "when": "after"},
    "500": {"status": 500},
    "500 after": {"status": 500, "when": "after"},
    "529": {"status": 529},
    "409": {"status": 409},
    "429": {"status": 429},
    "dropped before": {"drop": True},
    "dropped after": {"drop": True, "when": "after"},
}


@pytest.mark.parametrize(
    ("fault", "times"),
    [
        *(pytest.param(fault, 1, id=fault) for fault in FAULTS),
        *(pytest.param(fault, 2, id=f"{fault}, and the look after it") for fault in ("504 after", "dropped after")),
    ],
)
def test_every_request_answered_badly_ends_in_the_same_page(
    desk: NotionInProcess, expected: list[Any], fault: str, times: int
) -> None:
    page, hit = desk.page(), list[str]()

    def order(name: str) -> None:
        hit.append(name)
        desk.simulator.faults.append({"path": "/v1/blocks/*/children", **FAULTS[fault], "times": times})

    def forget(name: str) -> None:
        desk.simulator.faults.clear()  # one that answered a look counts for this request alone

    memory, sent = Memory(before=once_each(order), after=forget), desk.carried_out()
    write_until_done(desk, page, memory)
    assert len(hit) == REQUESTS
    assert standing(desk, page) == expected
    assert desk.carried_out() - sent == len(plan(LONG)) - READS


def test_the_journal_of_effects_is_such_a_memory(desk: NotionInProcess, expected: list[Any], tmp_path: Path) -> None:
    with local_ports(tmp_path) as ports:

        def once(name: str, do: Callable[[], Result], look: Callable[[], Result | None]) -> Result:
            if not effect.is_intended(name):
                desk.simulator.faults.append({"path": "*/children", **FAULTS["504 after"], "times": 2})
            return effect(name, do, repeat=Repeat.LOOK, look=look)

        page, sent = desk.page(), desk.carried_out()
        for _ in range(2 * REQUESTS):
            desk.simulator.faults.clear()
            effect = Effects(ports.deps, "t-1", "run-1.s1", "test", "notion")
            try:
                write_tree(desk.notion, once, page, LONG)
            except IntegrationError:
                ports.clock.move(seconds=ports.deps.settle.total_seconds())
        desk.simulator.faults.clear()
        assert desk.carried_out() - sent == len(plan(LONG)) - READS
        assert standing(desk, page) == expected


def test_a_new_page_is_written_once_however_often_it_is_begun(desk: NotionInProcess, expected: list[Any]) -> None:
    title = {"title": {"title": blocks.rich_text("Unlike any other")}}

    def create(children: Sequence[Json]) -> str:
        return str(desk.notion.create_page(page_id=desk.home, properties=title, children=children)["id"])

    def find() -> str | None:
        return next((c["id"] for c in desk.notion.children(desk.home) if c[c["type"]].get("title") == title_text), None)

    def kill(name: str) -> None:
        raise Killed

    title_text, memory, pages = "Unlike any other", Memory(after=once_each(kill)), set[str]()
    for _ in range(2 * REQUESTS):
        try:
            pages.add(write_page(desk.notion, memory, LONG, create, find))
        except Killed:
            continue
    (page,) = pages
    assert standing(desk, page) == expected
    made = [e for entry in desk.simulator.journal for e in entry["effects"] if e.get("title") == title_text]
    assert len(made) == 1


def test_five_thousand_blocks_twelve_levels_deep_with_40_kb_paragraphs_read_back_equal(
    served: Callable[[Any], Served],
) -> None:
    sim = served(NotionSimulator())
    sim.control("/_config", {"rate_limit": 0})
    seeded = sim.control("/_seed", {"internal": True})
    notion = Notion(sim.http("notion", seeded["token"]))
    page = str(notion.create_page(page_id=seeded["home_page_id"])["id"])
    large = "żółw 🐢 " * 4_400  # 39,600 UTF-16 units, 66 KB as it is sent

    def section(name: str) -> Json:
        return blocks.toggle(name, [p(f"{name}.{number}") for number in range(97)])

    def branch(name: str) -> Json:
        tree = blocks.toggle(f"{name}/10", [section(f"{name}/{number}") for number in range(10)])
        for level in reversed(range(1, 10)):
            tree = blocks.toggle(f"{name}/{level}", [p(large), tree])
        return tree

    tree = [branch(letter) for letter in "abcde"]
    tree += [p(f"more {number}") for number in range(5000 - 5 * (1 + 9 * 2 + 10 * 98))]
    write_tree(notion, Memory(), page, tree)
    there = notion.read_page(page).blocks
    assert sum(1 for top in there for _ in top.walk()) == 5000
    assert sum(entry["method"] == "PATCH" for entry in sim.journal()) == len(plan(tree))
    assert [said(block) for block in there] == [meant(block) for block in tree]
    assert depth(there) == 12


def said(block: Block) -> Any:
    return [block.type, block.text, [said(child) for child in block.children]]


def meant(block: Json) -> Any:
    body = block[block["type"]]
    text = "".join(item["text"]["content"] for item in body["rich_text"])
    return [block["type"], text, [meant(child) for child in body.get("children", ())]]


def depth(tree: Sequence[Block]) -> int:
    return max((1 + depth(block.children) for block in tree), default=0)
