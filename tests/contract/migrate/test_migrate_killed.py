"""A move to the cloud that is killed after any write, cut off or taken back: it ends the same, and one place works."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.app.engine.effects import Effects
from shared.app.engine.switches import explain_pause, set_pause
from shared.app.migration.state import arrival_of
from shared.backends.clock import SystemClock
from shared.backends.cloud.rest.wire import Rest
from shared.backends.local.keys.keyfile import write_private
from shared.backends.local.state.local_store import LocalStore
from shared.cli.migrate.move_ends import open_here
from shared.cli.migrate.moving import carry_out, plan_move
from shared.core.errors import ConfigError, Conflicting
from shared.local.configuration import migration_mark as mark
from shared.local.runtime import House
from shared.ports import Put
from shared.steps._kind import Repeat
from tests.support.rigs.moving import (
    TEAM,
    Deployment,
    a_deployment,
    all_of,
    docs,
    read_mark,
)
from tests.support.servers.cloud.kms_server import KmsServer


class Killed(BaseException):
    """The process is gone."""


_WRITES = (":commit", ":encrypt", ":addVersion")


class Killer:
    """Kills the move right after its nth write, be it there or here."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.left, self.count = -1, 0
        call, keep = Rest.call, write_private

        def calls(rest: Rest, method: str, path: str, *asked: Any, **more: Any) -> Any:
            answer = call(rest, method, path, *asked, **more)
            if path.endswith(_WRITES):
                self._passed()
            return answer

        def keeps(*asked: Any, **more: Any) -> Any:
            answer = keep(*asked, **more)
            self._passed()
            return answer

        patch.setattr(Rest, "call", calls)
        patch.setattr(mark, "write_private", keeps)

    def _passed(self) -> None:
        self.count += 1
        self.left -= 1
        if self.left == 0:
            raise Killed


def _killed_at(deployment: Deployment, data: Path, killer: Killer, number: int) -> bool:
    killer.left = number
    try:
        deployment.move(data, "--tenant", TEAM, "--yes")
    except Killed:
        return True
    finally:
        killer.left = -1
    return False


def test_killed_after_any_write_and_run_again_it_ends_the_same(
    firestore_host: str, kms: KmsServer, made: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killer = Killer(monkeypatch)
    wanted: dict[str, Any] = {}
    number, deaths = 0, 0
    while True:
        data = tmp_path / f"house-{number}"
        shutil.copytree(made[0], data)
        with a_deployment(firestore_host, kms, monkeypatch) as deployment:
            died = number > 0 and _killed_at(deployment, data, killer, number)
            there = deployment.there(os.environ)
            if died:
                deaths += 1
                _at_most_one_works(there, data)
            if number == 0 or died:
                deployment.move(data, "--tenant", TEAM, "--yes")
            found = all_of(deployment.there(os.environ), TEAM)
        wanted = wanted or found
        assert found == wanted, number
        if number and not died:
            break
        number += 1
    assert deaths > 12


def _at_most_one_works(there: Any, data: Path) -> None:
    """Whatever was written when it died: this machine, or the deployment, or neither."""
    here = not (data / "moved.json").exists()
    begun = bool(there.deps.store.list_runs(TEAM)) or there.deps.store.get(TEAM, "grants", "notion") is not None
    works = begun and explain_pause(there.deps, TEAM) == ""
    assert not (here and (works or begun))
    if works:
        assert arrival_of(there.deps, TEAM).state == "on"


def test_a_move_that_was_cut_off_can_be_taken_back_and_one_that_ended_cannot(
    deployment: Deployment, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killer = Killer(monkeypatch)
    there = deployment.there(os.environ)
    deaths = 0
    while not there.deps.store.list_runs(TEAM):
        deaths += 1
        assert _killed_at(deployment, data, killer, deaths)
    assert arrival_of(there.deps, TEAM).state == "coming"
    with pytest.raises(ConfigError, match="has been on its way"):
        House(data)
    with pytest.raises(Conflicting, match="still on its way"):
        set_pause(there.deps, TEAM, False, "somebody")
    deployment.move(data, "--back", "--yes")
    assert there.deps.store.tenants() == []
    assert docs(there, "bots") == []
    assert not (data / "moved.json").exists()
    deployment.move(data, "--tenant", TEAM, "--yes")
    refused = deployment.move(data, "--back", ok=False)
    assert f"team {TEAM} has worked there since" in str(refused.exception)
    assert read_mark(data)["tenants"] == {TEAM: "moved"}
    with pytest.raises(ConfigError, match="works there now"):
        House(data)


def test_a_write_whose_outcome_nobody_knows_is_looked_for_there_first(
    deployment: Deployment, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with LocalStore(data, SystemClock()) as store:
        begun = {"state": "intended", "args": "", "at": datetime.now(UTC).isoformat(), "name": "r1.s2.page"}
        store.put(TEAM, Put("effects", "r1.s2.page", begun))
    monkeypatch.setenv("WORKWRIGHT_SETTLE_S", "3600")
    said: list[str] = []
    waits: list[float] = []
    with open_here(data) as here:
        there = deployment.there(os.environ)
        carry_out(plan_move(here, there, TEAM), here, there, said.append, waits.append)
    assert any("a request that was sent just before may still arrive" in line for line in said)
    assert [0 < wait <= 3600 for wait in waits] == [True]
    done: list[str] = []
    deps = replace(deployment.there(os.environ).deps, settle=timedelta(0))

    def write() -> dict[str, str]:
        done.append("written")
        return {}

    effects = Effects(deps, TEAM, "r1.s2", "test")
    assert effects("page", write, repeat=Repeat.LOOK, look=lambda: {"page": "found"}) == {"page": "found"}
    assert Effects(deps, TEAM, "r1.s1", "test")("page", write, repeat=Repeat.LOOK) == {"page": "p"}
    assert done == []
