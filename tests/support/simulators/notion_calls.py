"""Every call of our Notion client, by name, on things that are there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.client.markdown_calls import replace_content
from shared.integrations.notion.content import blocks
from shared.integrations.notion.content.writer import write_tree
from shared.integrations.notion.long_lists import edited_parts

Json = dict[str, Any]


@dataclass
class Room:
    """Ids of things that are there."""

    home: str
    page: str = ""
    database: str = ""
    source: str = ""
    row: str = ""
    user: str = ""
    comment: Json = field(default_factory=dict)


Call = Callable[[Notion, Room], Any]

READS: dict[str, Call] = {
    "me": lambda n, r: n.me(),
    "users": lambda n, r: n.users(),
    "user": lambda n, r: n.user(r.user),
    "read_page": lambda n, r: n.read_page(r.page),
    "read_row": lambda n, r: n.read_page(r.row),
    "property_value": lambda n, r: n.property_value(r.row, "title"),
    "block": lambda n, r: n.block(r.page),
    "database": lambda n, r: n.database(r.database),
    "data_source": lambda n, r: n.data_source(r.source),
    "query": lambda n, r: n.query(r.source),
    "query_part": lambda n, r: n.query_part(r.source),
    "templates": lambda n, r: n.templates(r.source),
    "search": lambda n, r: n.search(""),
    "edited_parts": lambda n, r: list(edited_parts(n, "2020-01-01T00:00:00.000Z")),
    "comments": lambda n, r: n.comments(r.page),
    "get_comment": lambda n, r: n.get_comment(str(r.comment["id"])),
    "markdown": lambda n, r: n.markdown(r.page),
}
WRITES: dict[str, Call] = {
    "create_page": lambda n, r: n.create_page(page_id=r.home, children=[blocks.paragraph("a")] * 101)["id"],
    "create_small_page": lambda n, r: n.create_page(page_id=r.home, properties={}),
    "update_page": lambda n, r: n.update_page(r.row, {"Done": {"checkbox": True}}),
    "append": lambda n, r: n.append(r.page, [blocks.divider()]),
    "append_tree": lambda n, r: n.append_tree(r.page, [deep()]),
    "write_tree": lambda n, r: write_tree(n, lambda name, do, look: do(), r.page, [deep()]),
    "create_database": lambda n, r: n.create_database(r.home, "T", {"Name": {"title": {}}}),
    "comment": lambda n, r: n.comment(r.page, "x"),
    "reply": lambda n, r: n.reply(str(r.comment["discussion_id"]), "x"),
    "upload": lambda n, r: n.upload("a.txt", b"x"),
    "edit_markdown": lambda n, r: n.edit_markdown(r.page, replace_content("x")),
    "edit_later": lambda n, r: n.edit_markdown(r.page, replace_content("x" * 2000), allow_async=True),
}


def deep() -> Json:
    inner = blocks.columns([[blocks.toggle("a", [blocks.toggle("b", [blocks.toggle("c", [blocks.divider()])])])]] * 2)
    return blocks.toggle("t", [blocks.toggle("u", [blocks.toggle("v", [inner])])])
