"""What a person does and sees in the simulated workspace: databases before, and their rows after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shared.cli.evaluate.looks.page_outcome import Row
from shared.cli.evaluate.page_set import Table
from shared.integrations.notion.content import blocks
from shared.local.first_setup import Home, Installation, call_as_person

Json = dict[str, Any]
_PART = 100


class Workspace:
    """The workspace of one house, through the eyes of the person who lives in it."""

    def __init__(self, house: Installation, home: Home) -> None:
        self._house, self._home = house, home

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Make a call as the person."""
        return call_as_person(self._house, self._home, method, path, body)

    def comment(self, page: str, text: str) -> None:
        """Write a comment below a page."""
        self.ask("POST", "/v1/comments", {"parent": {"page_id": page}, "rich_text": blocks.rich_text(text)})

    def prepare(self, table: Table) -> None:
        """Make a database with its rows; the rows alone where it has no columns, because it is there anyway."""
        source = self._make_table(table) if table.columns else self._sources(table.title)[0]
        types = {name: str(each["type"]) for name, each in source["properties"].items()}
        for row in table.rows:
            properties = {name: _build_property(types[name], value) for name, value in row.items()}
            self.ask("POST", "/v1/pages", {"parent": _parent(source["id"]), "properties": properties})

    def rows(self, title: str) -> list[list[Row]]:
        return [self._rows(str(source["id"])) for source in self._sources(title)]

    def _make_table(self, table: Table) -> Json:
        ideas = self.ask("GET", f"/v1/databases/{self._home.database}")
        columns = {name: _build_column(kind) for name, kind in table.columns.items()}
        body = {
            "parent": ideas["parent"],
            "title": blocks.rich_text(table.title),
            "initial_data_source": {"properties": columns},
        }
        made = self.ask("POST", "/v1/databases", body)
        found: Json = self.ask("GET", f"/v1/data_sources/{made['data_sources'][0]['id']}")
        return found

    def _sources(self, title: str) -> list[Json]:
        asked = {"query": title, "filter": {"property": "object", "value": "data_source"}}
        return [each for each in self._query_all("/v1/search", asked) if _plain(each["title"]) == title]

    def _rows(self, source: str) -> list[Row]:
        found: list[Row] = []
        for page in self._query_all(f"/v1/data_sources/{source}/query", {}):
            values = {name: _value(each) for name, each in page["properties"].items()}
            found.append({name: value for name, value in values.items() if value not in (None, "", [])})
        return found

    def _query_all(self, path: str, asked: Mapping[str, Any]) -> list[Json]:
        found: list[Json] = []
        body = {**asked, "page_size": _PART}
        while True:
            part = self.ask("POST", path, body)
            found += part["results"]
            if not part.get("has_more"):
                return found
            body["start_cursor"] = part["next_cursor"]


def _parent(source: str) -> Json:
    return {"type": "data_source_id", "data_source_id": source}


def _build_column(kind: str | Sequence[str]) -> Json:
    if isinstance(kind, str):
        return {kind: {}}
    return {"select": {"options": [{"name": name} for name in kind]}}


def _build_property(kind: str, value: Any) -> Json:
    match kind:
        case "title" | "rich_text":
            return {kind: blocks.rich_text(str(value))}
        case "select" | "status":
            return {kind: {"name": value}}
        case "date":
            return {"date": {"start": value}}
    return {kind: value}


def _value(given: Mapping[str, Any]) -> Any:
    """Return the value of a property as a set's author writes it; what is empty is None."""
    kind = given["type"]
    value = given[kind]
    match kind:
        case "title" | "rich_text":
            return _plain(value)
        case "select" | "status":
            return value["name"] if value else None
        case "multi_select":
            return [each["name"] for each in value]
        case "date":
            return value["start"] if value else None
    return value


def _plain(spans: Sequence[Mapping[str, Any]]) -> str:
    return "".join(str(span.get("plain_text", "")) for span in spans)
