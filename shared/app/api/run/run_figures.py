"""Statistics of a team's runs: by the weeks in which they were opened, and by what opened them.

They are worked out of the runs themselves at each call: of at most MAX_WEEKS weeks and MAX_RUNS runs, the latest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

from shared.app.api.exchange import ApiReply, Call
from shared.app.api.json_shapes import COUNT, FLAG, Schema, array, explain, members, number, text
from shared.app.api.run.run_views import COST, cost_view
from shared.core.run.figures import Figures, add_up_weeks, find_week
from shared.core.run.run import Run, RunStatus
from shared.ports import RunFilter

MAX_WEEKS, MAX_RUNS = 12, 1000
_PAGE = 100
_MAYBE = {"type": ["number", "null"]}
STATISTICS_QUERY: Mapping[str, Schema] = {"weeks": number(1, MAX_WEEKS, 4)}
STATISTICS = members(
    weeks=array(
        members(
            week={"type": "string", "format": "date", "description": "The Monday of the week, in UTC."},
            kind=text(what="What opened the runs, as `trigger` of a run says; empty for all kinds together."),
            runs=explain(COUNT, "How many were opened in this week."),
            under_way=COUNT,
            succeeded=COUNT,
            failed=COUNT,
            cancelled=COUNT,
            success_rate=explain(_MAYBE, "Succeeded, as a part of succeeded and failed; null where there is neither."),
            median_s=explain(_MAYBE, "Seconds from opening to success, waiting for people included: the median."),
            p90_s=explain(_MAYBE, "Seconds that nine in ten of those that succeeded did not exceed (nearest rank)."),
            cost=COST,
        ),
        "The latest week first; in each, all kinds together first.",
    ),
    counted=explain(COUNT, "How many runs were counted."),
    cut=explain(FLAG, f"Whether there are more than {MAX_RUNS} runs: the oldest are left out."),
)


def show_statistics(call: Call) -> ApiReply:
    """Return how the runs of the last weeks went."""
    this_week = find_week(call.deps.clock.now())
    first = this_week - timedelta(weeks=call.query["weeks"] - 1)
    runs = list(_read_runs(call, RunFilter(since=datetime.combine(first, time.min, UTC))))
    counted = runs[:MAX_RUNS]
    weeks = [_view(each) for each in add_up_weeks(counted)]
    return ApiReply(body={"weeks": weeks, "counted": len(counted), "cut": len(runs) > MAX_RUNS})


def _read_runs(call: Call, only: RunFilter) -> Iterator[Run]:
    """Yield the runs, newest first, and one more than are counted where there are so many."""
    after, left = "", MAX_RUNS + 1
    while left and (found := call.deps.store.list_runs(call.tenant, limit=min(_PAGE, left), after=after, only=only)):
        yield from found
        after, left = found[-1].id, left - len(found)


def _view(figures: Figures) -> dict[str, Any]:
    statuses = (RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.CANCELLED)
    return {
        "week": figures.week.isoformat(),
        "kind": figures.kind,
        "runs": figures.count,
        "under_way": figures.under_way,
        **{status.value: figures.ended.get(status, 0) for status in statuses},
        "success_rate": figures.success_rate,
        "median_s": figures.median_s,
        "p90_s": figures.p90_s,
        "cost": cost_view(figures.cost),
    }
