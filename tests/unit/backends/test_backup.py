"""Backups of a data folder: of one moment, checked before anything is restored, and never over what is there."""

from __future__ import annotations

import io
import json
import threading
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

import shared.cli.operations.backup  # noqa: F401  (its commands join the group)
from shared.backends.local.folder.backup import back_up, restore
from shared.backends.local.folder.data_folder import RESTORED
from shared.backends.local.keys.local_secrets import LocalSecrets
from shared.backends.local.state.local_store import LocalStore
from shared.cli.root import workwright
from shared.core.errors import ConfigError, StoreCorrupt
from shared.ports import Put, Secret
from tests.support.builders.saved_runs import a_command, a_run, opening
from tests.support.ports.moved_clock import START, MovedClock


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a folder with a run, a command on its way, and something sealed."""
    folder = tmp_path / "data"
    with LocalStore(folder, MovedClock()) as store:
        secrets = LocalSecrets(folder)
        secrets.set("api", Secret("made-up"))
        store.commit(opening(a_run(), a_command()))
        store.put("acme", Put("grants", "x", {"sealed": dict(secrets.seal("acme", "f", Secret("token")))}))
    return folder


@pytest.fixture
def file(data: Path) -> io.BytesIO:
    made = io.BytesIO()
    back_up(data, made, START)
    return made


def test_a_backup_made_while_the_house_writes_is_of_one_moment(data: Path, tmp_path: Path) -> None:
    stop, made = threading.Event(), io.BytesIO()
    with LocalStore(data, MovedClock()) as store:

        def write() -> None:
            n = 0
            while not stop.is_set():
                n += 1
                store.put("acme", Put("twins", "a", {"n": n}), Put("twins", "b", {"n": n}))

        writer = threading.Thread(target=write)
        writer.start()
        try:
            for _ in range(5):
                made = io.BytesIO()
                back_up(data, made, START, with_key=True)
        finally:
            stop.set()
            writer.join()
    restore(made, tmp_path / "new")
    with LocalStore(tmp_path / "new", MovedClock()) as store:
        one, other = store.list_docs("acme", "twins")
        assert one.body == other.body


def test_what_is_restored_opens_with_the_key_that_was_kept_apart(data: Path, file: io.BytesIO, tmp_path: Path) -> None:
    assert "key" not in zipfile.ZipFile(file).namelist()
    new = tmp_path / "new"
    manifest = restore(file, new, data / "key")
    assert manifest["counts"]["runs"] == 1
    assert json.loads((new / RESTORED).read_text(encoding="utf-8")) == manifest
    assert [path.name for path in new.iterdir() if path.stat().st_mode & 0o077] == []
    with LocalStore(new, MovedClock()) as store:
        loaded, grant = store.load_run("acme", "r1"), store.get("acme", "grants", "x")
        assert loaded is not None
        assert loaded.run == a_run()
        assert grant is not None
        assert LocalSecrets(new).open("acme", "f", grant.body["sealed"]).reveal() == "token"
    assert LocalSecrets(new).get("api").reveal() == "made-up"


def test_nothing_is_restored_without_the_right_key_or_over_something(
    data: Path, file: io.BytesIO, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    LocalSecrets(tmp_path / "other")
    with pytest.raises(ConfigError, match="--key-file"):
        restore(file, tmp_path / "new")
    with pytest.raises(ConfigError, match="another installation's key"):
        restore(file, tmp_path / "new", tmp_path / "other" / "key")
    with pytest.raises(ConfigError, match="nothing is overwritten"):
        restore(file, data, data / "key")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "other"], "nothing is left of a refusal"


def test_a_backup_that_was_changed_or_cut_off_or_is_of_a_newer_version_is_refused(
    data: Path, file: io.BytesIO, tmp_path: Path
) -> None:
    whole = file.getvalue()
    members = {name: zipfile.ZipFile(file).read(name) for name in zipfile.ZipFile(file).namelist()}
    manifest = json.loads(members["manifest.json"])
    wrong = {
        "cut off": (whole[: len(whole) // 2], "not a backup of Workwright"),
        "changed": (_zipped(members | {"secrets.json": b"{}"}), "checksum"),
        "more than it says": (_zipped(members | {"../key": b"x"}), "not the ones it lists"),
        "newer": (_zipped(members | {"manifest.json": json.dumps(manifest | {"format": 2}).encode()}), "newer"),
        "newer database": (
            _zipped(members | {"manifest.json": json.dumps(manifest | {"database": 99}).encode()}), "newer",
        ),
    }  # fmt: skip
    for what, (raw, says) in wrong.items():
        with pytest.raises(ConfigError, match=says):
            restore(io.BytesIO(raw), tmp_path / "new", data / "key")
        assert not (tmp_path / "new").exists(), what


def _zipped(members: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return made.getvalue()


def test_a_damaged_database_is_not_backed_up(data: Path) -> None:
    with (data / "workwright.db").open("r+b") as database:
        database.seek(4096)
        database.write(b"\xff" * 8192)
    made = io.BytesIO()
    with pytest.raises(StoreCorrupt):
        back_up(data, made, START)
    assert made.getvalue() == b""


def test_the_commands_keep_the_key_apart_and_overwrite_nothing(data: Path, tmp_path: Path) -> None:
    file, key, new = (str(tmp_path / name) for name in ("b.zip", "b.key", "new"))
    done = CliRunner().invoke(workwright, ["backup", file, "--key-file", key, "--data", str(data), "--json"])
    assert json.loads(done.stdout)["with_key"] is False
    assert (Path(file).stat().st_mode & 0o077, Path(key).stat().st_mode & 0o077) == (0, 0)
    again = CliRunner().invoke(workwright, ["backup", file, "--data", str(data)])
    assert isinstance(again.exception, ConfigError)
    restored = CliRunner().invoke(workwright, ["restore", file, "--key-file", key, "--data", new])
    assert restored.exit_code == 0
    assert "1 runs" in restored.stdout
    assert LocalSecrets(Path(new)).get("api").reveal() == "made-up"
