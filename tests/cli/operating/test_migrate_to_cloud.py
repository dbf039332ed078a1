"""What `workwright migrate-to-cloud` looks at on this machine before anything of the cloud is asked."""

from __future__ import annotations

import json
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from shared.backends.clock import SystemClock
from shared.backends.local.folder.backup import back_up, restore
from shared.backends.local.folder.data_folder import RESTORED
from shared.backends.local.state.local_store import LocalStore
from shared.cli.migrate.move_ends import open_here
from shared.cli.migrate.resealing import FIELDS
from shared.cli.migrate.survey import survey, teams_of
from shared.cli.root import workwright
from shared.core.errors import ConfigError
from shared.local.configuration.choices import Choices, write_choices
from shared.local.configuration.migration_mark import MOVED, Mark, describe_move, write_mark
from shared.local.runtime import House
from shared.ports import Put
from tests.support.rigs.moving import OTHER, TEAM, local_deps, make_folder

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("made") / "house"
    make_folder(data)
    return data


@pytest.fixture
def data(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "house")
    return tmp_path / "house"


def test_it_counts_what_a_team_has(data: Path) -> None:
    with open_here(data) as here:
        assert teams_of(here, "") == [TEAM, OTHER]
        with pytest.raises(ConfigError, match="there is no team t-none"):
            teams_of(here, "t-none")
        found = survey(here, TEAM)
    assert (found.name, dict(found.runs), found.moving) == ("Team", {"awaiting_approval": 1}, 1)
    assert (found.connections, found.databases, found.keys, found.sealed) == (("Notion",), ("ideas",), 1, 3)
    assert (found.waiting, found.put_aside, found.texts, found.unclear, found.hooks) == (2, 1, 1, 0, ())


def test_a_simulated_notion_is_not_moved(data: Path) -> None:
    write_choices(data, Choices())
    with open_here(data) as here, pytest.raises(ConfigError, match="Notion is simulated"):
        teams_of(here, "")


def test_runs_from_before_a_backup_end_where_they_are_looked_up(data: Path) -> None:
    (data / RESTORED).write_text(json.dumps({"at": datetime.now(UTC).isoformat()}), encoding="utf-8")
    with open_here(data) as here, pytest.raises(ConfigError, match=r"restored from a backup .* \(r1\)"):
        survey(here, TEAM)


def test_what_this_version_does_not_know_to_be_sealed_is_found_before_anything_is_moved(data: Path) -> None:
    with LocalStore(data, SystemClock()) as store:
        deps = local_deps(store, data)
        envelope = dict(deps.secrets.seal(TEAM, "news.token", deps.secrets.get("hook-key")))
        store.put(TEAM, Put("news", "n", {"deep": [{"token": envelope}]}))
    with open_here(data) as here, pytest.raises(ConfigError, match="news/n: this version does not know how to move"):
        survey(here, TEAM)


def test_every_place_that_seals_for_a_team_is_known() -> None:
    sealed = re.compile(r"\.seal\(\s*tenant,\s*(?:f\"([^\"]+)\"|_field\(name\))")
    fields = set()
    for path in [*ROOT.glob("shared/app/**/*.py"), *ROOT.glob("shared/accounts/*.py")]:
        text = path.read_text(encoding="utf-8")
        assert len(sealed.findall(text)) == text.count(".seal("), path
        fields |= {re.sub(r"\{\w+\}", "{}", found or "site.{}") for found in sealed.findall(text)}
    assert fields == {field for kind in FIELDS.values() for field in kind.values()}


def test_a_folder_that_was_moved_does_nothing_and_says_so_in_copies_too(data: Path, tmp_path: Path) -> None:
    write_mark(data, Mark("m", "acme", "europe-west1", "workwright", "2026-11-23T09:00:00+00:00", {TEAM: MOVED}))
    with (tmp_path / "copy.zip").open("wb") as file:
        back_up(data, file, datetime.now(UTC), with_key=True)
    with (tmp_path / "copy.zip").open("rb") as file:
        restore(file, tmp_path / "copy")
    answers = tmp_path / "answers.toml"
    answers.write_text("", encoding="utf-8")
    for folder in (data, tmp_path / "copy"):
        assert f"workwright attach --project acme --region europe-west1 --tenant {TEAM}" in describe_move(folder)
        with pytest.raises(ConfigError, match="was moved to project acme on 2026-11-23"):
            House(folder)
        asked = CliRunner().invoke(workwright, ["init", "--from", str(answers), "--data", str(folder)])
        assert "was moved to project acme" in str(asked.exception)
