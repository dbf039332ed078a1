"""Opening the embedded store: one owner of the folder, honest refusals, and what is there after a death."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.backends.local.state.local_store import LocalStore
from shared.core.errors import ConfigError, StoreCorrupt, StoreError
from shared.ports import Put
from tests.support.builders.saved_runs import a_run, opening
from tests.support.ports.moved_clock import MovedClock

# --- opening


def test_what_was_committed_is_there_after_opening_again(tmp_path: Path) -> None:
    with LocalStore(tmp_path, MovedClock()) as store:
        version = store.commit(opening(a_run()))
        store.put("acme", Put("pages", "p1", {"n": 1}))
    with LocalStore(tmp_path, MovedClock()) as store:
        read = store.load_run("acme", "r1")
        assert read is not None
        assert (read.run, read.version) == (a_run(), version)
        assert store.tenants() == ["acme"]


def test_a_second_opener_is_told_who_has_the_folder(store: LocalStore) -> None:
    with pytest.raises(ConfigError, match=rf"in use by process {os.getpid()}; stop that process"):
        LocalStore(store.path, MovedClock())


def test_what_a_killed_owner_left_behind_is_waited_for(tmp_path: Path) -> None:
    """A child has every file of its parent until it has become another program; a killed group may leave it behind."""
    code = (
        "import os, sys, time; from pathlib import Path\n"
        "from shared.backends.local.folder.data_folder import DataFolder\n"
        "folder = DataFolder(Path(sys.argv[1]))\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    print(flush=True)\n"
        "    time.sleep(1.0)\n"
        "    os._exit(0)\n"
        "time.sleep(60)"
    )
    owner = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE)
    with owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == b"\n"
        owner.kill()
        owner.wait()
        with LocalStore(tmp_path, MovedClock()) as store:
            assert store.tenants() == []


def test_a_second_process_is_refused(store: LocalStore) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from shared.backends.clock import SystemClock\n"
        "from shared.backends.local.state.local_store import LocalStore\n"
        "LocalStore(Path(sys.argv[1]), SystemClock())"
    )
    second = subprocess.run([sys.executable, "-c", code, str(store.path)], capture_output=True, text=True, check=False)
    assert second.returncode == 1
    assert f"ConfigError: the data folder {store.path} is in use by process {os.getpid()}" in second.stderr


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = LocalStore(tmp_path, MovedClock())
    store.close()
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.load_run("acme", "r1")
    with pytest.raises(StoreError, match="closed"):
        store.commit(opening(a_run()))


def test_a_folder_that_cannot_be_one_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=rf"{tmp_path}/file/data cannot be written to"):
        LocalStore(tmp_path / "file" / "data", MovedClock())


def damaged(path: Path) -> bytes:
    data = bytearray(path.read_bytes())
    data[4096 * 2 :] = b"\xa5" * (len(data) - 4096 * 2)
    path.write_bytes(data)
    return bytes(data)


@pytest.mark.parametrize(
    "damage",
    [damaged, lambda path: [path.write_bytes(b"not a database" * 400), path.read_bytes()][1]],
    ids=["pages overwritten", "not a database at all"],
)
def test_a_damaged_database_is_left_alone_and_the_way_to_restore_it_works(
    tmp_path: Path, damage: Callable[[Path], bytes]
) -> None:
    for _ in range(2):  # the second opening makes the copy
        with LocalStore(tmp_path, MovedClock()) as store:
            store.put("acme", *(Put("pages", f"p{n}", {"text": "x" * 2000}) for n in range(50)))
    database, copy = tmp_path / "workwright.db", tmp_path / "workwright.db.bak"
    content = damage(database)
    with pytest.raises(StoreCorrupt, match=rf"cp {copy} {database}"):
        LocalStore(tmp_path, MovedClock())
    assert database.read_bytes() == content
    database.rename(tmp_path / "aside")
    database.write_bytes(copy.read_bytes())
    with LocalStore(tmp_path, MovedClock()) as store:
        assert len(store.list_docs("acme", "pages")) == 50


@pytest.mark.parametrize(
    ("statement", "words"),
    [("PRAGMA user_version = 999", "newer Workwright"), ("PRAGMA application_id = 1", "another program's")],
)
def test_a_database_that_is_not_ours_to_write_is_refused(tmp_path: Path, statement: str, words: str) -> None:
    LocalStore(tmp_path, MovedClock()).close()
    with sqlite3.connect(tmp_path / "workwright.db") as connection:
        connection.execute(statement)
    connection.close()
    with pytest.raises(StoreCorrupt, match=words):
        LocalStore(tmp_path, MovedClock())


def test_a_copy_can_be_made_while_the_store_is_in_use(store: LocalStore, tmp_path: Path) -> None:
    store.commit(opening(a_run()))
    other = tmp_path / "other"
    other.mkdir()
    store.backup(other / "workwright.db")
    with LocalStore(other, MovedClock()) as copy:
        assert copy.list_runs("acme") == [a_run()]


# --- dying

_WRITER = """
import os, sys, threading
from pathlib import Path
from shared.backends.clock import SystemClock
from shared.backends.local.state.local_store import LocalStore
from tests.support.builders.saved_runs import a_run, following, opening
store = LocalStore(Path(sys.argv[1]), SystemClock())
def write(name):
    store.commit(opening(a_run(name)))
    while True:
        read = store.load_run("acme", name)
        store.commit(following(read))
        os.write(1, f"{name} {read.run.seq + 1}\\n".encode())
for number in range(4):
    threading.Thread(target=write, args=(f"r{number}",)).start()
"""


def test_a_killed_process_loses_no_acknowledged_commit(tmp_path: Path) -> None:
    writer = subprocess.Popen([sys.executable, "-c", _WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    lines: list[str] = []
    while len(lines) < 300 or len({line.split()[0] for line in lines}) < 4:  # on a busy machine one starts late
        line = writer.stdout.readline()
        assert line, "the writer ended by itself"
        lines.append(line)
    writer.send_signal(signal.SIGKILL)
    lines += writer.stdout.read().splitlines(keepends=True)
    writer.stdout.close()
    assert writer.wait() == -signal.SIGKILL
    acknowledged: dict[str, int] = {}
    for line in lines:
        if line.endswith("\n"):
            name, seq = line.split()
            acknowledged[name] = max(int(seq), acknowledged.get(name, 0))
    assert len(acknowledged) == 4
    with LocalStore(tmp_path, MovedClock()) as store:
        for name, seq in acknowledged.items():
            read = store.load_run("acme", name)
            assert read is not None
            assert read.run.seq >= seq
            numbers = [number for number, _ in store.events("acme", name, limit=100_000)]
            assert numbers == list(range(1, read.run.seq + 1))
