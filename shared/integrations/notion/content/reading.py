"""Notion's JSON to our Page, Block and Span. Tolerant: what a newer Notion adds is kept, and nothing is dropped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from shared.core.page import Block, Page, Span

Json = Mapping[str, Any]

# Their children are another page's content, or nobody's.
NOT_ENTERED = frozenset({"child_page", "child_database", "unsupported", "link_preview", "link_to_page"})
_STYLES = ("bold", "italic", "strikethrough", "underline", "code")
_MEDIA = frozenset({"image", "video", "audio", "pdf", "file"})
_LINKS = ("page_id", "database_id", "comment_id")
_NO_COLOR = (None, "", "default")


def read_spans(rich_text: Any) -> tuple[Span, ...]:
    """Return the runs of a rich-text list. Neighbours in the same style are one run: they were cut for their length."""
    spans: list[Span] = []
    texts: list[list[str]] = []  # of each run so far: joined once, so that a long text stays linear
    for item in rich_text or ():
        if not isinstance(item, Mapping):
            continue
        span = _span(item)
        if spans and not (span.equation or span.mention) and replace(span, text="") == spans[-1]:
            texts[-1].append(span.text)
        else:
            spans.append(replace(span, text=""))
            texts.append([span.text])
    return tuple(replace(span, text="".join(parts)) for span, parts in zip(spans, texts, strict=True))


def plain_text(rich_text: Any) -> str:
    """Return a rich-text list as text."""
    return "".join(span.text for span in read_spans(rich_text))


def _span(item: Json) -> Span:
    styles = item.get("annotations") or {}
    kind = str(item.get("type") or next((each for each in ("text", "equation", "mention") if each in item), "text"))
    payload = item.get(kind) or {}
    mention = _mention(kind, payload)
    text = item.get("plain_text")
    if text is None:
        text = payload.get("content") or payload.get("expression") or _format_mention(mention)
    href = item.get("href") or (payload.get("link") or {}).get("url")
    color = styles.get("color")
    return Span(
        text=text,
        href=href or None,
        color="" if color in _NO_COLOR else str(color),
        equation=kind == "equation",
        mention=mention,
        **{name: bool(styles.get(name)) for name in _STYLES},
    )


def _mention(kind: str, payload: Json) -> Json | None:
    """Return what is mentioned; a kind of rich text that we do not know is kept in the same place."""
    if kind in ("text", "equation"):
        return None
    if kind != "mention":
        return {"type": kind, kind: payload}
    inner = str(payload.get("type") or next(iter(payload), ""))
    target = payload.get(inner)
    if inner == "user" and isinstance(target, Mapping):
        target = {"id": target.get("id")}
    elif inner == "date" and isinstance(target, Mapping):
        target = {name: value for name, value in target.items() if value is not None}
    return {"type": inner, inner: target}


def _format_mention(mention: Json | None) -> str:
    """Return what stands for a mention that was written and not yet read."""
    if mention is None:
        return ""
    date = mention.get("date") or {}
    return " → ".join(str(date[end]) for end in ("start", "end") if end in date) or "@"


def read_block(raw: Json, children: Sequence[Block] = ()) -> Block:
    """Return one block; its children were read separately.

    Not kept is what says nothing about the content: who edited when, the parent, whether there are children.
    """
    kind = str(raw.get("type") or "unsupported")
    body = raw.get(kind)
    body = body if isinstance(body, Mapping) else {}
    caption = read_spans(body.get("caption"))
    shown = "".join(span.text for span in caption)
    return Block(
        id=str(raw.get("id", "")),
        type=kind,
        spans=_read_text(body),
        children=tuple(children),
        checked=bool(body.get("checked")) if kind == "to_do" else None,
        language=body.get("language") if kind == "code" else None,
        url=_url(body),
        caption=shown,
        caption_spans=() if caption in ((), (Span(shown),)) else caption,
        cells=tuple(read_spans(cell) for cell in body.get("cells") or ()),
        header_row=bool(body.get("has_column_header")),
        header_column=bool(body.get("has_row_header")),
        **_particulars(kind, body),
        extra=_keep_unread(kind, body, bool(children)),
    )


def _read_text(body: Json) -> tuple[Span, ...]:
    spans = read_spans(body.get("rich_text"))
    other = body.get("title") or body.get("expression")
    if spans or not other:
        return spans
    return read_spans(other) if isinstance(other, list) else (Span(str(other)),)


def _particulars(kind: str, body: Json) -> dict[str, Any]:
    """Return the fields that few types have."""
    color, icon = body.get("color"), body.get("icon")
    found: dict[str, Any] = {
        "color": "" if color in _NO_COLOR else str(color),
        "icon": icon if isinstance(icon, Mapping) else None,
        "is_toggleable": bool(body.get("is_toggleable")),
        "list_start_index": body.get("list_start_index"),
        "list_format": body.get("list_format"),
        "width_ratio": body.get("width_ratio"),
    }
    if kind == "synced_block":
        found["synced_from"] = (body.get("synced_from") or {}).get("block_id")
    elif kind == "link_to_page":
        found["target_type"] = next((each for each in _LINKS if body.get(each)), "")
        found["target"] = str(body.get(found["target_type"]) or "")
    elif kind == "unsupported":
        found["block_type"] = str(body.get("block_type") or "")
    elif kind in _MEDIA:
        hosted, upload = body.get("file"), body.get("file_upload")
        found["hosted"] = isinstance(hosted, Mapping)
        found["expires_at"] = str((hosted or {}).get("expiry_time") or "")
        found["upload"] = str((upload or {}).get("id") or "")
        found["name"] = str(body.get("name") or "")
    return found


_EVERYWHERE = frozenset({
    "rich_text", "children", "color", "icon", "is_toggleable", "list_start_index", "list_format", "width_ratio",
    "caption", "url",
})  # fmt: skip
_READ: Mapping[str, frozenset[str]] = {
    "to_do": frozenset({"checked"}),
    "code": frozenset({"language"}),
    "equation": frozenset({"expression"}),
    "child_page": frozenset({"title"}),
    "child_database": frozenset({"title"}),
    "meeting_notes": frozenset({"title"}),
    "transcription": frozenset({"title"}),
    "table_row": frozenset({"cells"}),
    "synced_block": frozenset({"synced_from"}),
    "link_to_page": frozenset({"type", *_LINKS}),
    "unsupported": frozenset({"block_type"}),
    **dict.fromkeys(_MEDIA, frozenset({"type", "external", "file", "file_upload", "name"})),
}


def _keep_unread(kind: str, body: Json, has_children: bool) -> dict[str, Any]:
    """Return what no field of ours holds."""
    read = _EVERYWHERE | _READ.get(kind, frozenset())
    if kind == "table":
        read |= {"has_column_header", "has_row_header"} | ({"table_width"} if has_children else set())
    kept = {name: value for name, value in body.items() if name not in read and value is not None}
    inline = body.get("children")  # ids and not blocks, in notes of a meeting
    return kept | ({"children": inline} if isinstance(inline, Mapping) else {})


def _url(body: Json) -> str | None:
    for holder in (body, body.get("external"), body.get("file")):
        if isinstance(holder, Mapping) and isinstance(holder.get("url"), str):
            return str(holder["url"])
    return None


def read_written(raw: Json) -> Block:
    """Return a block as we would write it, with its children inside, as it will read back (without an id)."""
    body = raw.get(str(raw.get("type"))) or {}
    return read_block(raw, [read_written(child) for child in body.get("children") or ()])


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
