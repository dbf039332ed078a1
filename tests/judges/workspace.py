"""The workspace the script is told in, and what it looks like afterwards without ids and times."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

Json = dict[str, Any]

HERE = Path(__file__).resolve().parent
SCRIPT: Json = json.loads((HERE / "notion_script.json").read_text(encoding="utf-8"))
VERSION = "2026-03-11"
_SETTINGS = {
    "rate_limit": 0,
    "import_s": 0,
    "template_s": 0,
    "part_least_bytes": 4,
    "async_tasks": "always",
    "async_queued_s": 0,
    "async_running_s": 0,
    "aggregation_s": 0.02,
}
_LEFT_OUT = frozenset(
    {"id", "parent", "children", "workspace_id", "created_time", "last_edited_time", "created_by", "last_edited_by"}
    | {"database_id", "data_source_id", "data_sources", "columns", "values", "page_id", "discussion_id"}
)


@dataclass(frozen=True)
class Workspace:
    """One simulated workspace with an internal connection and a public one, and what a script has to know of it."""

    url: str
    token: str
    bot: str
    home: str
    person: str
    file_url: str  # a file on this machine
    client_id: str = "client-1"
    client_word: str = "word-1"
    callback: str = "http://127.0.0.1:9/callback"

    def control(self, path: str, body: Any) -> Any:
        """Turn one of the simulator's own knobs."""
        return requests.post(self.url + path, json=body, timeout=10).json()

    def template(self, source: str) -> str:
        """Make a template of a data source as a person does; return its id."""
        return str(self.control("/_templates", SCRIPT["template"] | {"data_source_id": source})["id"])

    def code(self) -> str:
        """Let the person agree to the public connection; return the code."""
        asked = {"client_id": self.client_id, "response_type": "code", "redirect_uri": self.callback, "state": "s"}
        answer = requests.get(f"{self.url}/v1/oauth/authorize", params=asked, allow_redirects=False, timeout=10)
        return parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]

    def journal(self) -> list[Json]:
        """Return the exchanges so far."""
        entries: list[Json] = requests.get(f"{self.url}/_journal", timeout=10).json()
        return entries

    def looks(self) -> str:
        """Return everything below the home page as text: two workspaces that look the same give the same."""
        return _Look(requests.get(f"{self.url}/_state", timeout=10).json()).told(self.home)


def open_workspace(url: str, file_url: str) -> Workspace:
    """Seed a fresh simulator."""
    made = Workspace(url, "", "", "", "", file_url)
    integration = {"client_id": made.client_id, "client_secret": made.client_word, "redirect_uris": [made.callback]}
    seeded = made.control("/_seed", {"internal": True, "integration": integration | {"auto_approve": True}})
    made.control("/_config", _SETTINGS)
    emoji = {"name": "party", "url": "https://example.test/party.png", "workspace_id": seeded["workspace_id"]}
    made.control("/_emojis", emoji)
    person = seeded["people"][0]["id"]
    return Workspace(url, seeded["token"], seeded["bot_id"], seeded["home_page_id"], person, file_url)


def text(content: str) -> list[Json]:
    """Return rich text as Notion takes it."""
    return [{"type": "text", "text": {"content": content}}]


def paragraph(content: str) -> Json:
    """Return a paragraph as Notion takes it."""
    return {"type": "paragraph", "paragraph": {"rich_text": text(content)}}


def texts(blocks: list[Json]) -> list[str]:
    """Return what the blocks say."""
    return ["".join(part["plain_text"] for part in each[each["type"]]["rich_text"]) for each in blocks]


class _Look:
    """Tells a state depth first. Ids become numbers by their first appearance, short ones the names they stand for."""

    def __init__(self, state: Json) -> None:
        self._state = state
        self._nodes = state["nodes"]
        self._names: dict[str, str] = {}
        for node in self._nodes.values():
            for column in node.get("columns", ()):
                self._names[column["id"]] = f"column {column['name']}"
                for option in column["config"].get("options", ()):
                    self._names[option["id"]] = f"option {option['name']}"

    def told(self, top: str) -> str:
        whole = json.dumps(self._node(self._nodes[top]), ensure_ascii=False, sort_keys=True, indent=1)
        seen: dict[str, str] = {}
        return re.sub(
            r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}",
            lambda found: seen.setdefault(found[0].replace("-", ""), f"#{len(seen)}"),
            whole,
        )

    def _node(self, node: Json) -> Json:
        shown: Json = {key: self._named(value) for key, value in node.items() if key not in _LEFT_OUT}
        shown["parent"] = node["parent"]["type"]
        shown["values"] = {self._named(key): self._named(value) for key, value in node.get("values", {}).items()}
        shown["columns"] = [self._named(column) for column in node.get("columns", ())]
        sources = [self._nodes[source] for source in node.get("data_sources", ())]
        below = [self._nodes[child] for child in node.get("children", ())]
        shown["below"] = [self._node(child) for child in (*sources, *below)]
        shown["comments"] = self._of("comments", node, "parent")
        shown["views"] = self._of("views", node, "database_id")
        return shown

    def _of(self, table: str, node: Json, key: str) -> list[Json]:
        there = [each for each in self._state[table].values() if node["id"] in str(each[key])]
        return [{name: self._named(value) for name, value in each.items() if name not in _LEFT_OUT} for each in there]

    def _named(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._names.get(value, value)
        if isinstance(value, dict):
            return {self._named(key): self._named(each) for key, each in value.items()}
        return [self._named(each) for each in value] if isinstance(value, list) else value
