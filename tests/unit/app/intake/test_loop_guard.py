"""Our own writes come back, merged with others'; agents answer agents. Nothing goes on for ever or decides alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.app.engine.engine import record
from shared.app.engine.sweep import sweep
from shared.app.polling.changed_rows import look_for_rows
from shared.app.workspace import write_journal as ledger
from shared.app.workspace.workspace_create import create_databases
from shared.app.workspace.workspace_schemas import ROUTINES
from shared.core.pages import marks
from shared.core.run import acts
from shared.core.run.run import RunStatus
from shared.integrations.notion.client.client import Notion
from shared.ports import Put
from tests.support.desks.happenings import plan_page
from tests.support.rigs.small_desk import Desk
from tests.support.rigs.small_house import TENANT
from tests.support.simulators import kept_open


def test_agents_may_ask_for_some_runs_of_a_page_in_an_hour_then_one_says_why_there_are_no_more(desk: Desk) -> None:
    store = desk.house.store
    settings = store.get(TENANT, "settings", "tenant")
    assert settings is not None
    store.put(TENANT, Put("settings", "tenant", {**settings.body, "automated_runs_per_hour": 2}))
    page = desk.write_idea()
    runs: list[str] = []
    for _ in range(5):
        desk.set_status(page, marks.PLAN_IT)
        desk.deliver("page.created", page, authors=[{"id": "other", "type": "bot"}])
        if not runs or desk.run_of(page).id != runs[-1]:
            runs.append(desk.run_of(page).id)
        desk.set_status(page, marks.CANCELLED)
        desk.deliver("page.properties_updated", page)
        desk.house.pass_time(timedelta(minutes=2))
        for doc in store.list_docs(TENANT, "ledger"):  # a chain of causes would end it too; here none is known
            store.put(TENANT, Put("ledger", doc.id, None))
    assert len(runs) == 3
    last = desk.house.run(runs[-1])
    assert last.status == RunStatus.FAILED
    assert "more than 2 runs of this page within an hour" in last.failure
    desk.set_status(page, marks.PLAN_IT)
    desk.deliver("page.properties_updated", page)  # a person may always
    assert desk.run_of(page).status == RunStatus.AWAITING_APPROVAL
    said = desk.as_person("GET", f"/v1/comments?block_id={page}")["results"]
    assert any("more than 2 runs" in "".join(t["plain_text"] for t in one["rich_text"]) for one in said)


def test_two_agents_that_make_pages_for_each_other_in_one_table_come_to_rest(desk: Desk) -> None:
    """Ours answers each new page with a page, the other one each of ours with a new idea that asks for a plan."""
    source, depths = desk.source, []
    page = desk.write_idea("First")
    for number in range(8):
        desk.set_status(page, marks.PLAN_IT)
        desk.deliver("page.created", page, authors=[{"id": "other", "type": "bot"}])
        if desk.house.store.get(TENANT, "pages", page) is None:
            break
        run = desk.run_of(page)
        depths.append(run.depth)
        if run.status == RunStatus.FAILED:
            continue
        ours = desk.house.accounts.connect_for(TENANT, ledger.noting(desk.house.deps, run))(Notion)
        ours.create_page(data_source_id=source, properties={"Name": {"title": [{"text": {"content": f"A{number}"}}]}})
        page = desk.write_idea(f"Answer {number}")
    assert depths[:4] == [0, 1, 2, 3]
    (refused,) = {desk.run_of(page).status}
    assert refused == RunStatus.FAILED
    assert "wake each other without end" in desk.run_of(page).failure


def _later(desk: Desk, minutes: int) -> None:
    """Let time pass here and in Notion, and let a reconcile pass look at the table."""
    clock = desk.house.clock
    clock.move(minutes=minutes)
    offset = (clock.now() - datetime.now(UTC)).total_seconds()
    kept_open.post(f"{desk.url}/_clock", json={"offset_s": offset}, timeout=10)
    sweep(desk.house.deps)
    look_for_rows(desk.house.deps, TENANT, desk.house.accounts.connect_for(TENANT)(Notion), desk.source)
    desk.house.work()


def _routine(desk: Desk, table: str, title: str) -> str:
    texts = {"Name": {"title": [{"text": {"content": title}}]}}
    texts["Schedule"] = {"rich_text": [{"text": {"content": "every day at 10:00"}}]}
    body = {
        "parent": {"type": "data_source_id", "data_source_id": table},
        "properties": {**texts, "Status": {"select": {"name": "Active"}}},
    }
    page = str(desk.as_person("POST", "/v1/pages", body)["id"])
    desk.deliver("page.created", page)
    return page


def test_two_routines_that_edit_the_same_table_reach_a_fixed_point(desk: Desk) -> None:
    """Each run asks for the plan of the other's row. What our bot does wakes nobody, but a pass finds it."""
    house = desk.house
    settings = create_databases(house.deps, house.accounts, TENANT, desk.home, (ROUTINES,))
    table = str(settings["databases"]["routines"]["data_source"])
    routines = [_routine(desk, table, title) for title in ("Ping", "Pong")]
    rows = [desk.write_idea(title) for title in ("Row of Ping", "Row of Pong")]
    _later(desk, 30)
    assert house.store.list_runs(TENANT) == []
    _later(desk, 31)  # both are due
    first, second = (desk.run_of(page) for page in routines)
    assert (first.depth, second.depth) == (0, 0)
    run, depths = first, []
    for count in range(6):
        row = rows[count % 2]
        ours = house.accounts.connect_for(TENANT, ledger.noting(house.deps, run))(Notion)
        ours.update_page(row, {"Status": {"select": {"name": marks.PLAN_IT}}})
        runs = len(house.store.list_runs(TENANT))
        us = [{"id": "bot-1", "type": "bot"}]
        assert desk.told_of(row, "page.properties_updated", authors=us) == {"accepted": 0}
        assert len(house.store.list_runs(TENANT)) == runs
        _later(desk, 5)
        if len(house.store.list_runs(TENANT)) == runs:
            break
        run = desk.run_of(row)
        depths.append(run.depth)
        if not run.status.final:
            record(house.deps, TENANT, run.id, acts.CancelRequested(house.clock.now(), "Ada", force=True))
        _later(desk, 5)
    assert depths == [1, 2, 3]
    assert (run.status, run.trigger.causes[0]) == (RunStatus.FAILED, first.id)
    said = desk.as_person("GET", f"/v1/comments?block_id={run.trigger.page}")["results"]
    texts = ["".join(part["plain_text"] for part in one["rich_text"]) for one in said]
    assert len([text for text in texts if "wake each other without end" in text]) == 1
    for _ in range(3):
        before = len(house.store.list_runs(TENANT))
        _later(desk, 30)
        assert len(house.store.list_runs(TENANT)) == before


