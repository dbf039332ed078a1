"""Values of properties as text and text as values, without a server."""

from typing import Any

import pytest

from shared.core.errors import (
    Rejected,
)
from shared.core.page import Block
from shared.integrations.notion.content.reading import property_text, read_block
from shared.integrations.notion.values.property_values import property_value
from tests.support.builders.notion_pages import Json

pytestmark = pytest.mark.slow


def test_what_a_newer_notion_adds_is_kept_or_skipped() -> None:
    strange = read_block({"id": "1", "type": "hologram", "hologram": {"rich_text": [{"plain_text": "x"}], "new": 1}})
    assert (strange.type, strange.text) == ("hologram", "x")
    assert read_block({"id": "2", "type": "unsupported", "unsupported": {"block_type": "button"}}) == Block(
        id="2", type="unsupported", block_type="button"
    )
    assert read_block({}).type == "unsupported"
    assert property_text({"type": "button", "button": {}}) == ""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"type": "number", "number": 3.0}, "3"),
        ({"type": "number", "number": None}, ""),
        ({"type": "date", "date": {"start": "2026-11-01", "end": "2026-11-03"}}, "2026-11-01 → 2026-11-03"),
        ({"type": "people", "people": [{"id": "1", "name": "Ada"}, {"id": "2"}]}, "Ada, 2"),
        ({"type": "formula", "formula": {"type": "boolean", "boolean": False}}, "no"),
        ({"type": "unique_id", "unique_id": {"prefix": "TASK", "number": 7}}, "TASK-7"),
        (
            {"type": "rollup", "rollup": {"type": "array", "array": [{"type": "select", "select": {"name": "a"}}]}},
            "a",
        ),
        ({"type": "files", "files": [{"name": "f.pdf", "type": "external", "external": {"url": "u"}}]}, "f.pdf"),
    ],
)
def test_properties_become_text(value: Json, text: str) -> None:
    assert property_text(value) == text


@pytest.mark.parametrize(
    ("kind", "value", "written"),
    [
        ("select", "a, b", {"select": {"name": "a b"}}),
        ("select", "", {"select": None}),
        ("multi_select", ["a", "b", "a"], {"multi_select": [{"name": "a"}, {"name": "b"}]}),
        ("number", "1 000", {"number": 1000}),
        ("date", "2026-11-01/2026-11-03", {"date": {"start": "2026-11-01", "end": "2026-11-03"}}),
        ("checkbox", "yes", {"checkbox": True}),
        ("relation", ["x"], {"relation": [{"id": "x"}]}),
        ("url", None, {"url": None}),
    ],
)
def test_text_becomes_properties(kind: str, value: Any, written: Json) -> None:
    assert property_value(kind, value) == written


@pytest.mark.parametrize(
    ("kind", "value"), [("formula", "1"), ("number", "many"), ("number", "nan"), ("email", "x" * 101)]
)
def test_a_value_that_does_not_fit_is_refused(kind: str, value: str) -> None:
    with pytest.raises(Rejected):
        property_value(kind, value)
