"""What is refused before it is sent: each published limit from both sides, with the field named."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.core.errors import Rejected
from shared.integrations.notion.limits import check_body, check_files, check_filter, check_schema, text_items

Json = dict[str, Any]


def text(content: str) -> Json:
    return {"type": "text", "text": {"content": content}}


def block(*items: Json, below: list[Json] | None = None) -> Json:
    body: Json = {"rich_text": list(items)} | ({"children": below} if below else {})
    return {"object": "block", "type": "paragraph", "paragraph": body}


def value(kind: str, content: Any) -> Json:
    return {"properties": {"P": {kind: content}}}


def option(name: str) -> Json:
    return {"properties": {"P": {"select": {"options": [{"name": name}]}}}}


@pytest.mark.parametrize(
    ("at_the_limit", "beyond", "field"),
    [
        ({"children": [block()] * 100}, {"children": [block()] * 101}, "body.children: 101 entries"),
        (
            {"children": [block(text("x" * 2000))]},
            {"children": [block(), block(text("x"), text("x" * 2001))]},
            r"body\.children\[1\]\.paragraph\.rich_text\[1\]\.text\.content: 2001 characters",
        ),
        (  # UTF-16 code units: each of these counts two
            {"children": [block(text("😀" * 1000))]},
            {"children": [block(text("😀" * 1001))]},
            "content: 2002 characters",
        ),
        (
            {"children": [block({"type": "equation", "equation": {"expression": "x" * 1000}})]},
            {"children": [block({"type": "equation", "equation": {"expression": "x" * 1001}})]},
            r"rich_text\[0\]\.equation\.expression: 1001 characters",
        ),
        (  # an equation that is a block of its own has no such limit
            {"children": [{"object": "block", "type": "equation", "equation": {"expression": "x" * 1001}}]},
            {"children": [block(text("x") | {"text": {"content": "x", "link": {"url": "https://e/" + "x" * 1991}}})]},
            r"link\.url: 2001 characters",
        ),
        (
            {"children": [block(below=[block()] * 99)] * 10},
            {"children": [block(below=[block()] * 100)] * 10},
            "body: 1010 blocks in one request; Notion takes at most 1000",
        ),
        (
            {"markdown": "x" * 499_985},
            {"markdown": "ż" * 250_001},
            "body: 500017 bytes in one request; Notion takes at most 500000",
        ),
        (value("relation", [{"id": "x"}] * 100), value("relation", [{"id": "x"}] * 101), r"P\.relation: 101 entries"),
        (value("people", [{"id": "x"}] * 100), value("people", [{"id": "x"}] * 101), r"P\.people: 101 entries"),
        (
            value("multi_select", [{"name": "x" * 100}] * 100),
            value("multi_select", [{"name": "x"}] * 101),
            "P.multi_select: 101 entries",
        ),
        (value("select", {"name": "x" * 100}), value("select", {"name": "x" * 101}), r"P\.select\.name: 101 char"),
        (value("status", {"name": "a b"}), value("status", {"name": "a, b"}), r"P\.status\.name: 'a, b' holds a comma"),
        (
            value("multi_select", [{"id": "a,b"}]),
            value("multi_select", [{"name": "a"}, {"name": "b,"}]),
            r"multi_select\[1\]\.name: 'b,' holds a comma",
        ),
        (option("x" * 100), option("x" * 101), r"select\.options\[0\]\.name: 101 characters"),
        (value("email", "x" * 100), value("email", "x" * 101), r"P\.email: 101 characters"),
        (value("phone_number", None), value("phone_number", ""), r"P\.phone_number: an empty text .* give null"),
        (value("url", "x" * 2000), value("url", "x" * 2001), r"P\.url: 2001 characters"),
        ({"x": "\U0001f600"}, {"x": "\ud83d"}, "body: it holds what JSON cannot express"),
    ],
)
def test_a_body_is_taken_at_each_limit_and_refused_beyond_it(at_the_limit: Json, beyond: Json, field: str) -> None:
    check_body(at_the_limit)
    with pytest.raises(Rejected, match=field):
        check_body(beyond)


def test_what_people_call_their_columns_is_not_mistaken_for_ours() -> None:
    check_body({"properties": {"select": {"name": "Cost, net"}, "email": None, "url": {"url": None}, "content": {}}})


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda: check_schema({"A": {"description": "x" * 281}}, "p"), r"p\.A\.description: 281 characters"),
        (lambda: check_schema({"A": {"description": ""}}, "p"), r"p\.A\.description: 0 characters"),
        (lambda: check_files({"A": {"files": [{"name": "x" * 101}]}}), r"properties\.A\.files\[0\]\.name: 101"),
        (lambda: check_filter({"or": [{"and": [{"or": [{}]}]}]}), "filter: 3 levels"),
        (lambda: text_items("x" * 200_001, "title"), "title: 101 runs of text"),
    ],
)
def test_what_only_some_calls_hold_is_checked_there(call: Callable[[], object], field: str) -> None:
    with pytest.raises(Rejected, match=field):
        call()


def test_what_fits_passes() -> None:
    check_schema({"A": {"description": "x" * 280, "number": {}}, "B": None}, "p")
    check_files({"A": {"files": [{"name": "x" * 100}, {"type": "external"}]}, "B": {"number": 1}})
    check_filter({"or": [{"and": [{"property": "A"}]}, {"property": "B"}]})
    check_filter(None)
    assert len(text_items("x" * 200_000, "title")) == 100
    assert text_items([text("as written")], "title") == [text("as written")]
