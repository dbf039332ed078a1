"""Tables in the simulator: rollups, their filters, cuts and caps, what moves, and what a query keeps still."""

import pytest

from tests.support.simulators.seeded_notion import Notion, text


def _database(notion: Notion, **columns) -> dict:
    initial = {"properties": {"Name": {"title": {}}, **columns}}
    return notion.call(
        "POST", "/v1/databases", {"parent": {"page_id": notion.home}, "initial_data_source": initial}
    ).json()


def _source(database: dict) -> str:
    return str(database["data_sources"][0]["id"])


def _row(notion: Notion, source: str, name: str = "", **values) -> str:
    properties = {"Name": {"title": text(name)}, **values}
    answer = notion.call("POST", "/v1/pages", {"parent": {"data_source_id": source}, "properties": properties})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


def _query(notion: Notion, source: str, **asked) -> list[str]:
    rows = notion.call("POST", f"/v1/data_sources/{source}/query", asked).json()["results"]
    return [row["properties"]["Name"]["title"][0]["plain_text"] for row in rows]


@pytest.fixture
def project(notion: Notion) -> tuple[str, str]:
    """Return a table of projects over a table of tasks, and one project with the tasks 1, 2 and 6."""
    tasks = _source(_database(notion, Hours={"number": {}}, Done={"checkbox": {}}, Due={"date": {}}))
    related = {"relation": {"data_source_id": tasks, "single_property": {}}}
    functions = {"sum": "Hours", "average": "Hours", "median": "Hours", "range": "Hours", "count": "Name"}
    functions |= {"percent_checked": "Done", "date_range": "Due", "show_original": "Hours"}
    rollups = {
        name: {"rollup": {"relation_property_name": "Tasks", "rollup_property_name": of, "function": name}}
        for name, of in functions.items()
    }
    projects = _source(_database(notion, Tasks=related, **rollups))
    made = [
        _row(
            notion,
            tasks,
            Hours={"number": hours},
            Done={"checkbox": hours > 1},
            Due={"date": {"start": f"2026-11-0{hours}"}},
        )
        for hours in (1, 2, 6)
    ]
    _row(notion, projects, "busy", Tasks={"relation": [{"id": key} for key in made]})
    _row(notion, projects, "idle")
    return projects, made[0]


def test_rollups_are_worked_out(notion: Notion, project):
    rows = notion.call("POST", f"/v1/data_sources/{project[0]}/query", {}).json()["results"]
    busy = next(row["properties"] for row in rows if row["properties"]["Tasks"]["relation"])
    values = {name: busy[name]["rollup"] for name in busy if busy[name]["type"] == "rollup"}
    assert {name: value["number"] for name, value in values.items() if value["type"] == "number"} == {
        "sum": 9,
        "average": 3,
        "median": 2,
        "range": 5,
        "count": 3,
        "percent_checked": 2 / 3,
    }
    assert values["date_range"]["date"] == {"start": "2026-11-01", "end": "2026-11-06", "time_zone": None}
    assert [item["number"] for item in values["show_original"]["array"]] == [1, 2, 6]
    assert {value["function"] for value in values.values()} == set(values)


def test_a_rollup_is_read_whole_by_the_property_endpoint(notion: Notion, project):
    row = notion.call("POST", f"/v1/data_sources/{project[0]}/query", {}).json()["results"][1]
    key = row["properties"]["show_original"]["id"]
    whole = notion.call("GET", f"/v1/pages/{row['id']}/properties/{key}?page_size=2").json()
    assert [item["number"] for item in whole["results"]] == [1, 2]
    assert (whole["has_more"], whole["property_item"]["rollup"]["function"]) == (True, "show_original")
    rest = notion.call("GET", whole["property_item"]["next_url"].removeprefix(notion.url)).json()
    assert [item["number"] for item in rest["results"]] == [6]


@pytest.mark.parametrize(
    ("rollup", "names"),
    [
        ({"property": "sum", "rollup": {"number": {"greater_than": 8}}}, ["busy"]),
        ({"property": "show_original", "rollup": {"any": {"number": {"equals": 6}}}}, ["busy"]),
        ({"property": "show_original", "rollup": {"every": {"number": {"less_than": 5}}}}, ["idle"]),
        ({"property": "show_original", "rollup": {"none": {"number": {"equals": 7}}}}, ["busy", "idle"]),
        ({"property": "date_range", "rollup": {"date": {"on_or_after": "2026-11-01"}}}, ["busy"]),
    ],
)
def test_rollups_are_filtered_by(notion: Notion, project, rollup, names):
    sorts = [{"property": "Name", "direction": "ascending"}]
    assert _query(notion, project[0], filter=rollup, sorts=sorts) == names


