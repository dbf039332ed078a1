"""A long write to a simulated Notion in this process: its blocks, its memory, and what kills it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.core.errors import IntegrationError, OutcomeUnknown
from shared.http_client import HttpClient
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.content import blocks
from shared.integrations.notion.content.tree import plan
from shared.integrations.notion.content.tree_requests import Read
from shared.integrations.notion.content.writer import write_tree
from shared.local.simulators.notion.simulator import NotionSimulator
from shared.ports import Secret
from tests.support.simulators.wsgi_session import session_of

Json = dict[str, Any]
Result = Mapping[str, Any]


class Killed(BaseException):
    """The process is gone."""


@dataclass
class Memory:
    """What of a write is remembered: intents and results, as the journal of effects keeps them."""

    results: dict[str, Result] = field(default_factory=dict)
    intended: list[str] = field(default_factory=list)
    before: Callable[[str], None] = lambda name: None
    after: Callable[[str], None] = lambda name: None

    def __call__(self, name: str, do: Callable[[], Result], look: Callable[[], Result | None]) -> Result:
        if name in self.results:
            return self.results[name]
        found = look() if name in self.intended else None
        if found is None:
            if name not in self.intended:
                self.intended.append(name)
            self.before(name)
            try:
                found = do()
            except IntegrationError as error:
                if not isinstance(error, OutcomeUnknown):
                    self.intended.remove(name)  # certainly not carried out
                raise
            self.after(name)
        self.results[name] = found
        return found


@dataclass
class NotionInProcess:
    """A simulated Notion in this process, and our client of it."""

    simulator: NotionSimulator
    notion: Notion
    home: str
    person: str

    def control(self, path: str, body: Any) -> Any:
        return session_of(self.simulator).post("http://notion.example" + path, json=body).json()

    def as_person(self, method: str, path: str, body: Any) -> Any:
        return self.control("/_as_person", {"person": self.person, "method": method, "path": path, "body": body})

    def page(self, *children: Json) -> str:
        named = {"title": {"title": blocks.rich_text("Page")}}
        return str(self.notion.create_page(page_id=self.home, properties=named, children=children)["id"])

    def carried_out(self) -> int:
        """Return how many requests have appended blocks so far, whatever they were answered."""
        return sum(any(effect["kind"] == "block.append" for effect in e["effects"]) for e in self.simulator.journal)


def p(text: str, *children: Json) -> Json:
    return blocks.paragraph(text, children)


def chain(name: str, depth: int) -> Json:
    return blocks.toggle(f"{name}{depth}", [chain(name, depth - 1)] if depth > 1 else [])


def holding(kind: str, *children: Json) -> Json:
    return blocks.block(kind, {}, children)


LONG: list[Json] = [
    *(p("again") for _ in range(9)),
    blocks.toggle("list", [p("inside")] * 150),
    chain("deep ", 5),
    blocks.table([[f"row {number}", "same"] for number in range(104)], header_row=True),
    holding(
        "column_list",
        holding("column", *(p(f"left {number}") for number in range(101))),
        holding("column", chain("right ", 4)),
    ),
    holding("tab", p("first", p("body")), p("second", chain("third ", 3))),
    *(p(f"end {number}") for number in range(9)),
    p("last 😀"),
]
REQUESTS = len(plan(LONG)) + 1  # and the look around the place
READS = sum(isinstance(request, Read) for request in plan(LONG))


def standing(desk: NotionInProcess, home: str, but: str = "") -> list[Any]:
    """Return what stands on a page, from the simulator's own memory; `but` is a text to leave out."""
    nodes = desk.simulator.state["nodes"]
    there = [nodes[child] for child in nodes[home]["children"] if not nodes[child]["in_trash"]]
    kept = [node for node in there if not but or text_of(node["data"]) != but]
    return [[node["type"], node["data"], standing(desk, node["id"], but)] for node in kept]


def text_of(data: Json) -> str:
    return "".join(item["plain_text"] for item in data.get("rich_text", ()))


def write_until_done(desk: NotionInProcess, page: str, memory: Memory, **more: Any) -> int:
    """Begin again until it ends; return how often it was begun."""
    for times in range(1, 4 * REQUESTS):
        try:
            write_tree(desk.notion, memory, page, LONG, **more)
        except (Killed, IntegrationError):
            continue
        return times
    raise AssertionError("it never ended")


def simulated_desk() -> NotionInProcess:
    """Return a desk without a limit of requests."""
    simulator = NotionSimulator()
    simulator.base_url = "http://notion.example"
    session = session_of(simulator)
    session.post("http://notion.example/_config", json={"rate_limit": 0})
    seeded = session.post("http://notion.example/_seed", json={"internal": True}).json()
    http = HttpClient("notion", "http://notion.example", Secret(seeded["token"]), session=session)
    return NotionInProcess(simulator, Notion(http), seeded["home_page_id"], seeded["people"][0]["id"])


def kill_at(number: int) -> Callable[[str], None]:
    names: list[str] = []

    def kill(name: str) -> None:
        names.append(name)
        if len(names) == number + 1:
            raise Killed

    return kill


def once_each(do: Callable[[str], None]) -> Callable[[str], None]:
    seen: set[str] = set()

    def first_time(name: str) -> None:
        if name not in seen:
            seen.add(name)
            do(name)

    return first_time
