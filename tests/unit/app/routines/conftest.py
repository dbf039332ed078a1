"""What the tests of this folder share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shared.app.workspace.workspace_create import create_databases
from shared.app.workspace.workspace_databases import database_of
from shared.app.workspace.workspace_schemas import ROUTINES, TASKS
from shared.local.simulators.notion.simulator import NotionSimulator
from tests.integrations.conftest import Served
from tests.support.desks.planned_days import PlannedDays
from tests.support.desks.timed_routines import TimedRoutines
from tests.support.rigs.small_desk import Desk, settle_in
from tests.support.rigs.small_house import TENANT, SmallHouse


@pytest.fixture
def days(house: Callable[..., SmallHouse], served: Callable[[Any], Served]) -> PlannedDays:
    """Return the desk with its Tasks and Routines."""
    url = served(NotionSimulator()).url
    desk = settle_in(house(endpoints={"notion": url}), url)
    database = desk.as_person("GET", f"/v1/data_sources/{desk.source}")["parent"]["database_id"]
    home = desk.as_person("GET", f"/v1/databases/{database}")["parent"]["page_id"]
    create_databases(desk.house.deps, desk.house.accounts, TENANT, home, (TASKS, ROUTINES))
    mapped = database_of(desk.house.settings(TENANT), TASKS)
    assert mapped is not None
    return PlannedDays(desk, mapped.data_source, home)


@pytest.fixture
def routines(desk: Desk) -> TimedRoutines:
    home = desk.as_person("GET", f"/v1/data_sources/{desk.source}")["parent"]["database_id"]
    parent = desk.as_person("GET", f"/v1/databases/{home}")["parent"]["page_id"]
    create_databases(desk.house.deps, desk.house.accounts, TENANT, parent, (ROUTINES,))
    mapped = database_of(desk.house.settings(TENANT), ROUTINES)
    assert mapped is not None
    return TimedRoutines(desk, mapped.data_source)
