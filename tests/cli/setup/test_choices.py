"""The file of choices: read back as it was written, and refused by name where it says what nobody knows."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from shared.core.errors import ConfigError
from shared.local.configuration.choices import FILE, Choices, read_choices, write_choices
from shared.local.configuration.runtime_environment import surroundings

REAL = Choices().choosing("notion", "real", workspace="Team").choosing("github", "simulated")
GOOD = {"version": 1, "systems": {"notion": {"mode": "real"}}}


def test_without_a_file_everything_is_simulated(tmp_path: Path) -> None:
    found = read_choices(tmp_path)
    assert set(found.simulators) == {
        "notion",
        "github",
        "gitlab",
        "vercel",
        "slack",
        "ses",
        "cloud_storage",
        "google_accounts",
    }
    assert found.real == ()


def test_what_is_written_is_read_back_and_nobody_else_may_read_it(tmp_path: Path) -> None:
    write_choices(tmp_path, REAL)
    assert read_choices(tmp_path) == REAL
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


def test_beside_a_real_notion_only_what_was_chosen_is_simulated() -> None:
    assert REAL.simulators == ("github",)
    assert [REAL.mode(each) for each in ("gitlab", "vercel", "mail", "local_sites")] == ["none"] * 4


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ({**GOOD, "sytems": {}}, "sytems"),
        ({**GOOD, "version": 2}, "version"),
        ({"version": 1, "systems": {"notoin": {"mode": "real"}}}, "notoin"),
        ({"version": 1, "systems": {"notion": {"mode": "rael"}}}, "rael"),
        ({"version": 1, "systems": {"notion": {"mode": "none"}}}, "none"),
        ({"version": 1, "systems": {"local_sites": {"mode": "simulated"}}}, "local_sites"),
        ({"version": 1, "systems": {"notion": {"mode": "real", "secret": "x"}}}, "secret"),
        ({"version": 1, "systems": {"notion": {"mode": "real", "address": "https://notion.example"}}}, "this machine"),
        ({**GOOD, "limits": {"run": 1.5}}, "limits.run"),
        ({**GOOD, "limits": {"week": 1}}, "week"),
        ({**GOOD, "people": [{"name": "Ada"}]}, "id"),
        ({**GOOD, "public_url": "workwright.example"}, "public_url"),
        ([], "object"),
    ],
)
def test_what_is_not_known_is_refused_by_name_with_the_way_out(tmp_path: Path, content: Any, named: str) -> None:
    (tmp_path / FILE).write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        read_choices(tmp_path)
    assert named in str(refused.value)
    assert "workwright init" in str(refused.value)


def test_what_is_quick_among_simulators_holds_for_no_real_system() -> None:
    simulated, real = surroundings(Choices(), {}, {}), surroundings(REAL, {}, {})
    assert simulated["WORKWRIGHT_NOTION_RATE"] == "100000"
    assert real["WORKWRIGHT_NOTION_RATE"] == "150"
    quick = {"WORKWRIGHT_SETTLE_S", "WORKWRIGHT_HTTP_READ_S", "WORKWRIGHT_BACKOFF_S", "WORKWRIGHT_GATHER_S"}
    assert quick <= set(simulated)
    assert not quick & set(real)
    assert surroundings(REAL.choosing("vercel", "real"), {}, {})["WORKWRIGHT_WATCH_S"] == "600"


def test_what_the_environment_says_is_kept_but_for_addresses_of_simulators() -> None:
    given = {"WORKWRIGHT_NOTION_RATE": "90", "WORKWRIGHT_GITHUB_URL": "http://127.0.0.1:1"}
    found = surroundings(REAL, {"github": "http://127.0.0.1:2"}, given)
    assert (found["WORKWRIGHT_NOTION_RATE"], found["WORKWRIGHT_GITHUB_URL"]) == ("90", "http://127.0.0.1:2")
