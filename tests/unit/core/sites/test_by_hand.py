"""What a person is told to do where we could not: at each host what there is to be done there."""

from __future__ import annotations

import pytest

from shared.core.approval.roll_back_words import show_by_hand, take_down_by_hand
from shared.integrations.systems import HOSTS, SYSTEMS


@pytest.mark.parametrize("system", HOSTS)
def test_it_names_the_place_and_what_is_meant(system: str) -> None:
    for told in (
        show_by_hand(SYSTEMS[system], "garden", "garden.0a1b"),
        take_down_by_hand(SYSTEMS[system], "garden", "garden.0a1b"),
    ):
        assert "garden" in told
        assert system not in told, "people know it by another name"
        assert ("Promote" in told or "open the project" in told) == (system == "vercel")
    assert "0a1b" in show_by_hand(SYSTEMS[system], "garden", "garden.0a1b")
