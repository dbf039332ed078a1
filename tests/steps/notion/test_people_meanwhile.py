"""What people and other runs do meanwhile is theirs: not written over, not taken for ours, not taken back."""

from __future__ import annotations

from typing import Any

import pytest

from shared.app.engine.engine import record
from shared.core.run import acts
from shared.core.run.run import Run, RunStatus, StepSpec, StepStatus
from shared.integrations.notion.client.files import build_upload_reference
from shared.integrations.notion.content import blocks
from shared.steps import KINDS
from tests.steps.bench import Bench, titled
from tests.steps.notion.cases import club, lines, things, values
from tests.steps.notion.test_steps_undone import OPENS, run
from tests.support.rigs.small_house import TENANT

DONE = {"select": {"name": "Done"}}
TO_DO = {"select": {"name": "To do"}}


def text(said: str) -> dict[str, Any]:
    return {"rich_text": blocks.rich_text(said)}


# --- undo beside people -----------------------------------------------------------------------------------------------


def test_a_value_that_somebody_changed_since_is_not_put_back_and_is_named(bench: Bench) -> None:
    row = bench.ids["bell"]
    run(bench, "notion.update_page", page=row, properties={"Status": "Done", "Note": "Rings", "Estimate": 9})
    bench.notion.update_page(row, {"Note": text("Rings twice")})
    ended = bench.cancel()
    seen = bench.look()
    assert [values(seen, name)["Bell"] for name in ("Status", "Note", "Estimate")] == ["To do", "Rings twice", "1.5"]
    assert ended.undone_failed == ("do",)
    assert "Note: somebody has changed it since" in ended.steps[0].error


def test_rows_that_somebody_changed_since_keep_what_they_hold_and_are_named(bench: Bench) -> None:
    given = {"filter": {"property": "Status", "select": {"equals": "To do"}}, "set": {"Status": "Done", "Note": "x"}}
    run(bench, "notion.update_rows", data_source=bench.ids["things"], **given)
    bench.notion.update_page(bench.ids["bell"], {"Note": text("mine")})
    ended = bench.cancel()
    seen = bench.look()
    assert values(seen, "Status") == {"Bell": "To do", "Chain": "Done", "Lamp": "To do", "Tyre": ""}
    assert values(seen, "Note")["Bell"] == "mine"
    assert values(seen, "Note")["Lamp"] == ""
    assert ended.undone_failed == ("do",)
    assert f"{bench.ids['bell']}: Note: somebody has changed it since" in ended.steps[0].error


def test_a_page_that_somebody_moved_on_stays_where_they_put_it(bench: Bench) -> None:
    other = bench.notion.create_page(page_id=bench.ids["home"], properties={"title": titled("Attic")})["id"]
    run(bench, "notion.move_page", page=bench.ids["club"], to_page=bench.ids["archive"])
    bench.notion.move_page(bench.ids["club"], to_page=other)
    ended = bench.cancel()
    assert bench.notion.page(bench.ids["club"])["parent"]["page_id"] == other
    assert ended.undone_failed == ("do",)
    assert "somebody has moved the page" in ended.steps[0].error


def test_a_file_that_somebody_added_to_the_column_since_is_not_lost(bench: Bench) -> None:
    row, notion = bench.ids["bell"], bench.notion
    read = StepSpec("read", "notion.query_rows", input={"data_source": bench.ids["things"]})
    given = {"page": row, "from_step": "read", "name": "things.md", "column": "Files"}
    bench.start(read, StepSpec("do", "notion.attach_file", input=given, depends_on=("read",), undoable=True), gate=True)
    theirs = {**build_upload_reference(notion.upload("mine.txt", b"mine")), "name": "mine.txt"}
    notion.update_page(row, {"Files": {"files": [theirs]}})
    ended = bench.cancel()
    assert values(bench.look(), "Files")["Bell"] == "mine.txt"
    assert ended.undone_failed == ("do",)
    assert "Files" in ended.steps[1].error


def test_options_names_and_values_that_people_added_to_columns_outlive_the_undo(bench: Bench) -> None:
    source, notion = bench.ids["things"], bench.notion
    change = {"options": {"Status": ["Doing"]}, "rename": {"Note": "Remark"}, "add": {"Due": {"type": "date"},
              "Who": {"type": "email"}}}  # fmt: skip
    run(bench, "notion.change_schema", data_source=source, **change)
    status = notion.data_source(source)["properties"]["Status"]["select"]["options"]
    options = [*({"id": each["id"]} for each in status), {"name": "Waiting"}]
    notion.update_data_source(
        source, properties={"Status": {"select": {"options": options}}, "Remark": {"name": "Said"}}
    )
    notion.update_page(bench.ids["bell"], {"Due": {"date": {"start": "2026-12-01"}}})
    ended = bench.cancel()
    columns = things(bench.look())["columns"]
    assert columns["Status"] == ("select", ["To do", "Done", "Waiting"])
    assert "Said" in columns
    assert values(bench.look(), "Due")["Bell"] == "2026-12-01"
    assert "Who" not in columns
    assert ended.undone_failed == ("do",)
    assert "Due: it has been filled since" in ended.steps[0].error
    assert "Said" in ended.steps[0].error


