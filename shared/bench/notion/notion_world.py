"""Simulated workspaces for `bench notion`: what stands in them, what goes wrong, and how they look afterwards.

Both sides of a task get a workspace of their own with the same content, the same limit and the same faults in the same
places of their sequence of requests.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import requests
from werkzeug.serving import BaseWSGIServer

from shared.http_client import HttpClient
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.content import blocks
from shared.local.simulators._server import serve
from shared.local.simulators.notion.simulator import NotionSimulator
from shared.ports import Secret

Json = dict[str, Any]
Outline = list[Any]  # of blocks: [type, text, what stands below]

LIMIT = 180  # requests per window, as on Notion's smaller plans
_REAL_WINDOW_S = 60.0
_HORIZON = 5000  # requests for which faults are ordered
_RETRY_AFTER_S = 20.0  # before scaling
_HELD = 0.3  # of the rows hold the value already
_PER_SECTION = 20
_PERSON = "ada@example.test"
SHARED_ROWS = {"Name": {"title": {}}, "Status": {"select": {"options": [{"name": "Open"}, {"name": "Done"}]}}}


@dataclass(frozen=True, slots=True)
class Conditions:
    """What both sides work under. `window_s` stands for Notion's 60 seconds."""

    window_s: float = 3.0
    faults: float = 0.01  # share of the requests
    seed: int = 7

    @property
    def scale(self) -> float:
        """Return how many times faster than at Notion time passes here."""
        return _REAL_WINDOW_S / self.window_s


class World:
    """One simulated workspace on a loopback port."""

    def __init__(self) -> None:
        self._simulator = NotionSimulator()
        self._server: BaseWSGIServer = serve(self._simulator)
        self.url = self._simulator.base_url
        self._control("/_config", {"rate_limit": 0})
        people = [{"name": "Ada Example", "email": _PERSON}]
        seeded = self._control("/_seed", {"internal": True, "people": people})
        self.token, self.home = str(seeded["token"]), str(seeded["home_page_id"])
        self.ahead = 0.0  # of the machine's clock, in seconds
        self._mark = 0

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()

    def begin(self, conditions: Conditions, name: str) -> None:
        """Switch limit and faults on; from here on requests are counted."""
        self._control("/_config", {"rate_limit": LIMIT, "rate_window_s": conditions.window_s})
        self._control("/_faults", _orders(conditions, name))
        self._mark = len(self._simulator.journal)

    def requests(self) -> int:
        """Return how many requests came since the beginning, refused ones among them."""
        return sum(entry["path"].startswith("/v1/") for entry in self._simulator.journal[self._mark :])

    def end(self) -> None:
        """Switch limit and faults off."""
        self._control("/_config", {"rate_limit": 0})
        requests.delete(f"{self.url}/_faults", timeout=10)

    def move_clock(self, seconds: float) -> None:
        """Let the workspace's clock run ahead of the machine's by so much in all."""
        self._control("/_clock", {"offset_s": seconds})
        self.ahead = seconds

    def as_person(self, method: str, path: str, body: Json) -> Json:
        """Do something in the workspace as a person, whose calls are neither limited nor disturbed."""
        answer: Json = self._control("/_as_person", {"person": _PERSON, "method": method, "path": path, "body": body})
        if answer.get("object") == "error":
            raise RuntimeError(f"the workspace could not be set up: {answer}")
        return answer

    def page(self, parent: str, title: str, content: Sequence[Json] = ()) -> str:
        """Write a page; return its id."""
        body = {"parent": {"page_id": parent}, "properties": build_title(title), "children": list(content)}
        return str(self.as_person("POST", "/v1/pages", body)["id"])

    def large_page(self, content: Sequence[Json]) -> str:
        """Write a page of any size; return its id."""
        page = self.page(self.home, "Report")
        Notion(HttpClient("notion", self.url, Secret(self.token))).append_tree(page, content)
        return page

    def outline(self, page: str) -> Outline:
        """Return what really stands on a page."""
        nodes = self._simulator.state["nodes"]
        children = [nodes[child] for child in nodes[page]["children"]]
        return [
            [node["type"], _text(node["data"]), self.outline(node["id"])]
            for node in children
            if node["object"] == "block" and not node["in_trash"]
        ]

    def tree(self, page: str) -> dict[str, tuple[str, Outline]]:
        """Return title and content of a page and of all pages below it, by id."""
        nodes = self._simulator.state["nodes"]
        title = "".join(part["plain_text"] for part in nodes[page]["values"]["title"])
        found = {page: (title, self.outline(page))}
        for child in nodes[page]["children"]:
            if nodes[child]["object"] == "page" and not nodes[child]["in_trash"]:
                found |= self.tree(child)
        return found

    def _control(self, path: str, body: Any) -> Any:
        return requests.post(self.url + path, json=body, timeout=60).json()


def build_title(title: str) -> Json:
    """Return the properties of a page that has but a title."""
    return {"title": {"title": [{"type": "text", "text": {"content": title}}]}}


def outline_read(found: Iterable[tuple[Json, Outline]]) -> Outline:
    """Return the outline of blocks as the API gives them, each with that of what stands below it."""
    return [
        [raw["type"], _text(raw[raw["type"]]), below]
        for raw, below in found
        if raw["type"] not in ("child_page", "child_database")
    ]


def outline_sent(content: Iterable[Json]) -> Outline:
    """Return the outline of blocks as they are sent."""
    return [
        [each["type"], _text(each[each["type"]]), outline_sent(each[each["type"]].get("children", ()))]
        for each in content
    ]


