"""Pages over the wire: create, read whole, change, move, trash."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, unquote

from shared.core.page import Page
from shared.http_client import segment
from shared.integrations.notion import reading
from shared.integrations.notion.block_calls import BlockCalls
from shared.integrations.notion.tree import MAX_BYTES, batches
from shared.integrations.notion.wire import Json

MAX_BODY = 490_000  # Notion's 500 KB, less a little

_PAGED_PROPERTIES = frozenset({"title", "rich_text", "people", "relation"})
_CUT_AT = 25  # values inside a page object stop here without always saying so


class Pages(BlockCalls):
    """Pages and their properties."""

    def page(self, page_id: str) -> Json:
        """Return the page object; long properties are cut at 25 items (`read_page` follows them)."""
        return self._ask("GET", f"/v1/pages/{segment(page_id)}")

    def read_page(self, page_id: str) -> Page:
        """Return the page with all blocks and complete properties, as our own types."""
        raw = self.page(page_id)
        properties = {name: self._complete(page_id, value) for name, value in (raw.get("properties") or {}).items()}
        return reading.read_page(raw | {"properties": properties}, self.read_tree(page_id))

    def _complete(self, page_id: str, value: Json) -> Json:
        """Follow a property that the page object cut short."""
        kind = str(value.get("type"))
        content = value.get(kind)
        long = isinstance(content, list) and (len(content) >= _CUT_AT or value.get("has_more"))
        if kind not in _PAGED_PROPERTIES or not long:
            return value
        # The id is read percent-encoded already; encoding it again would name another property.
        name = quote(unquote(str(value["id"])), safe="")
        items = self._listed("GET", f"/v1/pages/{segment(page_id)}/properties/{name}")
        return value | {kind: [item[kind] for item in items if kind in item]}

    def create_page(
        self,
        *,
        data_source_id: str = "",
        page_id: str = "",
        properties: Mapping[str, Any],
        children: Sequence[Json] = (),
    ) -> Json:
        """Create a page below a data source or a page; return the page object.

        Called again it creates a second one, so put a marker into the properties and look for it first. Children beyond
        one request follow in appends: when one of those fails the page exists already, without its end.
        """
        parent: Json = {"type": "page_id", "page_id": page_id}
        if data_source_id:
            parent = {"type": "data_source_id", "data_source_id": data_source_id}
        body: Json = {"parent": parent, "properties": dict(properties)}
        parts = list(batches(children))
        whole = len(parts) == 1 and not parts[0].later and len(json.dumps(body)) < MAX_BODY - MAX_BYTES
        if whole:
            body["children"] = parts[0].blocks
        made = self._write("POST", "/v1/pages", body)
        if "properties" not in made:
            made = self.page(made["id"])
        if children and not whole:
            self.append_tree(made["id"], children)
        return made

    def update_page(
        self, page_id: str, properties: Mapping[str, Any] | None = None, *, in_trash: bool | None = None
    ) -> Json:
        """Set properties, trash or restore. The same call again leaves the same page."""
        body: Json = {"properties": dict(properties)} if properties else {}
        if in_trash is not None:
            body["in_trash"] = in_trash
        return self._write("PATCH", f"/v1/pages/{segment(page_id)}", body)
