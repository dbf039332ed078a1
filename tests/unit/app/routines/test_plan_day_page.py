"""How a day's plan reads, and that it fits into the one request that makes its page, however much there is to say."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from shared.app.schedule.plan_day_page import day_blocks
from shared.core.schedule.day_plan import plan_day
from shared.core.schedule.day_tasks import Task
from shared.integrations.notion.content.tree import plan_page

DAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
LINK = "https://www.notion.so/" + "0" * 32


def _tasks(due: int, circles: int, title: str, hours: float = 0.1) -> list[Task]:
    """Return tasks that are due, and pairs that wait for each other."""
    given = [Task(f"t{n}", f"{title} {n}", due=DAY, hours=hours, url=LINK) for n in range(due)]
    pairs = [Task(f"c{n}", f"{title} {n}", depends_on=(f"c{n ^ 1}",), url=LINK) for n in range(circles * 2)]
    return given + pairs


@pytest.mark.parametrize("title", ["Paint the fence", "漆" * 190, "🪵" * 190], ids=["short", "long", "longest"])
@pytest.mark.parametrize(("left", "circles"), [(0, 0), (11, 11), (12, 12), (15, 15), (16, 16), (400, 400)])
def test_any_day_is_one_request(title: str, left: int, circles: int) -> None:
    plan = plan_day(_tasks(60 + left, circles, title), DAY)
    assert (len(plan.chosen), len(plan.left), len(plan.circles)) == (60, left, circles)
    made = day_blocks(plan, NOW, asking=True)
    parts = plan_page(made, 1000)
    assert parts.requests == ()
    assert sum(one["type"] == "to_do" for one in made) == 60
    said = json.dumps(made, ensure_ascii=False)
    assert all(f'"{item.task.title}"' in said for item in plan.chosen)
    assert all(f'"{item.task.title}"' in said for item in plan.left) != ("more in Tasks" in said)
