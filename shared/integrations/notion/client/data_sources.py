"""Databases and their data sources over the wire: schema and rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from shared.core.errors import Rejected
from shared.integrations.notion.client.checked_answers import check_part, guard_parsing
from shared.integrations.notion.client.properties import Properties
from shared.integrations.notion.client.wire import (
    Found,
    Json,
    drop_unset,
    format_body_id,
    format_path_id,
    incomplete,
)
from shared.integrations.notion.content.blocks import MAX_ITEMS
from shared.integrations.notion.limits import check_filter, check_schema, refuse, text_items

ROW_CAP = 10_000  # rows of one filter and sort; then Notion says that there are no more
_BY_AGE: Json = {"timestamp": "created_time", "direction": "ascending"}


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows. `cursor` asks for the next ones, empty at the end; not `complete` when Notion stopped too early."""

    rows: list[Json]
    cursor: str
    complete: bool


class DataSources(Properties):
    """Tables: a database is the container, its data sources hold schema and rows."""

    def database(self, database_id: str) -> Json:
        """Return the database: a container that lists its data sources."""
        return self._ask("GET", f"/v1/databases/{format_path_id(database_id)}")

    def data_source(self, data_source_id: str) -> Json:
        """Return the data source with its schema under `properties`."""
        return self._ask("GET", f"/v1/data_sources/{format_path_id(data_source_id)}")

    def query(
        self,
        data_source_id: str,
        filter: Json | None = None,
        *,
        only: Sequence[str] = (),
    ) -> list[Json]:
        """Return all pages of the data source that match, with their long properties read to their end.

        `only` names the properties (ids) that are wanted. The oldest comes first, and more rows than Notion hands out
        for one query (10,000) are read in several.
        """
        check_filter(filter)
        path = f"/v1/data_sources/{format_path_id(data_source_id)}/query"
        found: dict[str, Json] = {}
        since = ""
        while True:
            asked = {"sorts": [_BY_AGE]} | drop_unset(
                {"filter": _narrow_since(filter, since) if since else filter or None}
            )
            before, last, cut = len(found), "", ""
            for answer in self._parts("POST", path, asked, _filter_properties(only)):
                for row in answer["results"]:
                    found.setdefault(str(row["id"]), row)
                    last = str(row.get("created_time") or last)
                cut = incomplete(answer)
            if not cut:
                return [self._whole(row) for row in found.values()]
            if cut != "query_result_limit_reached":
                raise Rejected(self.system, f"{path}: Notion stopped before the last row ({cut})")
            if last == since or len(found) == before:
                raise Rejected(self.system, f"{path}: {_TOO_MANY_AT_ONCE.format(time=last)}")
            since = last

    def query_part(
        self,
        data_source_id: str,
        filter: Json | None = None,
        sorts: Sequence[Json] | None = None,
        *,
        cursor: str = "",
        size: int = MAX_ITEMS,
        only: Sequence[str] = (),
    ) -> Part:
        """Return up to `size` (1 to 100) rows in one request, from `cursor` on. A cursor is not to be kept for long.

        `only` names the properties (ids) that are wanted.
        """
        check_filter(filter)
        if not 1 <= size <= MAX_ITEMS:
            raise refuse("query_part.size", f"{size} rows; Notion takes 1 to {MAX_ITEMS}")
        sent = {"filter": filter or None, "sorts": list(sorts or ()) or None, "start_cursor": cursor or None}
        path = f"/v1/data_sources/{format_path_id(data_source_id)}/query"
        answer = self._ask("POST", path, _filter_properties(only), drop_unset(sent) | {"page_size": size}, listed=True)
        check_part(f"POST {path}", answer, "results")
        following = str(answer.get("next_cursor") or "") if answer["has_more"] else ""
        rows = [self._whole(row) for row in answer["results"]]
        return Part(rows, following, not incomplete(answer))

    def templates(self, data_source_id: str) -> list[Json]:
        """Return the data source's templates."""
        path = f"/v1/data_sources/{format_path_id(data_source_id)}/templates"
        return list(self._list_results("GET", path, key="templates"))

    def search(self, title: str, kind: str = "page") -> Found:
        """Return pages (or `data_source`s) by title; all that are shared with us for an empty one.

        Never proof of absence: the index lags, and moves while it is read. `complete` on the list is False where Notion
        itself says that it left something out. The objects may lack `properties`, and long ones are cut at 25 items.
        """
        found = Found()
        asked = {"query": title, "filter": {"property": "object", "value": kind}}
        for answer in self._parts("POST", "/v1/search", asked):
            found += answer["results"]
            found.complete = found.complete and not incomplete(answer)
        return found

    def list_first_shared(self) -> tuple[list[Json], bool]:
        """Return up to a hundred pages that are shared with us, by one call, and whether there are more."""
        answer = next(self._parts("POST", "/v1/search", {"filter": {"property": "object", "value": "page"}}))
        return list(answer["results"]), bool(answer["has_more"])

    def create_database(self, parent_page: str, title: str, properties: Mapping[str, Any]) -> tuple[str, str]:
        """Create a database with one data source; return both ids. Called again it creates a second one: look first.

        `parent_page` is a page's id, or "workspace" for the top (for a person's own connection).
        """
        check_schema(properties, "create_database.properties")
        parent: Json = {"type": "workspace", "workspace": True}
        if parent_page != "workspace":
            parent = {"type": "page_id", "page_id": format_body_id(parent_page, "create_database.parent_page")}
        body: Json = {
            "parent": parent,
            "title": text_items(title, "create_database.title"),
            "initial_data_source": {"properties": dict(properties)},
        }
        made = self._complete_object(self._write("POST", "/v1/databases", body), self.database)
        with guard_parsing("POST /v1/databases", read=False):
            return str(made["id"]), str(made["data_sources"][0]["id"])

    def trash_database(self, database_id: str) -> Json:
        """Move a database to the trash; return it. Raises Rejected for one that lies there already."""
        made = self._write("PATCH", f"/v1/databases/{format_path_id(database_id)}", {"in_trash": True})
        return self._complete_object(made, self.database)

    def update_data_source(self, data_source_id: str, properties: Mapping[str, Any]) -> Json:
        """Change columns; return the data source.

        `properties`: a column's name or id to its new form, {"name": …} to rename it, None to delete it. The options of
        a select replace all others: send the existing ones by id. The same call again leaves the same data source.
        """
        check_schema(properties, "update_data_source.properties")
        body = {"properties": dict(properties)}
        made = self._write("PATCH", f"/v1/data_sources/{format_path_id(data_source_id)}", body)
        return self._complete_object(made, self.data_source)


