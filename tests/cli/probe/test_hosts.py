"""The probes of GitLab and Vercel find their simulators as the vendors describe them, and leave nothing behind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from shared.cli.probe.calls import Ask
from shared.cli.probe.probes import PROBES
from shared.core.errors import ConfigError
from shared.local.simulators.gitlab.simulator import GitLabSimulator
from shared.local.simulators.vercel import VercelSimulator
from shared.ports import Secret
from tests.cli.probe.rig import Bench, found_in, not_allowed, remembered, served, unnoticed

pytestmark = pytest.mark.slow

TOKEN = "-".join(("probe", "token"))


def _bench(system: str, url: str, place: str) -> Bench:
    return Bench(PROBES[system], url, Secret(TOKEN), PROBES[system].read_place(place).kept)


@pytest.fixture(scope="module")
def gitlab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with served(GitLabSimulator(tmp_path_factory.mktemp("gitlab"))) as url:
        seed = [{"username": "ada", "token": TOKEN, "group": "acme/inner"}]
        requests.post(f"{url}/_seed", json=seed, timeout=10).raise_for_status()
        yield _bench("gitlab", url, "acme/inner")


@pytest.fixture(scope="module")
def vercel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with served(VercelSimulator(tmp_path_factory.mktemp("vercel"))) as url:
        requests.post(f"{url}/_seed", json={"token": TOKEN, "teams": ["team_a1"]}, timeout=10).raise_for_status()
        requests.post(f"{url}/_config", json={"build_seconds": 0, "alias_seconds": 0}, timeout=10).raise_for_status()
        yield _bench("vercel", url, "team_a1")


def _projects(bench: Bench) -> list[str]:
    path = "/projects" if bench.probe.system == "gitlab" else "/v10/projects"
    body = bench.asker().ask(Ask("GET", path), bench.place).body
    return [each["name"] for each in (body["projects"] if isinstance(body, dict) else body)]


@pytest.mark.parametrize("system", ["gitlab", "vercel"])
def test_the_simulator_answers_as_the_vendor_says_and_every_change_is_noticed(
    system: str, request: pytest.FixtureRequest
) -> None:
    bench: Bench = request.getfixturevalue(system)
    outcomes, run = remembered(bench)
    assert found_in(outcomes) == {}
    assert not_allowed(bench, run) == []
    assert len(outcomes) == len(bench.probe.calls) >= 30
    tried, missed = unnoticed(run)
    assert missed == []
    assert tried > 200
    assert _projects(bench) == []


@pytest.mark.parametrize("system", ["gitlab", "vercel"])
def test_what_a_killed_probe_left_is_removed_by_the_next_one(system: str, request: pytest.FixtureRequest) -> None:
    bench: Bench = request.getfixturevalue(system)
    for outcome in bench.run().outcomes():
        if outcome.call.name == "a project is made":
            break
    assert len(_projects(bench)) == 1
    assert bench.run().clean() == []
    assert _projects(bench) == []


@pytest.mark.parametrize(("system", "wrong"), [("gitlab", "https://gitlab.com/acme"), ("vercel", "acme")])
def test_what_names_no_place_is_refused(system: str, wrong: str) -> None:
    with pytest.raises(ConfigError, match="--in names no place"):
        PROBES[system].read_place(wrong)
