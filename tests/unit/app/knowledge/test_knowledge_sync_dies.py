"""A sync that dies before any of its durable actions ends, when its commands come again, with the same index."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.app.knowledge.knowledge_sync import begin_if_needed, progress
from shared.backends.local.search.local_knowledge import LocalKnowledge
from shared.core.run.commands import Command
from shared.local.simulators.notion.simulator import NotionSimulator
from tests.integrations.conftest import Served
from tests.support.ports.dying import Died
from tests.support.ports.known_pages import CountingEmbedder, WatchedKnowledge
from tests.support.rigs.small_house import TENANT, SmallHouse
from tests.support.simulators import kept_open

DURABLE = frozenset({"put", "put_text", "claim", "release", "enqueue", "replace", "remove", "add_vectors", "erase"})


@dataclass
class Life:
    """Ends before the durable action of that number; nothing durable happens after that until the next life."""

    ends: int = 0
    acted: int = 0
    dead: bool = False

    def act(self) -> None:
        self.acted += 1
        self.dead = self.dead or self.acted == self.ends
        if self.dead:
            raise Died


class Mortal:
    """A port in the hands of somebody who may die."""

    def __init__(self, inner: Any, life: Life) -> None:
        self._inner, self._life = inner, life

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name not in DURABLE:
            return found

        def act(*given: Any, **named: Any) -> Any:
            self._life.act()
            return found(*given, **named)

        return act


class MortalHouse(SmallHouse):
    """A house whose functions die once; their commands come again."""

    def settle_down(self, life: Life) -> WatchedKnowledge:
        """Put everything durable into mortal hands; return the index as it is."""
        known, embedder = WatchedKnowledge(LocalKnowledge(self.folder).open_for(TENANT)), CountingEmbedder()
        self.life = life
        self.deps = replace(self.deps, store=Mortal(self.store, life), queue=Mortal(self.queue, life))
        mortal = Mortal(known, life)
        self.tools = replace(self.tools, knowledge=lambda tenant: mortal, embedder=lambda tenant: embedder)
        return known

    def handle(self, command: Command) -> None:
        try:
            super().handle(command)
        except Died:
            self.life.dead = False
            raise RuntimeError("the function died") from None


def _synced(folder: Any, notion: Served, token: str, ends: int) -> tuple[MortalHouse, WatchedKnowledge]:
    house = MortalHouse(folder, endpoints={"notion": notion.url})
    house.clock.move(seconds=(datetime.now(UTC) - house.clock.now()).total_seconds() + 3600)
    house.connect("notion", token)
    known = house.settle_down(Life(ends))
    while True:
        try:
            begin_if_needed(house.deps, house.tools, TENANT)
        except Died:  # the pass that begins it comes again as well
            house.life.dead = False
            continue
        break
    for _ in range(6):
        house.work()
        if progress(replace(house.deps, store=house.store), TENANT)["ended"]:
            break
        house.clock.move(seconds=timedelta(minutes=12).total_seconds())  # leases of the dead run out
    return house, known


@pytest.mark.slow
def test_a_death_before_any_durable_action_changes_nothing_of_the_end(
    tmp_path: Any, served: Callable[[Any], Served]
) -> None:
    notion = served(NotionSimulator())
    kept_open.post(f"{notion.url}/_config", json={"rate_limit": 0}, timeout=10)
    seeded = kept_open.post(f"{notion.url}/_seed", json={"internal": True}, timeout=10).json()
    person = str(seeded["people"][0]["id"])
    top = _write(notion, person, str(seeded["home_page_id"]), "Top")
    _write(notion, person, top, "Below")
    house, known = _synced(tmp_path / "whole", notion, seeded["token"], 0)
    wanted, actions = known.contents(), house.life.acted
    house.close()
    assert len(wanted) >= 6
    assert actions > 20
    for ends in range(1, actions + 1):
        house, known = _synced(tmp_path / str(ends), notion, seeded["token"], ends)
        assert known.contents() == wanted, f"it died before action {ends} of {actions}"
        assert house.queue.dead_letters(TENANT) == []
        house.close()


def _write(notion: Served, person: str, parent: str, title: str) -> str:
    text = {"rich_text": [{"text": {"content": f"Text of {title}."}}]}
    body = {
        "parent": {"type": "page_id", "page_id": parent},
        "properties": {"title": {"title": [{"text": {"content": title}}]}},
        "children": [{"type": "paragraph", "paragraph": text}],
    }
    asked = {"person": person, "method": "POST", "path": "/v1/pages", "body": body}
    return str(kept_open.post(f"{notion.url}/_as_person", json=asked, timeout=10).json()["id"])
