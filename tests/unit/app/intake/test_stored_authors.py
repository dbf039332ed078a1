"""Looks, wishes and orders as the version before has stored them: they are read, and what is stored it can read too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from shared.app.intake.debounce import gather, take_gathered
from shared.app.wishes.status_journal import Wish, keep_wish, keep_written, load_kept, order_next_plan
from shared.core.documents.look import Happening
from shared.core.pages import marks
from shared.core.pages.author import BOT, PERSON, UNKNOWN, Author
from shared.core.run.commands import LOOK, Command
from shared.core.run.run import Trigger
from shared.ports import Put
from tests.support.builders.runs import begin, spec
from tests.support.rigs.small_house import TENANT, SmallHouse

PAGE, AT = "a-page", "2026-03-02T08:00:01+00:00"
WHO = [
    ("person:ada", Author(PERSON, "ada")),
    ("mixed-person:ada", Author(PERSON, "ada", certain=False)),
    ("bot:other", Author(BOT, "other")),
    ("unknown:", Author(UNKNOWN)),
    ("", None),
]


@dataclass
class _Told:
    """A queue that keeps what it is told."""

    commands: list[Command]

    def enqueue(self, commands: Sequence[Command]) -> None:
        self.commands += commands


@pytest.fixture
def house(tmp_path: Path) -> Iterator[SmallHouse]:
    made = SmallHouse(tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize(("text", "who"), WHO)
def test_what_waits_for_a_look_is_stored_and_read_as_ever(house: SmallHouse, text: str, who: Author | None) -> None:
    waiting = {
        "id": "d-1",
        "at": AT,
        "who": text,
        "type": "page.properties_updated",
        "sets": True,
        "properties": ["st"],
        "ours_too": False,
        "in_table": True,
    }
    body = {"number": 1, "since": house.clock.now().isoformat(), "waiting": [waiting], "known": ["d-1"]}
    house.store.put(TENANT, Put("looks", PAGE, body))
    told = Happening("d-1", AT, who, "page.properties_updated", True, ("st",), in_table=True)
    seen = take_gathered(house.deps, Command("look-1", LOOK, "plan", TENANT, wake=1, ref=PAGE))
    assert seen is not None
    assert seen.happenings == (told,)
    gather(house.deps, TENANT, "another-page", told)
    doc = house.store.get(TENANT, "looks", "another-page")
    assert doc is not None
    assert [dict(each, properties=list(each["properties"])) for each in doc.body["waiting"]] == [waiting]


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("person:ada", Author(PERSON, "ada")),
        ("mixed-person:ada", Author(PERSON, "ada", certain=False)),
        ("seen-unknown:ada", Author(UNKNOWN, "ada", seen=True)),
        ("seen-unknown:", Author(UNKNOWN, seen=True)),
    ],
)
def test_a_wish_is_stored_read_and_ordered_as_ever(house: SmallHouse, text: str, who: Author) -> None:
    run, _ = begin(spec("a"), trigger=Trigger("page", PAGE))
    keep_written(house.deps, run, marks.PLAN_IT, "Building", house.clock.now())
    house.clock.move(seconds=1)
    keep_wish(house.deps, run, marks.PLAN_IT, who, house.clock.now())
    doc = house.store.get(run.tenant, "statuses", PAGE)
    assert doc is not None
    assert doc.body["wish"] == {"run": run.id, "who": text}
    assert load_kept(house.deps, run.tenant, PAGE).wish == Wish(run.id, who)
    ordered: list[Command] = []
    order_next_plan(replace(house.deps, queue=_Told(ordered)), run)
    assert [each.topic for each in ordered] == [text]
