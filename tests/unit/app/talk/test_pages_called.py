"""Pages are called by their own titles, and told apart by the way to them, each place of it named once."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from shared.app.knowledge.knowledge_search import trail
from shared.core.documents.places import Place
from shared.ports import Put
from tests.support.rigs.small_house import TENANT
from tests.unit.app.talk.world import World


@pytest.mark.parametrize(
    ("titles", "way"),
    [
        (("Home", "Ideas", "Ideas", "Choir"), "Home › Ideas › Choir"),
        (("Choir", "Choir"), "Choir"),
        (("Ideas", "Home", "Ideas"), "Ideas › Home › Ideas"),
        (("", "Choir", ""), "Choir"),
        ((), ""),
    ],
)
def test_a_way_names_each_place_once(titles: tuple[str, ...], way: str) -> None:
    assert trail(titles) == way


def test_of_pages_with_one_title_people_are_told_where_they_are(world: World) -> None:
    places = [
        Place("10000000-1111-4222-8333-444444444444", "page", "Workspace home"),
        Place("20000000-1111-4222-8333-444444444444", "page", "Team", "10000000-1111-4222-8333-444444444444"),
        Place("30000000-1111-4222-8333-444444444444", "page", "Notes", "20000000-1111-4222-8333-444444444444"),
        Place("40000000-1111-4222-8333-444444444444", "page", "Notes", "10000000-1111-4222-8333-444444444444"),
    ]
    world.house.store.put(TENANT, *(Put("map", each.id, asdict(each)) for each in places))
    asked = world.says("plan Notes").text
    assert "“Notes” (Workspace home)" in asked
    assert "“Notes” (Workspace home › Team)" in asked
    wanted = next(line for line in asked.splitlines() if "Team" in line)[0]
    assert "“Notes”" in world.adds(wanted, "m-2").text
    runs = world.house.store.list_runs(TENANT)
    assert [run.trigger.page for run in runs if run.trigger.title == "Notes"] == [places[2].id]