_TOO_MANY_AT_ONCE = (
    f"more than {ROW_CAP} rows were created at {{time}}, and Notion hands out no more for one filter; narrow the filter"
)


def _filter_properties(only: Sequence[str]) -> Json | None:
    if len(only) > MAX_ITEMS:
        raise refuse("query.only", f"{len(only)} properties; Notion takes at most {MAX_ITEMS}")
    return {"filter_properties": [unquote(each) for each in only]} if only else None  # shown encoded; sent encoded once


def _narrow_since(filter: Json | None, time: str) -> Json:
    """Narrow a filter to rows created at that time or later, without nesting it deeper than Notion takes."""
    later: Json = {"timestamp": "created_time", "created_time": {"on_or_after": time}}
    if not filter:
        return later
    if "and" in filter:
        return {"and": [*filter["and"], later]}
    if "or" not in filter:
        return {"and": [filter, later]}
    if all("and" not in each and "or" not in each for each in filter["or"]):
        return {"and": [filter, later]}
    return {"or": [{"and": [*both, later]} for both in _alternatives(filter["or"])]}


def _alternatives(either: Sequence[Json]) -> Iterator[list[Json]]:
    """Yield what each alternative of an `or` asks for together; an `or` within an `or` is more alternatives."""
    for each in either:
        if "or" in each:
            yield from ([choice] for choice in each["or"])
        else:
            yield list(each["and"]) if "and" in each else [each]
