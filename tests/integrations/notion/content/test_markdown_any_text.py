"""Any text of Markdown becomes a page within Notion's limits, and no visible word is lost."""

import html
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from shared.integrations.notion.markdown.markdown import parse_markdown
from tests.support.measures.markdown_pages import HOSTILE, PIECES, TEXTS, check_limits, words_of

pytestmark = pytest.mark.slow


def words_a_reader_sees(text: str) -> set[str]:
    """Return the words of the text as the Markdown library itself renders it, with HTML shown as text."""
    renderer = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    rendered = re.sub(r"<[^>]*>", " ", renderer.render(text))
    return set(re.findall(r"[^\W_]+", html.unescape(rendered))) - {"details", "summary", "x"}  # tags and boxes


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(TEXTS, HOSTILE))
def test_any_text_gives_a_page_within_the_limits(text: str) -> None:
    page = parse_markdown(text, name="some file")
    assert page.title.strip()
    check_limits(page)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(PIECES, max_size=12), st.sampled_from(["\n", "\n\n"]))
def test_no_visible_word_is_lost(pieces: list[str], between: str) -> None:
    text = between.join(pieces)
    page = parse_markdown(text, name="some file")
    check_limits(page)
    assert words_a_reader_sees(text) - set(words_of(page)) == set()


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TEXTS)
def test_no_visible_word_of_any_text_is_lost(text: str) -> None:
    together = "".join(words_of(parse_markdown(text, name="some file")))  # a style may begin within a word
    named = {"title"}  # the property that became the title
    assert [word for word in words_a_reader_sees(text) if word not in together and word.lower() not in named] == []
