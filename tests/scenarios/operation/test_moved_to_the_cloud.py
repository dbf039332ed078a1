"""A house on one machine is moved to the cloud in the middle of a run, which ends there as it would have ended here."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

from shared import log
from shared.cli.root import workwright
from shared.core.approval.gates import waits_at
from shared.core.errors import ConfigError
from shared.core.run.run import Run
from shared.local.configuration.choices import REAL, Choices, write_choices
from shared.local.first_setup import own_secrets, settle_in
from shared.local.runtime import House
from tests.support.parts import require
from tests.support.rigs.cloud_house import LOCATION, PROJECT, CloudHouse
from tests.support.rigs.house import QUICK, Neighbourhood, own_settings
from tests.support.servers.cloud.shared_emulator import GROUP
from tests.support.simulators.forked_simulators import forked_simulators

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group(GROUP)]

# What a run does, whoever does it; see test_story_in_the_cloud.py
ONCE = {
    *("github: repo.create", "github: tree.create", "github: pull.create"),
    *("vercel: project.create", "vercel: deployment.create", "vercel: deployment.promote"),
}
TWICE = {"notion: page.create", "github: commit.create", "github: ref.create"}
TOLD = ("notion: comment.create", "ses: email.send", "slack: message.post")


@contextmanager
def _at_home(folder: Path, simulators: dict[str, str]) -> Iterator[Neighbourhood]:
    with own_settings(**QUICK):
        house = House(folder / "house", simulators=simulators)
        try:
            house.start()
            yield Neighbourhood(house, settle_in(house))
        finally:
            house.stop()


def _as_if_real(data: Path, simulators: dict[str, str]) -> None:
    """Say of a folder that its simulated systems are the real ones, which answer on this machine."""
    choices = Choices()
    for system in ("notion", "github", "vercel", "slack"):
        choices = choices.choosing(system, REAL, address=simulators[system])
    write_choices(data, choices.choosing("mail", REAL, by="ses", address=simulators["ses"]))


def _move(data: Path, *more: str) -> dict[str, object]:
    asked = ["migrate-to-cloud", "--project", PROJECT, "--region", LOCATION, "--data", str(data), "--json", *more]
    done = CliRunner().invoke(workwright, asked)
    assert done.exit_code == 0, (done.output, done.exception)
    return dict(json.loads(done.stdout))


def _ask(cloud: CloudHouse, key: str, method: str, path: str, body: object = None) -> dict[str, object]:
    headers = {"Authorization": f"Bearer {key}"}
    answer = requests.request(method, cloud.url + path, json=body, headers=headers, timeout=30)
    assert answer.status_code < 300, (path, answer.status_code, answer.text)
    return dict(answer.json())


def _agreed(cloud: CloudHouse, key: str, run: Run) -> Run:
    """Agree to all that is asked, with the key that was made on the machine, until the run has ended.

    Each time only once people were told: of a question that is answered before, nobody is told any more.
    """
    ends, agreed = time.monotonic() + 90, set[str]()
    store = cloud.wired.deps.store
    while time.monotonic() < ends:
        loaded = store.load_run(run.tenant, run.id)
        assert loaded is not None
        found = loaded.run
        if found.status.final and f"run_{found.status.value}/end" in found.notices:
            return found
        gate = waits_at(found)
        if gate is not None and found.asked not in agreed and f"approval_asked/{gate.id}" in found.notices:
            shown = _ask(cloud, key, "GET", f"/v1/runs/{run.id}")
            _ask(cloud, key, "POST", f"/v1/runs/{run.id}/approve", {"plan_hash": found.asked})
            agreed.add(found.asked)
            assert shown["id"] == run.id
        time.sleep(0.1)
    raise AssertionError(f"{found.status} {found.failure} {[(s.id, s.status, s.error) for s in found.steps]}")


def _rest(cloud: CloudHouse) -> None:
    """Wait until the queue is empty, hurrying what waits for its time; Notion still tells the machine, in vain."""
    cloud.tasks.settle()
    while cloud.tasks.pending():
        cloud.force()


def _effects(cloud: CloudHouse) -> Counter[str]:
    return Counter(f"{system}: {effect['kind']}" for system, effect in cloud.effects())


def test_a_run_that_was_under_way_ends_in_the_cloud_and_nothing_is_done_twice(tmp_path: Path) -> None:
    require("firestore-emulator")
    require("bubblewrap")
    data = tmp_path / "house"
    log.show_from("CRITICAL")
    with forked_simulators(tmp_path / "simulators") as simulators, ExitStack() as parts:
        with _at_home(tmp_path, simulators) as home:
            before = Counter(f"{s}: {e['kind']}" for s in simulators for e in _journal(simulators[s]))
            page = home.write("Bicycle repair")
            home.plan(page)
            home.set_status(page, "Approved")
            run = home.asked(page, "release")
            home.calm()
        key = (data / "owner.key").read_text(encoding="ascii").strip()
        _as_if_real(data, simulators)
        with own_settings():
            cloud = CloudHouse(tmp_path, parts, simulators)
            own_secrets(cloud)
            moved = _move(data, "--yes")
            assert moved["moved"] == {run.tenant: "moved"}
            ended = _agreed(cloud, key, run)
            _rest(cloud)
            done = _effects(cloud) - before
            parts.close()
    assert ended.status.value == "succeeded", ended.failure
    counted = {**dict.fromkeys(ONCE, 1), **dict.fromkeys(TWICE, 2), **dict.fromkeys(TOLD, 4)}
    assert {kind: done[kind] for kind in counted} == counted
    with own_settings(), pytest.raises(ConfigError, match="was moved to project test-project"):
        House(data, simulators=simulators)


def _journal(url: str) -> list[dict[str, str]]:
    entries = requests.get(f"{url}/_journal?effects=1", timeout=30).json()
    return [effect for entry in entries for effect in entry["effects"]]
