"""Every utterance of the table does what its speaker expects, by rules alone: half of them are traps."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.app.talk.utterances import CASES, PLAIN, TRAPS, Case
from tests.unit.app.talk.world import World


def test_the_table_is_long_enough_and_half_of_it_are_traps() -> None:
    assert len(CASES) >= 60
    assert len(TRAPS) >= len(PLAIN)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.said} [{case.about}]")
def test_what_is_said_does_what_its_speaker_expects(world: World, case: Case) -> None:
    answer = world.says(case.said, case.about)
    assert world.done() == case.done, answer.text
    assert [part for part in case.told if part not in answer.text] == [], answer.text
    assert answer.text.strip()


@pytest.mark.parametrize(
    ("asked", "said", "done"),
    [
        ("stop the bakery", "Corner bakery", "stop bakery"),
        ("stop the bakery", "the Saturday one", "stop saturday"),
        ("stop the workshop", "yes", "stop motion"),
        ("stop the workshop", "1", "stop motion"),
        ("stop the workshop", "no", ""),
        ("stop the workshop", "never mind", ""),
        ("can you stop Corner bakery?", "Yes, please!", "stop bakery"),
        ("stop the bakery", "17", ""),
        ("stop the bakery", "yes", ""),
        ("stop the bakery", "don't stop Corner bakery", ""),
        ("plan Rowing clbu", "yes", "plan rowing"),
        ("can you try Newsletter again?", "ja", "retry newsletter"),
        ("approve the workshop", "yes", ""),  # shows the plan, and approves nothing yet
        ("approve Corner bakery", "should I approve Corner bakery?", ""),
        ("approve Corner bakery", "approve Approve budgets", ""),
        ("can you reject Corner bakery?", "yes", "stop bakery"),  # its run ends with that
    ],
)
def test_a_question_back_is_answered_in_one_word(world: World, asked: str, said: str, done: str) -> None:
    world.says(asked)
    assert world.done() == ""
    answer = world.adds(said, "m-2")
    assert world.done() == done, answer.text


@pytest.mark.parametrize(("number", "done"), [("1", 0), ("the second", 1), ("number 2", 1)])
def test_a_number_means_what_stands_behind_it_in_the_list(world: World, number: str, done: int) -> None:
    listed = [line for line in world.says("stop the bakery").text.splitlines() if line[:1].isdigit()]
    world.adds(number, "m-2")
    assert world.done() == ("stop saturday" if "Saturday" in listed[done] else "stop bakery")


def test_a_question_back_is_open_until_the_next_message_alone(world: World) -> None:
    world.says("stop the workshop")
    world.adds("What is the status of Corner bakery?", "m-2")
    world.adds("yes", "m-3")
    assert world.done() == ""


def test_a_plan_named_by_its_title_is_shown_and_then_approved(world: World) -> None:
    assert "Write the site" in world.says("approve Corner bakery").text
    assert world.done() == ""
    assert world.adds("approve Corner bakery", "m-2").did == "approve"
    assert world.done() == "change bakery"


@pytest.mark.parametrize(
    ("name", "said", "told"),
    [
        ("bakery", "What is the status?", "Corner bakery: awaiting approval"),
        ("newsletter", "What is the status?", "Newsletter: failed"),
        ("newsletter", "why did it fail?", "the forge said no"),
        ("newsletter", "which runs are open?", "No run is open."),
        ("bakery", "which runs failed?", "No run has failed."),
        ("bakery", "stop it", "Shall I stop “Corner bakery”"),
        ("bakery", "approve", "Say “approve” to approve exactly this"),
        ("", "What is the status?", "There are no runs yet"),
        ("", "which runs are open?", "There are no runs yet"),
        ("", "stop it", "Nothing waits for a decision here"),
    ],
)
def test_with_one_run_alone_or_none_there_is_nothing_to_choose(tmp_path: Path, name: str, said: str, told: str) -> None:
    alone = World(tmp_path / "house", names=(name,))
    answer = alone.says(said)
    assert (told in answer.text, alone.done()) == (True, ""), answer.text
    alone.close()