def test_a_request_that_may_still_arrive_is_waited_for_before_the_undo_says_there_is_nothing(bench: Bench) -> None:
    bench.sim.fault(method="POST", path="/v1/pages", drop=True)
    run(bench, "notion.create_page", page=bench.ids["club"], title="Prices")
    record(bench.house.deps, TENANT, bench.name, acts.CancelRequested(bench.house.clock.now(), "Ada"))
    bench.house.work()
    bench.notion.create_page(page_id=bench.ids["club"], properties={"title": titled("Prices")})  # it arrives after all
    assert bench.until_rest().status == RunStatus.CANCELLED
    assert bench.run.undone_failed == ()
    assert club(bench.look())["pages"] == {}


def test_an_edit_that_notion_still_works_on_is_waited_for_before_it_is_taken_back(bench: Bench) -> None:
    before = bench.look()
    bench.sim.control("/_config", {"async_tasks": "always", "async_queued_s": 1, "async_running_s": 0})
    run(bench, "notion.edit_markdown", page=bench.ids["club"], edits=OPENS)
    record(bench.house.deps, TENANT, bench.name, acts.CancelRequested(bench.house.clock.now(), "Ada"))
    bench.house.work()
    assert bench.run.status == RunStatus.CANCELLING
    bench.sim.control("/_config", {"async_tasks": "never"})
    bench.sim.control("/_clock", {"offset_s": 60})
    assert (bench.until_rest().status, bench.run.undone_failed) == (RunStatus.CANCELLED, ())
    assert bench.look() == before


def test_an_edit_is_done_when_notion_has_forgotten_its_task(bench: Bench) -> None:
    config = {"async_tasks": "always", "async_queued_s": 1, "async_running_s": 1, "async_result_s": 1}
    bench.sim.control("/_config", config)
    run(bench, "notion.edit_markdown", page=bench.ids["club"], edits=OPENS)
    assert bench.run.steps[0].status == StepStatus.WAITING
    for offset in (60, 120, 180):  # it runs, it has ended, it is forgotten
        bench.sim.control("/_clock", {"offset_s": offset})
        bench.notion.me()
    bench.until_rest()
    assert (bench.run.steps[0].status, bench.run.steps[0].error) == (StepStatus.SUCCEEDED, "")
    asked = [each["status"] for each in bench.sim.journal() if each["path"].startswith("/v1/async_tasks/")]
    assert asked[-1] == 404


def test_values_are_not_written_back_over_people_when_the_columns_were_never_changed(bench: Bench) -> None:
    source = bench.ids["things"]
    bench.sim.fault(method="PATCH", path="/v1/data_sources/*", drop=True)
    run(bench, "notion.change_schema", data_source=source, remove=["Estimate"], allow_removing=True)
    bench.notion.update_page(bench.ids["bell"], {"Estimate": {"number": 8}})
    assert bench.cancel().undone_failed == ()
    assert values(bench.look(), "Estimate")["Bell"] == "8"


def test_a_row_with_more_relations_than_a_query_shows_gets_all_of_them_back(bench: Bench) -> None:
    source, notion = bench.ids["things"], bench.notion
    relation = {"relation": {"data_source_id": source, "single_property": {}}}
    notion.update_data_source(source, properties={"Parts": relation})
    parts = [notion.create_page(data_source_id=source, properties={"Name": titled(f"P{n}")})["id"] for n in range(30)]
    notion.update_page(bench.ids["bell"], {"Parts": {"relation": [{"id": each} for each in parts]}})
    bell = {"property": "Name", "title": {"equals": "Bell"}}
    run(bench, "notion.update_rows", data_source=source, filter=bell, set={"Parts": [parts[0]]})
    assert len(notion.page(bench.ids["bell"])["properties"]["Parts"]["relation"]) == 1
    assert bench.cancel().undone_failed == ()
    assert len(notion.page(bench.ids["bell"])["properties"]["Parts"]["relation"]) == 30


# --- runs beside each other -------------------------------------------------------------------------------------------

MADE: dict[str, tuple[dict[str, Any], str]] = {
    "notion.create_page": ({"page": "{club}", "title": "Prices"}, "/v1/pages"),
    "notion.create_database": ({"page": "{club}", "title": "Prices"}, "/v1/databases"),
    "notion.comment": ({"page": "{club}", "text": "Prices are due"}, "/v1/comments"),
}


@pytest.mark.parametrize("kind", sorted(MADE))
def test_what_another_run_made_is_not_taken_for_the_lost_request_of_this_one(bench: Bench, kind: str) -> None:
    given, path = MADE[kind]
    asked = {name: value.replace("{club}", bench.ids["club"]) for name, value in given.items()}
    asked = KINDS[kind].input.model_validate(asked).model_dump(mode="json")
    bench.sim.fault(method="POST", path=path, drop=True)
    bench.start(StepSpec("do", kind, input=asked))
    assert bench.run.step("do").status != StepStatus.SUCCEEDED  # type: ignore[union-attr]
    second = bench.start(StepSpec("do", kind, input=asked), run="run-00000002")
    bench.name = "run-00000001"
    first = bench.until_rest()
    assert (first.status, second.status) == (RunStatus.SUCCEEDED, RunStatus.SUCCEEDED)
    outputs = [dict(each.steps[0].output) for each in (first, second)]
    assert not set(map(str, outputs[0].values())) & set(map(str, outputs[1].values()))
    seen = club(bench.look())
    assert [len(each) for each in (*seen["pages"].values(), *seen["tables"].values(), seen["comments"]) if each] == [2]


