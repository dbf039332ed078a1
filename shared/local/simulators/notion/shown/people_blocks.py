"""Blocks as HTML for the pages for people; every word a user wrote is escaped here."""

import re
from html import escape
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from shared.local.simulators.notion.content import signed_files
from shared.local.simulators.notion.world import World

Json = dict[str, Any]

_OF_NOTION = re.compile(
    r"https://(?:(?:www\.)?notion\.so|(?:www|app)\.notion\.com)/(?:[^?#]*[/-])?([0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-"
    r"[0-9a-f]{12})(?:[?#].*)?"
)
_MARKS = (("bold", "strong"), ("italic", "em"), ("strikethrough", "s"), ("underline", "u"), ("code", "code"))
_LISTS = {"bulleted_list_item": "ul", "numbered_list_item": "ol"}
_MEDIA = ("image", "video", "pdf", "audio", "file", "bookmark", "embed")


def rich(items: list[Json]) -> str:
    """Return rich text as HTML; only web and mail addresses become links."""
    html = ""
    for item in items:
        piece = escape(item["plain_text"])
        for mark, tag in _MARKS:
            if item["annotations"].get(mark):
                piece = f"<{tag}>{piece}</{tag}>"
        html += link(item["href"], piece) if item.get("href") else piece
    return html


def link(address: str, inner: str) -> str:
    """Return a link, or only its text when the address is of a kind that could run something."""
    try:
        kind = urlsplit(address).scheme
    except ValueError:
        return inner
    if kind not in ("http", "https", "mailto"):
        return inner
    address = _here(address)
    return f'<a href="{escape(address)}" rel="noopener noreferrer">{inner}</a>'


def _here(address: str) -> str:
    """Return where a link leads from here: what the API says is a page of the real Notion is one of this one."""
    found = _OF_NOTION.fullmatch(address)
    return f"/p/{UUID(found[1])}" if found else address


def blocks_html(world: World, parent: Json) -> str:
    """Return everything below a page or block, neighbouring list items in one list."""
    html, open_list = "", ""
    for child_id in parent["children"]:
        node = world.nodes[child_id]
        if node["in_trash"]:
            continue
        wanted = _LISTS.get(node.get("type", ""), "")
        if wanted != open_list:
            html += (f"</{open_list}>" if open_list else "") + (f"<{wanted}>" if wanted else "")
            open_list = wanted
        html += _block(world, node)
    return html + (f"</{open_list}>" if open_list else "")


def _block(world: World, node: Json) -> str:
    if node["object"] != "block":
        return _child(world, node)
    kind, data = node["type"], node["data"]
    inner = blocks_html(world, node) if node["children"] else ""
    words = rich(data.get("rich_text", []))
    if kind in _LISTS:
        return f"<li>{words}{inner}</li>"
    if kind.startswith("heading_"):
        return _heading(kind, words, inner, bool(data.get("is_toggleable")))
    if kind in _MEDIA:
        return _medium(world, kind, data)
    match kind:
        case "paragraph":
            return f'<p class="words">{words}</p>' + (f'<div class="inner">{inner}</div>' if inner else "")
        case "to_do":
            return _to_do(node, words, inner)
        case "toggle":
            return f"<details><summary>{words}</summary>{inner}</details>"
        case "quote":
            return f'<blockquote class="words">{words}{inner}</blockquote>'
        case "callout":
            sign = escape(str((data.get("icon") or {}).get("emoji", "•")))
            return f'<div class="callout"><span>{sign}</span><div class="words">{words}{inner}</div></div>'
        case "code":
            name = f'<figcaption class="soft">{escape(data["language"])}</figcaption>'
            return f"<figure>{name}<pre><code>{words}</code></pre></figure>"
        case "equation":
            return f"<pre><code>{escape(data['expression'])}</code></pre>"
        case "divider":
            return "<hr>"
        case "table":
            return _table(world, node)
        case "column_list":
            return f'<div class="columns">{inner}</div>'
        case "column":
            return f"<div>{inner}</div>"
        case "table_of_contents":
            return _contents(world, node)
        case "synced_block":
            return _render_synced(world, node, inner)
        case "tab":
            return f'<div class="inner">{inner}</div>'
        case "link_to_page":
            target = data[data["type"]]
            return f'<p><a href="/p/{escape(target)}">{escape(world.name_of("page", target))}</a></p>'
    return inner or f'<p class="soft">{escape(kind)}</p>'


