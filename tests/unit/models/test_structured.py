"""Checked answers: sent back with the error at most twice, everything summed, refusals left alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pydantic import BaseModel, ConfigDict, Field

from shared.app.money.budget import BudgetExceeded
from shared.core.errors import Overloaded
from shared.core.models.model_errors import InvalidOutput, Refused
from shared.core.run.run import Usage
from shared.mind.catalogue import load_catalogue
from shared.mind.structured import ask, ask_with_tools
from shared.ports.model import ModelCall, ModelRequest, ModelResult, Tool, ToolCall
from tests.unit.models.scripted_provider import ScriptedProvider, Turn

NOW = datetime(2026, 11, 22, tzinfo=UTC)


class Answer(BaseModel):
    """What is asked for."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field(max_length=5)
    size: int


class OneModel:
    """One model of a scripted provider."""

    name = "one"

    def __init__(self, *turns: Turn) -> None:
        self.provider = ScriptedProvider("openai", load_catalogue(), NOW, list(turns))

    def estimate(self, request: ModelRequest) -> Usage:
        return self.provider.estimate("gpt-6-luna", request)

    def window(self, task_class: str) -> int:
        return self.provider.window("gpt-6-luna")

    def count(self, request: ModelRequest) -> int:
        return self.provider.count("gpt-6-luna", request)

    def complete(self, request: ModelRequest) -> ModelResult:
        return self.provider.complete("gpt-6-luna", request)

    @property
    def requests(self) -> list[ModelRequest]:
        return [request for _, request in self.provider.asked]


def _call(number: int, outcome: str = "ok") -> ModelCall:
    return ModelCall("gpt-6-luna", "openai", "t", "quick", Usage(number, number), outcome)


def _answer(number: int, **answer: object) -> ModelResult:
    return ModelResult(answer, "gpt-6-luna", Usage(number, 10 * number), made=(_call(number),))


def _request(**more: object) -> ModelRequest:
    return ModelRequest("t", "quick", "system", "prompt", {"type": "object"}, **more)  # type: ignore[arg-type]


GOOD = {"title": "abc", "size": 3}


def test_a_good_answer_is_asked_for_once() -> None:
    model = OneModel(_answer(7, **GOOD))
    found, result = ask(model, _request(), Answer)
    assert found == Answer(title="abc", size=3)
    assert result.usage == Usage(7, 70)
    assert len(model.requests) == 1


def test_a_wrong_answer_goes_back_with_the_error_and_all_is_summed() -> None:
    model = OneModel(_answer(1, title="far too long", size=1), _answer(2, title="abc"), _answer(4, **GOOD))
    found, result = ask(model, _request(), Answer)
    assert found.size == 3
    assert result.usage == Usage(7, 70)
    assert [call.usage.tokens for call in result.made] == [1, 2, 4]
    first, second, third = model.requests
    assert first.messages == ()
    assert [message.role for message in second.messages] == ["assistant", "user"]
    assert '"far too long"' in second.messages[0].text
    assert "title: must be a text of at most 5 characters; given: 'far too long'" in second.messages[1].text
    assert [message.role for message in third.messages] == ["assistant", "user"]  # the last answer alone
    assert '"far too long"' not in third.messages[0].text
    assert "size: is missing; it must be a whole number" in third.messages[1].text
    assert "title" not in third.messages[1].text
    assert (third.prompt, third.system) == (first.prompt, first.system)


def test_after_two_repairs_it_is_enough() -> None:
    wrong = [_answer(n, title="abc", size="big") for n in (1, 2, 4, 8)]
    model = OneModel(*wrong)
    with pytest.raises(InvalidOutput, match="size") as caught:
        ask(model, _request(), Answer)
    assert len(model.requests) == 3
    assert caught.value.used == Usage(7, 70)
    assert len(caught.value.made) == 3


def test_the_error_is_compacted() -> None:
    many = {f"field{n}": "x" * 1000 for n in range(40)}
    model = OneModel(_answer(1, **many), _answer(1, **GOOD))
    ask(model, _request(), Answer)
    told = model.requests[1].messages[-1].text
    assert len(told) < 800
    assert "… and 34 more of the kind" in told  # 40 that are not known and 2 that are missing, of which 8 are told
    assert "xxx" not in told


