"""What people wish for is built, as something that visitors see, and never as the words it was wished for with."""

from __future__ import annotations

import pytest
import requests

from shared.core.pages import marks
from shared.core.run.run import RunStatus
from tests.support.rigs.house import Neighbourhood

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("changed_minds")]

WISH = "no, because it should also show the prices: 3 € a jar"


@pytest.mark.parametrize("gate", ["approve", "release"])
def test_a_wish_becomes_part_of_the_site(house: Neighbourhood, gate: str) -> None:
    page = house.write(f"Jam stall, wished at {gate}")
    first = house.plan(page)
    if gate == "release":
        house.set_status(page, marks.APPROVED)
        first = house.asked(page, gate)
    house.calm()
    house.comment(page, WISH)
    house.wait("the question anew", lambda: house.run(page).asked not in ("", first.asked), page)
    house.calm()
    house.set_status(page, marks.APPROVED)
    run = house.ended(page, in_words=True)
    assert (run.status, run.failure) == (RunStatus.SUCCEEDED, "")
    shown = requests.get(run.facts["site"], timeout=10).text
    assert "Prices: 3 € a jar" in shown
    assert "because" not in shown
    assert "should" not in shown
    assert [text for text in house.comments(page) if text.startswith("Question: ")] == []