@pytest.mark.parametrize(
    "wrong",
    [
        {"function": "guess"},
        {"relation_property_name": "Name"},
        {"rollup_property_name": "Gone"},
        {"colour": "red"},
    ],
)
def test_a_wrong_rollup_is_refused(notion: Notion, project, wrong):
    rollup = {"relation_property_name": "Tasks", "rollup_property_name": "Hours", "function": "sum", **wrong}
    answer = notion.call("PATCH", f"/v1/data_sources/{project[0]}", {"properties": {"New": {"rollup": rollup}}})
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error")


def test_long_values_are_cut_in_a_page_and_whole_by_themselves(notion: Notion):
    source = _source(_database(notion, Long={"rich_text": {}}))
    others = [_row(notion, source) for _ in range(26)]
    relation = {"Next": {"relation": {"data_source_id": source, "single_property": {}}}}
    notion.call("PATCH", f"/v1/data_sources/{source}", {"properties": relation})
    long = {"Long": {"rich_text": text("x") * 26}, "Next": {"relation": [{"id": key} for key in others]}}
    page = notion.call("GET", f"/v1/pages/{_row(notion, source, **long)}").json()
    shown = page["properties"]
    assert (len(shown["Long"]["rich_text"]), len(shown["Next"]["relation"])) == (25, 25)
    assert shown["Next"]["has_more"] is True
    for name in ("Long", "Next"):
        whole = notion.call("GET", f"/v1/pages/{page['id']}/properties/{shown[name]['id']}").json()
        assert (len(whole["results"]), whole["has_more"]) == (26, False)


def test_a_query_goes_on_through_what_it_found_first(notion: Notion):
    source = _source(_database(notion))
    rows = [_row(notion, source, str(number)) for number in range(4)]
    path = f"/v1/data_sources/{source}/query"
    first = notion.call("POST", path, {"page_size": 2}).json()
    _row(notion, source, "late")
    rest = notion.call("POST", path, {"page_size": 2, "start_cursor": first["next_cursor"]}).json()
    assert [row["id"] for row in first["results"] + rest["results"]] == rows[::-1]
    notion.control("/_config", {"query_cap": 3})
    first = notion.call("POST", path, {"page_size": 2}).json()
    rest = notion.call("POST", path, {"page_size": 2, "start_cursor": first["next_cursor"]}).json()
    assert [len(part["results"]) for part in (first, rest)] == [2, 1]
    assert [part["request_status"]["type"] for part in (first, rest)] == ["incomplete", "incomplete"]


def test_what_moved_is_at_its_new_place_also_after_a_restart(kept_notion: Notion):
    notion = kept_notion
    one, two = _database(notion), _database(notion)
    rows = [_row(notion, _source(one), str(number)) for number in range(2)]
    _row(notion, _source(two), "own")
    page = notion.page()
    notion.call("POST", f"/v1/pages/{rows[0]}/move", {"parent": {"data_source_id": _source(two)}})
    notion.call("PATCH", f"/v1/databases/{two['id']}", {"parent": {"page_id": page}})
    notion.call("PATCH", f"/v1/data_sources/{_source(one)}", {"parent": {"database_id": two["id"]}})
    names = [source["name"] for source in notion.call("GET", f"/v1/databases/{two['id']}").json()["data_sources"]]
    assert len(names) == 2
    again = type(notion.simulator)(notion.simulator.data)
    for simulator in (notion.simulator, again):
        nodes = simulator.world.nodes
        assert [simulator.world.title(nodes[row]) for row in nodes[_source(two)]["children"]] == ["own", "0"]
        assert nodes[_source(one)]["children"] == [rows[1]]
        assert nodes[rows[1]]["parent"]["database_id"] == two["id"]
        assert nodes[two["id"]]["parent"] == {"type": "page_id", "page_id": page}


def test_a_resolved_discussion_is_listed_no_more(notion: Notion):
    comment = notion.call("POST", "/v1/comments", {"parent": {"page_id": notion.home}, "markdown": "**done**"}).json()
    assert comment["rich_text"][0]["annotations"]["bold"] is True
    notion.control("/_resolve", {"discussion_id": comment["discussion_id"]})
    assert notion.call("GET", f"/v1/comments?block_id={notion.home}").json()["results"] == []
    assert notion.call("GET", f"/v1/comments/{comment['id']}").status_code == 200
