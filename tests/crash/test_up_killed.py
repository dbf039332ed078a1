"""`workwright up` with all its simulators, killed again and again while it works: it goes on where it was."""

from __future__ import annotations

import json
import random
import time
from dataclasses import replace
from pathlib import Path

from tests.crash.conftest import Undisturbed
from tests.support.measures.told_story import ending
from tests.support.programs.processes import Starter
from tests.support.rigs.disturbed_house import Place, write_idea
from tests.support.rigs.settled_house import Settled, choose_ports, control

KILLS = 6


class Up(Place):
    """A house with simulators of its own, which end with it and come back with it."""

    def begin(self, **env: str) -> None:
        """Start it; it settles in by itself."""
        self.start_house(**env)
        control(self.simulators["notion"], "/_config", {"retry_base_s": 0.1})

    def start_house(self, **env: str) -> None:
        """Start it, on the data that is there."""
        self.house = self.starter.start(
            "up", self.folder / "up.log", {**self.env, **env}, data=str(self.folder / "house")
        )
        ready = self.house.ready()
        assert ready is not None
        assert self.simulators in ({}, ready["simulators"]), "the simulators have moved"
        self.simulators = ready["simulators"]

    def find_home(self) -> None:
        """Write the idea's page, in the home that it made for itself."""
        ((body,),) = self.rows("SELECT body FROM docs WHERE kind = 'install' AND id = 'home'")
        home = json.loads(body)
        assert self.house is not None
        ready = self.house.ready()
        assert ready is not None
        port = int(ready["console"].rpartition(":")[2])
        self.settled = Settled(self.folder, home["tenant"], home["person"], "", port)
        self.settled = replace(self.settled, page=write_idea(self, home["ideas"]))

    def tell_story_under_kills(self, seed: int) -> int:
        """Tell the story while the process is killed at moments of chance; return how often that was."""
        chosen = random.Random(seed)
        kills = 0
        self.set_status("Plan it")
        ends = time.monotonic() + 90
        while not self.at_rest():
            assert time.monotonic() < ends, self.report()
            time.sleep(chosen.uniform(0.0, 0.6))
            if kills < KILLS:
                assert self.house is not None
                self.house.kill()
                kills += 1
                self.restart_if_dead([])
            self.agrees()
        return kills


def test_up_survives_being_killed_at_any_moment(starter: Starter, tmp_path: Path, undisturbed: Undisturbed) -> None:
    env = {"WORKWRIGHT_SETTLE_S": "0.3", "WORKWRIGHT_BACKOFF_S": "0.05"}
    choose_ports(tmp_path / "house")  # others on this machine may get those that are free only now
    up = Up(starter, tmp_path, Settled(tmp_path, "", "", "", 0), env)
    try:
        up.begin()
        up.find_home()
        assert up.tell_story_under_kills(seed=1) == KILLS
        ended = ending(up)
        assert ended.trouble == []
        often = undisturbed.end.effects  # the same status is shown at each gate
        twice = [effect for effect, count in ended.effects.items() if count > max(1, often[effect])]
        assert [
            effect for effect in twice if '"properties": {"Run":' not in effect
        ] == []  # its link changes on the way
    finally:
        up.end()
