"""The Notion client against the simulated Notion over HTTP: the calls the whole story is made of."""

import re
from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.core.errors import (
    Rejected,
)
from shared.core.page import Page
from shared.integrations.notion.client.client import Notion, normal_id
from shared.integrations.notion.content import blocks
from shared.integrations.notion.markdown.markdown import parse_markdown
from shared.integrations.notion.values.property_values import Value, property_value
from tests.integrations.conftest import Served
from tests.support.builders.notion_pages import Json, a_page

pytestmark = pytest.mark.slow
SCHEMA: Json = {
    "Name": {"title": {}},
    "Status": {"select": {"options": [{"name": "Idea"}, {"name": "Plan it"}]}},
    "Tags": {"multi_select": {"options": []}},
    "Budget": {"number": {"format": "number"}},
    "Due": {"date": {}},
    "Done": {"checkbox": {}},
    "Notes": {"rich_text": {}},
    "Site": {"url": {}},
}


def told(page: Page) -> list[str]:
    return [block.text for block in page.walk() if block.text]


def test_the_bot_and_the_people(notion: Notion, seeded: Json) -> None:
    assert notion.me()["id"] == seeded["bot_id"]
    assert seeded["people"][0]["id"] in [user["id"] for user in notion.users()]


def test_a_page_written_from_markdown_reads_back_the_same(notion: Notion, seeded: Json) -> None:
    text = (
        "# Plan\n\nintro **bold** [link](https://e.example/)\n\n- [x] a\n  - b\n    - c\n      - d\n        - e\n\n"
        "| A | B |\n|---|---|\n| 1 | 2 |\n\n```py\nx = 1\n```\n\n> q\n\n---\n\n![i](https://e.example/i.png)\n\n"
        "<details><summary>S</summary>\n\n| C |\n|---|\n| 3 |\n\n</details>"
    )
    made = parse_markdown(text)
    page = notion.read_page(a_page(notion, seeded, *made.blocks, title=made.title))
    assert page.title == "Plan"
    assert told(page) == ["intro bold link", "a", "b", "c", "d", "e", "x = 1", "q", "S"]
    kinds = [block.type for block in page.blocks]
    assert kinds == ["paragraph", "to_do", "table", "code", "quote", "divider", "image", "toggle"]
    intro, to_do, table, code, _, _, image, toggle = page.blocks
    assert [(span.text, span.bold, span.href) for span in intro.spans] == [
        ("intro ", False, None), ("bold", True, None), (" ", False, None), ("link", False, "https://e.example/"),
    ]  # fmt: skip
    assert (to_do.checked, code.language, image.url, image.caption) == (True, "python", "https://e.example/i.png", "i")
    assert table.header_row
    assert [[cell[0].text for cell in row.cells] for row in table.children] == [["A", "B"], ["1", "2"]]
    assert [row.cells[0][0].text for row in toggle.children[0].children] == ["C", "3"]


def test_a_large_page_is_written_and_read_whole_and_in_order(notion: Notion, seeded: Json, sim: Served) -> None:
    inner = [blocks.bulleted_list_item(f"i{number}") for number in range(150)]
    rows = [[f"r{number}"] for number in range(230)]
    children = [blocks.paragraph(f"p{number}") for number in range(120)]
    children += [blocks.toggle("t", inner), blocks.table(rows, header_row=True), blocks.paragraph("end")]
    page = notion.read_page(a_page(notion, seeded, *children))
    expected = [f"p{number}" for number in range(120)] + ["t"] + [f"i{number}" for number in range(150)] + ["end"]
    assert told(page) == expected
    assert [row.cells[0][0].text for row in page.blocks[121].children] == [f"r{number}" for number in range(230)]
    assert {entry["status"] for entry in sim.journal() if entry["path"].startswith("/v1/")} == {200}


def test_append_puts_blocks_at_the_end_or_after_a_sibling(notion: Notion, seeded: Json) -> None:
    page = a_page(notion, seeded)
    first, last = notion.append(page, [blocks.paragraph("a"), blocks.paragraph("d")])
    (after,) = notion.append(page, [blocks.paragraph("b")], after=first)
    notion.append(page, [blocks.paragraph("c")], after=after)
    assert [child["paragraph"]["rich_text"][0]["plain_text"] for child in notion.children(page)] == list("abcd")
    notion.update_block(first, "paragraph", {"rich_text": blocks.write_block_text("A")})
    notion.delete_block(last)
    notion.delete_block(last)
    assert told(notion.read_page(page)) == ["A", "b", "c"]


def written(schema: Json, values: Mapping[str, Value]) -> Json:
    return {name: property_value(schema[name]["type"], value) for name, value in values.items()}


