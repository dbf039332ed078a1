"""Routines against the simulated Notion, with a clock in hand: one run per time, whatever happens in between."""

from __future__ import annotations

import pytest

from shared.app.engine.due_times import read_alarm
from shared.app.engine.sweep import sweep
from shared.app.schedule.routines import routine_changed
from shared.app.tenants.settings_changes import change_settings
from shared.core.errors import Busy
from shared.core.run.run import RunStatus
from shared.ports import SYSTEM
from tests.support.desks.timed_routines import TimedRoutines, list_alarms, with_status, with_text
from tests.support.ports.moved_clock import utc
from tests.support.rigs.small_house import TENANT


def test_a_routine_shows_when_it_runs_and_gets_one_run_at_that_time(routines: TimedRoutines) -> None:
    page = routines.write("every weekday at 9:30")
    routines.told(page)
    assert routines.shown(page, "Next run") == utc(2026, 3, 2, 9, 30)
    routines.at(utc(2026, 3, 2, 9, 29, 59))
    assert routines.runs() == []
    routines.at(utc(2026, 3, 2, 9, 30))
    (run,) = routines.runs()
    assert (run.trigger.kind, run.trigger.page, run.trigger.title) == ("routine", page, "Water")
    assert run.trigger.by == "its schedule, due Mon 02 Mar 2026 09:30 UTC"
    assert routines.shown(page, "Last run") == utc(2026, 3, 2, 9, 30)
    assert routines.shown(page, "Next run") == utc(2026, 3, 3, 9, 30)
    assert routines.alarms() == ["2026-03-03T09:30:00+00:00"]


def test_two_schedulers_at_once_and_late_copies_open_one_run(routines: TimedRoutines) -> None:
    page = routines.write("daily at 9:30")
    routines.told(page)
    routines.house.clock.move(minutes=31)
    alarm = next(doc for doc in routines.house.store.list_docs(SYSTEM, "due"))
    assert (sweep(routines.house.deps)["woken"], sweep(routines.house.deps)["woken"]) == (1, 1)
    routines.house.work()
    routines.house.handle(read_alarm(alarm).command)  # an hour later the queue has forgotten the name
    routines.house.work()
    assert len(routines.runs()) == 1
    assert routines.alarms() == ["2026-03-03T09:30:00+00:00"]


def test_after_three_silent_hours_one_run_stands_for_all_and_says_so(routines: TimedRoutines) -> None:
    page = routines.write("every 15 minutes")
    routines.told(page)
    routines.at(utc(2026, 3, 2, 12, 20))
    (run,) = routines.runs()
    assert run.trigger.by == "its schedule, due Mon 02 Mar 2026 12:15 UTC; 12 earlier times missed before and left out"
    assert routines.shown(page, "Next run") == utc(2026, 3, 2, 12, 30)


def test_a_paused_routine_does_nothing_even_when_nobody_told_us(routines: TimedRoutines) -> None:
    page = routines.write("daily at 9:30")
    routines.told(page)
    routines.desk.as_person("PATCH", f"/v1/pages/{page}", {"properties": with_status("Paused")})
    routines.at(utc(2026, 3, 2, 9, 30))
    assert routines.runs() == []
    assert routines.alarms() == []
    assert routines.shown(page, "Next run") is None
    routines.change(page, **with_status("Active"))
    assert routines.shown(page, "Next run") == utc(2026, 3, 3, 9, 30)


def test_an_edited_schedule_counts_from_then_on(routines: TimedRoutines) -> None:
    page = routines.write("daily at 9:30")
    routines.told(page)
    routines.change(page, **with_text("Schedule", "daily at 11:00"))
    routines.at(utc(2026, 3, 2, 9, 30))
    assert routines.runs() == []
    routines.at(utc(2026, 3, 2, 11, 0))
    assert [run.trigger.by for run in routines.runs()] == ["its schedule, due Mon 02 Mar 2026 11:00 UTC"]


@pytest.mark.parametrize(
    ("schedule", "zone", "said"),
    [
        ("whenever I like", "", "“whenever i like” was not understood"),
        ("daily at 9:30", "Europe/Berlni", "“Europe/Berlni” is not a time zone"),
        ("* * * * *", "", "runs more often than every 5 minutes"),
        ("", "", "there is no schedule"),
    ],
)
def test_a_wrong_schedule_gets_one_comment(routines: TimedRoutines, schedule: str, zone: str, said: str) -> None:
    page = routines.write(schedule, zone=zone)
    routines.told(page)
    routines.told(page)
    (comment,) = routines.comments(page)
    assert said in comment
    assert routines.alarms() == []
    routines.change(page, **with_text("Schedule", "daily at 10:00"), **with_text("Time zone", "Europe/Berlin"))
    assert routines.shown(page, "Next run") == utc(2026, 3, 3, 9, 0)
    assert len(routines.comments(page)) == 1


def test_a_routine_keeps_to_its_own_zone_or_the_tenants(routines: TimedRoutines) -> None:
    own = routines.write("daily at 10:00", zone="Pacific/Kiritimati")
    team = routines.write("daily at 10:00")
    change_settings(routines.house.deps, TENANT, time_zone="Pacific/Pago_Pago")
    routines.told(own)
    routines.told(team)
    assert routines.shown(own, "Next run") == utc(2026, 3, 2, 20, 0)
    assert routines.shown(team, "Next run") == utc(2026, 3, 2, 21, 0)
    change_settings(routines.house.deps, TENANT, time_zone="Europe/Berlin")
    routines.at(utc(2026, 3, 2, 9, 1))
    assert routines.shown(own, "Next run") == utc(2026, 3, 2, 20, 0)
    assert routines.shown(team, "Next run") == utc(2026, 3, 3, 9, 0)
    assert routines.runs() == []


