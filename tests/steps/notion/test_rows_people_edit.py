"""A cell that a person edits between our reading and our writing is theirs; the step says so."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared.core.run.run import RunStatus, StepSpec, StepStatus
from shared.integrations.notion.content import blocks
from shared.steps.notion.notion_update_rows import UpdateRows
from tests.steps.bench import Bench, titled
from tests.steps.notion.cases import values
from tests.steps.notion.test_steps_undone import run
from tests.steps.notion.test_update_rows import many, statuses, text_left, writes

BLOCKED = {"select": {"name": "Blocked"}}
LIMITED = {"method": "PATCH", "path": "/v1/pages/*", "status": 429, "headers": {"Retry-After": "30"}}


def text(said: str) -> dict[str, Any]:
    return {"rich_text": blocks.rich_text(said)}


def held_up(bench: Bench, skip: int, **given: Any) -> None:
    """Begin to change rows; after `skip` writes Notion wants half a minute of quiet."""
    asked = UpdateRows(data_source=bench.ids["things"], **given)
    bench.sim.control("/_faults", [{**LIMITED, "skip": skip}])
    bench.start(
        StepSpec("do", "notion.update_rows", "Mark them", asked.model_dump(mode="json"), undoable=True), gate=True
    )
    assert bench.run.steps[0].status == StepStatus.WAITING


def test_what_a_person_set_in_the_column_meanwhile_stays_and_is_told(bench: Bench) -> None:
    rows = many(bench, 3)
    held_up(bench, 1, rows=rows, set={"Status": "Done", "Note": "swept"})
    bench.notion.update_page(rows[1], {"Status": BLOCKED})
    bench.notion.update_page(rows[2], {"Status": BLOCKED, "Note": text("mine")})
    before = len(writes(bench))
    bench.until_rest()
    step = bench.run.steps[0]
    assert step.status == StepStatus.SUCCEEDED
    assert statuses(bench, rows) == ["Done", "Blocked", "Blocked"]
    assert [values(bench.look(), "Note")[f"Row 00{number}"] for number in range(3)] == ["swept", "swept", "mine"]
    assert writes(bench)[before:] == [rows[1]]  # a row that is all theirs is not written at all
    assert (step.output["updated"], step.output["left"]) == (2, rows[1:])
    assert bench.run.facts["left_as_it_is"] == "2 rows in which somebody has changed what was to be set"
    told = text_left(bench)
    assert told.startswith("2 rows were changed. What somebody has changed meanwhile was left as it is: ")
    assert "Row 001 (Status); Row 002 (Status, Note)." in told
    assert "| Row 002 |" not in told


def test_what_was_left_to_people_is_no_trouble_to_the_undo(bench: Bench) -> None:
    rows = many(bench, 3)
    held_up(bench, 1, rows=rows, set={"Status": "Done", "Note": "swept"})
    bench.notion.update_page(rows[1], {"Status": BLOCKED})
    bench.notion.update_page(rows[2], {"Status": BLOCKED, "Note": text("mine")})
    bench.until_rest()
    ended = bench.cancel()
    assert ended.undone_failed == ()
    assert statuses(bench, rows) == ["To do", "Blocked", "Blocked"]
    assert [values(bench.look(), "Note")[f"Row 00{number}"] for number in range(3)] == ["", "", "mine"]


def test_an_edit_of_another_column_keeps_nothing_from_being_written(bench: Bench) -> None:
    rows = many(bench, 2)
    held_up(bench, 0, rows=rows, set={"Status": "Done"})
    bench.notion.update_page(rows[1], {"Estimate": {"number": 9}})
    bench.until_rest()
    assert statuses(bench, rows) == ["Done", "Done"]
    assert "left_as_it_is" not in bench.run.facts


def died_before_its_write(bench: Bench, kind: str, **given: Any) -> None:
    """Let the first attempt die when it has read the page and written nothing."""

    def die(point: str) -> None:
        if point == f"result.after/{kind}/before":
            bench.house.crash_point = lambda point: None
            raise SystemExit

    bench.house.crash_point = die
    with pytest.raises(SystemExit):
        run(bench, kind, **given)


def test_a_page_that_a_person_moved_after_an_attempt_died_before_its_move_stays_there(bench: Bench) -> None:
    other = bench.notion.create_page(page_id=bench.ids["home"], properties={"title": titled("Attic")})["id"]
    died_before_its_write(bench, "notion.move_page", page=bench.ids["club"], to_page=bench.ids["archive"])
    bench.notion.move_page(bench.ids["club"], to_page=other)
    bench.house.pass_time(timedelta(minutes=16), timedelta(minutes=16))
    bench.until_rest()
    assert bench.notion.page(bench.ids["club"])["parent"]["page_id"] == other
    assert bench.run.facts == {"left_as_it_is": "where the page stands has been changed meanwhile"}
    assert bench.cancel().undone_failed == ()


def test_what_a_person_set_on_a_page_after_an_attempt_died_before_its_write_stays(bench: Bench) -> None:
    given = {"page": bench.ids["bell"], "properties": {"Note": "ours", "Status": "Done"}}
    died_before_its_write(bench, "notion.update_page", **given)
    bench.notion.update_page(bench.ids["bell"], {"Note": text("mine")})
    bench.house.pass_time(timedelta(minutes=16), timedelta(minutes=16))  # until it is taken for lost
    bench.until_rest()
    assert bench.run.steps[0].status == StepStatus.SUCCEEDED
    assert [values(bench.look(), name)["Bell"] for name in ("Note", "Status")] == ["mine", "Done"]
    assert bench.run.facts == {"left_as_it_is": "Note has been changed meanwhile"}


UNSHARED = {"status": 404, "body": {"object": "error", "status": 404, "code": "object_not_found", "message": "No."}}


def test_rows_of_a_table_that_is_no_longer_shared_are_not_taken_for_thrown_away(bench: Bench) -> None:
    rows = many(bench, 3)
    held_up(bench, 1, rows=rows, set={"Status": "Done"})
    source = f"/v1/data_sources/{bench.ids['things']}"
    places = [("GET", source), *((method, f"/v1/pages/{row}") for row in rows for method in ("GET", "PATCH"))]
    bench.sim.control("/_faults", [{"method": m, "path": path, "times": 1000, **UNSHARED} for m, path in places])
    bench.until_rest()
    assert bench.run.status == RunStatus.FAILED
    assert "share" in bench.run.failure
    assert bench.run.steps[0].output == {}
