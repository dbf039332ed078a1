"""Lists and objects that are cut, lead back or expire: read to their end, or reported."""

from typing import Any

import pytest

from shared.core.errors import (
    Rejected,
    Unavailable,
)
from shared.integrations.notion.client.client import Notion
from tests.support.simulators.repeated_answers import PAGE, Json, Repeater, refusal


def a_list(*ids: str, following: str | None = None, **more: Any) -> Json:
    return {"object": "list", "results": [{"id": each} for each in ids], "next_cursor": following, **more} | {
        "has_more": more.get("has_more", following is not None)
    }


def test_a_list_ends_where_notion_says_so(repeater: tuple[Repeater, Notion]) -> None:
    told, notion = repeater
    told.tell(a_list("a", following="2"), a_list("b", following="3"), a_list("c", has_more=True))
    assert [each["id"] for each in notion.users()] == ["a", "b", "c"]
    assert [path for _, path in told.asked] == [
        "/v1/users?page_size=100",
        "/v1/users?page_size=100&start_cursor=2",
        "/v1/users?page_size=100&start_cursor=3",
    ]
    told.tell(a_list("a", following="2", has_more=False))
    assert [each["id"] for each in notion.users()] == ["a"]


def test_a_list_that_leads_back_is_reported_not_followed_for_ever(repeater: tuple[Repeater, Notion]) -> None:
    told, notion = repeater
    told.tell(a_list("a", following="2"), a_list("b", following="3"), a_list("c", following="2"))
    with pytest.raises(Unavailable, match="leads back to an earlier page of itself"):
        notion.users()
    assert len(told.asked) == 3


def test_a_list_that_expires_on_the_way_may_be_asked_again(repeater: tuple[Repeater, Notion]) -> None:
    told, notion = repeater
    late = refusal(400, "validation_error") | {"message": "The start_cursor provided is invalid."}
    told.answers = [(200, a_list("a", following="2"), {}), (400, late, {})]
    told.asked.clear()
    with pytest.raises(Unavailable, match="the list expired while it was being read"):
        notion.users()


def test_a_cut_list_is_reported_and_a_cut_search_is_marked(repeater: tuple[Repeater, Notion]) -> None:
    told, notion = repeater
    cut = {"type": "incomplete", "incomplete_reason": "query_result_limit_reached"}
    told.tell(a_list("a", request_status=cut))
    with pytest.raises(Rejected, match=r"stopped before the end of the list \(query_result_limit_reached\)"):
        notion.comments(PAGE)
    found = notion.search("a")
    assert ([each["id"] for each in found], found.complete) == (["a"], False)
    told.tell(a_list("a", request_status={"type": "incomplete", "incomplete_reason": "something_else"}))
    with pytest.raises(Rejected, match="something_else"):
        notion.query(PAGE)


def test_a_relation_that_says_it_is_whole_costs_no_request_and_one_that_has_more_is_followed(
    repeater: tuple[Repeater, Notion],
) -> None:
    told, notion = repeater

    def page(count: int, **more: Any) -> Json:
        links = {"id": "a%3Ab", "type": "relation", "relation": [{"id": str(n)} for n in range(count)], **more}
        return {"object": "page", "id": PAGE, "properties": {"Links": links}, "from_the_future": {"x": 1}}

    item = {"object": "property_item", "id": "a%3Ab", "type": "relation", "relation": {"id": "z"}}
    whole = {"object": "list", "results": [item], "has_more": False, "next_cursor": None}
    whole |= {"property_item": {"id": "a%3Ab", "type": "relation", "relation": {}}}
    for count, more, requests in ((25, {"has_more": False}, 1), (25, {}, 2), (24, {}, 1), (3, {"has_more": True}, 2)):
        told.answers = [(200, page(count, **more), {}), (200, whole, {})]
        told.asked.clear()
        read = notion.page(PAGE)
        assert len(told.asked) == requests
        assert (read["properties"]["Links"]["relation"] == [{"id": "z"}]) is (requests == 2)
        assert not read["properties"]["Links"].get("has_more")
        assert read["from_the_future"] == {"x": 1}
    # decoded once and encoded once: %253A would name another property
    assert told.asked[-1][1].startswith(f"/v1/pages/{PAGE}/properties/a%3Ab?")
    told.tell(a_list())
    notion.query(PAGE, only=["a%3Ab", "c"])
    assert "filter_properties=a%3Ab&filter_properties=c" in told.asked[-1][1]


def test_a_rollup_is_read_to_its_end_or_reported(repeater: tuple[Repeater, Notion]) -> None:
    told, notion = repeater

    def part(rollup: Json, *numbers: int, following: str | None) -> Json:
        items = [{"object": "property_item", "id": "r", "type": "number", "number": number} for number in numbers]
        about = {"id": "r", "type": "rollup", "rollup": rollup}
        return {**a_list(following=following), "results": items, "property_item": about}

    unfinished: Json = {"type": "incomplete", "incomplete": {}, "function": "sum"}
    total: Json = {"type": "number", "number": 6, "function": "sum"}
    shown: Json = {"type": "array", "array": [], "function": "show_original"}
    told.tell(part(unfinished, 1, 2, following="2"), part(total, 3, following=None))
    assert notion.property_value(PAGE, "r") == total
    told.tell(part(shown, 1, 2, following="2"), part(shown, 3, following=None))
    numbers = [{"type": "number", "number": number} for number in (1, 2, 3)]
    assert notion.property_value(PAGE, "r") == shown | {"array": numbers}
    told.tell(part(unfinished, 1, following=None))
    with pytest.raises(Rejected, match="cannot compute this rollup completely"):
        notion.property_value(PAGE, "r")


def test_a_page_we_may_not_read_is_returned_as_it_came(repeater: tuple[Repeater, Notion]) -> None:
    told, notion = repeater
    told.tell({"object": "page", "id": PAGE})
    assert notion.create_page(page_id=PAGE, properties={}) == {"object": "page", "id": PAGE}
    assert len(told.asked) == 1