def test_a_value_is_left_alone_when_it_changed_between_the_look_and_the_write(bench: Bench) -> None:
    limited = {"method": "PATCH", "path": "/v1/pages/*", "status": 429, "headers": {"Retry-After": "30"}}
    bench.sim.control("/_faults", [limited])
    row = bench.ids["bell"]
    run(bench, "notion.update_page", page=row, properties={"Note": "ours"}, only_if={"Status": "To do"})
    bench.notion.update_page(row, {"Status": DONE})
    bench.until_rest()
    assert values(bench.look(), "Note")["Bell"] == ""
    assert bench.run.facts == {"left_as_it_is": "Status has been changed meanwhile"}


def test_what_somebody_wrote_after_our_unanswered_request_is_not_written_over_by_its_repeat(bench: Bench) -> None:
    bench.sim.fault(method="PATCH", path="/v1/pages/*", status=504, when="after")
    run(bench, "notion.update_page", page=bench.ids["bell"], properties={"Note": "ours", "Status": "Done"})
    assert bench.run.steps[0].output == {}
    bench.notion.update_page(bench.ids["bell"], {"Note": text("mine")})
    bench.until_rest()
    assert bench.run.steps[0].status == StepStatus.SUCCEEDED
    assert [values(bench.look(), name)["Bell"] for name in ("Note", "Status")] == ["mine", "Done"]
    assert bench.run.facts == {"left_as_it_is": "Note has been changed meanwhile"}


def test_an_icon_too_is_left_alone_where_the_page_has_changed(bench: Bench) -> None:
    limited = {"method": "PATCH", "path": "/v1/pages/*", "status": 429, "headers": {"Retry-After": "30"}}
    bench.sim.control("/_faults", [limited])
    run(bench, "notion.update_page", page=bench.ids["bell"], icon="🔔", only_if={"Status": "To do"})
    bench.notion.update_page(bench.ids["bell"], {"Status": DONE})
    bench.until_rest()
    assert bench.notion.page(bench.ids["bell"])["icon"] is None


# --- what may not be written ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "edits",
    [
        [{"old": "Opens", "new": "[x](https"}, {"old": " at 9.", "new": "://evil.example/d)"}],
        [{"old": "Opens at 9.", "new": "[x](https\\://evil.example/d)"}],
        [{"old": "Opens at 9.", "new": "[x](https&#58;//evil.example/d)"}],
    ],
)
def test_an_address_put_together_of_harmless_pieces_is_not_written(bench: Bench, edits: list[dict[str, str]]) -> None:
    before = bench.look()
    run(bench, "notion.edit_markdown", page=bench.ids["club"], edits=edits)
    ended: Run = bench.until_rest()
    assert ended.status == RunStatus.FAILED
    assert "evil.example" in ended.failure
    assert bench.look() == before


def test_an_edit_beside_an_address_of_the_page_is_no_address_of_ours(bench: Bench) -> None:
    (first, *_) = bench.notion.children(bench.ids["club"])
    bench.notion.update_block(first["id"], "paragraph", text("Opens at 9, see https://bikes.example/a"))
    run(bench, "notion.edit_markdown", page=bench.ids["club"], edits=[{"old": "at 9", "new": "at 10"}])
    assert lines(club(bench.look()))[0] == "Opens at 10, see https://bikes.example/a"


@pytest.mark.parametrize("expression", ['link("x", "https:" + "/" + "/evil.example")', '"https://evil.example" + id()'])
def test_a_formula_leads_nowhere(expression: str) -> None:
    asked = {"data_source": "0" * 32, "add": {"F": {"type": "formula", "expression": expression}}}
    with pytest.raises(ValueError, match="expression"):
        KINDS["notion.change_schema"].input.model_validate(asked)


def test_groups_of_long_texts_are_cut_and_the_outcome_can_be_kept(bench: Bench) -> None:
    for number in range(6):
        said = [{"type": "text", "text": {"content": f"{number:02d}" + "é" * 1998}} for _ in range(100)]
        properties = {"Name": titled(f"Long {number}"), "Note": {"rich_text": said}}
        bench.notion.create_page(data_source_id=bench.ids["things"], properties=properties)
    measures = [{"do": "count"}, {"do": "max", "of": "Note"}]
    ended = run(bench, "notion.aggregate_rows", data_source=bench.ids["things"], group_by="Note", measures=measures)
    step = ended.step("do")
    assert step is not None
    assert (step.status, step.error) == (StepStatus.SUCCEEDED, "")
    assert {len(group["group"]) for group in step.output["groups"]} == {0, 200}
