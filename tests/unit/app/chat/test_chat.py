"""Conversations: what is said begins, changes, approves, stops and explains runs, once, and no more than was meant."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from shared.app.approval.heard import heard_of
from shared.app.chat.chat_memory import MOST_TURNS, Said, chats_of, forget_chat, keep_chat, load_chat, new_chat
from shared.app.chat.conversation import speak
from shared.app.planning.feedback import feedback_since
from shared.core.errors import Busy, Conflicting, MalformedRequest, NotThere
from shared.core.run.run import Run, RunStatus
from shared.integrations.notion.client.wire import normal_id
from tests.support.measures.prompts import part_of, parts_of
from tests.support.ports.local_ports import ScriptedModel
from tests.support.rigs.small_desk import Desk
from tests.support.rigs.small_house import TENANT


class Talk:
    """One person's conversation with the house of a desk."""

    def __init__(self, desk: Desk, page: str = "", title: str = "", by: str = "key-1") -> None:
        self.desk, self.number = desk, 0
        now = desk.house.clock.now().isoformat()
        chat = new_chat(TENANT, by, "Ada Example", now, "1", page=normal_id(page) if page else "", title=title)
        self.chat = keep_chat(desk.house.deps, TENANT, chat)

    def say(self, text: str, message: str = "") -> Said:
        """Say something, let the house work, and return the answer."""
        self.number += 1
        house = self.desk.house
        self.chat = load_chat(house.deps, TENANT, self.chat.id, self.chat.by) or self.chat
        self.chat = speak(house.deps, house.tools, TENANT, self.chat, text, message or f"m-{self.number}")
        house.work()
        return self.chat.turns[-1]

    def run(self) -> Run:
        """Return the run that is spoken of."""
        return self.desk.house.run(self.chat.run)


@pytest.fixture
def talk(desk: Desk) -> Talk:
    return Talk(desk, desk.write_idea("Bicycle club"), "Bicycle club")


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


def test_the_same_message_twice_does_its_work_once(talk: Talk) -> None:
    first = talk.say("Plan this, please", "m-x")
    before = talk.chat
    again = talk.say("Plan this, please", "m-x")
    assert again == first
    assert talk.chat == before
    assert len(talk.desk.house.store.list_runs(TENANT)) == 1


@pytest.mark.parametrize("point", ["chat.heard/message", "chat.done/message"])
def test_a_death_in_the_middle_is_made_up_for_by_the_same_message(talk: Talk, point: str) -> None:
    class Dead(Exception):
        pass

    def die(passed: str) -> None:
        if passed == point:
            raise Dead

    house = talk.desk.house
    house.crash_point = die
    with pytest.raises(Dead):
        talk.say("Plan this, please", "m-x")
    house.crash_point = lambda passed: None
    found = load_chat(house.deps, TENANT, talk.chat.id, "key-1")
    assert found is not None
    talk.chat = found
    talk.say("Plan this, please", "m-x")
    assert len(house.store.list_runs(TENANT)) == 1
    assert [turn.role for turn in talk.chat.turns] == ["user", "assistant"]


def test_another_text_under_the_same_name_is_refused(talk: Talk) -> None:
    talk.say("Plan this, please", "m-x")
    with pytest.raises(Conflicting, match="message"):
        talk.say("stop it", "m-x")
    assert talk.run().status == RunStatus.AWAITING_APPROVAL


@pytest.mark.parametrize("text", [" \n", "\u200b\u200d", "\U000e0041\U000e0042"])
def test_what_nobody_can_see_says_nothing(talk: Talk, text: str) -> None:
    with pytest.raises(MalformedRequest, match="text"):
        talk.say(text)
    assert load_chat(talk.desk.house.deps, TENANT, talk.chat.id, "key-1") == talk.chat


