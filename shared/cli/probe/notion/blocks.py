"""Blocks: appended, in order, in parts, changed, removed and brought back; and what is too much."""

from __future__ import annotations

from shared.cli.probe.calls import Ask, Call, Expect
from shared.cli.probe.notion.wording import (
    BLOCK,
    NOWHERE,
    PARAGRAPH,
    REFERENCE,
    Json,
    expect_list,
    paragraph,
    refusal,
    text,
)
from shared.cli.probe.shapes import InOrder, Rows

CHILDREN = "/v1/blocks/{root}/children"
TEXTS = "results[].paragraph.rich_text[0].plain_text"

KINDS: tuple[tuple[str, Json], ...] = (
    ("heading_1", {"rich_text": text("h1")}),
    ("heading_2", {"rich_text": text("h2"), "color": "blue"}),
    ("heading_3", {"rich_text": text("h3"), "is_toggleable": True}),
    ("bulleted_list_item", {"rich_text": text("bullet")}),
    ("numbered_list_item", {"rich_text": text("number")}),
    ("to_do", {"rich_text": text("to do"), "checked": True}),
    ("toggle", {"rich_text": text("toggle")}),
    ("quote", {"rich_text": text("quote")}),
    ("callout", {"rich_text": text("callout"), "icon": {"type": "emoji", "emoji": "💡"}}),
    ("code", {"rich_text": text("print(1)"), "language": "python"}),
    ("equation", {"expression": "e=mc^2"}),
    ("divider", {}),
    ("bookmark", {"url": "https://example.com/"}),
    ("image", {"type": "external", "external": {"url": "https://example.com/a.png"}}),
    ("table", {"table_width": 2, "has_column_header": True, "children": [
        {"type": "table_row", "table_row": {"cells": [text("a"), text("b")]}}]}),
    ("column_list", {"children": [{"type": "column", "column": {"children": [paragraph("left")]}},
                                  {"type": "column", "column": {"children": [paragraph("right")]}}]}),
    ("synced_block", {"synced_from": None, "children": [paragraph("synced")]}),
    ("table_of_contents", {}),
    ("breadcrumb", {}),
    ("link_to_page", {"type": "page_id", "page_id": "{root}"}),
)  # fmt: skip

