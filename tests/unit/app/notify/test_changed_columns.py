"""What happens to the table Runs when people rename, remove or change columns and options of it."""

from __future__ import annotations

import pytest

from shared.app.workspace.workspace_changed import check_schema
from shared.app.workspace.workspace_databases import database_of, keep_mapping
from shared.app.workspace.workspace_schemas import IDEAS, RUNS, TASKS
from shared.core.run.commands import CONSIDER, Command
from shared.core.run.run import RunStatus
from shared.ports import Put
from tests.support.desks.shown_runs import Json, end_run, plain_text, plan_page, read_rows, source_of
from tests.support.rigs.small_desk import Desk
from tests.support.rigs.small_house import TENANT
from tests.support.simulators import kept_open


def schema(desk: Desk, kind: str, properties: Json) -> None:
    """Change a schema by hand, and let the delivery come."""
    source = source_of(desk, kind)
    done = desk.as_person("PATCH", f"/v1/data_sources/{source}", {"properties": properties})
    assert done["object"] == "data_source", done
    desk.told += 1
    desk.house.queue.enqueue([Command(f"schema-{desk.told}", CONSIDER, "plan", TENANT, topic="schema", ref=source)])
    desk.house.work()


def told(desk: Desk) -> list[str]:
    found = desk.as_person("GET", f"/v1/comments?block_id={desk.home}")["results"]
    return [plain_text(one["rich_text"]) for one in found]


def test_renamed_columns_and_options_are_followed_without_a_word(full: Desk) -> None:
    page = full.write_idea()
    options = full.as_person("GET", f"/v1/data_sources/{full.source}")["properties"]["Status"]["select"]["options"]
    renamed = [{"id": o["id"], "name": {"Plan it": "Bitte planen", "Approved": "Frei"}.get(o["name"], o["name"])}
               for o in options]  # fmt: skip
    schema(full, IDEAS, {"Status": {"name": "Phase", "select": {"options": renamed}}, "Run": {"name": "Lauf"}})
    _set(full, page, "Phase", "Bitte planen")
    full.tell(page)
    assert full.run_of(page).status == RunStatus.AWAITING_APPROVAL
    shown = full.as_person("GET", f"/v1/pages/{page}")["properties"]
    assert shown["Phase"]["select"]["name"] == "Plan ready"
    assert full.run_of(page).id in plain_text(shown["Lauf"]["rich_text"])
    _set(full, page, "Phase", "Frei")
    full.tell(page)
    run = full.run_of(page)
    assert (run.revision, run.status) == (1, RunStatus.EXECUTING)
    assert told(full) == []


def _set(desk: Desk, page: str, column: str, status: str) -> None:
    done = desk.as_person("PATCH", f"/v1/pages/{page}", {"properties": {column: {"select": {"name": status}}}})
    assert done["object"] == "page", done


def test_a_removed_column_is_said_once_and_the_run_goes_on_without_it(full: Desk) -> None:
    page = plan_page(full)
    schema(full, RUNS, {"Cost": None, "Site": None})
    schema(full, RUNS, {"Page": {"name": "Seite"}})
    lines = told(full)
    assert len(lines) == 2
    assert lines[0].startswith("About the database Runs: The column “Cost” was removed")
    assert "Add a column “Cost” of type number, and I use it again." in lines[0]
    assert end_run(full, page).status == RunStatus.CANCELLED
    (row,) = read_rows(full)
    assert row["Status"]["select"]["name"] == "Cancelled"
    assert row["Seite"]["url"]
    schema(full, RUNS, {"Cost": {"number": {}}})
    assert "Cost" in database_of(full.house.settings(TENANT), RUNS).properties  # type: ignore[union-attr]
    assert len(told(full)) == 2


def test_a_column_of_another_type_is_said_once(full: Desk) -> None:
    schema(full, TASKS, {"Due": {"rich_text": {}}})
    schema(full, TASKS, {"Link": {"name": "URL"}})
    (line,) = told(full)
    assert "The column “Due” is of type rich text now, which I cannot use as “Due”." in line
    schema(full, TASKS, {"Due": {"date": {}}})
    assert len(told(full)) == 1
    assert "Due" in database_of(full.house.settings(TENANT), TASKS).properties  # type: ignore[union-attr]


def test_a_removed_option_is_said_once(full: Desk) -> None:
    options = full.as_person("GET", f"/v1/data_sources/{full.source}")["properties"]["Status"]["select"]["options"]
    kept = [{"id": one["id"]} for one in options if one["name"] != "Plan ready"]
    schema(full, IDEAS, {"Status": {"select": {"options": kept}}})
    (line,) = told(full)
    assert "The option “Plan ready” no longer exists. Add an option “Plan ready” to “Status”" in line
    page = plan_page(full)
    assert full.run_of(page).status == RunStatus.AWAITING_APPROVAL


