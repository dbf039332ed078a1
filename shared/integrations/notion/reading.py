"""Notion's JSON to our Page, Block and Span. Tolerant: what a newer Notion adds is kept or skipped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shared.core.page import Block, Page, Span

Json = Mapping[str, Any]

# Their children are another page's content, or nobody's.
NOT_ENTERED = frozenset({"child_page", "child_database", "unsupported", "link_preview", "link_to_page"})
_STYLES = ("bold", "italic", "strikethrough", "underline", "code")


def read_spans(rich_text: Any) -> tuple[Span, ...]:
    """Return the runs of a rich-text list."""
    return tuple(_span(item) for item in rich_text or () if isinstance(item, Mapping))


def plain_text(rich_text: Any) -> str:
    """Return a rich-text list as text."""
    return "".join(span.text for span in read_spans(rich_text))


def _span(item: Json) -> Span:
    styles = item.get("annotations") or {}
    payload = item.get(str(item.get("type"))) or {}
    text = item.get("plain_text")
    if text is None:
        text = payload.get("content") or payload.get("expression") or ""
    href = item.get("href") or (payload.get("link") or {}).get("url")
    return Span(text=text, href=href or None, **{name: bool(styles.get(name)) for name in _STYLES})


def read_block(raw: Json, children: Sequence[Block] = ()) -> Block:
    """Return one block; its children were read separately."""
    kind = str(raw.get("type") or "unsupported")
    body = raw.get(kind) or {}
    spans = read_spans(body.get("rich_text"))
    if not spans and (text := body.get("title") or body.get("expression")):
        spans = (Span(str(text)),)
    return Block(
        id=str(raw.get("id", "")),
        type=kind,
        spans=spans,
        children=tuple(children),
        checked=bool(body.get("checked")) if kind == "to_do" else None,
        language=body.get("language") if kind == "code" else None,
        url=_url(body),
        caption=plain_text(body.get("caption")),
        cells=tuple(read_spans(cell) for cell in body.get("cells") or ()),
        header_row=bool(body.get("has_column_header")),
    )


def _url(body: Json) -> str | None:
    for holder in (body, body.get("external"), body.get("file")):
        if isinstance(holder, Mapping) and isinstance(holder.get("url"), str):
            return str(holder["url"])
    return None


def read_page(raw: Json, blocks: Sequence[Block]) -> Page:
    """Return the page with its properties as text."""
    properties: Mapping[str, Json] = raw.get("properties") or {}
    title = next((property_text(value) for value in properties.values() if value.get("type") == "title"), "")
    return Page(
        id=str(raw.get("id", "")),
        title=title,
        blocks=tuple(blocks),
        properties={name: property_text(value) for name, value in properties.items() if value.get("type") != "title"},
        url=str(raw.get("url") or ""),
        edited_at=str(raw.get("last_edited_time") or ""),
    )


def property_text(value: Json) -> str:
    """Return one property value as text; an empty or unknown one as an empty text."""
    kind = str(value.get("type") or "")
    content = value.get(kind)
    if kind == "rollup" and isinstance(content, Mapping) and content.get("type") == "array":
        return ", ".join(filter(None, (property_text(each) for each in content.get("array") or ())))
    if kind in ("rollup", "formula") and isinstance(content, Mapping):
        return property_text(content)
    if isinstance(content, list):
        if kind in ("title", "rich_text"):
            return plain_text(content)
        return ", ".join(filter(None, (_name(each) for each in content)))
    return _scalar(kind, content)


def _scalar(kind: str, content: Any) -> str:
    if content is None:
        return ""
    if isinstance(content, bool):
        return "yes" if content else "no"
    if isinstance(content, float) and content.is_integer():
        return str(int(content))
    if not isinstance(content, Mapping):
        return str(content)
    if kind == "date":
        return " → ".join(str(content[end]) for end in ("start", "end") if content.get(end))
    if kind == "unique_id":
        prefix, number = content.get("prefix"), content.get("number")
        return f"{prefix}-{number}" if prefix else str(number)
    return _name(content)


def _name(content: Any) -> str:
    if not isinstance(content, Mapping):
        return str(content)
    return str(content.get("name") or content.get("state") or content.get("address") or content.get("id") or "")
