"""Pages over the wire: create, read whole, change, move, trash."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shared.core.errors import Rejected
from shared.core.page import Page
from shared.http_client import json_bytes
from shared.integrations.notion.client.block_calls import BlockCalls, Kept
from shared.integrations.notion.client.checked_answers import guard_parsing
from shared.integrations.notion.client.properties import Properties
from shared.integrations.notion.client.wire import (
    KEEP,
    Json,
    Keep,
    drop_unset,
    format_body_id,
    format_path_id,
    require_one_option,
)
from shared.integrations.notion.content import reading
from shared.integrations.notion.content.tree import plan_page
from shared.integrations.notion.limits import check_files

Image = str | Json | None | Keep
"""An emoji, a web address, an object as Notion writes it, None to clear, or KEEP to leave."""


class Pages(BlockCalls, Properties):
    """Pages and their content."""

    def page(self, page_id: str) -> Json:
        """Return the page object, with the properties Notion cut at 25 items read to their end."""
        return self._whole(self._ask("GET", f"/v1/pages/{format_path_id(page_id)}"))

    def read_page(self, page_id: str, *, kept: Kept | None = None) -> Page:
        """Return the page with all blocks and complete properties, as our own types.

        With `kept`, what an interrupted read of the same page has already seen is not asked for again.
        """
        raw = self.page(page_id)
        edited = str(raw.get("last_edited_time") or "")
        blocks = self.read_tree(page_id, kept=kept, edited=edited)
        with guard_parsing(f"page {page_id}"):
            return reading.read_page(raw, blocks)

    def create_page(
        self,
        *,
        data_source_id: str = "",
        page_id: str = "",
        properties: Mapping[str, Any] | None = None,
        children: Sequence[Json] = (),
        template: str = "",
        icon: Image = None,
    ) -> Json:
        """Create a page below a data source or a page; return its object.

        Called again it creates a second one, so put a marker into the properties and look for it first. Children beyond
        one request follow in appends: when one of those fails the page exists already, without its end (OutcomeUnknown,
        unless Notion will never take it).

        Of `children` and `template` at most one. `template` is "default" or a template's id; the page is filled later,
        and nothing tells when.
        """
        kind = require_one_option("create_page", {"data_source_id": data_source_id, "page_id": page_id})
        parent = {"type": kind, kind: format_body_id(data_source_id or page_id, f"create_page.{kind}")}
        body: Json = {"parent": parent, "properties": dict(properties or {})}
        if children and template:
            raise Rejected(self.system, "create_page: children and template exclude each other; give one")
        check_files(body["properties"])
        more = {"template": _template(template), "icon": _icon(icon, "create_page.icon")}
        return self._create_with_children(body | drop_unset(more), children)

    def _create_with_children(self, body: Json, children: Sequence[Json]) -> Json:
        parts = plan_page(children, len(json_bytes(body)))
        if parts.children:
            body["children"] = list(parts.children)
        made = self._complete_object(self._write("POST", "/v1/pages", body), self.page)
        if parts.requests:
            self._carry_out(str(made["id"]), parts.requests, begun=True)
        return made

    def update_page(
        self,
        page_id: str,
        properties: Mapping[str, Any] | None = None,
        *,
        in_trash: bool | None = None,
        icon: Image = KEEP,
    ) -> Json:
        """Change what is given and return the page's object; its long properties may be cut at 25 items.

        The same call again leaves the same page. None clears an icon.
        """
        check_files(properties or {})
        body = drop_unset({"properties": dict(properties) if properties else None, "in_trash": in_trash})
        if icon is not KEEP:
            body["icon"] = _icon(icon, "update_page.icon")
        return self._complete_object(self._write("PATCH", f"/v1/pages/{format_path_id(page_id)}", body), self.page)

    def move_page(self, page_id: str, *, to_page: str = "", to_data_source: str = "") -> Json:
        """Move a page below another page or into a data source; return its object. Again, it stays there."""
        kind = require_one_option("move_page", {"to_page": to_page, "to_data_source": to_data_source})
        name = "page_id" if kind == "to_page" else "data_source_id"
        target = {"type": name, name: format_body_id(to_page or to_data_source, f"move_page.{kind}")}
        return self._complete_object(
            self._write("POST", f"/v1/pages/{format_path_id(page_id)}/move", {"parent": target}), self.page
        )


def _icon(image: Image, field: str) -> Json | None:
    """Return an icon as written; raises Rejected naming the field when it can be none."""
    if image is None or isinstance(image, Keep):
        return None
    if not isinstance(image, str):
        return dict(image)
    if image.startswith(("http://", "https://")):
        return {"type": "external", "external": {"url": image}}
    if not image:
        raise Rejected("notion", f"{field}: {image[:80]!r} is not a picture; give a web address or an uploaded file")
    return {"type": "emoji", "emoji": image}


def _template(template: str) -> Json | None:
    if template in ("", "default"):
        return {"type": template} if template else None
    return {"type": "template_id", "template_id": format_body_id(template, "create_page.template")}
