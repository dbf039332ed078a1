"""Notion's objects as its reference describes them; what several calls expect and ask."""

from __future__ import annotations

from typing import Any

from shared.cli.probe.calls import Expect
from shared.cli.probe.shapes import Either, Says

Json = dict[str, Any]

REFERENCE = "https://developers.notion.com/reference/"
NOWHERE = "written nowhere"  # what we go by without a word of the vendor's
NOBODYS_ID = "00000000-0000-4000-8000-000000000000"

ASKED: Json = {"request_id?": "text"}
PARTIAL_USER: Json = {"object": "=user", "id": "uuid"}
PARENT = Either(
    {"type": "=page_id", "page_id": "uuid"},
    {"type": "=block_id", "block_id": "uuid"},
    {"type": "=data_source_id", "data_source_id": "uuid", "database_id": "uuid"},
    {"type": "=database_id", "database_id": "uuid"},
    {"type": "=workspace", "workspace": True},
)
ANNOTATIONS: Json = {
    "bold": "flag", "italic": "flag", "strikethrough": "flag", "underline": "flag", "code": "flag", "color": "text",
}  # fmt: skip
RICH_TEXT: Json = {
    "type": "=text|=mention|=equation",
    "text?": {"content": "text", "link": Either(None, {"url": "text"})},
    "mention?": "object",
    "equation?": {"expression": "text"},
    "annotations": ANNOTATIONS,
    "plain_text": "text",
    "href": "text|null",
}
STAMPS: Json = {
    "created_time": "minute",
    "last_edited_time": "minute",
    "created_by": PARTIAL_USER,
    "last_edited_by": PARTIAL_USER,
}
PAGE: Json = {
    "object": "=page", "id": "uuid", **STAMPS, "in_trash": "flag", "is_archived": "flag", "is_locked": "flag",
    "icon": "object|null", "cover": "object|null", "parent": PARENT, "properties": {"*": "object"},
    "url": "url", "public_url": "url|null", **ASKED,
}  # fmt: skip
ENVELOPE: Json = {
    "object": "=block", "id": "uuid", "parent": PARENT, **STAMPS, "has_children": "flag", "in_trash": "flag", **ASKED,
}  # fmt: skip
PARAGRAPH: Json = {
    **ENVELOPE, "type": "=paragraph", "paragraph": {"rich_text": [RICH_TEXT], "color": "text", "icon?": "object|null"},
}  # fmt: skip
# Any kind of block: its content is below the name of its kind, which the asking call knows.
BLOCK: Json = {**ENVELOPE, "type": "code", "*": "object"}
DATABASE: Json = {
    "object": "=database", "id": "uuid", "title": [RICH_TEXT], "description": [RICH_TEXT], "parent": PARENT,
    "is_inline": "flag", "in_trash": "flag", "is_locked": "flag",
    "created_time": "minute", "last_edited_time": "minute",
    "created_by?": PARTIAL_USER, "last_edited_by?": PARTIAL_USER,
    "data_sources": [{"id": "uuid", "name": "text"}], "icon": "object|null", "cover": "object|null",
    "url": "url", "public_url": "url|null", **ASKED,
}  # fmt: skip
DATA_SOURCE: Json = {
    "object": "=data_source", "id": "uuid", "title": [RICH_TEXT], "description": [RICH_TEXT],
    "parent": {"type": "=database_id", "database_id": "uuid"}, "database_parent": PARENT, "is_inline": "flag",
    "in_trash": "flag", **STAMPS, "properties": {"*": {"id": "words", "name": "text", "type": "code",
    "description": "text|null", "*": "object"}}, "icon": "object|null", "cover": "object|null", "url": "url",
    "public_url?": "url|null", **ASKED,
}  # fmt: skip
COMMENT: Json = {
    "object": "=comment", "id": "uuid", "parent": PARENT, "discussion_id": "uuid", "created_time": "time",
    "last_edited_time": "time", "created_by": PARTIAL_USER, "rich_text": [RICH_TEXT],
    "display_name": {"type": "=integration|=user|=custom", "resolved_name": "text|null"},
    "attachments?": "list", **ASKED,
}  # fmt: skip
UPLOAD: Json = {
    "object": "=file_upload", "id": "uuid", "created_time": "time", "last_edited_time": "time",
    "created_by": {"id": "uuid", "type": "=person|=bot|=agent"}, "in_trash": "flag", "expiry_time": "time|null",
    "status": "=pending|=uploaded|=expired|=failed", "filename": "text|null", "content_type": "text|null",
    "content_length": "whole|null", "upload_url?": "url", "complete_url?": "url", "number_of_parts?": "object",
    "file_import_result?": "object", **ASKED,
}  # fmt: skip
USER: Json = {
    "object": "=user", "id": "uuid", "name": "text|null", "avatar_url": "text|null", "type": "=person|=bot",
    "person?": {"email?": "text"}, "bot?": "object", **ASKED,
}  # fmt: skip


def expect_list(of: Any, kind: str, *, more: Any = "flag", cursor: Any = "text|null", status: bool = False) -> Json:
    """Return the envelope of a list; `kind` is what its entries are called in it."""
    envelope: Json = {
        "object": "=list", "results": of if not isinstance(of, dict) else [of], "next_cursor": cursor, "has_more": more,
        "type": f"={kind}", f"{kind}?": "object", **ASKED,
    }  # fmt: skip
    if status:
        envelope["request_status?"] = {"type": "=complete|=incomplete", "incomplete_reason?": "code"}
    return envelope


def refusal(status: int, code: str, *words: str) -> Expect:
    """Return what a refused call answers: its envelope, its code, and words that its message holds."""
    body: Json = {"object": "=error", "status": status, "code": f"={code}", "message": Says(*words), **ASKED}
    return Expect(status, body | {"additional_data?": {"*": Either("text", ["text"])}})


def text(content: str) -> list[Json]:
    return [{"type": "text", "text": {"content": content}}]


def paragraph(content: str, *below: Json) -> Json:
    body: Json = {"rich_text": text(content)}
    return {"object": "block", "type": "paragraph", "paragraph": body | ({"children": list(below)} if below else {})}


def build_title(title: str, column: str = "title") -> Json:
    """Return the properties that give a page its title."""
    return {column: {"title": text(title)}}
