"""What people may get wrong at the terminal: one clear message, exit code 2, nothing broken and nothing overwritten."""

from __future__ import annotations

import os
import socket
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner

from shared.backends.local.state.local_store import LocalStore
from shared.cli.root import workwright
from shared.core.errors import ConfigError
from shared.local.story.idea import MAX_BYTES, read_idea
from tests.support.builders.saved_runs import a_run, opening
from tests.support.ports.moved_clock import MovedClock
from tests.support.programs.commands import GROUP, type_command

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group(GROUP)]


def refused(*words: str, **env: str) -> str:
    """Run the command, which must refuse; return its message."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WORKWRIGHT_")}
    done = type_command(*words, env=kept | env)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("workwright: ")
    assert done.stdout == ""
    return done.stderr


# --- ideas ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"\x89PNG\r\n\x1a\n\xff\xfe", "not UTF-8 text (byte 0)", id="binary"),
        pytest.param("Café".encode("latin-1"), "not UTF-8 text (byte 3)", id="Latin-1"),
        pytest.param(b"# Bread\x00", "contains NUL bytes", id="NUL"),
        pytest.param("# Bread".encode("utf-16"), "not UTF-8 text (byte 0)", id="UTF-16"),
        pytest.param(b"x" * 10_000_000, "more than 2,000,000 bytes", id="10 MB"),
        pytest.param(b"x" * (MAX_BYTES + 1), "more than 2,000,000 bytes", id="one byte too many"),
    ],
)
def test_a_file_that_is_no_idea_is_refused_with_the_way_out(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "idea.md"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as error:
        read_idea(path)
    assert str(error.value).startswith(f"{path}: {said}")
    assert str(error.value).count(". ") + str(error.value).count("; ") >= 1  # what is wrong, and what to do


def test_a_missing_file_and_a_folder_are_no_ideas(tmp_path: Path) -> None:
    for path, said in ((tmp_path / "none.md", "No such file"), (tmp_path, "Is a directory")):
        with pytest.raises(ConfigError, match=f"cannot be read \\({said}"):
            read_idea(path)


def test_a_device_without_an_end_is_not_read_to_it() -> None:
    with pytest.raises(ConfigError, match="more than 2,000,000 bytes"):
        read_idea(Path("/dev/zero"))


@pytest.mark.parametrize("content", ["", "\ufeff", "\n\n  \n"])
def test_an_empty_file_is_an_idea_named_like_the_file_with_nothing_in_it(tmp_path: Path, content: str) -> None:
    path = tmp_path / "corner-bakery.md"
    path.write_text(content, encoding="utf-8")
    idea = read_idea(path)
    assert (idea.title, list(idea.blocks)) == ("Corner bakery", [])


def test_the_largest_idea_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "long.md"
    path.write_bytes(b"x" * MAX_BYTES)
    assert read_idea(path).blocks


def test_the_terminal_says_it_in_one_message(tmp_path: Path) -> None:
    assert "cannot be read (Is a directory); give the path of a Markdown file" in refused(
        "demo", "--idea", str(tmp_path)
    )


# --- the command line -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        ["up", "--port", "65536"],
        ["up", "--port", "-1"],
        ["up", "--port", "eighty"],
        ["demo", "--port", "99999"],
        ["demo", "--wings"],
        ["bench", "steps", "--runs", "0"],
        ["bench", "steps", "--runs", "many"],
        ["bench", "steps", "--transport", "pigeon"],
        ["bench", "steps", "--concurrency", "-4"],
        ["bench", "everything"],
        ["fly"],
        ["demo", "idea.md"],
    ],
)
def test_a_wrong_word_is_answered_with_the_usage(words: list[str]) -> None:
    done = CliRunner().invoke(workwright, words)
    assert done.exit_code == 2
    assert "Usage:" in done.output
    assert "Error: " in done.output


# --- the data folder --------------------------------------------------------------------------------------------------


def test_a_folder_below_a_file_cannot_be_written(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("kept", encoding="utf-8")
    for data in (file, file / "data"):
        said = refused("up", "--data", str(data))
        assert f"data folder {data} cannot be written" in said
        assert "name another one" in said
    assert file.read_text(encoding="utf-8") == "kept"


def test_a_wrong_environment_is_named_whole(tmp_path: Path) -> None:
    said = refused("up", "--data", str(tmp_path / "d"), WORKWRIGHT_MODEL="gpt", WORKWRIGHT_LEASE_S="soon")
    assert "WORKWRIGHT_MODEL is 'gpt'" in said
    assert "WORKWRIGHT_LEASE_S is 'soon'" in said


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert f"port {port} is in use; choose another with --port" in refused(
            "up", "--data", str(tmp_path / "d"), "--port", str(port)
        )


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A database with a run in it, opened often enough to have a copy beside it."""
    for n in range(2):
        with LocalStore(tmp_path / "data", MovedClock()) as store:
            if not n:
                store.commit(opening(a_run()))
    return tmp_path / "data" / "workwright.db"


def test_a_damaged_database_is_refused_with_the_way_to_restore_it_and_stays_as_it_is(database: Path) -> None:
    raw = bytearray(database.read_bytes())
    raw[4096 : len(raw) - 4096] = b"\xa5" * (len(raw) - 8192)
    database.write_bytes(raw)
    said = refused("up", "--data", str(database.parent))
    assert f"{database}: the database is damaged" in said
    assert f"cp {database}.bak {database}" in said
    assert database.read_bytes() == raw
    # and the way out works
    for name in ("workwright.db", "workwright.db-wal", "workwright.db-shm"):
        database.with_name(name).unlink(missing_ok=True)
    database.write_bytes(database.with_name("workwright.db.bak").read_bytes())
    with LocalStore(database.parent, MovedClock()) as store:
        assert store.load_run("acme", "r1") is not None


def test_a_file_that_is_no_database_stays_as_it_is(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    path = data / "workwright.db"
    path.write_bytes(b"my diary\n" * 1000)
    assert "the database is damaged" in refused("up", "--data", str(data))
    assert path.read_bytes() == b"my diary\n" * 1000


def test_a_newer_database_is_refused_and_stays_as_it_is(database: Path) -> None:
    connection = sqlite3.connect(database)
    connection.execute("PRAGMA user_version = 99")
    connection.commit()
    connection.close()
    before = database.read_bytes()
    said = refused("up", "--data", str(database.parent))
    assert "written by a newer Workwright (the file has version 99" in said
    assert "Start the newer Workwright, or name another data folder." in said
    assert database.read_bytes() == before


def test_another_programs_database_is_refused_and_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "workwright.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE bread (name TEXT)")
    connection.commit()
    connection.close()
    before = path.read_bytes()
    assert "another program's database" in refused("up", "--data", str(tmp_path))
    assert path.read_bytes() == before
