"""Statistics of runs, against a second computation of each figure."""

from __future__ import annotations

import random
import statistics
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.app.api.run import run_figures
from shared.core.run import acts
from shared.core.run import events as ev
from shared.core.run.run import StepSpec, Trigger, Usage
from tests.functions.conftest import MINE, OTHER, Service

STEP = StepSpec("s", "test.step")
ENDS = ("succeeded", "failed", "cancelled", "")


def _run(
    service: Service,
    name: str,
    opened_at: datetime,
    kind: str,
    end: str,
    seconds: float,
    micros: int,
    tenant: str = MINE,
) -> None:
    opened = ev.RunOpened(opened_at, tenant, name, Trigger(kind, "p", "An idea", "Ada"), specs=(STEP,))
    at, used = opened_at + timedelta(seconds=seconds), Usage(7, micros)
    ends: dict[str, ev.Event] = {
        "succeeded": ev.StepSucceeded(at, "s", 1, used=used),
        "failed": ev.StepFailed(at, "s", 1, "broken", used=used),
        "cancelled": acts.CancelRequested(at, "Ada", force=True),
    }
    service.save(opened, *([ends[end]] if end else []))


def _read(service: Service, query: str = "") -> Any:
    answer = service.call("GET", f"/v1/statistics?{query}", key="viewer")
    assert answer.status_code == 200, answer.text
    return answer.json


def _monday(service: Service) -> datetime:
    year, week, _ = service.deps.clock.now().astimezone(UTC).isocalendar()
    return datetime.fromisocalendar(year, week, 1).replace(tzinfo=UTC)


def _share_of_those_at_most(times: list[float], limit: float) -> float:
    return len([each for each in times if each <= limit]) / len(times)


def _check(shown: Mapping[str, Any], made: list[tuple[str, float, int]]) -> None:
    """Compare the figures with what the runs say one by one."""
    times = [seconds for end, seconds, _ in made if end == "succeeded"]
    bad = len([end for end, _, _ in made if end == "failed"])
    assert (shown["runs"], shown["succeeded"], shown["failed"]) == (len(made), len(times), bad)
    assert shown["cost"]["micros"] == sum(micros for end, _, micros in made if end in ("succeeded", "failed"))
    assert shown["success_rate"] == (pytest.approx(len(times) / (len(times) + bad)) if times or bad else None)
    assert shown["median_s"] == (pytest.approx(statistics.median(times)) if times else None)
    if not times:
        assert shown["p90_s"] is None
        return
    assert shown["p90_s"] in times
    assert _share_of_those_at_most(times, shown["p90_s"]) >= 0.9
    assert all(_share_of_those_at_most(times, each) < 0.9 for each in times if each < shown["p90_s"])


def test_every_figure_is_what_a_second_computation_finds(service: Service) -> None:
    chance, monday = random.Random(15), _monday(service)
    made: dict[tuple[str, str], list[tuple[str, float, int]]] = {}
    for number in range(120):
        back, kind, end = chance.randrange(4), chance.choice(("page", "routine", "day")), chance.choice(ENDS)
        at = monday - timedelta(weeks=back) + timedelta(minutes=number)
        seconds, micros = float(chance.randrange(1, 90_000)), chance.randrange(5_000_000)
        _run(service, f"run-{number}", at, kind, end, seconds, micros)
        for which in (kind, ""):
            week = (monday - timedelta(weeks=back)).date().isoformat()
            made.setdefault((week, which), []).append((end, seconds, micros))
    found = _read(service)
    assert [(each["week"], each["kind"]) for each in found["weeks"]] == sorted(
        made, key=lambda key: (-datetime.fromisoformat(key[0]).toordinal(), key[1])
    )
    for each in found["weeks"]:
        _check(each, made[each["week"], each["kind"]])
    assert (found["counted"], found["cut"]) == (120, False)


def test_a_week_begins_on_monday_in_utc_and_only_those_asked_for_count(service: Service) -> None:
    monday = _monday(service)
    _run(service, "run-in", monday, "page", "succeeded", 60, 0)
    _run(service, "run-out", monday - timedelta(seconds=1), "page", "succeeded", 60, 0)
    _run(service, "run-theirs", monday, "page", "succeeded", 60, 0, tenant=OTHER)
    assert [each["runs"] for each in _read(service, "weeks=1")["weeks"]] == [1, 1]
    weeks = [each["week"] for each in _read(service, "weeks=2")["weeks"] if each["kind"] == ""]
    assert weeks == [monday.date().isoformat(), (monday - timedelta(weeks=1)).date().isoformat()]


def test_no_more_runs_are_read_than_it_says(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_figures, "MAX_RUNS", 5)
    monday = _monday(service)
    for number in range(6):
        _run(service, f"run-{number}", monday + timedelta(seconds=number), "page", "succeeded", 60, 0)
        found = _read(service)
        assert (found["counted"], found["cut"]) == (min(number + 1, 5), number == 5)


@pytest.mark.parametrize("query", ["weeks=0", "weeks=13", "weeks=all"])
def test_a_refusal_names_the_field(service: Service, query: str) -> None:
    answer = service.call("GET", f"/v1/statistics?{query}")
    assert (answer.status_code, "'weeks'" in answer.json["detail"]) == (400, True)
