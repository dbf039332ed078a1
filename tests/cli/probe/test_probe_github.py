"""The probe of GitHub finds its simulator as the reference says, in each kind of place, and leaves nothing there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.cli.probe.calls import Ask
from shared.cli.probe.probes import PROBES
from shared.core.errors import ConfigError
from shared.local.simulators.github.simulator import GitHubSimulator
from tests.cli.probe.rig import Bench, found_in, github_bench, not_allowed, remembered, served, unnoticed

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(GitHubSimulator(tmp_path_factory.mktemp("github"))) as address:
        yield address


def _names(bench: Bench, path: str) -> list[str]:
    return [each["name"] for each in bench.asker().ask(Ask("GET", path), {}).body]


@pytest.mark.parametrize("place", ["me", "ada/mine"])
def test_the_simulator_answers_as_the_reference_says_and_every_change_is_noticed(url: str, place: str) -> None:
    bench = github_bench(url, place)
    outcomes, run = remembered(bench)
    assert found_in(outcomes) == {}
    assert not_allowed(bench, run) == []
    assert len(outcomes) > 50
    tried, missed = unnoticed(run)
    assert missed == []
    assert tried > 500
    assert _names(bench, "/user/repos") == ["mine"]
    assert _names(bench, "/repos/ada/mine/branches") == ["main"]
    assert _names(bench, "/repos/ada/mine/hooks") == []


@pytest.mark.parametrize(
    ("place", "path"), [("org:acme", "/orgs/acme/repos"), ("ada/mine", "/repos/ada/mine/branches")]
)
def test_what_a_killed_probe_left_is_removed_by_the_next_one(url: str, place: str, path: str) -> None:
    bench = github_bench(url, place)
    before = _names(bench, path)
    for outcome in bench.run().outcomes():
        if outcome.call.name == "a webhook":
            break
    assert len(_names(bench, path)) > len(before)
    assert bench.run().clean() == []
    assert _names(bench, path) == before
    assert _names(bench, "/repos/ada/mine/hooks") == []


def test_a_place_is_named_in_one_of_three_ways() -> None:
    read = PROBES["github"].read_place
    assert read("https://github.com/ada/mine.git").kept["repo"] == "ada/mine"
    for wrong in ("ada", "org:", "ada/mine/tree", "../mine"):
        with pytest.raises(ConfigError, match="OWNER/NAME"):
            read(wrong)
