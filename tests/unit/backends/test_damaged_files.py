"""A damaged database is known by SQLite's own code for it, not by a word that other refusals may hold as well."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.backends.local.state.commit_group import to_store_error
from shared.core.errors import StoreCorrupt, StoreError


def _refusal_of(path: Path, statement: str) -> sqlite3.Error:
    connection = sqlite3.connect(path)
    try:
        with pytest.raises(sqlite3.Error) as refused:
            connection.execute(statement).fetchall()
    finally:
        connection.close()
    return refused.value


@pytest.mark.parametrize("statement", ["SELECT json('{')", "SELECT * FROM corrupt", "SELECT malformed"])
def test_a_refusal_that_speaks_of_damage_is_none(tmp_path: Path, statement: str) -> None:
    error = _refusal_of(tmp_path / "whole.db", statement)
    assert any(word in str(error) for word in ("malformed", "corrupt"))
    assert type(to_store_error(error)) is StoreError


def _garbage(path: Path) -> None:
    path.write_bytes(b"this is no database at all, and never was one " * 100)


def _torn(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE t (a)")
    connection.executemany("INSERT INTO t VALUES (?)", [("x" * 500,) for _ in range(200)])
    connection.commit()
    connection.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))


@pytest.mark.parametrize("damage", [_garbage, _torn])
def test_what_is_damaged_is_said_to_be(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    damage(tmp_path / "broken.db")
    error = _refusal_of(tmp_path / "broken.db", "SELECT a FROM t")
    assert type(to_store_error(error)) is StoreCorrupt
