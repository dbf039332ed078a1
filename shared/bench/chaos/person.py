"""The person in the story: writes pages, asks for plans, says yes to what is asked; reads pages, mail and Slack."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.bench.chaos.processes import World
from shared.bench.chaos.shown import count_told
from shared.core.pages import marks

PLACES = (
    "Aldham", "Birling", "Corfe", "Dunmow", "Elmley", "Fobbing", "Goring", "Hambleton", "Iken", "Jevington",
    "Kelmscott", "Lacock", "Mells", "Nunney", "Oare", "Pluckley", "Quenby", "Rye", "Selworthy", "Tolpuddle",
    "Uffington", "Veryan", "Wickham", "Yoxford", "Zennor",
)  # fmt: skip
ENDED = (marks.DONE, marks.FAILED, marks.CANCELLED)
_ASKS_NOTHING = (marks.IDEA, marks.PLAN_IT, marks.PLANNING, marks.QUESTION, marks.APPROVED, marks.BUILDING, *ENDED)
ASKS = tuple(status for status in marks.STATUSES if status not in _ASKS_NOTHING)
_ASK_AGAIN_S = 45.0  # a person who sees that a yes has changed nothing says it once more
_UNTOLD_S = 60.0  # for so long a person waits for a living house to tell over every channel what the page asks for


@dataclass
class Page:
    """One page and what the person knows of it."""

    id: str
    place: str
    status: str = marks.IDEA
    since: float = 0.0  # when the status was last seen to change
    agreed: int = 0  # how often the person said yes

    def is_told_no_more(self, now: float, died: float) -> bool:
        """Say whether the person answers although they were not told: a house that died just now may yet tell them.

        What was begun as it died, it looks for after a while; a question that is answered meanwhile it asks no more.
        """
        return now - max(self.since, died) > _UNTOLD_S


class Person:
    """Acts in the simulated Notion by hand."""

    def __init__(self, world: World, home: Mapping[str, Any]) -> None:
        self._world = world
        self._home = home
        self.pages: list[Page] = []
        self._died = 0.0

    def see_death(self) -> None:
        """Notice that the house has died."""
        self._died = time.monotonic()

    def write(self, number: int) -> Page:
        """Write an idea; every page has the same words but for the name of a place."""
        place = PLACES[number % len(PLACES)] + ("" if number < len(PLACES) else chr(96 + number // len(PLACES)))
        texts = (
            ("heading_2", "Opening hours"),
            ("paragraph", "We repair bicycles on Saturdays from nine to one."),
            ("bulleted_list_item", "Bring your own tubes"),
        )
        children = [{kind: {"rich_text": [{"text": {"content": text}}]}, "type": kind} for kind, text in texts]
        properties = {
            "Name": {"title": [{"text": {"content": f"Bicycle repair in {place}"}}]},
            "Status": {"select": {"name": marks.IDEA}},
        }
        parent = {"type": "data_source_id", "data_source_id": self._home["ideas"]}
        made = self._act("POST", "/v1/pages", {"parent": parent, "properties": properties, "children": children})
        page = Page(str(made["id"]), place)
        self.pages.append(page)
        return page

    def set_status(self, page: Page, status: str) -> None:
        """Set a page's status."""
        self._act("PATCH", f"/v1/pages/{page.id}", {"properties": {"Status": {"select": {"name": status}}}})
        page.status, page.since = status, time.monotonic()

    def look(self, happened: Sequence[Mapping[str, Any]]) -> None:
        """Look at every page; say yes where one asks for it and the person was told over every channel, or long ago."""
        for page in self.pages:
            shown = self._act("GET", f"/v1/pages/{page.id}")["properties"]["Status"]["select"]["name"]
            if shown != page.status:
                page.status, page.since = str(shown), time.monotonic()
            now = time.monotonic()
            if page.status in ASKS and (_knows(happened, page) or page.is_told_no_more(now, self._died)):
                self.set_status(page, marks.APPROVED)
                page.agreed += 1
            elif page.status == marks.APPROVED and now - page.since > _ASK_AGAIN_S:
                self.set_status(page, marks.PLAN_READY)  # Notion tells nothing about a status that stays as it was
                page.agreed -= 1

    def count_ended(self) -> int:
        """Return how many of the pages show an end."""
        return sum(page.status in ENDED for page in self.pages)

    def _act(self, method: str, path: str, body: Any = None) -> Any:
        asked = {"person": self._home["person"], "method": method, "path": path, "body": body}
        return self._world.order("notion", "/_as_person", asked)


def _knows(happened: Sequence[Mapping[str, Any]], page: Page) -> bool:
    """Say whether the person was told over every channel what the page asks for now."""
    return count_told(happened, page.id, page.place) > page.agreed
