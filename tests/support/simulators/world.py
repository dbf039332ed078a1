"""The simulated systems around a house, and what people and other agents do in them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from shared.integrations.notion.markdown.markdown import parse_markdown
from shared.local.first_setup import Home
from shared.local.runtime import House
from shared.local.story.demo import select, write_idea
from shared.local.story.idea import Idea
from tests.support.rigs.at_home import AT_HOME

Json = dict[str, Any]
OTHER_AGENT = "other-agent"
_NOTION_VERSION = "2026-03-11"

SMALL_IDEA = "# {title}\n\n## When\n\nEvery Saturday from nine to one.\n\n- Bring your own tubes\n"


@dataclass
class SimulatedWorld:
    """A house, its newcomer's home, and the simulated systems around it."""

    house: House
    home: Home
    agents: dict[str, str] = field(default_factory=dict)  # other connections' tokens

    def as_person(self, method: str, path: str, body: Any = None, person: str = "") -> Json:
        """Do something in Notion by hand."""
        asked = {"person": person or self.home.person, "method": method, "path": path, "body": body}
        return dict(self.control("notion", "/_as_person", asked))

    def write(self, idea: Idea | str, home: Home | None = None) -> str:
        """Write an idea into Ideas; return its page."""
        wanted = parse_markdown(SMALL_IDEA.format(title=idea), name=idea) if isinstance(idea, str) else idea
        return str(write_idea(self.house, home or self.home, wanted)["id"])

    def empty_page(self, title: str) -> str:
        """Write a page with a title and nothing else."""
        parent = {"type": "data_source_id", "data_source_id": self.home.ideas}
        name = {"Name": {"title": [{"text": {"content": title}}]}}
        made = self.as_person(
            "POST", "/v1/pages", {"parent": parent, "properties": {**name, **select("Status", "Idea")}}
        )
        return str(made["id"])

    def add(self, page: str, text: str) -> None:
        """Add a paragraph to a page."""
        block = {"type": "paragraph", "paragraph": {"rich_text": [{"text": {"content": text}}]}}
        self.as_person("PATCH", f"/v1/blocks/{page}/children", {"children": [block]})

    def comment(self, page: str, text: str) -> None:
        """Comment on a page."""
        self.as_person(
            "POST", "/v1/comments", {"parent": {"page_id": page}, "rich_text": [{"text": {"content": text}}]}
        )

    def set_status(self, page: str, status: str, person: str = "") -> None:
        """Set a page's status."""
        self.as_person("PATCH", f"/v1/pages/{page}", {"properties": select("Status", status)}, person)

    def status(self, page: str) -> str:
        """Return the status that a page shows."""
        return str(self.as_person("GET", f"/v1/pages/{page}")["properties"]["Status"]["select"]["name"])

    def comments(self, page: str) -> list[str]:
        """Return the comments on a page as text."""
        found = self.as_person("GET", f"/v1/comments?block_id={page}")["results"]
        return ["".join(part["plain_text"] for part in one["rich_text"]) for one in found]

    def as_agent(self, method: str, path: str, body: Any = None) -> Json:
        """Do something in Notion as the bot of another connection in the same workspace."""
        headers = {"Authorization": f"Bearer {self._agent()}", "Notion-Version": _NOTION_VERSION}
        answer = AT_HOME.request(method, self.house.simulators["notion"] + path, json=body, headers=headers, timeout=10)
        assert answer.status_code < 300, answer.text
        return dict(answer.json())

    def agent_sets(self, page: str, status: str) -> None:
        """Let the other agent set a page's status."""
        self.as_agent("PATCH", f"/v1/pages/{page}", {"properties": select("Status", status)})

    def _agent(self) -> str:
        if OTHER_AGENT not in self.agents:
            secret, back = uuid.uuid4().hex, "http://127.0.0.1:9/back"
            connection = {"client_id": OTHER_AGENT, "client_secret": secret, "redirect_uris": [back], "name": "Other"}
            self.control("notion", "/_seed", {"integration": {**connection, "auto_approve": True}})
            notion = self.house.simulators["notion"]
            asked = {"client_id": OTHER_AGENT, "redirect_uri": back, "response_type": "code", "state": "s"}
            to = AT_HOME.get(f"{notion}/v1/oauth/authorize", params=asked, allow_redirects=False, timeout=10)
            code = parse_qs(urlsplit(to.headers["Location"]).query)["code"][0]
            body = {"grant_type": "authorization_code", "code": code, "redirect_uri": back}
            basic = base64.b64encode(f"{OTHER_AGENT}:{secret}".encode()).decode()
            headers = {"Authorization": f"Basic {basic}", "Notion-Version": _NOTION_VERSION}
            answer = AT_HOME.post(f"{notion}/v1/oauth/token", json=body, headers=headers, timeout=10)
            assert answer.status_code == 200, answer.text
            self.agents[OTHER_AGENT] = str(answer.json()["access_token"])
        return self.agents[OTHER_AGENT]

    def control(self, system: str, path: str, body: Any) -> Any:
        """Call a control endpoint of a simulator."""
        answer = AT_HOME.post(self.house.simulators[system] + path, json=body, timeout=30)
        assert answer.status_code < 300, f"{path}: {answer.status_code} {answer.text[:500]}"
        return answer.json()

    def configure(self, system: str, **knobs: Any) -> None:
        """Turn a simulator's knobs."""
        self.control(system, "/_config", knobs)

    def look(self, system: str, path: str) -> Any:
        """Read something of a simulator's own: its state, journal, outbox."""
        return AT_HOME.get(self.house.simulators[system] + path, timeout=30).json()

    def effects(self, system: str, kind: str) -> list[Json]:
        """Return what was changed in a system, oldest first."""
        entries = self.look(system, "/_journal?effects=1")
        return [effect for entry in entries for effect in entry["effects"] if effect["kind"] == kind]

    def disturb(self, system: str, **order: Any) -> None:
        """Order a fault."""
        self.control(system, "/_faults", order)

    def soothe(self, system: str) -> None:
        """Take all ordered faults back."""
        AT_HOME.delete(self.house.simulators[system] + "/_faults", timeout=10)

    def deliver(self, page: str, authors: list[Json], kind: str = "page.properties_updated", **fields: Any) -> Json:
        """Deliver an event of our own making as Notion would, signed with the subscription's token."""
        return dict(post_signed(self, self.event(page, authors, kind, **fields)).json())

    def event(self, page: str, authors: list[Json], kind: str, **fields: Any) -> Json:
        """Return an event as Notion writes them."""
        state = self.look("notion", "/_state")
        (bot, *_) = [one for one in state["bots"].values() if one["client_id"] == "workwright-demo"]
        return {
            "id": str(uuid.uuid4()),
            "timestamp": datetime.now(UTC).isoformat(),
            "workspace_id": bot["workspace_id"],
            "workspace_name": "Demo",
            "subscription_id": str(uuid.uuid4()),
            "integration_id": str(uuid.uuid4()),
            "type": kind,
            "authors": authors,
            "accessible_by": [{"id": self.home.person, "type": "person"}, {"id": bot["id"], "type": "bot"}],
            "attempt_number": 1,
            "api_version": _NOTION_VERSION,
            "entity": {"id": page, "type": "page"},
            "data": {"parent": {"id": self.home.database, "type": "database", "data_source_id": self.home.ideas}},
            **fields,
        }

    @property
    def bot(self) -> str:
        """Return the id of our own bot in Notion."""
        found = self.look("notion", "/_state")["bots"].values()
        return next(str(bot["id"]) for bot in found if bot["client_id"] == "workwright-demo")


def sign(raw: bytes, key: str) -> str:
    """Return the signature of a raw body as Notion documents it."""
    return "sha256=" + hmac.new(key.encode(), raw, hashlib.sha256).hexdigest()


def post_signed(world: SimulatedWorld, event: Mapping[str, Any]) -> requests.Response:
    """POST an event to the webhook with a good signature."""
    raw = json.dumps(event, ensure_ascii=False).encode()
    key = next(iter(world.look("notion", "/_state")["subscriptions"].values()))["verification_token"]
    headers = {"Content-Type": "application/json", "X-Notion-Signature": sign(raw, key)}
    return AT_HOME.post(world.house.functions["notion-webhook"], data=raw, headers=headers, timeout=10)
