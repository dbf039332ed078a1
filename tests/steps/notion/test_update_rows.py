"""Many rows: skipped where nothing changes, gone on with where it broke off, counted for people, brought back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared.core.errors import BudgetSpent, Rejected, Unavailable
from shared.core.notify.progress import progress_of
from shared.core.run.run import RunStatus, StepSpec, StepStatus
from shared.integrations.notion.row_batches import TooManyRows, list_all_rows, write_rows
from shared.steps._kind import Again
from shared.steps.notion.notion_update_rows import NOTION_UPDATE_ROWS, UpdateRows
from tests.steps.bench import NOBODY, Bench, titled

Json = dict[str, Any]


def many(bench: Bench, count: int) -> list[str]:
    """Add rows that are to be done, in the oldest order; return their ids."""
    return [
        str(
            bench.notion.create_page(
                data_source_id=bench.ids["things"],
                properties={"Name": titled(f"Row {number:03d}"), "Status": {"select": {"name": "To do"}}},
            )["id"]
        )
        for number in range(count)
    ]


def step(bench: Bench, **given: Any) -> StepSpec:
    asked = UpdateRows(data_source=bench.ids["things"], set={"Status": "Done"}, **given)
    return StepSpec("do", "notion.update_rows", "Mark them", asked.model_dump(mode="json"), undoable=True)


def writes(bench: Bench) -> list[str]:
    """Return the rows that were written, in order, from the simulator's journal."""
    entries = bench.sim.journal()
    return [each["path"].rsplit("/", 1)[-1] for each in entries if each["method"] == "PATCH" and each["effects"]]


def statuses(bench: Bench, rows: list[str]) -> list[str]:
    return [bench.notion.page(row)["properties"]["Status"]["select"]["name"] for row in rows]


def test_a_limit_of_calls_is_waited_out_where_it_was_met_and_people_see_how_far_it_is(bench: Bench) -> None:
    rows = many(bench, 40)
    limited = {"method": "PATCH", "path": "/v1/pages/*", "status": 429, "headers": {"Retry-After": "30"}}
    bench.sim.control("/_faults", [{**limited, "skip": 28}, {**limited, "skip": 30}])
    run = bench.start(step(bench, rows=rows))
    assert run.steps[0].status == StepStatus.WAITING
    assert run.facts == {"rows": "28 of 40"}
    assert "Now: Mark them (28 of 40 rows)" in "".join(word for word, _ in progress_of(run, "", ["do"], {}).words)
    assert bench.until_rest().status == RunStatus.SUCCEEDED
    assert bench.run.facts == {"rows": "40 of 40"}
    assert bench.run.steps[0].failures == 0
    assert writes(bench) == rows  # each once, in order


def test_killed_in_the_middle_it_goes_on_and_repeats_nothing(bench: Bench) -> None:
    rows = many(bench, 51)

    def die(point: str) -> None:
        if point == "effect.after/notion.update_rows/rows-00025":  # written, and nobody knows
            bench.house.crash_point = lambda point: None
            raise SystemExit

    bench.house.crash_point = die
    with pytest.raises(SystemExit):
        bench.start(step(bench, rows=rows))
    bench.house.pass_time(timedelta(minutes=16), timedelta(minutes=16))  # until it is taken for lost
    assert bench.until_rest().status == RunStatus.SUCCEEDED
    assert writes(bench) == rows  # what had arrived is seen, and not written again


def test_what_has_the_value_already_is_not_written_and_undo_leaves_it_alone(bench: Bench) -> None:
    rows = many(bench, 4)
    bench.notion.update_page(rows[1], {"Status": {"select": {"name": "Done"}}})
    before = len(writes(bench))
    bench.start(step(bench, rows=rows), gate=True)
    assert writes(bench)[before:] == [rows[0], rows[2], rows[3]]
    bench.cancel()
    assert writes(bench)[before + 3 :] == [rows[0], rows[2], rows[3]]
    assert statuses(bench, rows) == ["To do", "Done", "To do", "To do"]


def test_a_row_that_somebody_throws_away_meanwhile_is_no_reason_to_stop(bench: Bench) -> None:
    rows = many(bench, 3)
    limited = {"method": "PATCH", "path": "/v1/pages/*", "status": 429, "headers": {"Retry-After": "30"}}
    bench.sim.control("/_faults", [{**limited, "skip": 1}])
    bench.start(step(bench, rows=rows))
    bench.notion.update_page(rows[1], in_trash=True)
    run = bench.until_rest()
    assert run.status == RunStatus.SUCCEEDED
    assert (run.steps[0].output["updated"], run.steps[0].output["gone"]) == (2, [rows[1]])


def test_rows_of_another_table_are_refused_before_the_first_write(bench: Bench) -> None:
    many(bench, 3)
    before = writes(bench)
    run = bench.start(step(bench, rows=[bench.ids["club"]]), run="run-00000002")
    assert "is not a row of the data source" in run.failure
    assert writes(bench) == before


def text_left(bench: Bench) -> str:
    done = bench.run.step("do")
    assert done is not None
    return bench.context("do").get_text(str(done.output["text"]))


