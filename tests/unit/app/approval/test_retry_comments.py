"""“Retry”, as a comment on the page of a run that failed or was stopped: heard from members, in plain words, once."""

from __future__ import annotations

import pytest

from shared.app.api.run.retry import retry_links
from shared.core.approval.short_words import asks_to_retry, says_from_start
from shared.core.run.run import Run, RunStatus
from tests.support.desks.plan_comments import planned, said, say
from tests.support.rigs.small_desk import Desk
from tests.support.rigs.small_house import TENANT


def _stopped(desk: Desk) -> tuple[str, Run]:
    """Return a page whose plan was made, and then stopped."""
    page = planned(desk)
    desk.set_status(page, "Cancelled")
    desk.tell(page)
    run = desk.run_of(page)
    assert run.status == RunStatus.CANCELLED
    return page, run


def _retry_of(desk: Desk, run: Run) -> Run | None:
    _, after = retry_links(desk.house.deps, run)
    loaded = desk.house.store.load_run(TENANT, after) if after else None
    return loaded.run if loaded is not None else None


def test_a_member_who_asks_for_it_gets_it_once(desk: Desk) -> None:
    page, run = _stopped(desk)
    say(desk, page, "What a pity.")
    assert _retry_of(desk, run) is None
    say(desk, page, "Retry, please")
    new = _retry_of(desk, run)
    assert new is not None
    assert new.trigger.by == desk.as_person("GET", f"/v1/users/{desk.person}")["name"]
    assert (new.status, new.asked, new.revision) == (RunStatus.AWAITING_APPROVAL, run.plan_hash, run.revision)
    say(desk, page, "retry!")
    retries = [each for each in desk.house.store.list_runs(TENANT, limit=50) if each.trigger.kind == "retry"]
    assert [each.id for each in retries] == [new.id]


def test_from_the_start_it_is_planned_anew(desk: Desk) -> None:
    page, run = _stopped(desk)
    say(desk, page, "retry from the start")
    new = _retry_of(desk, run)
    assert new is not None
    assert new.facts["retries"] == f"{run.id}, from the start, as it was asked for"


def test_what_was_said_before_it_was_stopped_asks_for_nothing(desk: Desk) -> None:
    page = planned(desk)
    say(desk, page, "retry")
    desk.set_status(page, "Cancelled")
    desk.tell(page)
    run = desk.run_of(page)
    desk.tell(page)
    assert (run.status, _retry_of(desk, run)) == (RunStatus.CANCELLED, None)
    assert not any("retried" in each for each in said(desk, page))


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Retry", "goes on"),
        ("please try it again!", "goes on"),
        ("Bitte noch einmal", "goes on"),
        ("réessaie", "goes on"),
        ("Retry from the beginning, please", "from the start"),
        ("noch einmal von vorn", "from the start"),
        ("inténtalo de nuevo desde cero", "from the start"),
        ("Should we retry?", ""),
        ("Do not retry", ""),
        ("retry the oven first", ""),
        ("> retry", ""),
        ("", ""),
    ],
)
def test_only_words_that_can_mean_nothing_else_count(text: str, asked: str) -> None:
    assert asks_to_retry(text) == asked


@pytest.mark.parametrize(
    ("text", "start"), [("do it over from scratch", True), ("try again", False), ("try the start page again", False)]
)
def test_in_a_conversation_a_retry_is_from_the_start_only_in_so_many_words(text: str, start: bool) -> None:
    assert says_from_start(text) is start
