"""Conversations: what is said begins, changes, approves, stops and explains runs, once, and no more than was meant."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.app.chat.chat_memory import MAX_TURNS, Said, chats_of, keep_chat, load_chat
from shared.app.planning.feedback import feedback_since
from shared.core.run.run import RunStatus
from tests.support.desks.talk import Talk
from tests.support.rigs.small_house import TENANT


def test_a_run_is_begun_shown_and_approved_in_a_conversation(talk: Talk) -> None:
    begun = talk.say("Plan this, please")
    assert (begun.did, begun.run) == ("start", talk.run().id)
    assert "Bicycle club" in begun.text
    assert talk.run().status == RunStatus.AWAITING_APPROVAL
    assert talk.run().trigger.by == "Ada Example"
    shown = talk.say("approve")
    assert shown.did == ""  # a yes to a plan that was not shown here is none
    assert "code.generate" in shown.text
    assert talk.run().status == RunStatus.AWAITING_APPROVAL
    done = talk.say("yes, approve")
    assert done.did == "approve"
    gate = next(step for step in talk.run().steps if step.spec.kind == "approval.ask")
    assert (gate.output["by"], gate.output["via"]) == ("Ada Example", "chat")
    assert gate.output["plan_hash"] == talk.run().plan_hash


@pytest.mark.parametrize(
    "doubtful", ["approve it but without the prices", "would you approve this?", "no", "approve 👎"]
)
def test_a_doubtful_yes_approves_nothing(talk: Talk, doubtful: str) -> None:
    talk.say("Plan this, please")
    talk.say("approve")  # shows it
    talk.say(doubtful)
    gates = [step for run in talk.desk.house.store.list_runs(TENANT) for step in run.steps if step.spec.gate]
    assert [gate.id for gate in gates if gate.output.get("via") == "chat" and gate.status.value == "succeeded"] == []


def test_a_plan_that_changed_after_it_was_shown_is_shown_again(talk: Talk) -> None:
    talk.say("Plan this, please")
    talk.say("approve")
    before = talk.run().plan_hash
    talk.desk.write_more(talk.run().trigger.page, "And we lend pumps.")
    talk.desk.tell(talk.run().trigger.page)
    assert talk.run().plan_hash != before
    answer = talk.say("approve")
    assert answer.did == ""
    assert talk.run().status == RunStatus.AWAITING_APPROVAL
    assert talk.say("approve").did == "approve"


def test_a_wish_leads_to_another_plan_that_knows_it(talk: Talk) -> None:
    talk.say("Plan this, please")
    changed = talk.say("Change: the opening hours come first")
    assert changed.did == "change"
    run = talk.run()
    assert (run.revision, run.status) == (2, RunStatus.AWAITING_APPROVAL)
    planned = next(s.output for s in reversed(run.steps) if s.spec.kind == "plan.propose" and s.output)
    assert "opening hours come first" in talk.desk.house.store.get_text(TENANT, str(planned["page"]))


def test_stopping_and_doing_over(talk: Talk) -> None:
    talk.say("Plan this, please")
    assert talk.say("stop it").did == "cancel"
    first = talk.run()
    assert first.status == RunStatus.CANCELLED
    assert talk.say("stop it").did == ""  # nothing is left to stop
    again = talk.say("try again")
    assert again.did == "retry"
    assert talk.run().id != first.id


def test_how_a_run_stands_is_told_from_its_own_record(talk: Talk) -> None:
    talk.say("Plan this, please")
    told = talk.say("What is the status?")
    assert told.did == ""
    assert "awaiting approval" in told.text
    assert "Cost so far: 0.00 US dollars." in told.text


@pytest.mark.parametrize(
    ("said", "starts"),
    [
        ("Bitte plane diese Seite für uns und die Mitglieder", "Ich plane"),
        ("Planifie cette page pour nous et les membres du club", "Je prépare"),
        ("Planifica esta página para nosotros y los miembros del club", "Estoy planificando"),
    ],
)
def test_it_answers_in_the_persons_language(talk: Talk, said: str, starts: str) -> None:
    assert talk.say(said).text.startswith(starts)


def test_what_is_said_in_any_script_fits_what_a_store_takes(talk: Talk) -> None:
    said = "\U0001f6b2" * 4000
    turns = tuple(Said("user", said, "2026-11-22T00:00:00+00:00", f"m{n}") for n in range(MAX_TURNS + 5))
    answers = tuple(Said("assistant", said * 5, "2026-11-22T00:00:00+00:00", f"m{n}") for n in range(MAX_TURNS + 5))
    both = tuple(each for pair in zip(turns, answers, strict=True) for each in pair)
    kept = keep_chat(talk.desk.house.deps, TENANT, replace(talk.chat, turns=both))
    assert kept.turns[-1] == answers[-1]
    assert 2 <= len(kept.turns) < MAX_TURNS


def test_a_wish_and_a_stop_are_remembered_as_feedback(talk: Talk) -> None:
    talk.say("Plan this, please")
    talk.say("Change: the opening hours come first")
    talk.say("stop it")
    found = feedback_since(talk.desk.house.deps, TENANT)
    assert {(each.kind, each.by, each.text) for each in found} == {
        ("wish", "Ada Example", "Change: the opening hours come first"),
        ("cancelled", "Ada Example", ""),
    }


def test_the_page_that_is_spoken_of_now_has_its_own_title(talk: Talk) -> None:
    talk.say("Plan this, please")
    talk.say("stop it")
    other = Talk(talk.desk, talk.desk.write_idea("Choir"), "Choir", "key-2")
    other.say("What is the status of the bicycle club?")
    assert (other.chat.page, other.chat.title) == (talk.chat.page, "Bicycle club")
    assert "Bicycle club" in other.say("Plan this, please").text


def test_a_yes_is_about_one_run_though_two_have_equal_plans(talk: Talk) -> None:
    talk.say("Plan this, please")
    talk.say("approve")
    shown = talk.chat.shown
    talk.chat = keep_chat(
        talk.desk.house.deps, TENANT, replace(talk.chat, shown=shown.replace(talk.run().id, "run-with-an-equal-plan"))
    )
    assert talk.say("approve").did == ""


def test_a_conversation_is_its_persons_alone(talk: Talk) -> None:
    deps = talk.desk.house.deps
    assert load_chat(deps, TENANT, talk.chat.id, "key-2") is None
    assert load_chat(deps, "t-2", talk.chat.id, "key-1") is None
    assert chats_of(deps, TENANT, "key-2") == []
    assert [one.id for one in chats_of(deps, TENANT, "key-1")] == [talk.chat.id]
