"""Pages over the wire: create, read whole, change, move, trash."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shared.core.errors import Rejected
from shared.core.page import Page
from shared.http_client import json_bytes
from shared.integrations.notion.client.block_calls import BlockCalls, Kept
from shared.integrations.notion.client.checked_answers import guard_parsing
from shared.integrations.notion.client.pictures import Image, picture
from shared.integrations.notion.client.properties import Properties
from shared.integrations.notion.client.wire import KEEP, Json, drop_unset, in_body, in_path, require_one_option
from shared.integrations.notion.content import reading
from shared.integrations.notion.content.tree import plan_page
from shared.integrations.notion.limits import check_files


class Pages(BlockCalls, Properties):
    """Pages and their content."""

    def page(self, page_id: str) -> Json:
        """Return the page object, with the properties Notion cut at 25 items read to their end."""
        return self._whole(self._ask("GET", f"/v1/pages/{in_path(page_id)}"))

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
        workspace: bool = False,
        properties: Mapping[str, Any] | None = None,
        children: Sequence[Json] = (),
        markdown: str = "",
        template: str | Json | None = None,
        icon: Image = None,
        cover: Image = None,
        position: str | Json | None = None,
        allow_async: bool = False,
    ) -> Json:
        """Create a page below a data source, a page or (for a person's own connection) at the top; return its object.

        Called again it creates a second one, so put a marker into the properties and look for it first. Children beyond
        one request follow in appends: when one of those fails the page exists already, without its end (OutcomeUnknown,
        unless Notion will never take it).

        Of `children`, `markdown` and `template` at most one. `template` is "default", "none" or a template's id; the
        page is filled later, and nothing tells when. `position` in a parent page is "page_start", "page_end" or the id
        of the block it follows. With `allow_async` (for markdown) the answer may be an `async_task` object instead: see
        `markdown_calls.task_of`.
        """
        body = _parent("create_page", data_source_id=data_source_id, page_id=page_id, workspace=workspace)
        body["properties"] = dict(properties or {})
        _check_contents(children, markdown, template, allow_async=allow_async)
        _check_position(position, page_id)
        check_files(body["properties"])
        more = {
            "markdown": markdown or None,
            "template": _template(template, "create_page.template"),
            "icon": picture(icon, "create_page.icon"),
            "cover": picture(cover, "create_page.cover"),
            "position": _position(position),
            "allow_async": allow_async or None,
        }
        return self._create_with_children(body | drop_unset(more), children)

    def _create_with_children(self, body: Json, children: Sequence[Json]) -> Json:
        parts = plan_page(children, len(json_bytes(body)))
        if parts.children:
            body["children"] = list(parts.children)
        made = self._complete_object(self._write("POST", "/v1/pages", body), self.page)
        if parts.requests:
            self._carry_out(str(made["id"]), parts.requests, None, begun=True)
        return made

    def update_page(
        self,
        page_id: str,
        properties: Mapping[str, Any] | None = None,
        *,
        in_trash: bool | None = None,
        is_locked: bool | None = None,
        is_archived: bool | None = None,
        icon: Image = KEEP,
        cover: Image = KEEP,
        template: str | Json | None = None,
        erase_content: bool | None = None,
    ) -> Json:
        """Change what is given and return the page's object; its long properties may be cut at 25 items.

        The same call again leaves the same page, except with `template`, whose content is then added again. None clears
        an icon or cover. `erase_content` removes what stands on the page; with `template` that takes its place.
        """
        check_files(properties or {})
        if template == "none":
            raise Rejected(self.system, 'update_page.template: "none" is for new pages; use erase_content')
        body = drop_unset(
            {
                "properties": dict(properties) if properties else None,
                "in_trash": in_trash,
                "is_locked": is_locked,
                "is_archived": is_archived,
                "template": _template(template, "update_page.template"),
                "erase_content": erase_content,
            }
        )
        for name, image in (("icon", icon), ("cover", cover)):
            if image is not KEEP:
                body[name] = picture(image, f"update_page.{name}")
        return self._complete_object(self._write("PATCH", f"/v1/pages/{in_path(page_id)}", body), self.page)

    def move_page(self, page_id: str, *, to_page: str = "", to_data_source: str = "") -> Json:
        """Move a page below another page or into a data source; return its object. Again, it stays there."""
        kind = require_one_option("move_page", {"to_page": to_page, "to_data_source": to_data_source})
        name = "page_id" if kind == "to_page" else "data_source_id"
        target = {"type": name, name: in_body(to_page or to_data_source, f"move_page.{kind}")}
        return self._complete_object(
            self._write("POST", f"/v1/pages/{in_path(page_id)}/move", {"parent": target}), self.page
        )


def _parent(call: str, *, data_source_id: str, page_id: str, workspace: bool) -> Json:
    kind = require_one_option(call, {"data_source_id": data_source_id, "page_id": page_id, "workspace": workspace})
    if kind == "workspace":
        return {"parent": {"type": "workspace", "workspace": True}}
    return {"parent": {"type": kind, kind: in_body(data_source_id or page_id, f"{call}.{kind}")}}


def _check_position(position: str | Json | None, page_id: str) -> None:
    if position is not None and not page_id:
        raise Rejected("notion", "create_page.position: only a page below another page has one")


def _check_contents(children: Sequence[Json], markdown: str, template: str | Json | None, *, allow_async: bool) -> None:
    content = [name for name, value in _contents(children, markdown, template) if value]
    if len(content) > 1:
        raise Rejected("notion", f"create_page: {' and '.join(content)} exclude each other; give one")
    if allow_async and not markdown:
        raise Rejected("notion", "create_page.allow_async: only a page made from Markdown can be created later")


def _contents(children: Sequence[Json], markdown: str, template: Any) -> tuple[tuple[str, Any], ...]:
    return (("children", children), ("markdown", markdown), ("template", template not in (None, "none")))


def _template(template: str | Json | None, field: str) -> Json | None:
    if template is None or not isinstance(template, str):
        return template
    if template in ("default", "none"):
        return {"type": template}
    return {"type": "template_id", "template_id": in_body(template, field)}


def _position(position: str | Json | None) -> Json | None:
    if position is None or not isinstance(position, str):
        return position
    if position in ("page_start", "page_end"):
        return {"type": position}
    return {"type": "after_block", "after_block": {"id": in_body(position, "create_page.position")}}
