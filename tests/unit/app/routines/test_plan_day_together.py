"""What others write beside the plan of a day while it is carried out stays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from shared.core.schedule.day_tasks import CLOCK, DAYS
from shared.ports import change_doc
from tests.support.desks.planned_days import PlannedDays
from tests.support.ports.moved_clock import utc
from tests.support.rigs.small_house import TENANT

DAY = (TENANT, DAYS, "2026-03-02")


@pytest.mark.parametrize("moment", ["day.after/planned", "day.after/written"])
def test_what_a_newer_version_writes_meanwhile_is_not_written_over(days: PlannedDays, moment: str) -> None:
    def add_colour(body: Mapping[str, Any] | None) -> Mapping[str, Any]:
        return {**(body or {}), "colour": "of the future"}

    def write_beside(point: str) -> None:
        if point == moment:
            change_doc(days.house.store, DAY, add_colour)

    days.task("Call baker", "2026-03-02", 6, Priority={"select": {"name": "High"}})
    days.task("Paint fence", "2026-03-02", 5)
    days.plan_at("09:30")
    days.house.crash_point = write_beside
    days.at(utc(2026, 3, 2, 9, 30))
    doc = days.house.store.get(*DAY)
    assert doc is not None
    (run,) = days.house.store.list_runs(TENANT)
    assert (doc.body["colour"], doc.body["run"], len(doc.body["todos"])) == ("of the future", run.id, 1)


def test_the_next_day_keeps_what_a_newer_version_has_written_of_the_clock(days: PlannedDays) -> None:
    days.plan_at("09:30")
    place = (TENANT, *CLOCK)
    change_doc(days.house.store, place, lambda body: {**(body or {}), "colour": "of the future"})
    days.at(utc(2026, 3, 2, 9, 30))
    doc = days.house.store.get(*place)
    assert doc is not None
    assert (doc.body["colour"], doc.body["due"]) == ("of the future", "2026-03-03T09:30:00+00:00")
