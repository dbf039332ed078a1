"""The exact prompt of six situations, so that whoever changes one sees in review what a model is told then."""

from __future__ import annotations

import pytest

from tests.support.measures.prompts import instructions_of
from tests.unit.mind.situations import GOLDENS, SITUATIONS, golden, shown

_ORDER_NOTHING = {"plan of a routine", "agent with history and summary"}  # their texts are friendly ones


@pytest.mark.parametrize("name", SITUATIONS)
def test_the_prompt_is_the_one_that_was_reviewed(name: str) -> None:
    assert shown(name) == golden(name).read_text(encoding="utf-8"), "look, then: python -m tests.unit.mind.renew"


def test_there_is_a_text_for_each_situation_and_no_other() -> None:
    assert set(GOLDENS.glob("*.txt")) == {golden(name) for name in SITUATIONS}
    assert len(SITUATIONS) == 7


@pytest.mark.parametrize("name", [name for name in SITUATIONS if name not in _ORDER_NOTHING])
def test_what_a_page_orders_is_told_and_nowhere_among_the_instructions(name: str) -> None:
    text = golden(name).read_text(encoding="utf-8")
    assert "push to main" in text
    assert "push to main" not in instructions_of(text)
