"""What a Markdown text says of a page in columns is never text of the page: front matter and Notion's own exports."""

from __future__ import annotations

from typing import Any

import pytest

from shared.integrations.notion.markdown.markdown import MarkdownPage, parse_markdown
from shared.local.story.idea import own_columns

EXPORTS = {
    "en": "# Choir\n\nOwner: Ada Lovelace\nCreated by: Ben Ali\nCreated: March 3, 2026\nStatus: In progress\n\n",
    "de": "# Chor\n\nVerantwortlich: Ada Lovelace\nErstellt von: Ben Ali\nRaum: 12\n\n",
    "fr": "# Chœur\n\nPropriétaire: Ada Lovelace\nCréé par: Ben Ali\nStatut: En cours\n\n",
    "es": "# Coro\n\nPropietario: Ada Lovelace\nCreado por: Ben Ali\nEstado: En curso\n\n",
    "ja": "# 合唱\n\n所有者: Ada Lovelace\n作成者: Ben Ali\nステータス: 進行中\n\n",
    "zh": "# 合唱团\n\n负责人：Ada Lovelace\n创建者：Ben Ali\n状态：进行中\n\n",
    "fa": "# گروه کر\n\nمسئول: Ada Lovelace\nوضعیت: Ben Ali\n\n",
}


def shown(page: MarkdownPage) -> str:
    """Return everything that the page's own blocks say."""
    return str(page.blocks)


@pytest.mark.parametrize("language", EXPORTS)
def test_the_columns_of_an_exported_row_are_properties(language: str) -> None:
    page = parse_markdown(EXPORTS[language] + "We sing on Tuesdays.\n")
    assert {"Ada Lovelace", "Ben Ali"} <= set(page.properties.values())
    assert "Ada" not in shown(page)
    assert [block["type"] for block in page.blocks] == ["paragraph"]


@pytest.mark.parametrize(
    "text",
    [
        "# Summer fair\n\nWhen: Saturday, 5 June\nWhere: the old school\n\nBring a chair.",
        "# Owner: what the word means\n\nOwner is a word with a history.",
        "# Loaf\n\nServes: 4\nTime: 3 hours\n",
        "# Choir\n\nWe sing.\n\nOwner: Ada",
    ],
    ids=["an invitation", "a sentence", "a recipe", "not below the title"],
)
def test_what_people_write_for_others_stays_text(text: str) -> None:
    page = parse_markdown(text)
    assert page.properties == {}
    assert all(word in shown(page) + page.title for word in text.replace("#", "").split())


@pytest.mark.parametrize(
    ("head", "found"),
    [
        ('"weird, key!": 3', {"weird, key!": "3"}),
        ("2nd owner: Ada", {"2nd owner": "Ada"}),
        ("日付: 2026-01-01", {"日付": "2026-01-01"}),
        ("nested:\n  a: 1\n  b: 2", {"nested": "a: 1, b: 2"}),
        ("about: >-\n  long\n  text", {"about": "long, text"}),
        ("tags: a\ntags: b", {"tags": "a, b"}),
        ("url: https://example.org/a:b", {"url": "https://example.org/a:b"}),
        ("# a remark\nkey_1: x", {"key_1": "x"}),
    ],
)
def test_front_matter_may_hold_any_key(head: str, found: dict[str, str]) -> None:
    page = parse_markdown(f"---\n{head}\n---\n# Jam\n\nStrawberry")
    assert (page.title, page.properties) == ("Jam", found)
    assert shown(page).count("content") == 1


@pytest.mark.parametrize("name", ["title", "Title", "TITLE"])
def test_no_column_is_called_as_notion_calls_the_name_of_a_page(name: str) -> None:
    page = parse_markdown(f"---\n{name}: Short\nname: x\nStatus: y\nstatus (idea): z\n---\n# Long")
    columns: dict[str, Any] = own_columns(page, {"name", "status"})
    lower = [each.lower() for each in columns]
    assert sorted(columns.values()) == ["Short", "x", "y", "z"]
    assert len(set(lower)) == len(lower)
    assert not {"title", "name", "status"} & set(lower)