ORDER = (
    Call(
        "blocks in their order",
        "Children are listed in their order; a page below a page stands among them as a child_page with its title.",
        REFERENCE + "get-block-children",
        Ask("GET", CHILDREN, query={"page_size": 100}),
        Expect(body=expect_list(BLOCK, "block", more=False, cursor="null"),
               holds={"results[].type": InOrder("paragraph", "paragraph", "paragraph", "child_page"),
                      "results[3].child_page.title": "=one"}),
        keep={"first": "results[0].id", "second": "results[1].id"},
    ),
    Call(
        "one block",
        "A block has its parent, its stamps, whether it has children, and its content under the name of its kind.",
        REFERENCE + "retrieve-a-block",
        Ask("GET", "/v1/blocks/{first}"),
        Expect(body={**PARAGRAPH, "id": "={first}", "parent": {"type": "=page_id", "page_id": "={root}"},
                     "has_children": False}),
    ),
    Call(
        "blocks at the end",
        "Appended blocks stand at the end; the answer is the first level alone, in order.",
        REFERENCE + "patch-block-children",
        Ask("PATCH", CHILDREN, {"children": [paragraph("fourth", paragraph("inside", paragraph("deeper"))),
                                             paragraph("fifth")]}),
        Expect(body={**expect_list(PARAGRAPH, "block"), "results": Rows(2, PARAGRAPH)},
               holds={TEXTS: InOrder("fourth", "fifth"), "results[].has_children": InOrder(True, False)}),
        keep={"fourth": "results[0].id", "fifth": "results[1].id"},
    ),
    Call(
        "what came with its parent",
        "What was sent inside a block is read below it, and children are never shown inside.",
        REFERENCE + "get-block-children",
        Ask("GET", "/v1/blocks/{fourth}/children", query={"page_size": 100}),
        Expect(body=expect_list({**PARAGRAPH, "parent": {"type": "=block_id", "block_id": "={fourth}"},
                            "has_children": True}, "block"), holds={TEXTS: InOrder("inside")}),
    ),
    Call(
        "blocks at the start",
        "With the position start they stand before all others.",
        REFERENCE + "patch-block-children",
        Ask("PATCH", CHILDREN, {"children": [paragraph("zeroth")], "position": {"type": "start"}}),
        Expect(body=expect_list(PARAGRAPH, "block"), holds={TEXTS: InOrder("zeroth")}),
        keep={"zeroth": "results[0].id"},
    ),
    Call(
        "blocks behind another",
        "With the position after_block they stand behind that block.",
        REFERENCE + "patch-block-children",
        Ask("PATCH", CHILDREN, {"children": [paragraph("first and a half")],
                                "position": {"type": "after_block", "after_block": {"id": "{first}"}}}),
        Expect(body=expect_list(PARAGRAPH, "block"), holds={TEXTS: InOrder("first and a half")}),
    ),
    Call(
        "all in their places",
        "What was appended at the start, in the middle and at the end is read in that order at once.",
        REFERENCE + "get-block-children",
        Ask("GET", CHILDREN, query={"page_size": 4}),
        Expect(body=expect_list(PARAGRAPH, "block", more=True, cursor="words"),
               holds={TEXTS: InOrder("zeroth", "first", "first and a half", "second")}),
        keep={"cursor": "next_cursor"},
    ),
    Call(
        "the next part of a list",
        "next_cursor leads to the rest of a list, from which nothing is missing and nothing comes twice.",
        REFERENCE + "intro",
        Ask("GET", CHILDREN, query={"page_size": 100, "start_cursor": "{cursor}"}),
        Expect(body=expect_list(BLOCK, "block", more=False, cursor="null"),
               holds={TEXTS: InOrder("third", None, "fourth", "fifth")}),
    ),
    Call(
        "a cursor that is none",
        "A cursor that is not valid, or no longer, is refused with the word cursor: then a list is begun anew.",
        NOWHERE,
        Ask("GET", CHILDREN, query={"page_size": 2, "start_cursor": "that-was-never-a-cursor"}),
        refusal(400, "validation_error", "cursor"),
    ),
    Call(
        "too many at once",
        "More than 100 entries in one part of a list are refused.",
        REFERENCE + "intro",
        Ask("GET", CHILDREN, query={"page_size": 101}),
        refusal(400, "validation_error", "page_size", "100"),
    ),
    Call(
        "the old word for a place",
        "The field after, which earlier versions took, is refused.",
        REFERENCE + "versioning",
        Ask("PATCH", CHILDREN, {"children": [paragraph("nowhere")], "after": "{first}"}),
        refusal(400, "validation_error", "after", "not present"),
    ),
    Call(
        "blocks behind one that is not there",
        "A place behind a block that is not there is refused, and nothing is appended.",
        NOWHERE,
        Ask("PATCH", CHILDREN, {"children": [paragraph("nowhere")],
                                "position": {"type": "after_block", "after_block": {"id": "{place}"}}}),
        Expect((400, 404), {"object": "=error", "*": "any"}),
    ),
)  # fmt: skip