def test_more_rows_than_were_meant_change_none_and_the_text_says_so_for_steps_after_it(bench: Bench) -> None:
    rows = many(bench, 3)
    before = writes(bench)
    run = bench.start(step(bench, filter={"property": "Status", "select": {"equals": "To do"}}, at_most=2))
    assert run.status == RunStatus.SUCCEEDED
    assert run.steps[0].output["updated"] == 0
    assert writes(bench) == before
    assert statuses(bench, rows) == ["To do"] * 3
    assert text_left(bench) == "No row was changed: 5 rows match, and no more than 2 were to be changed."


def test_the_text_lists_what_each_row_held_before_with_what_the_filter_names(bench: Bench) -> None:
    rows = many(bench, 2)
    bench.notion.update_page(rows[0], {"Estimate": {"number": 7}})
    bench.notion.update_page(rows[1], {"Estimate": {"number": 8}})
    named = {"and": [{"property": "Estimate", "number": {"greater_than": 6}},
                     {"or": [{"property": "Status", "select": {"does_not_equal": "Done"}}]}]}  # fmt: skip
    assert bench.start(step(bench, filter=named)).status == RunStatus.SUCCEEDED
    assert text_left(bench).splitlines() == [
        "2 rows were changed.",
        "",
        "| Name | Estimate | Status before |",
        "| --- | --- | --- |",
        "| Row 000 | 7 | To do |",
        "| Row 001 | 8 | To do |",
    ]
    assert statuses(bench, rows) == ["Done", "Done"]


def test_the_text_counts_what_was_left_alone_and_what_nobody_found(bench: Bench) -> None:
    rows = many(bench, 1)
    bench.notion.update_page(rows[0], {"Status": {"select": {"name": "Done"}}})
    bench.start(step(bench, rows=rows))
    assert text_left(bench) == "No row was changed. 1 row was left alone: it has these values already."
    bench.start(step(bench, filter={"property": "Name", "title": {"equals": "Nobody"}}), run="run-00000002")
    assert text_left(bench) == "No row was changed. No row matches."


class Remembering:
    """What a step's context remembers, in a dictionary."""

    def __init__(self) -> None:
        self.known: dict[str, Any] = {}
        self.texts: list[str] = []

    def do_idempotently(self, name: str, do: Any) -> Any:
        if name not in self.known:
            self.known[name] = do()
        return self.known[name]

    def keep_text(self, text: str) -> str:
        self.texts.append(text)
        return str(len(self.texts) - 1)

    def get_text(self, ref: str) -> str:
        return self.texts[int(ref)]


def test_a_list_that_expires_between_two_parts_is_read_again_from_its_beginning(bench: Bench) -> None:
    rows, memory, source = many(bench, 130), Remembering(), bench.ids["things"]
    bench.sim.fault(method="POST", path="/v1/data_sources/*/query", skip=1, status=503)
    with pytest.raises(Unavailable):
        list_all_rows(bench.notion, memory, source, None, ["title"], "found")
    bench.sim.control("/_clock", {"offset_s": 7200})  # a cursor lives for an hour
    found = [row["id"] for row in list_all_rows(bench.notion, memory, source, None, ["title"], "found")]
    assert set(rows) < set(found)
    assert len(found) == len(set(found)) == 134
    assert sorted(memory.known)[-1] == "found-1-001"


def test_more_rows_than_notion_lists_are_refused(bench: Bench) -> None:
    many(bench, 3)
    bench.sim.control("/_config", {"query_cap": 5})
    with pytest.raises(TooManyRows, match="narrow"):
        list_all_rows(bench.notion, Remembering(), bench.ids["things"], None, ["title"], "found")
    bench.start(step(bench, filter={}))
    assert bench.run.status == RunStatus.FAILED


def test_after_a_turn_it_is_somebody_elses(bench: Bench) -> None:
    row, memory = bench.ids["bell"], Remembering()
    changes = [{"id": row, "properties": {"Estimate": {"number": number % 7}}} for number in range(60)]
    with pytest.raises(BudgetSpent, match="50 of 60 rows") as held:
        write_rows(bench.notion, memory, changes, "rows", turn=30)
    assert held.value.retry_after == timedelta(seconds=1)
    assert write_rows(bench.notion, memory, changes, "rows", turn=30) == {
        "done": 60,
        "gone": [],
        "left": [],
        "kept": {},
    }


def test_what_notion_refuses_stops_it_and_says_why(bench: Bench) -> None:
    changes: list[Json] = [{"id": bench.ids["bell"], "properties": {"Estimate": {"select": {"name": "x"}}}}]
    with pytest.raises(Rejected, match="Estimate"):
        write_rows(bench.notion, Remembering(), changes, "rows")
    changes = [{"id": NOBODY, "properties": {}}]
    result = write_rows(bench.notion, Remembering(), changes, "rows")
    assert (result["done"], result["gone"], result["left"]) == (1, [NOBODY], [])


def test_exactly_one_way_to_choose_rows() -> None:
    for given in ({}, {"filter": {}, "rows": [NOBODY]}):
        with pytest.raises(ValueError, match="exactly one of filter, rows"):
            UpdateRows(data_source=NOBODY, set={"Status": "Done"}, **given)
    assert NOTION_UPDATE_ROWS.undo is not None
    assert Again(timedelta(0)).facts == {}
