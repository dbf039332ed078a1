"""A day's plan: what holds for any tasks, and the reasons people read."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.core.run.run import Limits
from shared.core.schedule.day_plan import plan_day
from shared.core.schedule.day_tasks import DayPlan, Task, Yesterday

TODAY = date(2026, 11, 25)  # a Wednesday
NAMES = [f"t{n}" for n in range(9)]

Given = tuple[list[Task], float, frozenset[str], frozenset[str]]

TASKS = st.lists(
    st.builds(
        Task,
        id=st.sampled_from(NAMES),
        title=st.sampled_from(["Bake", "Call", "Draw"]),
        status=st.sampled_from(["To do", "Doing", "Blocked", "Done"]),
        priority=st.sampled_from(["High", "Medium", "Low", ""]),
        due=st.one_of(st.none(), st.integers(-10, 12).map(lambda n: TODAY + timedelta(days=n))),
        hours=st.one_of(st.none(), st.integers(1, 40).map(lambda n: n / 4)),
        depends_on=st.lists(st.sampled_from([*NAMES, "elsewhere"]), max_size=2, unique=True).map(tuple),
    ),
    max_size=9,
    unique_by=lambda task: task.id,
)
MARKS = st.frozensets(st.sampled_from(NAMES), max_size=4)
PLANS = st.tuples(TASKS, st.sampled_from([2.0, 6.0, 8.0]), MARKS, MARKS)


def planned(given_: Given) -> tuple[dict[str, Task], DayPlan]:
    tasks, capacity, ticked, unticked = given_
    yesterday = Yesterday(TODAY - timedelta(days=1), ticked, unticked - ticked)
    return {task.id: task for task in tasks}, plan_day(tasks, TODAY, capacity, yesterday)


@settings(max_examples=120, deadline=None)
@given(PLANS)
def test_a_day_never_holds_more_than_it_can_but_for_one_task_alone(given_: Given) -> None:
    _, plan = planned(given_)
    assert plan.hours <= plan.capacity or len(plan.chosen) == 1


@settings(max_examples=120, deadline=None)
@given(PLANS)
def test_nothing_is_planned_before_what_it_depends_on(given_: Given) -> None:
    tasks, plan = planned(given_)
    open_ones = {name for name, task in tasks.items() if task.status != "Done"}
    before: set[str] = set()
    for item in plan.chosen:
        assert open_ones & set(item.task.depends_on) <= before
        assert item.task.status not in ("Done", "Blocked")
        before.add(item.task.id)


@settings(max_examples=120, deadline=None)
@given(PLANS)
def test_all_that_is_due_is_planned_or_named_once_with_a_reason(given_: Given) -> None:
    tasks, plan = planned(given_)
    due = {n for n, task in tasks.items() if task.status != "Done" and task.due is not None and task.due <= TODAY}
    named = [item.task.id for item in (*plan.chosen, *plan.left)]
    assert due <= set(named)
    assert len(named) == len(set(named))
    assert all(item.reasons for item in plan.left)


def _reaches(tasks: dict[str, Task], start: str, goal: str) -> bool:
    """Say whether the goal is among all that `start` depends on: plain search, for comparison."""
    seen: set[str] = set()
    todo = [start]
    while todo:
        for name in tasks[todo.pop()].depends_on:
            if name in tasks and name not in seen:
                seen.add(name)
                todo.append(name)
    return goal in seen


@settings(max_examples=120, deadline=None)
@given(PLANS)
def test_circles_are_circles_and_nothing_in_one_is_planned(given_: Given) -> None:
    tasks, plan = planned(given_)
    still = {name: task for name, task in tasks.items() if task.status != "Done"}
    for circle in plan.circles:
        following = (*circle[1:], circle[0])
        assert all(other.id in task.depends_on for task, other in zip(circle, following, strict=True))
    circular = {name for name in still if _reaches(still, name, name)}
    assert {task.id for circle in plan.circles for task in circle} <= circular
    assert not circular & {item.task.id for item in plan.chosen}
    assert not circular & {move.task.id for move in plan.moves}
    assert bool(circular) == bool(plan.circles)


@settings(max_examples=120, deadline=None)
@given(PLANS)
def test_dates_move_forward_to_working_days_with_room(given_: Given) -> None:
    tasks, plan = planned(given_)
    moved = {move.task.id: move.to for move in plan.moves}
    assert not set(moved) & {item.task.id for item in plan.chosen}
    for move in plan.moves:
        assert move.to > TODAY
        assert move.to.weekday() < 5
        needed = [moved[n] for n in move.task.depends_on if n in moved]
        assert all(day <= move.to for day in needed)
    for day in set(moved.values()):
        fixed = sum(t.needs for t in tasks.values() if t.due == day and t.status != "Done" and t.id not in moved)
        new = [tasks[name].needs for name, to in moved.items() if to == day]
        assert fixed + sum(new) <= plan.capacity or (len(new) == 1 and not fixed)


def task(title: str, **fields: object) -> Task:
    return Task(**{"id": title, "title": title, "hours": 1.0, **fields})  # type: ignore[arg-type]


def reasons(plan: DayPlan, title: str) -> tuple[str, ...]:
    return next(item.reasons for item in (*plan.chosen, *plan.left) if item.task.title == title)


def test_the_order_is_dependency_then_date_then_priority_and_the_reasons_say_so() -> None:
    plan = plan_day(
        [
            task("Print menu", due=TODAY, depends_on=("Prepare menu",)),
            task("Prepare menu", due=date(2026, 12, 20)),
            task("Call baker", due=TODAY, priority="High"),
            task("Clean oven", due=date(2026, 11, 20), priority="Low"),
            task("Order flour", due=date(2026, 11, 27), status="Doing", hours=None),
            task("Paint door"),
        ],
        TODAY,
    )
    assert [item.task.title for item in plan.chosen] == [
        "Clean oven",
        "Call baker",
        "Prepare menu",
        "Print menu",
        "Order flour",
    ]
    assert reasons(plan, "Clean oven") == ("slipped from Friday",)
    assert reasons(plan, "Call baker") == ("due today", "high priority")
    assert reasons(plan, "Prepare menu") == ("due 20 December 2026", "unblocks Print menu")
    assert reasons(plan, "Order flour") == ("due Friday", "already begun", "no estimate, so 1 h assumed")
    assert plan.left == ()
    assert plan.moves == ()


def test_what_does_not_fit_is_named_and_gets_a_date_only_as_a_proposal() -> None:
    tasks = [task("Accounts", due=TODAY, priority="High", hours=5.0), task("Letters", due=TODAY, hours=3.0)]
    busy = task("Fair", due=date(2026, 11, 26), hours=4.0)
    plan = plan_day([*tasks, busy], TODAY)
    assert [item.task.title for item in plan.chosen] == ["Accounts"]
    assert reasons(plan, "Letters") == ("due today", "does not fit: needs 3 h, 1 h are left")
    assert [(move.task.title, move.to) for move in plan.moves] == [("Letters", date(2026, 11, 27))]


def test_a_weekend_is_left_out_when_dates_move() -> None:
    friday = date(2026, 11, 27)
    plan = plan_day([task("A", due=friday, hours=6.0), task("B", due=friday, hours=6.0)], friday)
    assert [move.to for move in plan.moves] == [date(2026, 11, 30)]


def test_a_task_longer_than_a_day_has_it_to_itself() -> None:
    plan = plan_day([task("Move house", due=TODAY, hours=9.0), task("Post", due=TODAY, priority="Low")], TODAY)
    assert [item.task.title for item in plan.chosen] == ["Move house"]
    assert reasons(plan, "Move house") == ("due today", "longer than a day, so it has the day to itself")
    assert reasons(plan, "Post")[-1] == "does not fit: needs 1 h, 0 h are left"


def test_what_people_have_to_settle_is_named_and_never_moved() -> None:
    plan = plan_day(
        [
            task("Sign lease", due=TODAY, status="Blocked"),
            task("Furnish", due=TODAY, depends_on=("Sign lease",)),
            task("Chicken", due=TODAY, depends_on=("Egg",)),
            task("Egg", due=TODAY, depends_on=("Chicken",)),
            task("Soup", due=TODAY),
        ],
        TODAY,
        yesterday=Yesterday(date(2026, 11, 20), ticked=frozenset({"Soup"})),
    )
    assert plan.chosen == ()
    assert plan.moves == ()
    assert reasons(plan, "Sign lease")[-1] == "is marked Blocked"
    assert reasons(plan, "Furnish")[-1] == "waits for Sign lease"
    assert reasons(plan, "Egg")[-1] == "depends on itself in a circle"
    assert reasons(plan, "Soup")[-1] == "ticked on the page of Friday but still To do in Tasks: set it to Done there"
    assert [[task.title for task in circle] for circle in plan.circles] == [["Chicken", "Egg"]]


@pytest.mark.parametrize("due", [None, date(2026, 12, 9)])
def test_what_was_left_unticked_comes_again(due: date | None) -> None:
    left = task("Water plants", due=due)
    plan = plan_day([left], TODAY, yesterday=Yesterday(date(2026, 11, 24), unticked=frozenset({left.id})))
    assert reasons(plan, "Water plants")[-1] == "left over from yesterday"


def test_a_long_chain_is_planned_from_its_beginning_as_far_as_a_day_goes() -> None:
    chain = [replace(task(f"n{n:04}", hours=0.001), depends_on=(f"n{n - 1:04}",) if n else ()) for n in range(3000)]
    chain[-1] = replace(chain[-1], due=TODAY)
    plan = plan_day(list(reversed(chain)), TODAY)
    assert [item.task.id for item in plan.chosen] == [task.id for task in chain[:60]]
    assert [(item.task.id, item.reasons[-1]) for item in plan.left] == [("n2999", "waits for n2998")]


def test_only_as_many_dates_move_as_one_plan_has_steps() -> None:
    tasks = [Task(f"t{n}", f"Task {n:03}", due=TODAY, hours=1) for n in range(300)]
    plan = plan_day(tasks, TODAY)
    assert len(plan.moves) <= Limits().steps // 2
    assert len(plan.chosen) + len(plan.left) == 300


@pytest.mark.parametrize(("first", "second"), [(1, 0), (0, 1)])
def test_ten_thousand_tasks_in_a_row_or_in_circles_are_planned_in_few_steps(first: int, second: int) -> None:
    count = 10_000
    row = [Task(f"t{n}", f"Task {n:05}", due=TODAY, depends_on=(f"t{n + 1}",)) for n in range(count * first)]
    circles = [Task(f"t{n}", f"Task {n:05}", due=TODAY, depends_on=(f"t{n ^ 1}",)) for n in range(count * second)]
    plan = plan_day([*row, *circles], TODAY)
    assert len(plan.chosen) + len(plan.left) == count
    assert len(plan.circles) == count // 2 * second
