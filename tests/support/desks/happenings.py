"""A page that is planned, to which something then happens."""

from __future__ import annotations

from shared.core.pages import marks
from shared.core.run.run import RunStatus
from tests.support.rigs.small_desk import Desk


def plan_page(desk: Desk) -> str:
    page = desk.write_idea()
    desk.set_status(page, marks.PLAN_IT)
    desk.deliver("page.properties_updated", page)
    assert desk.run_of(page).status == RunStatus.AWAITING_APPROVAL
    return page
