"""A conversation when messages come twice, at once, after a death, or go on for long: nothing is doubled or lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.app.approval.comment_records import load_heard
from shared.app.chat.chat_memory import MAX_TURNS, Said, forget_chat, keep_chat, load_chat
from shared.app.chat.conversation import speak
from shared.core.errors import Busy, Conflicting, MalformedRequest, NotThere
from shared.core.run.run import RunStatus
from tests.support.desks.talk import Talk
from tests.support.rigs.small_house import TENANT


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
    filled = tuple(Said("user", f"Line {n}.", "2026-11-22T00:00:00+00:00", f"old-{n}") for n in range(MAX_TURNS))
    house = talk.desk.house
    talk.chat = keep_chat(house.deps, TENANT, replace(talk.chat, turns=(*talk.chat.turns, *filled)))
    for wish in ("Change: the opening hours come first", "Change: the colours are green"):
        talk.chat = speak(house.deps, house.tools, TENANT, talk.chat, wish, "")
        house.work()
    assert [each.text for each in load_heard(house.deps, TENANT, talk.run().id).wishes] == [
        "Change: the opening hours come first",
        "Change: the colours are green",
    ]


def test_two_answers_at_once_do_not_lose_each_other(talk: Talk) -> None:
    deps = talk.desk.house.deps
    keep_chat(deps, TENANT, replace(talk.chat, language="de"))
    with pytest.raises(Busy):
        keep_chat(deps, TENANT, replace(talk.chat, language="fr"))


def test_a_long_conversation_keeps_its_last_turns_and_a_summary(talk: Talk) -> None:
    turns = tuple(Said("user", f"Line {n}. More.", "2026-11-22T00:00:00+00:00", f"m{n}") for n in range(MAX_TURNS + 5))
    kept = keep_chat(talk.desk.house.deps, TENANT, replace(talk.chat, turns=turns))
    assert [turn.message for turn in kept.turns][:1] == ["m5"]
    assert kept.summary.said == tuple(f"user: Line {n}." for n in range(5))
    assert kept.summary.goal == "Line 0."
