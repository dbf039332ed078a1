"""A column whose type changes keeps what reads as the new type, and loses the rest."""

from typing import Any

import pytest

from tests.support.simulators.seeded_notion import Notion


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [
        ({"number": 2.5}, {"rich_text": {}}, "2.5"),
        ({"number": 0}, {"checkbox": {}}, False),
        ({"rich_text": [{"text": {"content": "7"}}]}, {"number": {}}, 7),
        ({"rich_text": [{"text": {"content": "seven"}}]}, {"number": {}}, None),
        ({"select": {"name": "Red"}}, {"multi_select": {}}, ["Red"]),
        ({"rich_text": [{"text": {"content": "Red"}}]}, {"select": {}}, "Red"),
        ({"rich_text": [{"text": {"content": "soon"}}]}, {"date": {}}, None),
    ],
)
def test_values_are_converted_or_cleared(notion: Notion, before: Any, after: Any, kept: Any) -> None:
    (kind,), (new,) = before, after
    parent = {"type": "page_id", "page_id": notion.home}
    columns: dict[str, Any] = {"Name": {"title": {}}, "It": {kind: {}}}
    body = {"parent": parent, "title": [], "initial_data_source": {"properties": columns}}
    source = notion.call("POST", "/v1/databases", body).json()["data_sources"][0]["id"]
    row = {"parent": {"type": "data_source_id", "data_source_id": source}, "properties": {"It": before}}
    page = notion.call("POST", "/v1/pages", row).json()["id"]
    changed = notion.call("PATCH", f"/v1/data_sources/{source}", {"properties": {"It": after}})
    assert changed.status_code == 200
    value = notion.call("GET", f"/v1/pages/{page}").json()["properties"]["It"]
    assert value["type"] == new
    assert _meaning(value[new]) == kept


def _meaning(content: Any) -> Any:
    if isinstance(content, list):
        texts = [part.get("plain_text") for part in content]
        return "".join(texts) if any(texts) else [part["name"] for part in content]
    return content["name"] if isinstance(content, dict) else content
