"""Databases and their data sources over the wire: schema, rows, search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shared.http_client import segment
from shared.integrations.notion.blocks import one_text
from shared.integrations.notion.wire import Json, Wire


class DataSources(Wire):
    """Tables: a database is the container, its data sources hold schema and rows."""

    def database(self, database_id: str) -> Json:
        """Return the database: a container that lists its data sources."""
        return self._ask("GET", f"/v1/databases/{segment(database_id)}")

    def data_source(self, data_source_id: str) -> Json:
        """Return the data source with its schema under `properties`."""
        return self._ask("GET", f"/v1/data_sources/{segment(data_source_id)}")

    def query(self, data_source_id: str, filter: Json | None = None, sorts: Sequence[Json] | None = None) -> list[Json]:
        """Return all pages of the data source that match; raises Rejected when Notion stops before the end."""
        body = {name: value for name, value in (("filter", filter), ("sorts", sorts)) if value}
        return list(self._listed("POST", f"/v1/data_sources/{segment(data_source_id)}/query", body))

    def search(self, title: str, kind: str = "page") -> list[Json]:
        """Return pages (or `data_source`s) by title. The index lags and is not complete: never proof of absence."""
        body = {"query": title, "filter": {"property": "object", "value": kind}}
        return list(self._listed("POST", "/v1/search", body, whole=False))

    def create_database(self, parent_page: str, title: str, properties: Mapping[str, Any]) -> tuple[str, str]:
        """Create a database with one data source; return both ids. Called again it creates a second one: look first."""
        body = {
            "parent": {"type": "page_id", "page_id": parent_page},
            "title": one_text(title),
            "initial_data_source": {"properties": dict(properties)},
        }
        made = self._write("POST", "/v1/databases", body)
        if not made.get("data_sources"):  # saved, but answered too late: only the id came back
            made = self.database(made["id"])
        return str(made["id"]), str(made["data_sources"][0]["id"])