def test_a_time_that_comes_while_people_have_not_answered_takes_the_place_of_the_older_run(
    routines: TimedRoutines,
) -> None:
    page = routines.write("daily at 9:30")
    routines.told(page)
    routines.at(utc(2026, 3, 2, 9, 30))
    (first,) = routines.runs()
    assert first.status in (RunStatus.AWAITING_INPUT, RunStatus.AWAITING_APPROVAL)
    routines.at(utc(2026, 3, 3, 9, 30))
    assert routines.house.run(first.id).cancel.endswith("nobody answered before the routine was due again")
    routines.at(utc(2026, 3, 3, 9, 31))
    assert [run.trigger.by for run in routines.runs()][1:] == ["its schedule, due Tue 03 Mar 2026 09:30 UTC"]


def test_a_routine_in_the_trash_or_elsewhere_is_forgotten(routines: TimedRoutines) -> None:
    page = routines.write("daily at 9:30")
    routines.told(page)
    routines.desk.as_person("PATCH", f"/v1/pages/{page}", {"in_trash": True})
    routines.at(utc(2026, 3, 2, 9, 30))
    assert routines.runs() == []
    assert routines.alarms() == []
    idea = routines.desk.write_idea()
    assert not routine_changed(routines.house.deps, routines.house.tools, TENANT, routines.page(idea))


def test_the_budget_of_the_page_limits_its_runs(routines: TimedRoutines) -> None:
    page = routines.write("daily at 9:30")
    routines.change(page, Budget={"number": 0.25})
    routines.at(utc(2026, 3, 2, 9, 30))
    assert routines.runs()[0].limits.micros == 250_000


@pytest.mark.parametrize(("team", "wanted"), [(20_000_000, 250_000), (100_000, 100_000)])
def test_the_budget_of_the_page_is_never_above_the_teams_nor_lifted_by_it(
    routines: TimedRoutines, team: int, wanted: int
) -> None:
    change_settings(routines.house.deps, TENANT, budget={"run": team, "kept_back": 0})
    page = routines.write("daily at 9:30")
    routines.change(page, Budget={"number": 0.25})
    routines.at(utc(2026, 3, 2, 9, 30))
    assert routines.runs()[0].limits.micros == wanted


def test_a_budget_of_nothing_is_no_budget_at_all_and_an_empty_one_the_usual(routines: TimedRoutines) -> None:
    nothing, usual = routines.write("daily at 9:30"), routines.write("daily at 9:31")
    routines.change(nothing, Budget={"number": 0})
    routines.change(usual, Budget={"number": None})
    routines.at(utc(2026, 3, 2, 9, 31))
    limits = {run.trigger.page: run.limits.micros for run in routines.runs()}
    assert limits == {nothing: 0, usual: routines.house.deps.limits.micros}


def test_a_worker_whose_clock_is_behind_has_the_queue_come_again(routines: TimedRoutines) -> None:
    page = routines.write("daily at 9:30")
    routines.told(page)
    (alarm,) = list_alarms(routines.house)
    routines.house.clock.move(minutes=30, seconds=-1)
    with pytest.raises(Busy):
        routines.house.handle(alarm.command)
    assert routines.runs() == []
    routines.house.clock.move(seconds=1)
    routines.house.handle(alarm.command)
    assert len(routines.runs()) == 1


def test_what_was_read_before_a_later_edit_does_not_count(routines: TimedRoutines) -> None:
    page = routines.write("daily at 18:00")
    routines.told(page)
    late = routines.page(page)
    routines.change(page, **with_text("Schedule", "daily at 10:00"))
    assert routine_changed(routines.house.deps, routines.house.tools, TENANT, late)
    assert routines.shown(page, "Next run") == utc(2026, 3, 2, 10)
    assert routines.alarms() == ["2026-03-02T10:00:00+00:00"]


def test_a_title_reaches_people_without_what_nobody_sees(routines: TimedRoutines) -> None:
    page = routines.write("daily at 9:30")
    routines.change(page, Name={"title": [{"text": {"content": "Wa\u202eter\u200b"}}]})
    routines.at(utc(2026, 3, 2, 9, 30))
    assert routines.runs()[0].trigger.title == "Water"


def test_a_delivery_about_a_routine_is_enough(routines: TimedRoutines) -> None:
    page = routines.write("every Monday and Thursday 14:00")
    routines.desk.tell(page)
    assert routines.shown(page, "Next run") == utc(2026, 3, 2, 14, 0)
    assert routines.runs() == []


def test_what_we_write_on_the_page_does_not_plan_its_run_anew(routines: TimedRoutines) -> None:
    page = routines.write("daily at 9:30")
    routines.told(page)
    routines.at(utc(2026, 3, 2, 9, 30))
    (run,) = routines.runs()
    routines.desk.tell(page)
    assert routines.house.run(run.id).revision == 1
    assert routines.page(page)["properties"]["Status"]["select"]["name"] == "Active"
