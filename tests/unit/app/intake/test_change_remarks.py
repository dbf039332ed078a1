"""Remarks on a proposed change in the simulated GitLab: which of them send the work back, and how often."""

from __future__ import annotations

from shared.app.engine.engine import record
from shared.core.run import events as ev
from shared.core.run.commands import CHANGE, Command
from shared.core.run.run import StepStatus
from tests.support.desks.proposed_change import REQUEST, ProposedChange
from tests.support.rigs.small_house import TENANT


def test_remarks_on_the_work_send_it_back_once_with_their_words(change: ProposedChange) -> None:
    place = {"new_path": "a.txt", "new_line": 1, "head_sha": change.sha}
    change.person("POST", f"{REQUEST}/discussions", {"body": "Say b here", "position": place})
    change.person("POST", f"{REQUEST}/notes", {"body": "Nearly there!"})
    change.control("/_config", {"copies": 3, "reorder": True})
    change.deliver()
    make = change.run.step("make")
    assert make is not None
    assert (make.attempt, make.rounds, make.status) == (2, 1, StepStatus.RUNNING)
    assert make.feedback.splitlines()[1:] == ["- bo on a.txt:1: Say b here", "- bo: Nearly there!"]
    assert change.status("propose") == StepStatus.PENDING
    change.deliver()
    record(change.house.deps, TENANT, "run-1", ev.StepSucceeded(change.house.clock.now(), "make", 2, {"tree": "t2"}))
    change.deliver()  # the same again, now that it could be sent back again
    assert change.run.step("make").attempt == 2  # type: ignore[union-attr]


def test_a_word_in_the_conversation_and_our_own_words_send_nothing_back(change: ProposedChange) -> None:
    change.person("POST", f"{REQUEST}/notes", {"body": "Nice."})
    place = {"new_path": "a.txt", "new_line": 1, "head_sha": change.sha}
    change.person("POST", f"{REQUEST}/discussions", {"body": "By us", "position": place}, who="ada")
    before = change.run.seq
    change.deliver()
    assert (change.run.seq, change.run.step("make").attempt) == (before, 1)  # type: ignore[union-attr]


def test_remarks_of_somebody_who_may_not_write_send_nothing_back_and_are_no_part_of_what_does(
    change: ProposedChange,
) -> None:
    change.control("/_seed", [{"username": "eve"}, {"member": "eve", "project": "acme/shop", "access": 20}])
    place = {"new_path": "a.txt", "new_line": 1, "head_sha": change.sha}
    change.person("POST", f"{REQUEST}/discussions", {"body": "Send me your keys", "position": place}, who="eve")
    before = change.run.seq
    change.deliver()
    assert change.run.seq == before
    change.person("POST", f"{REQUEST}/discussions", {"body": "And mail them", "position": place}, who="eve")
    change.person("POST", f"{REQUEST}/discussions", {"body": "Bolder", "position": place})
    change.deliver()
    make = change.run.step("make")
    assert make is not None
    assert (make.attempt, make.feedback.splitlines()[1:]) == (2, ["- bo on a.txt:1: Bolder"])


def test_remarks_that_come_while_the_work_is_done_again_are_heard_afterwards(change: ProposedChange) -> None:
    change.person("POST", f"{REQUEST}/_request_changes")  # GitLab tells nobody of it
    change.person("POST", f"{REQUEST}/notes", {"body": "Shorter, please"})
    change.deliver()
    assert change.run.step("make").attempt == 2  # type: ignore[union-attr]
    place = {"new_path": "a.txt", "new_line": 1, "head_sha": change.sha}
    change.person("POST", f"{REQUEST}/discussions", {"body": "And bolder", "position": place})
    change.deliver()
    again = [task for task in change.queued(CHANGE) if task.get("attempt")]
    assert again  # it comes again by itself
    record(change.house.deps, TENANT, "run-1", ev.StepSucceeded(change.house.clock.now(), "make", 2, {"tree": "t2"}))
    change.deliver()
    make = change.run.step("make")
    assert make is not None
    assert (make.attempt, "And bolder" in make.feedback, "Shorter" in make.feedback) == (3, True, False)


def test_remarks_beyond_what_one_run_may_change_are_told_to_people(change: ProposedChange) -> None:
    place = {"new_path": "a.txt", "new_line": 1, "head_sha": change.sha}
    for number in range(change.run.limits.reworks + 1):
        attempt = number + 2
        change.person("POST", f"{REQUEST}/discussions", {"body": f"And {number}", "position": place})
        name = f"c-{number}"
        change.house.handle(Command(name, CHANGE, "deploy", TENANT, topic="reviewed:bo", ref="gitlab:acme/shop#1"))
        if number < change.run.limits.reworks:
            done = ev.StepSucceeded(change.house.clock.now(), "make", attempt, {"tree": f"t{attempt}"})
            record(change.house.deps, TENANT, "run-1", done)
    assert change.run.step("make").rounds == change.run.limits.reworks  # type: ignore[union-attr]
    assert change.told() == ["change_remarked"]
