"""Values, filters and what is in the trash: what Notion refuses of them, the simulator refuses."""

import pytest

from tests.support.builders.block_bodies import paragraph_blocks, table_block
from tests.support.simulators.seeded_notion import Notion, block, text


def _table_of(notion: Notion, **columns) -> str:
    body = {
        "parent": {"type": "page_id", "page_id": notion.home},
        "initial_data_source": {"properties": {"Name": {"title": {}}, **columns}},
    }
    return str(notion.call("POST", "/v1/databases", body).json()["data_sources"][0]["id"])


@pytest.mark.parametrize(
    ("column", "fits", "too_much"),
    [
        pytest.param("email", "a" * 100, "a" * 101, id="e-mail"),
        pytest.param("url", "a" * 2000, "a" * 2001, id="url"),
        pytest.param("number", 1, "1", id="a number is no string"),
        pytest.param("checkbox", True, 1, id="a flag is no number"),
        pytest.param("url", None, "", id="null clears, an empty string does not"),
        pytest.param("select", {"name": "a" * 100}, {"name": "a" * 101}, id="the name of an option"),
        pytest.param("select", {"name": "a"}, {"name": "a,b"}, id="no comma in an option"),
        pytest.param("status", {"name": "Done"}, {"name": "Invented"}, id="a status must exist"),
        pytest.param("multi_select", [{"name": str(i)} for i in range(100)], [{"name": str(i)} for i in range(101)],
                     id="options in one write"),
        pytest.param("date", {"start": "2026-11-02"}, {"start": "2.11.2026"}, id="ISO dates"),
        pytest.param("rich_text", text("x") * 100, text("x") * 101, id="rich text items"),
    ],
)  # fmt: skip
def test_a_value_is_taken_at_its_limit(notion: Notion, column, fits, too_much):
    source = _table_of(notion, X={column: {}})
    made = [
        notion.call("POST", "/v1/pages", {"parent": {"data_source_id": source}, "properties": {"X": {column: value}}})
        for value in (fits, too_much)
    ]
    assert [answer.status_code for answer in made] == [200, 400], made[0].text
    assert len(notion.effects("page.create")) == 1


def test_a_select_has_100_options_at_most(notion: Notion):
    def schema(count):
        options = [{"name": str(i)} for i in range(count)]
        return {
            "parent": {"type": "page_id", "page_id": notion.home},
            "initial_data_source": {"properties": {"Name": {"title": {}}, "X": {"select": {"options": options}}}},
        }

    assert [notion.call("POST", "/v1/databases", schema(n)).status_code for n in (100, 101)] == [200, 400]


def test_a_refused_update_changes_nothing(notion: Notion):
    source = _table_of(notion, Kind={"select": {}}, Points={"number": {}})
    row = notion.call("POST", "/v1/pages", {"parent": {"data_source_id": source}, "properties": {}}).json()["id"]
    wrong = {"Kind": {"select": {"name": "New"}}, "Points": {"number": "many"}}
    assert notion.call("PATCH", f"/v1/pages/{row}", {"properties": wrong}).status_code == 400
    assert notion.call("GET", f"/v1/pages/{row}").json()["properties"]["Kind"]["select"] is None
    columns = notion.call("GET", f"/v1/data_sources/{source}").json()["properties"]
    assert columns["Kind"]["select"]["options"] == []


def test_filters_nest_two_levels(notion: Notion):
    source = _table_of(notion)
    leaf = {"property": "Name", "title": {"equals": "x"}}
    two = {"and": [{"or": [leaf]}]}
    found = [
        notion.call("POST", f"/v1/data_sources/{source}/query", {"filter": asked}).status_code
        for asked in (leaf, two, {"or": [two]}, {"property": "Gone", "title": {"equals": "x"}})
    ]
    assert found == [200, 200, 400, 400]


def test_a_query_ends_at_its_cap_and_says_so(notion: Notion):
    source = _table_of(notion)
    for _ in range(3):
        notion.call("POST", "/v1/pages", {"parent": {"data_source_id": source}, "properties": {}})
    notion.control("/_config", {"query_cap": 2})
    answer = notion.call("POST", f"/v1/data_sources/{source}/query", {}).json()
    assert (len(answer["results"]), answer["has_more"]) == (2, False)
    assert answer["request_status"] == {"type": "incomplete", "incomplete_reason": "query_result_limit_reached"}


def test_what_is_in_the_trash_cannot_be_edited(notion: Notion):
    page = notion.page(children=paragraph_blocks(1))
    inner = notion.call("GET", f"/v1/blocks/{page}/children").json()["results"][0]["id"]
    notion.call("DELETE", f"/v1/blocks/{page}")
    assert notion.call("GET", f"/v1/pages/{page}").json()["in_trash"] is True
    assert notion.append(page, *paragraph_blocks(1)).status_code == 400
    edited = notion.call("PATCH", f"/v1/blocks/{inner}", {"paragraph": {"rich_text": []}})
    assert (edited.status_code, "archived" in edited.json()["message"]) == (400, True)
    assert notion.call("PATCH", f"/v1/pages/{page}", {"in_trash": False}).json()["in_trash"] is False


def test_a_type_and_a_table_width_never_change(notion: Notion):
    page = notion.page(children=[block("paragraph"), table_block(1)])
    paragraph, table = notion.call("GET", f"/v1/blocks/{page}/children").json()["results"]
    answers = [
        notion.call("PATCH", f"/v1/blocks/{paragraph['id']}", {"to_do": {"rich_text": []}}),
        notion.call("PATCH", f"/v1/blocks/{table['id']}", {"table": {"table_width": 2}}),
        notion.call("PATCH", f"/v1/blocks/{table['id']}", {"table": {"has_column_header": True}}),
    ]
    assert [answer.status_code for answer in answers] == [400, 400, 200]


def test_an_internal_token_makes_no_pages_at_the_top(notion: Notion):
    answer = notion.call("POST", "/v1/pages", {"properties": {}})
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error")
    token = notion.connect()["access_token"]
    assert notion.call("POST", "/v1/pages", {"properties": {}}, token=token).json()["parent"]["type"] == "workspace"