def _hash(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ({"select": {"name": "Done"}}, {"id": "a", "type": "select", "select": {"id": "1", "name": "Done"}}),
        ({"status": {"name": "Done"}}, {"type": "status", "status": {"name": "Done", "color": "red", "id": "1"}}),
        ({"select": None}, {"type": "select", "select": None}),
        ({"number": 3}, {"id": "n", "type": "number", "number": 3}),
        ({"checkbox": False}, {"id": "n", "type": "checkbox", "checkbox": False}),
        ({"url": "https://a.test"}, {"id": "n", "type": "url", "url": "https://a.test"}),
        (
            {"rich_text": [{"text": {"content": "a"}}, {"type": "text", "text": {"content": "b"}}]},
            {"type": "rich_text", "rich_text": [{"type": "text", "plain_text": "ab", "text": {"content": "ab"}}]},
        ),
        ({"multi_select": [{"name": "b"}, {"name": "a"}]}, {"type": "multi_select", "multi_select": [
            {"name": "a", "id": "1"}, {"name": "b", "id": "2"}]}),
        ({"date": {"start": "2026-01-01"}}, {"type": "date", "date": {"start": "2026-01-01", "end": None}}),
        ({"people": [{"id": "AB" * 16}]}, {"type": "people", "people": [{"id": "ab" * 16, "object": "user"}]}),
    ],
)  # fmt: skip
def test_a_value_has_one_hash_as_it_is_written_and_as_it_is_read(
    sent: Mapping[str, Any], read: Mapping[str, Any]
) -> None:
    assert ledger.content_hash(sent) == ledger.content_hash(read)
    assert ledger.content_hash(sent) != ledger.content_hash({**read, str(read["type"]): "something else"})


PAGE, BLOCK, TABLE = ("0f0f0f0f-0000-4000-8000-00000000000" + end for end in "abc")
WRITES: list[tuple[str, str, Any, set[str]]] = [
    ("PATCH", f"/v1/pages/{PAGE}", {"properties": {"Status": {"select": None}}}, {PAGE}),
    ("PATCH", f"/v1/pages/{PAGE.replace('-', '')}", {"in_trash": True}, {PAGE.replace("-", "")}),
    ("POST", f"/v1/pages/{PAGE}/move", {"parent": {"page_id": BLOCK}}, {PAGE}),
    ("PATCH", f"/v1/pages/{PAGE}/markdown", {"type": "replace_content"}, {PAGE}),
    ("POST", "/v1/pages", {"parent": {"data_source_id": TABLE}}, {TABLE}),
    ("POST", "/v1/databases", {"parent": {"type": "page_id", "page_id": PAGE}}, {PAGE}),
    ("POST", "/v1/pages", {"parent": {"workspace": True}}, set()),
    ("PATCH", f"/v1/blocks/{BLOCK}/children", {"children": []}, {BLOCK, PAGE}),
    ("PATCH", f"/v1/blocks/{PAGE}/children", {"children": []}, {PAGE}),
    ("PATCH", f"/v1/blocks/{BLOCK}", {"to_do": {}}, {BLOCK, PAGE}),
    ("DELETE", f"/v1/blocks/{BLOCK}", None, {BLOCK, PAGE}),
    ("PATCH", f"/v1/data_sources/{TABLE}", {"title": []}, {TABLE}),
    ("POST", "/v1/comments", {"parent": {"page_id": PAGE}}, set()),
    ("POST", f"/v1/data_sources/{TABLE}/query", {}, set()),
]


@pytest.mark.parametrize(("method", "path", "body", "things"), WRITES, ids=[f"{m} {p}" for m, p, _, _ in WRITES])
def test_each_kind_of_write_names_the_objects_it_changes(method: str, path: str, body: Any, things: set[str]) -> None:
    assert set(ledger.list_writes(method, path, body, PAGE)) == things


def test_every_write_of_a_run_is_in_the_ledger_before_it_is_sent(desk: Desk) -> None:
    page = plan_page(desk)
    run = desk.run_of(page)
    doc = desk.house.store.get(TENANT, "ledger", page.replace("-", ""))
    assert doc is not None
    assert (doc.body["run"], doc.body["causes"]) == (run.id, [run.id])
    assert _hash({"select": "Plan ready"}) in doc.body["parts"].values()
    assert ledger.causes_of(desk.house.deps, TENANT, page) == (run.id,)
    desk.house.clock.move(hours=25)
    assert ledger.causes_of(desk.house.deps, TENANT, page) == ()
    assert ledger.forget_old(desk.house.deps, TENANT) == ""
    assert desk.house.store.list_docs(TENANT, "ledger") == []
