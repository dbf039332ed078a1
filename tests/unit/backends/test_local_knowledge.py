"""What only the index on this machine has to promise: its files, and that what was removed is gone from them."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest

from shared.backends.local.search.local_knowledge import LocalKnowledge
from shared.core.errors import StoreCorrupt
from shared.core.knowledge.chunk import Chunk
from shared.core.knowledge.chunking import vector_key
from shared.ports.knowledge import Knowledge, KnownPage


def put(knowledge: Knowledge, page: str, *texts: str) -> None:
    chunks = [Chunk(f"{page}:{at}", page, text, (page,), at, "b", vector_key(text)) for at, text in enumerate(texts)]
    knowledge.replace(KnownPage(page, page), chunks)


def the_file(folder: Path) -> Path:
    (found,) = (folder / "knowledge").glob("*.db")
    return found


def test_files_are_named_by_hashes_and_for_their_owner_alone(tmp_path: Path) -> None:
    known = LocalKnowledge(tmp_path)
    for tenant in ("acme", "ACME", "-rf", "x" * 128):
        put(known.open_for(tenant), "p", "text")
    names = [path.name for path in (tmp_path / "knowledge").iterdir()]
    assert len([name for name in names if name.endswith(".db")]) == 4
    assert all(re.fullmatch(r"[0-9a-f]{64}\.db(-wal|-shm)?", name) for name in names)
    assert (tmp_path / "knowledge").stat().st_mode & 0o077 == 0


def test_asking_makes_no_file_and_erasing_leaves_none(tmp_path: Path) -> None:
    knowledge = LocalKnowledge(tmp_path).open_for("acme")
    assert knowledge.words("anything", limit=5) == []
    assert not (tmp_path / "knowledge").exists()
    put(knowledge, "p", "text")
    knowledge.erase()
    assert list((tmp_path / "knowledge").iterdir()) == []


def test_what_is_kept_is_there_after_a_start(tmp_path: Path) -> None:
    put(LocalKnowledge(tmp_path).open_for("acme"), "p", "the garden gate")
    again = LocalKnowledge(tmp_path).open_for("acme")
    assert [each.chunk for each in again.words("gate", limit=5)] == ["p:0"]
    put(again, "p", "the wooden fence")
    assert [each.chunk for each in again.words("gate fence", limit=5)] == ["p:0"]
    assert again.get(["p:0"])[0].text == "the wooden fence"


def test_removed_words_are_in_no_file_any_more(tmp_path: Path) -> None:
    knowledge = LocalKnowledge(tmp_path).open_for("acme")
    put(knowledge, "kept", *(f"ordinary sentence number {at}" for at in range(10)))
    put(knowledge, "secret", "the xylophonist salary", "more about the xylophonist")

    def everything() -> bytes:
        return b"".join(path.read_bytes() for path in (tmp_path / "knowledge").iterdir())

    assert b"xylophonist" in everything()
    knowledge.remove("secret")
    assert b"xylophon" not in everything()
    assert b"ordinary sentence" in everything()


def test_a_damaged_file_is_told_with_the_way_out(tmp_path: Path) -> None:
    put(LocalKnowledge(tmp_path).open_for("acme"), "p", "text")
    for path in (tmp_path / "knowledge").iterdir():
        path.write_bytes(b"no database at all" * 500)
    with pytest.raises(StoreCorrupt, match="delete it"):
        LocalKnowledge(tmp_path).open_for("acme").words("text", limit=5)


def test_a_file_of_another_version_is_begun_anew(tmp_path: Path) -> None:
    put(LocalKnowledge(tmp_path).open_for("acme"), "p", "text")
    connection = sqlite3.connect(the_file(tmp_path))
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    knowledge = LocalKnowledge(tmp_path).open_for("acme")
    assert knowledge.count() == {"pages": 0, "chunks": 0, "vectors": 0}
    put(knowledge, "p", "text")
    assert len(knowledge.words("text", limit=5)) == 1


def test_only_so_many_files_are_open_and_all_are_served(tmp_path: Path) -> None:
    known = LocalKnowledge(tmp_path)
    for at in range(70):
        put(known.open_for(f"t{at}"), "p", f"text number{at}")
    assert [len(known.open_for(f"t{at}").words(f"number{at}", limit=5)) for at in range(70)] == [1] * 70