def test_an_answer_that_was_no_json_is_repaired_too() -> None:
    broken = InvalidOutput("the answer ends in the middle", used=Usage(5, 50))
    broken.made = (_call(5, "invalid_output"),)
    model = OneModel(broken, _answer(1, **GOOD))
    _, result = ask(model, _request(), Answer)
    assert result.usage == Usage(6, 60)
    assert [call.outcome for call in result.made] == ["invalid_output", "ok"]
    assert [message.role for message in model.requests[1].messages] == ["user"]
    assert "ends in the middle" in model.requests[1].messages[0].text


@pytest.mark.parametrize("error", [Refused("no", used=Usage(2, 20)), Overloaded("openai", "busy")])
def test_what_is_no_wrong_answer_is_not_repaired_and_what_was_spent_before_counts(error: Exception) -> None:
    model = OneModel(_answer(1, title="abc"), error)
    with pytest.raises(type(error)) as caught:
        ask(model, _request(), Answer)
    assert len(model.requests) == 2
    extra = 2 if isinstance(error, Refused) else 0
    assert caught.value.used == Usage(1 + extra, 10 * (1 + extra))  # type: ignore[attr-defined]
    assert caught.value.made[0].usage.tokens == 1  # type: ignore[attr-defined]


def test_where_a_repair_cannot_be_paid_the_answer_was_wrong_and_an_attempt_of_its_own_may_follow() -> None:
    """The run is not ended for good: what is set aside for the next attempt is enough for it."""
    model = OneModel(_answer(3, title="abc"), BudgetExceeded("the call may need 900 tokens, reserved are 100"))
    with pytest.raises(InvalidOutput, match=r"size: is missing.*reserved are 100") as caught:
        ask(model, _request(), Answer)
    assert caught.value.used == Usage(3, 30)
    assert len(caught.value.made) == 1
    with pytest.raises(BudgetExceeded):  # the first question itself
        ask(OneModel(BudgetExceeded("no room")), _request(), Answer)


def test_calls_of_tools_are_passed_on_and_not_judged() -> None:
    call = ToolCall("c1", "look", {"at": "anything"})
    tool = Tool("look", "to look", {"type": "object"})
    model = OneModel(ModelResult({}, "gpt-6-luna", Usage(3, 30), calls=(call,)))
    found, result = ask_with_tools(model, _request(tools=(tool,)), Answer)
    assert found is None
    assert result.calls == (call,)


def test_with_tools_an_answer_is_still_checked() -> None:
    tool = Tool("look", "to look", {"type": "object"})
    model = OneModel(_answer(1, title="abc"), _answer(2, **GOOD))
    found, result = ask_with_tools(model, _request(tools=(tool,)), Answer)
    assert found == Answer(**GOOD)  # type: ignore[arg-type]
    assert result.usage.tokens == 3


def test_calls_nobody_offered_are_no_answer() -> None:
    stray = ModelResult({}, "gpt-6-luna", Usage(1, 10), calls=(ToolCall("c1", "look", {}),))
    model = OneModel(stray, _answer(2, **GOOD))
    found, _ = ask(model, _request(), Answer)
    assert found.size == 3
    with pytest.raises(ValueError, match="ask_with_tools"):
        ask(model, _request(tools=(Tool("look", "", {}),)), Answer)


def test_a_text_that_was_no_json_is_shown_again_as_the_models_own_turn() -> None:
    broken = InvalidOutput("the answer is not JSON: it looks cut off: answer again with less", used=Usage(5, 50))
    broken.answer = '{"title": "abc", "si'
    model = OneModel(broken, _answer(1, **GOOD))
    ask(model, _request(), Answer)
    said, told = model.requests[1].messages
    assert (said.role, said.text) == ("assistant", '{"title": "abc", "si')
    assert "looks cut off" in told.text


def test_a_long_answer_is_shown_with_its_middle_left_out_and_a_sign() -> None:
    model = OneModel(_answer(1, title="a" * 100_000 + "zzz", size=1), _answer(1, **GOOD))
    ask(model, _request(), Answer)
    said = model.requests[1].messages[0].text
    assert len(said) < 30_000
    assert said.startswith('{"title": "aaa')
    assert 'zzz", "size": 1}' in said
    assert "characters of your answer are not shown here" in said