def test_a_database_and_its_rows(notion: Notion, seeded: Json) -> None:
    database, source = notion.create_database(seeded["home_page_id"], "Ideas", SCHEMA)
    assert notion.database(database)["data_sources"][0]["id"] == source
    schema = notion.data_source(source)["properties"]
    values: dict[str, Value] = {
        "Name": "Shop", "Status": "Plan it", "Tags": "a, b", "Budget": "12.5", "Due": "2026-12-01",
    }  # fmt: skip
    first = written(schema, values | {"Done": True, "Notes": "n" * 4100, "Site": "https://e.example"})
    page = notion.create_page(data_source_id=source, properties=first)
    read = notion.read_page(page["id"])
    assert read.title == "Shop"
    assert dict(read.properties) == {
        "Status": "Plan it", "Tags": "a, b", "Budget": "12.5", "Due": "2026-12-01", "Done": "yes",
        "Notes": "n" * 4100, "Site": "https://e.example",
    }  # fmt: skip
    notion.create_page(data_source_id=source, properties=written(schema, {"Name": "Other"}))
    found = notion.query(source, filter={"property": "Status", "select": {"equals": "Plan it"}})
    assert [normal_id(each["id"]) for each in found] == [normal_id(page["id"])]
    notion.update_page(page["id"], written(schema, {"Status": "Idea", "Budget": None}))
    changed = notion.read_page(page["id"]).properties
    assert (changed["Status"], changed["Budget"]) == ("Idea", "")
    notion.update_page(page["id"], in_trash=True)
    assert len(notion.query(source)) == 1


def test_a_query_follows_its_pages_and_says_when_it_was_cut(notion: Notion, seeded: Json, sim: Served) -> None:
    _, source = notion.create_database(seeded["home_page_id"], "Rows", {"Name": {"title": {}}})
    for number in range(103):
        notion.create_page(data_source_id=source, properties={"Name": property_value("title", str(number))})
    assert len(notion.query(source)) == 103
    sim.control("/_config", {"query_cap": 50})
    with pytest.raises(Rejected, match="narrow the filter"):
        notion.query(source)


def test_long_properties_are_followed(notion: Notion, seeded: Json) -> None:
    _, source = notion.create_database(seeded["home_page_id"], "Notes", {"Name": {"title": {}}, "N": {"rich_text": {}}})
    long = [{"type": "text", "text": {"content": f"{number} "}} for number in range(60)]
    page = notion.create_page(
        data_source_id=source, properties={"Name": property_value("title", "x"), "N": {"rich_text": long}}
    )
    assert notion.read_page(page["id"]).properties["N"].split() == [str(number) for number in range(60)]


def test_comments_and_search(notion: Notion, seeded: Json) -> None:
    page = a_page(notion, seeded, title="A very special title")
    notion.comment(page, "hello")
    notion.comment(page, blocks.rich_text("again"))
    assert [comment["rich_text"][0]["plain_text"] for comment in notion.comments(page)] == ["hello", "again"]
    assert [normal_id(each["id"]) for each in notion.search("very special")] == [normal_id(page)]


def words(text: str) -> list[str]:
    return re.findall(r"w\d+", text)


def words_of(page: Page) -> list[str]:
    """Return all words of a page in reading order, those in cells and captions too."""
    parts: list[str] = []
    for block in page.walk():
        parts += [block.text, block.caption, *(span.text for cell in block.cells for span in cell)]
    return words(" ".join(parts))


def test_a_monstrous_text_arrives_whole_and_in_order(notion: Notion, seeded: Json) -> None:
    count = iter(range(1_000_000))

    def some(number: int, between: str = " ") -> str:
        return between.join(f"w{next(count)}" for _ in range(number))

    rule = "|".join(["---"] * 120)
    text = "\n\n".join(
        [
            some(15_000),
            f"```python\n{some(9_000, chr(10))}\n```",
            f"|{some(120, '|')}|\n|{rule}|\n|{some(120, '|')}|",
            "| a | b |\n|---|---|\n" + "\n".join(f"| {some(1)} | {some(1)} |" for _ in range(350)),
            "\n".join(f"{'  ' * level}- {some(2)}" for level in range(14)),
            "\n".join(f"- {some(1)}\n  - {some(1)}\n    - {some(1)}" for _ in range(120)),
            "<details>\n<summary>" + some(3) + "</summary>\n\n" + some(200, "\n\n") + "\n\n</details>",
            f"> {some(5_000)}",
            "**" + some(400, "** *") + "**",
        ]
    )
    made = parse_markdown(text, name="Monster")
    page = notion.read_page(a_page(notion, seeded, *made.blocks, title=made.title))
    assert words_of(page) == words(text)


BITS = st.sampled_from(
    [
        *("# ", "## ", "- ", "  - ", "    - ", "1. ", "- [ ] ", "> ", "```", "|", "|---|---|", "---", "**", "_", "`"),
        *("[", "](", ")", "![", "](https://e.example/a.png)", "<details>", "</details>", "<summary>", "</summary>"),
        *(
            "\n",
            "\n\n",
            "\n    ",
            "\\",
            "<https://e.example>",
            "w1 ",
            "w2 ",
            "😀",
            "\x00",
            "\u2028",
            "http://",
            "mailto:a@b",
        ),
    ]
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(BITS, max_size=30).map("".join))
def test_whatever_markdown_becomes_notion_takes_it(notion: Notion, seeded: Json, text: str) -> None:
    made = parse_markdown(text, name="Any")
    page = notion.read_page(a_page(notion, seeded, *made.blocks, title=made.title))
    assert page.title == made.title
    assert [block.type for block in page.blocks] == [block["type"] for block in made.blocks]