KIND_CALLS = (
    Call(
        "every kind of block that we write",
        "All the kinds that we write are taken in one request and come back under the same names.",
        REFERENCE + "block",
        Ask("PATCH", "/v1/blocks/{one}/children", {"children": [{"type": kind, kind: body} for kind, body in KINDS]}),
        Expect(body=expect_list(BLOCK, "block"), holds={
            "results[].type": InOrder(*(kind for kind, _ in KINDS)),
            "results[5].to_do": {"rich_text": "list", "checked": True, "color": "=default"},
            "results[8].callout": {"rich_text": "list", "icon": {"type": "=emoji", "emoji": "=💡"}, "color": "text"},
            "results[9].code": {"rich_text": "list", "caption": "list", "language": "=python"},
            "results[13].image": {"type": "=external", "external": {"url": "url"}, "caption": "list"},
            "results[14].table": {"table_width": 2, "has_column_header": True, "has_row_header": False},
        }),
        keep={"table": "results[14].id", "code": "results[9].id", "todo": "results[5].id"},
    ),
    Call(
        "a heading of the fourth level",
        "There are headings of a fourth level, which are younger than the other kinds.",
        REFERENCE + "block",
        Ask("PATCH", "/v1/blocks/{one}/children",
            {"children": [{"type": "heading_4", "heading_4": {"rich_text": text("h4")}}]}),
        Expect(body=expect_list({**BLOCK, "type": "=heading_4"}, "block")),
    ),
    Call(
        "the rows of a table",
        "The rows of a table are its children, with a list of rich texts for each cell.",
        REFERENCE + "block",
        Ask("GET", "/v1/blocks/{table}/children", query={"page_size": 100}),
        Expect(body=expect_list({**BLOCK, "type": "=table_row"}, "block"),
               holds={"results[0].table_row.cells[1][0].plain_text": "=b"}),
        keep={"row": "results[0].id"},
    ),
    Call(
        "a row that is too long",
        "A row with more cells than its table has columns is refused.",
        REFERENCE + "block",
        Ask("PATCH", "/v1/blocks/{table}/children",
            {"children": [{"type": "table_row", "table_row": {"cells": [[], [], []]}}]}),
        refusal(400, "validation_error", "table"),
    ),
    Call(
        "a language that is none",
        "Code in a language that is not in the list is refused.",
        REFERENCE + "block",
        Ask("PATCH", "/v1/blocks/{code}", {"code": {"rich_text": text("x"), "language": "brainmelt"}}),
        refusal(400, "validation_error", "language"),
    ),
    Call(
        "a block is changed",
        "PATCH blocks replaces what is given and answers with the block; the rest of it stays.",
        REFERENCE + "update-a-block",
        Ask("PATCH", "/v1/blocks/{todo}", {"to_do": {"checked": False}}),
        Expect(body={**BLOCK, "id": "={todo}", "type": "=to_do"}, holds={
            "to_do.checked": False, "to_do.rich_text[0].plain_text": "=to do"}),
    ),
    Call(
        "a block of another kind",
        "A block does not become one of another kind.",
        REFERENCE + "update-a-block",
        Ask("PATCH", "/v1/blocks/{first}", {"to_do": {"rich_text": text("x")}}),
        refusal(400, "validation_error"),
    ),
)  # fmt: skip

LIMITS = (
    Call(
        "a hundred and one blocks",
        "More than 100 blocks in one list are refused, and none is appended.",
        REFERENCE + "request-limits",
        Ask("PATCH", CHILDREN, {"children": [paragraph("x")] * 101}),
        refusal(400, "validation_error", "body.children", "100"),
    ),
    Call(
        "2,000 characters",
        "One text may have 2,000 characters.",
        REFERENCE + "request-limits",
        Ask("PATCH", "/v1/blocks/{first}", {"paragraph": {"rich_text": text("x" * 2000)}}),
        Expect(body={**PARAGRAPH, "id": "={first}"}),
    ),
    Call(
        "2,001 characters",
        "A text of more than 2,000 characters is refused, with the path of the text.",
        REFERENCE + "request-limits",
        Ask("PATCH", "/v1/blocks/{first}", {"paragraph": {"rich_text": text("x" * 2001)}}),
        refusal(400, "validation_error", "rich_text[0].text.content", "2000"),
    ),
    Call(
        "1,001 characters that count twice",
        "Characters are counted as UTF-16 does, so that most emojis count twice.",
        NOWHERE,
        Ask("PATCH", "/v1/blocks/{first}", {"paragraph": {"rich_text": text("😀" * 1001)}}),
        refusal(400, "validation_error", "2000"),
    ),
    Call(
        "too deep at once",
        "A block is sent with two levels inside it; a third one is refused.",
        REFERENCE + "patch-block-children",
        Ask("PATCH", CHILDREN, {"children": [paragraph("1", paragraph("2", paragraph("3", paragraph("4"))))]}),
        refusal(400, "validation_error", "children"),
    ),
    Call(
        "an address that is too long",
        "A link of more than 2,000 characters is refused.",
        REFERENCE + "request-limits",
        Ask("PATCH", CHILDREN, {"children": [
            {"type": "bookmark", "bookmark": {"url": "https://example.com/" + "x" * 2000}}]}),
        refusal(400, "validation_error", "url", "2000"),
    ),
    Call(
        "nothing was appended",
        "After refused requests the page is as it was: a request is carried out whole or not at all.",
        NOWHERE,
        Ask("GET", CHILDREN, query={"page_size": 100}),
        Expect(body={**expect_list(BLOCK, "block", more=False), "results": Rows(8, BLOCK)}),
    ),
)  # fmt: skip
