"""What people see of runs in the simulated Notion: progress, rows and columns."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from shared.app.engine.engine import record
from shared.app.notify.mirror_run import mirror_run
from shared.app.workspace.workspace_databases import database_of
from shared.app.workspace.workspace_schemas import RUNS
from shared.core.run import acts
from shared.core.run.commands import Command
from shared.core.run.run import Run, RunStatus
from tests.support.rigs.small_desk import Desk
from tests.support.rigs.small_house import TENANT

Json = dict[str, Any]


def plan_page(desk: Desk) -> str:
    page = desk.write_idea()
    desk.set_status(page, "Plan it")
    desk.tell(page)
    assert desk.run_of(page).status == RunStatus.AWAITING_APPROVAL
    return page


def end_run(desk: Desk, page: str) -> Run:
    run = desk.run_of(page)
    record(desk.house.deps, TENANT, run.id, acts.CancelRequested(desk.house.clock.now(), "Ada Example", "too dear"))
    desk.house.work()
    desk.house.pass_time(timedelta(minutes=5))
    return desk.run_of(page)


def source_of(desk: Desk, kind: str) -> str:
    mapped = database_of(desk.house.settings(TENANT), kind)
    assert mapped is not None
    return mapped.data_source


def read_rows(desk: Desk) -> list[Json]:
    found = desk.as_person("POST", f"/v1/data_sources/{source_of(desk, RUNS)}/query", {})["results"]
    return [row["properties"] for row in found if row["properties"]["Run"]["url"]]


def plain_text(items: list[Json]) -> str:
    return "".join(item["plain_text"] for item in items)


def mirror_again(desk: Desk, page: str) -> None:
    run = desk.run_of(page)
    mirror_run(Command("again", "mirror", "notify", TENANT, run.id), desk.house.deps, desk.house.tools)
