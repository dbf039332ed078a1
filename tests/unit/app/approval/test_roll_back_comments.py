"""“Roll back”, as a comment on the page of a site that is live: heard from members, in plain words, once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.app.api.run.run_views import run_view
from shared.app.engine.engine import record
from shared.app.notify.messages import HIGH, message_for
from shared.app.ship.roll_back import rollback_url
from shared.cli.run_texts import run_text, runs_table
from shared.core.approval.short_words import asks_to_roll_back
from shared.core.run import acts
from shared.core.run import events as ev
from shared.core.run.commands import NOTIFY, Command
from shared.core.run.run import Run, RunStatus, Step, StepSpec, StepStatus, derive_id
from shared.ports import Commit
from tests.support.desks.plan_comments import planned, said, say
from tests.support.rigs.small_desk import Desk
from tests.support.rigs.small_house import TENANT

OUTPUT = {"system": "vercel", "project": "prj_1", "deployment": "dpl_2", "previous": "dpl_1"}


def _live(desk: Desk, previous: str = "dpl_1") -> tuple[str, Run]:
    """Return a page, and its run as it is stored when its site went live and all is done."""
    page = planned(desk)
    loaded = desk.house.store.load_run(TENANT, desk.run_of(page).id)
    assert loaded is not None
    now = desk.house.clock.now()
    spec = StepSpec("promote", "site.promote", lane="deploy")
    live = Step(spec, StepStatus.SUCCEEDED, output={**OUTPUT, "previous": previous})
    after = replace(
        loaded.run,
        status=RunStatus.SUCCEEDED,
        seq=loaded.run.seq + 1,
        ended_at=now,
        facts={"site": "http://a.example"},
        steps=(*loaded.run.steps, live),
    )
    told = ev.PeopleNotified(now, "run_succeeded", "end", "notion:sent")
    desk.house.store.commit(Commit(after, (told,), (), loaded.version, "the end"))
    return page, after


def _taken_back(desk: Desk, run: Run) -> Run | None:
    found = desk.house.store.load_run(TENANT, derive_id("run-", TENANT, run.id, "rollback"))
    return found.run if found else None


def test_a_member_who_asks_for_it_gets_it_once(desk: Desk) -> None:
    page, run = _live(desk)
    say(desk, page, "Thanks, looks good!")
    assert _taken_back(desk, run) is None
    say(desk, page, "Roll back please")
    new = _taken_back(desk, run)
    assert new is not None
    assert new.trigger.by == desk.as_person("GET", f"/v1/users/{desk.person}")["name"]
    say(desk, page, "Roll back!")
    runs = [each for each in desk.house.store.list_runs(TENANT, limit=50) if each.trigger.kind == "rollback"]
    assert [each.id for each in runs] == [new.id]


def test_a_run_that_was_rolled_back_says_so_before_anything_else(desk: Desk) -> None:
    page, run = _live(desk)
    say(desk, page, "roll back")
    desk.house.clock.move(seconds=90)
    taken = _taken_back(desk, run)
    assert taken is not None
    reconnected = acts.GrantRestored(
        desk.house.clock.now(), "vercel"
    )  # the desk has no host, so the step waits for one
    (step,) = record(desk.house.deps, TENANT, taken.id, reconnected).steps
    done = ev.StepSucceeded(desk.house.clock.now(), step.id, step.attempt, {"production": "dpl_1"})
    record(desk.house.deps, TENANT, taken.id, done)
    desk.house.work()
    view = run_view(desk.house.run(run.id))
    assert view["rolled_back"].startswith("Rolled back by Ada Example on ")
    assert run_text(view)[0] == view["rolled_back"]
    (row,) = runs_table({"runs": [view], "next": None, "put_aside": [], "paused": ""})
    assert "rolled back" in row
    parts = desk.as_person("GET", f"/v1/blocks/{page}/children")["results"]
    plans = [each["id"] for each in parts if each["type"] == "callout"]
    inside = [one for plan in plans for one in desk.as_person("GET", f"/v1/blocks/{plan}/children")["results"]]
    shown = [
        "".join(t["plain_text"] for t in one["callout"]["rich_text"]) for one in inside if one["type"] == "callout"
    ]
    assert [text.split("\n")[0] for text in shown] == [view["rolled_back"]]


def test_what_cannot_be_taken_back_is_said_where_it_was_asked_for(desk: Desk) -> None:
    page, run = _live(desk, previous="")
    say(desk, page, "roll back")
    assert _taken_back(desk, run) is None
    assert any("this was the first version" in each for each in said(desk, page))


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Roll back", True),
        ("please roll it back.", True),
        ("Bitte zurückrollen", True),
        ("go back to the previous version!", True),
        ("Should we roll back?", False),
        ("Do not roll back", False),
        ("The awning should roll back in the evening", False),
        ("> roll back", False),
        ("", False),
    ],
)
def test_only_words_that_can_mean_nothing_else_count(text: str, asked: bool) -> None:
    assert asks_to_roll_back(text) is asked


def test_the_page_says_how_and_holds_no_link_that_whoever_reads_it_could_use(desk: Desk) -> None:
    page, run = _live(desk)
    told = Command("told-1", NOTIFY, "notify", TENANT, run.id, topic="run_succeeded", ref="end")
    desk.house.queue.enqueue([told])
    desk.house.work()
    comments = desk.as_person("GET", f"/v1/comments?block_id={page}")["results"]
    assert any("comment “roll back” on the page" in each for each in said(desk, page))
    assert "/rollbacks/" not in str(comments)
    assert "/rollbacks/" in rollback_url(desk.house.deps, run)  # people's messages have it


def test_an_alarm_says_so_first_and_breaks_quiet_hours(desk: Desk) -> None:
    _, run = _live(desk)
    alarm = "production is wrong, and going back failed: 402. What to do now: open the project prj_1"
    failed = replace(run, status=RunStatus.FAILED, failure=alarm, facts={"site": "http://a.example", "alarm": alarm})
    message = message_for("run_failed", failed, run_url="http://h/r", page_url="")
    assert message.subject.startswith("ALARM: act now")
    assert (message.lines, message.priority) == ((alarm,), HIGH)
