"""Every kind of block and of rich text: built within the limits, written, read, and built again from what was read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from shared.core.documents.codec import to_body
from shared.core.page import Block, Span
from shared.integrations.notion.content import blocks, rich_text
from shared.integrations.notion.content.reading import read_block, read_spans, read_written
from shared.integrations.notion.content.writable_blocks import from_blocks
from tests.integrations.conftest import ServedNotion

Json = dict[str, Any]
ID = "0a0b0c0d-0000-4000-8000-00000000000f"
URL = "https://e.example/a"


def told(found: Sequence[Block]) -> list[Any]:
    """Return blocks as data without ids, which the server gives."""

    def bare(block: Block) -> Block:
        return replace(block, id="", children=tuple(map(bare, block.children)))

    return [to_body(bare(block)) for block in found]


def mentioned(kind: str, **what: str) -> Span:
    return Span("@", mention={"type": kind, kind: what})


def every_kind() -> list[Json]:
    """One of each, with all its fields."""
    inside = [blocks.paragraph("in")]
    bold = [Span("a "), Span("b", bold=True, color="red_background"), Span("c", href=URL)]
    return [
        blocks.paragraph(bold, inside, color="gray"),
        *(blocks.heading(level, "h", color="blue") for level in (1, 2, 3)),
        blocks.heading(2, "folds", inside, toggleable=True),
        blocks.bulleted_list_item("x", inside, color="red"),
        blocks.numbered_list_item("x", inside),
        blocks.to_do("x", True, inside, color="pink"),
        blocks.toggle("x", inside, color="yellow_background"),
        blocks.quote("x", inside, color="green"),
        blocks.callout("x", "🎯", inside, color="blue_background"),
        blocks.callout("x", {"type": "external", "external": {"url": URL}}),
        blocks.code("x = 1", "py", [Span("caption", italic=True)]),
        blocks.equation("e = mc^2"),
        blocks.divider(),
        blocks.breadcrumb(),
        blocks.table_of_contents(color="gray"),
        blocks.bookmark(URL, "caption"),
        blocks.embed(URL),
        *(blocks.media(kind, URL, "caption") for kind in ("image", "video", "audio", "pdf")),
        blocks.file(URL, name="a.txt"),
        blocks.table([["A", [Span("B", code=True)]], ["1"]], header_row=True, header_column=True),
        blocks.columns([inside, inside], [0.25, 0.75]),
        blocks.synced_block(inside),
        blocks.paragraph([rich_text.equation("x^2"), Span(" "), mentioned("date", start="2026-11-22")]),
    ]


LATER = [  # since the published description
    blocks.heading(4, "h"),
    blocks.paragraph("label", icon="🎯"),
    blocks.tab([blocks.paragraph("one", [blocks.paragraph("in")]), blocks.paragraph("two")]),
]


def test_every_kind_is_written_as_published_and_read_back_equal(desk: ServedNotion) -> None:
    written = every_kind()
    page = desk.page()
    ids = desk.notion.append_tree(page, written)
    synced_id = ids[[made["type"] for made in written].index("synced_block")]
    mentions = [mentioned("page", id=page), mentioned("user", id=desk.seeded["people"][0]["id"])]
    more = [blocks.synced_copy(synced_id), blocks.link_to_page(page), blocks.paragraph(mentions)]
    desk.notion.append_tree(page, more)
    read = desk.notion.read_page(page).blocks
    expected = told([read_written(made) for made in [*written, *more]])
    copy, last = len(written), len(written) + 2
    got = told([replace(block, children=()) if at == copy else block for at, block in enumerate(read)])
    assert got[:last] == expected[:last]
    assert [span.mention for span in read[last].spans] == [span.mention for span in mentions]
    assert from_blocks(read[:copy]) == (written, [])


@pytest.mark.parametrize("made", [*every_kind(), *LATER], ids=lambda made: made["type"])
def test_every_kind_comes_back_from_what_was_read(made: Json) -> None:
    assert from_blocks([read_written(made)]) == ([made], [])


@pytest.mark.parametrize(
    ("build", "field"),
    [
        (lambda: blocks.paragraph("x", color="mauve"), "paragraph.color"),
        (lambda: blocks.paragraph([Span("x", color="mauve")]), "annotations.color"),
        (lambda: blocks.heading(1, "x", [blocks.divider()]), "heading.children"),
        (lambda: blocks.callout("x", {"type": "file", "file": {"url": URL}}), "callout.icon"),
        (lambda: blocks.columns([[blocks.divider()]]), "column_list.children"),
        (lambda: blocks.column([]), "column.children"),
        (lambda: blocks.column([blocks.divider()], 1.0), "column.width_ratio"),
        (lambda: blocks.table([]), "table.table_width"),
        (lambda: blocks.table([[""] * 101]), "table.table_width"),
        (lambda: blocks.table_row(["", [Span("x", bold=bool(at % 2)) for at in range(101)]]), "table_row.cells[1]"),
        (lambda: blocks.tab([blocks.divider()]), "tab.children"),
        (lambda: blocks.image("./i.png"), "image.url"),
        (lambda: blocks.image("https://e.example/" + "a" * 2000), "image.url"),
        (lambda: blocks.file(), "file"),
        (lambda: blocks.file(URL, upload=ID), "file"),
        (lambda: blocks.file(upload="no id"), "file.file_upload.id"),
        (lambda: blocks.file(URL, name="n" * 101), "file.name"),
        (lambda: blocks.link_to_page(), "link_to_page"),
        (lambda: blocks.link_to_page(ID, database_id=ID), "link_to_page"),
        (lambda: blocks.synced_copy("../x"), "synced_block.synced_from.block_id"),
        (lambda: blocks.paragraph([rich_text.equation("x" * 1001)]), "equation.expression"),
        (lambda: blocks.code([Span("x", bold=bool(at % 2)) for at in range(101)]), "code.rich_text"),
    ],
)
def test_what_does_not_fit_is_refused_naming_the_field(build: Callable[[], Any], field: str) -> None:
    with pytest.raises(ValueError, match=field.replace("[", r"\[")) as refused:
        build()
    assert str(refused.value).startswith(field)


RICH_TEXTS = [
    mentioned("user", id=ID),
    mentioned("page", id=ID),
    mentioned("database", id=ID),
    mentioned("date", start="2026-11-22T10:00:00", time_zone="Europe/Warsaw"),
    mentioned("template_mention", type="template_mention_date", template_mention_date="today"),
    mentioned("template_mention", type="template_mention_user", template_mention_user="me"),
    mentioned("custom_emoji", id=ID),
    rich_text.equation("x"),
    Span("t", underline=True, href=URL, color="pink"),
]


def test_every_kind_of_rich_text_is_written() -> None:
    assert rich_text.rich_text(RICH_TEXTS) == [
        {"type": "mention", "mention": {"type": "user", "user": {"id": ID}}},
        {"type": "mention", "mention": {"type": "page", "page": {"id": ID}}},
        {"type": "mention", "mention": {"type": "database", "database": {"id": ID}}},
        {
            "type": "mention",
            "mention": {"type": "date", "date": {"start": "2026-11-22T10:00:00", "time_zone": "Europe/Warsaw"}},
        },
        {
            "type": "mention",
            "mention": {
                "type": "template_mention",
                "template_mention": {"type": "template_mention_date", "template_mention_date": "today"},
            },
        },
        {
            "type": "mention",
            "mention": {
                "type": "template_mention",
                "template_mention": {"type": "template_mention_user", "template_mention_user": "me"},
            },
        },
        {"type": "mention", "mention": {"type": "custom_emoji", "custom_emoji": {"id": ID}}},
        {"type": "equation", "equation": {"expression": "x"}},
        {
            "type": "text",
            "text": {"content": "t", "link": {"url": URL}},
            "annotations": {"underline": True, "color": "pink"},
        },
    ]


def raw(kind: str, **body: Any) -> Json:
    return {"object": "block", "id": ID, "type": kind, "has_children": False, "in_trash": False, kind: body}


def text_item(words: str, **more: Any) -> Json:
    plain = dict.fromkeys(("bold", "italic", "strikethrough", "underline", "code"), False) | {"color": "default"}
    item: Json = {"type": "text", "text": {"content": words, "link": None}, "annotations": plain, "plain_text": words}
    return item | {"href": None} | more


def test_what_only_notion_makes_is_kept_and_reported() -> None:
    found = [
        read_block(raw("child_page", title="P")),
        read_block(raw("child_database", title="D")),
        read_block(raw("link_preview", url=URL)),
        read_block(raw("meeting_notes", title=[text_item("Weekly")], status="ready", children={"notes_block_id": ID})),
        read_block(raw("unsupported", block_type="button")),
        read_block(raw("hologram", rich_text=[text_item("new")], depth=3)),
        read_block(raw("image", type="file", file={"url": URL + "?sig=1", "expiry_time": "2026-11-22"}, caption=[])),
        read_block(raw("template", rich_text=[text_item("New")])),
        read_block(raw("paragraph", rich_text=[text_item("kept")], color="default")),
    ]
    assert [block.text for block in found[:4]] == ["P", "D", "", "Weekly"]
    assert found[3].extra == {"status": "ready", "children": {"notes_block_id": ID}}
    assert found[4].block_type == "button"
    assert (found[5].type, found[5].text, found[5].extra) == ("hologram", "new", {"depth": 3})
    assert (found[6].hosted, found[6].expires_at) == (True, "2026-11-22")
    made, left_out = from_blocks(found)
    assert made == [blocks.paragraph("kept")]
    assert [each.type for each in left_out] == [
        *("child_page", "child_database", "link_preview", "meeting_notes"),
        *("button", "hologram", "image", "template"),
    ]
    assert all(each.why for each in left_out)
    assert "upload it again" in left_out[6].why


def test_parts_that_only_notion_sets_are_reported() -> None:
    preview = {"type": "mention", "mention": {"type": "link_mention", "link_mention": {"href": URL, "title": "A"}}}
    items = [
        {**preview, "plain_text": "A", "href": URL, "annotations": {}},
        text_item("rel", href="file:///x", text={"content": "rel", "link": {"url": "file:///x"}}),
        text_item("page", href=f"/{ID.replace('-', '')}"),
        text_item("new", annotations={"color": "mauve"}),
    ]
    block = read_block(raw("numbered_list_item", rich_text=items, list_start_index=4, list_format="roman"))
    assert (block.list_start_index, block.list_format) == (4, "roman")
    assert block.spans[0].mention == preview["mention"]
    ((made,), left_out) = from_blocks([block])
    links = [item["text"]["link"] for item in made["numbered_list_item"]["rich_text"]]
    assert links == [{"url": URL}, None, {"url": f"https://www.notion.so/{ID.replace('-', '')}"}, None]
    assert [each.why.split()[1] for each in left_out] == ["mention", "link", "colour", "the"]


def test_new_kinds_of_rich_text_keep_their_text_and_content() -> None:
    (span,) = read_spans([{"type": "sparkle", "sparkle": {"n": 1}, "plain_text": "s", "annotations": {}}])
    assert (span.text, span.mention) == ("s", {"type": "sparkle", "sparkle": {"n": 1}})
    assert rich_text.rich_text([span]) == [{"type": "text", "text": {"content": "s", "link": None}}]


def test_of_a_mentioned_person_only_the_id_is_kept() -> None:
    user = {"object": "user", "id": ID, "name": "Ada Example", "person": {"email": "ada@e.example"}}
    (span,) = read_spans([{"type": "mention", "mention": {"type": "user", "user": user}, "plain_text": "@Ada Example"}])
    assert (span.text, span.mention) == ("@Ada Example", {"type": "user", "user": {"id": ID}})