def test_of_two_messages_at_once_each_has_its_own_answer(talk: Talk) -> None:
    house = talk.desk.house

    def meanwhile(passed: str) -> None:
        if passed == "chat.done/message":
            house.crash_point = lambda passed: None
            latest = load_chat(house.deps, TENANT, talk.chat.id, "key-1")
            assert latest is not None
            speak(house.deps, house.tools, TENANT, latest, "What is the status?", "m-b")

    house.crash_point = meanwhile
    talk.say("Plan this, please", "m-a")
    assert [(turn.role, turn.message) for turn in talk.chat.turns] == [
        ("user", "m-a"), ("user", "m-b"), ("assistant", "m-b"), ("assistant", "m-a"),
    ]  # fmt: skip
    begun = talk.chat.answer_to("m-a")
    assert begun is not None
    assert begun.did == "start"


def test_an_unanswered_message_is_answered_though_another_one_came_after_it(talk: Talk) -> None:
    class Dead(Exception):
        pass

    def die(passed: str) -> None:
        raise Dead

    house = talk.desk.house
    house.crash_point = die
    with pytest.raises(Dead):
        talk.say("Plan this, please", "m-x")
    house.crash_point = lambda passed: None
    talk.say("Who lends pumps?", "m-y")
    talk.say("Plan this, please", "m-x")
    answer = talk.chat.answer_to("m-x")
    assert answer is not None
    assert answer.did == "start"


def test_a_conversation_that_is_deleted_meanwhile_says_so(talk: Talk) -> None:
    house = talk.desk.house
    house.crash_point = lambda passed: forget_chat(house.deps, TENANT, talk.chat)
    with pytest.raises(NotThere, match="deleted"):
        talk.say("Plan this, please")
    assert load_chat(house.deps, TENANT, talk.chat.id, "key-1") is None


def test_wishes_without_a_name_all_count_however_long_a_conversation_is(talk: Talk) -> None:
    talk.say("Plan this, please")
    filled = tuple(Said("user", f"Line {n}.", "2026-11-22T00:00:00+00:00", f"old-{n}") for n in range(MOST_TURNS))
    house = talk.desk.house
    talk.chat = keep_chat(house.deps, TENANT, replace(talk.chat, turns=(*talk.chat.turns, *filled)))
    for wish in ("Change: the opening hours come first", "Change: the colours are green"):
        talk.chat = speak(house.deps, house.tools, TENANT, talk.chat, wish, "")
        house.work()
    assert [each.text for each in heard_of(house.deps, TENANT, talk.run().id).wishes] == [
        "Change: the opening hours come first",
        "Change: the colours are green",
    ]


def test_what_is_said_in_any_script_fits_what_a_store_takes(talk: Talk) -> None:
    said = "\U0001f6b2" * 4000
    turns = tuple(Said("user", said, "2026-11-22T00:00:00+00:00", f"m{n}") for n in range(MOST_TURNS + 5))
    answers = tuple(Said("assistant", said * 5, "2026-11-22T00:00:00+00:00", f"m{n}") for n in range(MOST_TURNS + 5))
    both = tuple(each for pair in zip(turns, answers, strict=True) for each in pair)
    kept = keep_chat(talk.desk.house.deps, TENANT, replace(talk.chat, turns=both))
    assert kept.turns[-1] == answers[-1]
    assert 2 <= len(kept.turns) < MOST_TURNS


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


def test_two_answers_at_once_do_not_lose_each_other(talk: Talk) -> None:
    deps = talk.desk.house.deps
    keep_chat(deps, TENANT, replace(talk.chat, language="de"))
    with pytest.raises(Busy):
        keep_chat(deps, TENANT, replace(talk.chat, language="fr"))


def test_a_long_conversation_keeps_its_last_turns_and_a_summary(talk: Talk) -> None:
    turns = tuple(Said("user", f"Line {n}. More.", "2026-11-22T00:00:00+00:00", f"m{n}") for n in range(MOST_TURNS + 5))
    kept = keep_chat(talk.desk.house.deps, TENANT, replace(talk.chat, turns=turns))
    assert [turn.message for turn in kept.turns][:1] == ["m5"]
    assert kept.summary["said"] == tuple(f"user: Line {n}." for n in range(5))
    assert kept.summary["goal"] == "Line 0."


