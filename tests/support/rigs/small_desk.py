"""A small house whose tenant has a Notion with Ideas in it, and a person who writes there."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shared.app.intake.accept_delivery import TOKEN, accept_delivery
from shared.app.intake.open_page_run import page_record
from shared.app.workspace.workspace_create import create_databases
from shared.app.workspace.workspace_schemas import IDEAS
from shared.core.pages.author import PERSON, Author, write_author
from shared.core.run.commands import CONSIDER, Command
from shared.core.run.run import Run
from shared.ports import SYSTEM, Put, Secret
from tests.support.rigs.small_house import TENANT, SmallHouse
from tests.support.simulators import kept_open

_SIGNING = "a word of the tests"


@dataclass
class Desk:
    """The house, and what the person does in the simulated Notion at `url`."""

    house: SmallHouse
    url: str
    person: str
    source: str
    home: str  # the page our databases are on
    told: int = 0

    def write_idea(self, title: str = "Bicycle club", text: str = "We repair bicycles on Saturdays.") -> str:
        """Write an idea with something to build; return the page's id."""
        properties = {"Name": {"title": [{"text": {"content": title}}]}, "Status": {"select": {"name": "Idea"}}}
        body = {
            "parent": {"type": "data_source_id", "data_source_id": self.source},
            "properties": properties,
            "children": [_paragraph(text)],
        }
        return str(self.as_person("POST", "/v1/pages", body)["id"])

    def write_more(self, page: str, text: str) -> None:
        """Write another paragraph into the page."""
        self.as_person("PATCH", f"/v1/blocks/{page}/children", {"children": [_paragraph(text)]})

    def as_person(self, method: str, path: str, body: Any = None) -> Any:
        """Do something in Notion by hand."""
        asked = {"person": self.person, "method": method, "path": path, "body": body}
        return kept_open.post(f"{self.url}/_as_person", json=asked, timeout=10).json()

    def set_status(self, page: str, status: str) -> None:
        """Set the page's status by hand; nobody is told yet."""
        self.as_person("PATCH", f"/v1/pages/{page}", {"properties": {"Status": {"select": {"name": status}}}})

    def status(self, page: str) -> str:
        """Return the status the page shows."""
        return str(self.as_person("GET", f"/v1/pages/{page}")["properties"]["Status"]["select"]["name"])

    def seen(self, name: str, page: str, author: Author | None = None) -> Command:
        """Return the command of an accepted delivery: somebody set a property of the page."""
        who = write_author(author or Author(PERSON, self.person))
        return Command(name, CONSIDER, "plan", TENANT, topic=who, ref=page)

    def tell(self, page: str, author: Author | None = None) -> None:
        """Tell the house that the page changed, and work."""
        self.told += 1
        self.house.queue.enqueue([self.seen(f"see-{self.told}", page, author)])
        self.house.work()

    def deliver(self, kind: str, page: str, *, authors: Any = None, at: str = "", **data: Any) -> None:
        """Deliver a webhook about something the person (or `authors`) did now or `at`, and work."""
        assert self.told_of(page, kind, authors=authors, at=at, **data) == {"accepted": 1}

    def told_of(self, page: str, kind: str, *, authors: Any = None, at: str = "", **data: Any) -> Any:
        """Deliver it, work, and return what the webhook answered. The desk's own bot is "bot-1"."""
        self.told += 1
        on_comment = kind.startswith("comment.")
        message = {
            "id": f"delivery-{self.told}",
            "type": kind,
            "timestamp": at or self.house.clock.now().isoformat(),
            "workspace_id": "w-1",
            "entity": {"id": f"comment-{self.told}", "type": "comment"} if on_comment else {"id": page, "type": "page"},
            "authors": authors or [{"id": self.person, "type": "person"}],
            "accessible_by": [{"id": "bot-1", "type": "bot"}],
            "data": {"page_id": page, **data} if on_comment else data,
        }
        raw = json.dumps(message).encode()
        self.house.store.put(SYSTEM, Put("bots", "bot-1", {"tenant": TENANT, "workspace": "w-1"}))
        self.house.secrets.set(TOKEN, Secret(_SIGNING))
        signature = "sha256=" + hmac.new(_SIGNING.encode(), raw, hashlib.sha256).hexdigest()
        answer = accept_delivery(raw, signature, self.house.deps)
        self.house.work()
        return answer

    def run_of(self, page: str) -> Run:
        """Return the page's latest run."""
        return self.house.run(page_record(self.house.deps, TENANT, page).run)


def settle_in(house: SmallHouse, url: str, kinds: Sequence[str] = (IDEAS,)) -> Desk:
    """Connect the tenant to the simulated Notion at `url`, and make its databases."""
    kept_open.post(f"{url}/_config", json={"rate_limit": 0}, timeout=10)
    seeded = kept_open.post(f"{url}/_seed", json={"internal": True}, timeout=10).json()
    house.connect("notion", seeded["token"])
    made = create_databases(house.deps, house.accounts, TENANT, seeded["home_page_id"], kinds)
    return Desk(house, url, str(seeded["people"][0]["id"]), str(made["ideas_data_source"]), str(seeded["home_page_id"]))


def _paragraph(text: str) -> dict[str, Any]:
    return {"type": "paragraph", "paragraph": {"rich_text": [{"type": "text", "text": {"content": text}}]}}
