"""A workspace of two teams' pages, indexed, and questions to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from shared.app.knowledge.ask import ask_workspace
from shared.app.knowledge.knowledge_sync import take_page
from shared.app.workspace.workspace_map import PAGE
from shared.core.documents.places import Place
from shared.core.page import Block, Page, Span
from shared.ports import Put
from shared.ports.model import Message
from tests.support.ports.local_ports import ScriptedModel
from tests.support.rigs.small_house import TENANT, SmallHouse

EDITED = "2026-03-01T09:00:00.000Z"
HOME, OFFICE, TRIPS, CLUB = (f"{n}0000000-0000-4000-8000-000000000000" for n in range(1, 5))
PAGES = {
    HOME: ("Home", "", ["Welcome to the workspace of the club."]),
    OFFICE: (
        "Office handbook", HOME,
        ["# Keys", "The spare key of the workshop hangs behind the green door.", "# Hours",
         "The workshop is open on Saturdays from nine to one.", "# Internet", "The guest network is called Spokes."],
    ),
    TRIPS: (
        "Trips", HOME,
        ["# Lake trip", "The lake trip begins at the station at eight.", "It costs twelve francs per person.",
         "# Forest trip", "Mountain bikes are needed for the forest trip."],
    ),
    CLUB: ("Board", TRIPS, ["Ada Example is the treasurer.", "The annual meeting takes place in March."]),
}  # fmt: skip


@dataclass
class Asked:
    """A house whose tenants' pages are known."""

    house: SmallHouse

    def ask(self, question: str, *history: str) -> Any:
        turns = [Message("assistant" if n % 2 else "user", text) for n, text in enumerate(history)]
        return ask_workspace(self.house.deps, self.house.tools, TENANT, question, turns)

    def think(self, *answers: Any, **given: Any) -> ScriptedModel:
        """Have a model answer so."""
        self.house.model = model = ScriptedModel(list(answers), **given)
        return model

    def know(self, tenant: str, page: str, title: str, parent: str, lines: Sequence[str]) -> None:
        place = Place(page, PAGE, title, parent, EDITED)
        self.house.store.put(tenant, Put("map", page, asdict(place)))
        blocks = tuple(block(page, number, line) for number, line in enumerate(lines))
        content = Page(page, title, blocks, url="", edited_at=EDITED)
        take_page(self.house.deps, self.house.tools, tenant, content, root=HOME)

    def change(self, page: str, **fields: Any) -> None:
        doc = self.house.store.get(TENANT, "map", page)
        assert doc is not None
        self.house.store.put(TENANT, Put("map", page, {**doc.body, **fields}))


def block(page: str, number: int, line: str) -> Block:
    heading = line.startswith("# ")
    return Block(
        f"{page[:-4]}{number + 1:04}", "heading_2" if heading else "paragraph", (Span(line.removeprefix("# ")),)
    )