def test_a_status_that_came_later_is_used_once_somebody_has_added_it(full: Desk) -> None:
    """Schemas of people are theirs: of an older database nothing is changed, and an option of that name is an offer."""
    source = f"/v1/data_sources/{full.source}"
    options = full.as_person("GET", source)["properties"]["Status"]["select"]["options"]
    new = ("Release ready", "Production ready")
    old = [{"id": one["id"]} for one in options if one["name"] not in new]
    full.as_person("PATCH", source, {"properties": {"Status": {"select": {"options": old}}}})
    doc = full.house.store.get(TENANT, "settings", "tenant")
    assert doc is not None
    ideas = dict(doc.body["databases"]["ideas"])
    for name in ("options", "option_ids"):
        ideas[name] = {key: value for key, value in ideas[name].items() if key not in new}
    kept = {**doc.body, "databases": {**doc.body["databases"], "ideas": ideas}}
    full.house.store.put(TENANT, Put("settings", "tenant", kept))

    def agreed() -> dict[str, str]:
        check_schema(full.house.deps, full.house.tools, TENANT, "ideas")
        now = full.house.store.get(TENANT, "settings", "tenant")
        assert now is not None
        return dict(now.body["databases"]["ideas"]["options"])

    assert set(new) & set(agreed()) == set()
    more = {"Status": {"select": {"options": [*old, {"name": "release ready"}]}}}
    full.as_person("PATCH", source, {"properties": more})
    assert agreed().get("Release ready") == "release ready"
    assert "Production ready" not in agreed()


@pytest.mark.parametrize("told_of_it", [True, False])
def test_options_that_swap_names_mean_what_people_read(full: Desk, told_of_it: bool) -> None:
    page = plan_page(full)
    options = full.as_person("GET", f"/v1/data_sources/{full.source}")["properties"]["Status"]["select"]["options"]
    ids = {one["name"]: one["id"] for one in options}
    swapped = {"Approved": "Cancelled", "Cancelled": "Approved"}
    for names in ({"Approved": "x", "Cancelled": "y"}, swapped):
        listed = [{"id": each, "name": names.get(name, name)} for name, each in ids.items()]
        full.as_person(
            "PATCH", f"/v1/data_sources/{full.source}", {"properties": {"Status": {"select": {"options": listed}}}}
        )
    if told_of_it:
        schema(full, IDEAS, {"Site": {"name": "Live"}})
    full.as_person("PATCH", f"/v1/pages/{page}", {"properties": {"Status": {"select": {"id": ids["Approved"]}}}})
    assert full.status(page) == "Cancelled"
    full.tell(page)
    assert full.run_of(page).status == (RunStatus.CANCELLED if told_of_it else RunStatus.AWAITING_APPROVAL)


def test_a_look_at_a_schema_does_not_bring_back_a_database_that_was_given_up_meanwhile(full: Desk) -> None:
    chosen = {**full.house.settings(TENANT)["databases"][RUNS], "database": "another", "data_source": "another-one"}

    def choose(point: str) -> None:
        if point.startswith("effect.before/schema"):
            keep_mapping(full.house.deps, TENANT, RUNS, chosen)

    full.house.crash_point = choose
    schema(full, RUNS, {"Cost": None})
    assert source_of(full, RUNS) == "another-one"


def test_a_column_that_goes_while_nobody_tells_us_does_not_stop_a_run(full: Desk) -> None:
    page = plan_page(full)
    full.as_person("PATCH", f"/v1/data_sources/{source_of(full, RUNS)}", {"properties": {"Ended": None}})
    full.as_person("PATCH", f"/v1/data_sources/{full.source}", {"properties": {"Cost": None, "Run": None}})
    assert end_run(full, page).status == RunStatus.CANCELLED
    assert full.status(page) == "Cancelled"
    (row,) = read_rows(full)
    assert row["Status"]["select"]["name"] == "Cancelled"
    assert [line for line in told(full) if "“Ended” was removed" in line] != []


def test_a_data_source_of_somebody_else_is_none_of_ours(full: Desk) -> None:
    body = {"parent": {"page_id": full.home}, "title": [{"text": {"content": "Theirs"}}]}
    theirs = full.as_person(
        "POST", "/v1/databases", {**body, "initial_data_source": {"properties": {"N": {"title": {}}}}}
    )
    command = Command("s", CONSIDER, "plan", TENANT, topic="schema", ref=theirs["data_sources"][0]["id"])
    full.house.handle(command)
    assert told(full) == []
    assert kept_open.get(f"{full.url}/_state", timeout=10).status_code == 200