def _child(world: World, node: Json) -> str:
    sign = "▤" if node["object"] == "database" else "▢"
    title = escape(world.title(node) or "Untitled")
    return f'<p><span class="kind">{sign}</span><a href="/p/{node["id"]}">{title}</a></p>'


def _heading(kind: str, words: str, inner: str, toggles: bool) -> str:
    tag = f"h{min(int(kind[-1]) + 1, 5)}"  # h1 is the title of the page
    if toggles:
        return f"<details><summary><{tag}>{words}</{tag}></summary>{inner}</details>"
    return f"<{tag}>{words}</{tag}>{inner}"


def _to_do(node: Json, words: str, inner: str) -> str:
    done = node["data"]["checked"]
    state, sign, label = ("on", "✓", "Mark as open") if done else ("", "", "Mark as done")
    hidden = f'<input type="hidden" name="block" value="{node["id"]}">'
    hidden += f'<input type="hidden" name="checked" value="{"" if done else "yes"}">'
    tick = f'<button class="tick {state}" name="do" value="tick" aria-label="{label}">{sign}</button>'
    text = f'<div class="words{" done" if done else ""}">{words}</div>'
    return f'<div class="todo"><form method="post">{hidden}{tick}</form><div>{text}{inner}</div></div>'


def _medium(world: World, kind: str, data: Json) -> str:
    shown = signed_files.read(world, data) or {}
    address = shown.get("url") or shown[shown["type"]]["url"]
    name = world.file_name(data) if data.get("type") == "file_upload" else data.get("name") or address
    caption = rich(data.get("caption", []))
    return f'<p><span class="soft">{kind}</span> {link(address, escape(name))} {caption}</p>'


def attachments(world: World, comment: Json) -> str:
    """Return the files of a comment as links."""
    files = [{"file_upload": {"id": key}} for key in comment.get("attachments", ())]
    return "".join(f"<p>{link(_address(world, file), escape(world.file_name(file)))}</p>" for file in files)


def _address(world: World, file: Json) -> str:
    return str(signed_files.sign_url(world, file["file_upload"]["id"])["url"])


def _contents(world: World, node: Json) -> str:
    """Return the headings of the page a table of contents is on."""
    found = (world.nodes[child] for child in world.page_of(node)["children"])
    headings = [each for each in found if each.get("type", "").startswith("heading_") and not each["in_trash"]]
    return "<ul>" + "".join(f"<li>{rich(each['data']['rich_text'])}</li>" for each in headings) + "</ul>"


def _render_synced(world: World, node: Json, inner: str) -> str:
    """Return a synced block, or what the one shows that it is a copy of; never a copy of itself."""
    source = world.nodes.get((node["data"]["synced_from"] or {}).get("block_id", ""))
    if source is None or any(above["id"] == source["id"] for above in world.up(node)):
        return inner
    if source.get("data", {}).get("synced_from") is not None:
        return inner
    return blocks_html(world, source)


def _table(world: World, node: Json) -> str:
    rows = [world.nodes[row] for row in node["children"] if not world.nodes[row]["in_trash"]]
    html = ""
    for index, row in enumerate(rows):
        cells = ""
        for place, cell in enumerate(row["data"]["cells"]):
            head = (index == 0 and node["data"]["has_column_header"]) or (place == 0 and node["data"]["has_row_header"])
            tag = "th" if head else "td"
            cells += f"<{tag}>{rich(cell)}</{tag}>"
        html += f"<tr>{cells}</tr>"
    return f'<div class="scroll"><table>{html}</table></div>'