def test_what_becomes_too_much_to_tell_a_model_is_summarised_once_and_stays_readable(talk: Talk) -> None:
    summary = {"goal": "A club site", "decisions": ["It is green"], "entities": [], "questions": [], "constraints": []}
    long = "We talked about many things here. " * 40
    said = tuple(Said("user", f"Line {n}. {long}", "2026-11-22T00:00:00+00:00", f"old-{n}") for n in range(8))
    talk.chat = keep_chat(talk.desk.house.deps, TENANT, replace(talk.chat, turns=said))
    explained = meant(intent="explain", reply="It is a site.")
    model = ScriptedModel([explained, summary, explained])
    talk.desk.house.model = model
    talk.say("What is this?")
    assert [request.task for request in model.asked] == ["chat", "summary"]
    assert len(talk.chat.turns) == 10
    assert 0 < talk.chat.covered < 10
    talk.say("And now?")
    told = model.asked[2].prompt
    assert "Decided: It is green" in part_of(told, "summary")
    assert "Line 0." not in told
    assert "What is this?" in told


def meant(**given: Any) -> dict[str, Any]:
    return {"intent": "ask", "about": "", "reply": "", "language": "en", **given}


def obeying(talk: Talk, *answers: dict[str, Any]) -> None:
    """Let a model say what is meant, whatever is said; the plan stays the one that was made."""
    talk.desk.house.model = ScriptedModel(list(answers))


def test_a_model_cannot_approve_nor_name_what_it_was_not_shown(talk: Talk) -> None:
    talk.say("Plan this, please")
    run = talk.run()
    obeying(talk, meant(intent="approve"), meant(intent="approve"), meant(intent="approve"))
    with pytest.raises(Exception, match="intent"):
        talk.say("Do what is best")
    obeying(talk, meant(intent="cancel", about="run-000000000000000000000000"))
    assert talk.say("stop the other one").did == ""
    assert talk.desk.house.run(run.id).status == RunStatus.AWAITING_APPROVAL


def test_a_model_alone_stops_nothing(talk: Talk) -> None:
    """The title of a run or a page may have talked it into that."""
    talk.say("Plan this, please")
    run = talk.run()
    obeying(talk, meant(intent="cancel", about=run.id))
    asked = talk.say("Who lends pumps?")
    assert (asked.did, "Shall I stop" in asked.text) == ("", True)
    obeying(talk, meant())
    talk.say("No, who lends pumps?")
    talk.say("yes")  # what was asked before the last answer is no longer asked
    assert talk.desk.house.run(run.id).status == RunStatus.AWAITING_APPROVAL
    obeying(talk, meant(intent="cancel", about=run.id))
    talk.say("もうやめてください")  # words that no rule of ours knows
    assert talk.say("yes").did == "cancel"
    assert talk.desk.house.run(run.id).status == RunStatus.CANCELLED


def test_a_model_cannot_begin_a_page_it_was_not_shown(talk: Talk) -> None:
    obeying(talk, meant(intent="start", about="11111111-2222-4333-8444-555555555555"))
    answer = talk.say("go")
    assert answer.did == "start"
    assert talk.run().trigger.page == talk.chat.page  # the one that is spoken of


def test_what_a_model_explains_is_text_that_does_nothing(talk: Talk) -> None:
    talk.say("Plan this, please")
    evil = "See ![x](https://collect.invalid/p.png) and [here](https://collect.invalid/?q=1)"
    obeying(talk, meant(intent="explain", reply=evil))
    assert "https://collect.invalid" not in talk.say("status?").text.replace("`", "")


def test_a_model_is_told_which_page_and_run_is_present_and_whose_record_it_has(talk: Talk) -> None:
    talk.say("Plan this, please")
    run = talk.run()
    model = ScriptedModel([meant(intent="explain", reply="It waits.")])
    talk.desk.house.model = model
    talk.say("How does it stand?")
    told = {source: text for _, source, text in parts_of(model.asked[0].prompt)}
    runs = [json.loads(line) for line in told["runs, the newest first"].splitlines()]
    pages = [json.loads(line) for line in told["pages that may be meant"].splitlines()]
    assert [each["run"] for each in runs if each.get("present")] == [run.id]
    assert [each["page"] for each in pages if each.get("present")] == [run.trigger.page]
    assert "It waits for somebody to approve" in told[f"the record of run {run.id}"]
