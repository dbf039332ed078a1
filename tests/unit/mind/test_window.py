"""A long talk keeps its goal, its last turns and its ids; no tool call loses its result; a summary invents nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.chat.summary import Summary
from shared.core.documents.codec import from_body, to_body
from shared.core.errors import Unavailable
from shared.core.models.token_bound import estimate_tokens
from shared.mind.context import assemble
from shared.mind.window import Turn, slide, summarize, turns_of, window_parts
from shared.ports.model import Message, ToolCall
from tests.support.measures.prompts import part_of
from tests.support.ports.local_ports import ScriptedModel

PAGE = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"
GOOD = {"goal": "A site for the bakery", "decisions": [], "entities": [], "questions": [], "constraints": []}


def talk(turns: int, words: int = 30) -> list[Turn]:
    said = [
        [Message("user", f"Wish {n}. " + "more words " * words), Message("assistant", f"Done {n}.")]
        for n in range(turns)
    ]
    return turns_of([message for turn in said for message in turn])


def size(turns: list[Turn]) -> int:
    return sum(estimate_tokens(turn.text) for turn in turns)


def test_a_turn_is_a_persons_words_and_all_that_follows() -> None:
    call = ToolCall("c1", "look", {})
    messages = [
        Message("user", "Hello"), Message("assistant", "", (call,)), Message("tool", "seen", call="c1"),
        Message("assistant", "Hi"), Message("user", "Bye"),
    ]  # fmt: skip
    assert [len(turn.messages) for turn in turns_of(messages)] == [4, 1]


def test_in_a_loop_without_a_person_a_turn_is_a_call_with_its_results() -> None:
    call = ToolCall("c1", "look", {})
    once = [Message("assistant", "", (call,)), Message("tool", "seen", call="c1")]
    assert [len(turn.messages) for turn in turns_of(once * 3)] == [2, 2, 2]


@given(st.lists(st.sampled_from(["user", "assistant", "call"]), max_size=20), st.integers(10, 400))
def test_no_call_is_ever_parted_from_its_result(roles: list[str], share: int) -> None:
    messages: list[Message] = []
    for number, role in enumerate(roles):
        if role == "call":
            name = f"c{number}"
            messages += [Message("assistant", "look", (ToolCall(name, "look", {}),)), Message("tool", "x", call=name)]
        else:
            messages.append(Message(role, f"{role} says {number}"))
    kept, gone = slide(turns_of(messages), share)
    for turns in (kept, gone):
        asked = {call.id for turn in turns for message in turn.messages for call in message.calls}
        answered = {message.call for turn in turns for message in turn.messages if message.role == "tool"}
        assert asked == answered
    assert len(kept) + len(gone) == len(turns_of(messages))


def test_nothing_goes_below_seventy_hundredths_and_then_it_is_thirty() -> None:
    turns = talk(20)
    assert slide(turns, int(size(turns) / 0.69))[1] == []
    share = int(size(turns) / 0.75)
    kept, _ = slide(turns, share)
    assert size(kept) <= 0.3 * share + len(kept)  # each is rounded up here
    assert size(kept) > 0.2 * share
    assert slide(kept, share)[1] == []


def test_the_first_goal_and_the_last_stay() -> None:
    turns = talk(20)
    kept, gone = slide(turns, 100)
    assert kept == [turns[0], turns[19]]
    assert gone == [turn for turn in turns if turn not in kept]


def test_the_summary_of_a_model_is_kept_with_what_it_covers() -> None:
    model = ScriptedModel([{**GOOD, "decisions": ["Green was chosen"]}])
    summary, result = summarize(model, Summary(turns=2, said=("user: Old.",)), talk(3))
    assert result is not None
    assert (summary.turns, summary.goal, summary.decisions) == (5, "A site for the bakery", ("Green was chosen",))
    assert summary.version == "3"
    told = model.asked[0].prompt
    assert part_of(told, "summary") == "Said: user: Old."
    assert "Wish 2." in part_of(told, "history")


def test_ids_and_dates_that_nobody_named_are_not_believed_and_lost_ones_are_put_back() -> None:
    gone = turns_of([Message("user", f"Take the page {PAGE} and open on 2026-12-05, see run-1a2b3c.")])
    other = PAGE.replace("3f", "4a")
    model = ScriptedModel(
        [{**GOOD, "entities": [f"The page {other}"], "decisions": ["Opens on 2026-12-06", "Opens soon"]}]
    )
    summary, _ = summarize(model, Summary(), gone)
    assert summary.decisions == ("Opens soon",)
    assert other not in summary.text
    for named in (PAGE, "2026-12-05", "run-1a2b3c"):
        assert named in summary.text


def test_a_sign_behind_an_address_is_no_part_of_it() -> None:
    link = "https://notes.example.test/p/summer"
    gone = turns_of([Message("user", f"It is all in {link}, plan it.")])
    model = ScriptedModel([{**GOOD, "decisions": [f"The page is {link}."]}])
    summary, _ = summarize(model, Summary(), gone)
    assert summary.decisions == (f"The page is {link}.",)
    assert not any(link in each for each in summary.entities)  # nothing was lost, so nothing is put back


def test_what_is_put_back_stands_there_without_who_said_it_however_often_it_is_lost() -> None:
    gone, summary = turns_of([Message("user", "We open on 2026-12-05, and not before.")]), Summary()
    for _ in range(3):
        summary, _ = summarize(ScriptedModel([GOOD]), summary, gone)
        gone = turns_of([Message("user", "Well.")])
    assert summary.entities == ("We open on 2026-12-05",)


@pytest.mark.parametrize("answer", [Unavailable("model", "down"), {"goal": 7}], ids=["down", "no summary"])
def test_without_a_usable_answer_the_first_sentences_stay(answer: Any) -> None:
    gone = turns_of([Message("user", f"Make it green. And more. The page is {PAGE}."), Message("assistant", "Well.")])
    for model in (ScriptedModel([answer]), None):
        summary, result = summarize(model, Summary(turns=1), gone)
        assert result is None
        assert summary.said == ("user: Make it green.",)
        assert PAGE in summary.text
        assert summary.turns == 2


def test_a_summary_stays_bounded_however_long_the_talk() -> None:
    summary = Summary()
    for start in range(40):
        gone = turns_of([Message("user", f"Wish {start}: " + f"KEY-{start} {'long ' * 200}")])
        summary, _ = summarize(None, summary, gone)
    assert summary.turns == 40
    assert len(summary.text) < 20_000
    assert "Wish 39" in summary.text


def test_nothing_gone_changes_nothing() -> None:
    before = Summary(turns=3, goal="x")
    assert summarize(ScriptedModel([{}]), before, []) == (before, None)


def test_it_survives_being_stored() -> None:
    before = Summary(3, "goal", ("a",), ("b",), ("c",), ("d",), ("e",), "1")
    assert from_body(Summary, to_body(before)) == before


def test_as_parts_it_is_data_and_the_oldest_lines_go_first() -> None:
    parts = window_parts(Summary(turns=4, goal="Obey me"), talk(30), share=0.9)
    context = assemble(parts, budget=600)
    assert all(not part.trusted for part in parts)
    assert "Goal: Obey me" in part_of(context.prompt, "summary")
    assert part_of(context.prompt, "history").endswith("assistant: Done 29.")
    assert window_parts(Summary(), []) == []


@pytest.mark.parametrize("long", ["We bake bread. " * 3000, "面包" * 9000, "x" * 60_000])
def test_of_a_last_turn_that_is_one_long_line_the_end_stays(long: str) -> None:
    turns = turns_of([Message("user", "Hello."), Message("user", f"{long} Which bread is that?")])
    context = assemble(window_parts(Summary(), turns, share=0.5), budget=1000)
    assert context.prompt.rstrip().endswith(f"Which bread is that?\n</{context.mark}>")
    assert 700 < context.tokens <= 1000
