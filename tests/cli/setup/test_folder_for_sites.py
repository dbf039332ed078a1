"""`workwright init` with a folder of this machine for sites: tried before it is chosen, and named to `up`."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from shared.cli.root import workwright
from shared.local.configuration.choices import read_choices
from shared.local.configuration.runtime_environment import surroundings
from tests.support.rigs.house import own_settings


def _init(data: Path, folder: Path) -> str:
    file = data.parent / "answers.toml"
    file.write_text(f'[sites]\nuse = "local_sites"\nfolder = "{folder}"\n', encoding="utf-8")
    with own_settings():
        done = CliRunner().invoke(workwright, ["init", "--from", str(file), "--data", str(data)])
        return f"{done.output}{done.exception or ''}"


def test_a_folder_that_will_do_is_kept_and_up_is_told_of_it(tmp_path: Path) -> None:
    data, folder = tmp_path / "data", tmp_path / "sites"
    assert f"Sites can be kept in {folder}, which will be made." in _init(data, folder)
    told = surroundings(read_choices(data), {}, {})
    assert told["WORKWRIGHT_SITES_FOLDER"] == str(folder)


def test_a_folder_with_our_own_keys_is_not_taken(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert "which visitors of a site must never reach" in _init(data, data)
    assert read_choices(data).mode("local_sites") == "none"