def _text(data: Json) -> str:
    items = [*data.get("rich_text", ()), *(part for cell in data.get("cells", ()) for part in cell)]
    return "".join(part["plain_text"] if "plain_text" in part else part["text"]["content"] for part in items)


def _orders(conditions: Conditions, name: str) -> list[Json]:
    """Return the faults: a third each of 429, 502 without the change, and 503 after the change (of PATCH alone)."""
    chance, share = random.Random(f"{conditions.seed} {name}"), conditions.faults
    orders: list[Json] = []
    kinds: tuple[Json, ...] = (
        {"status": 429, "headers": {"Retry-After": str(round(_RETRY_AFTER_S / conditions.scale))}},
        {"status": 502},
        {"status": 503, "when": "after", "committed": True, "method": "PATCH"},
    )
    for kind in kinds:
        between = 0  # an order counts the requests down that no earlier one of its kind took
        for _ in range(_HORIZON):
            if chance.random() < share / len(kinds):
                orders.append(kind | {"path": "/v1/*", "skip": between})
            else:
                between += 1
    return orders


def document(size: int) -> list[Json]:
    """Return a page of `size` blocks in sections of twenty: text, lists, a table, code, to-dos.

    Three levels deep, and in every fifth section five.
    """
    whole, rest = divmod(size, _PER_SECTION)
    sections = [block for number in range(whole) for block in _section(number)]
    return sections + [blocks.paragraph(f"Remark {number}.") for number in range(rest)]


def _section(number: int) -> Iterator[Json]:
    """Yield one section: twenty blocks."""
    yield blocks.heading(2, f"Section {number}")
    yield blocks.paragraph(f"What section {number} is about, in a sentence or two that people might write.")
    follows = blocks.paragraph("and what follows from it")
    if number % 5 == 4:
        reasons = [
            blocks.bulleted_list_item("a reason for it", [blocks.bulleted_list_item("a detail of it", [follows])])
        ]
    else:
        reasons = [blocks.bulleted_list_item("a reason for it"), blocks.bulleted_list_item("a detail of it"), follows]
    second = blocks.bulleted_list_item("the second point", [*reasons, blocks.bulleted_list_item("more")])
    yield blocks.bulleted_list_item("The first point", [second, blocks.bulleted_list_item("the third point")])
    yield blocks.table([["Name", "Value"], [f"n{number}", "1"], ["sum", "2"]], header_row=True)
    yield blocks.to_do("look at it", children=[blocks.paragraph("by the end of the week")])
    yield blocks.to_do("decide", checked=True)
    yield blocks.code(f"print({number})", "python")
    yield blocks.quote("Somebody said so.")
    yield blocks.numbered_list_item("Then go on.")
    yield blocks.divider()


def small_page(number: int) -> list[Json]:
    """Return what stands on one page of the tree: seven blocks, two of them in a toggle."""
    return [
        blocks.heading(1, f"Page {number}"),
        blocks.paragraph(f"The first thought of page {number}."),
        blocks.paragraph("The second thought."),
        blocks.toggle("More", [blocks.paragraph("inside"), blocks.paragraph("inside, too")]),
        blocks.to_do("one more thing"),
    ]


def plant(world: World, pages: int) -> list[str]:
    """Write a tree of so many pages, ten below each; return their ids, the root first."""
    ids = [world.page(world.home, "Root", small_page(0))]
    for number in range(1, pages):
        ids.append(world.page(ids[(number - 1) // 10], f"Title {number}", small_page(number)))
    return ids


def change(world: World, ids: Sequence[str]) -> None:
    """Change three pages as people do: rename one, add to another, rewrite a line of the third."""
    first, second, third = (ids[len(ids) * part // 4] for part in (1, 2, 3))
    world.as_person("PATCH", f"/v1/pages/{first}", {"properties": build_title("Renamed")})
    world.as_person("PATCH", f"/v1/blocks/{second}/children", {"children": [blocks.paragraph("added")]})
    line = world.as_person("GET", f"/v1/blocks/{third}/children", {})["results"][1]["id"]
    world.as_person("PATCH", f"/v1/blocks/{line}", {"paragraph": blocks.paragraph("rewritten")["paragraph"]})


def table(world: World, rows: int) -> str:
    """Write a table of so many rows, some of which hold the value already; return its data source."""
    body = {"parent": {"type": "page_id", "page_id": world.home}, "initial_data_source": {"properties": SHARED_ROWS}}
    source = str(world.as_person("POST", "/v1/databases", body)["data_sources"][0]["id"])
    for number in range(rows):
        name = {"title": [{"type": "text", "text": {"content": f"Row {number}"}}]}
        status = "Done" if number % 10 < 10 * _HELD else "Open"
        properties = {"Name": name, "Status": {"select": {"name": status}}}
        world.as_person("POST", "/v1/pages", {"parent": {"data_source_id": source}, "properties": properties})
    return source


def rows_done(world: World, source: str) -> int:
    """Return how many rows have the value."""
    asked = {"filter": {"property": "Status", "select": {"equals": "Done"}}, "page_size": 100}
    found, cursor = 0, None
    while True:
        body = asked | ({"start_cursor": cursor} if cursor else {})
        answer = world.as_person("POST", f"/v1/data_sources/{source}/query", body)
        found, cursor = found + len(answer["results"]), answer["next_cursor"]
        if not cursor:
            return found
