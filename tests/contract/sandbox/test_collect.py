"""The collector follows nothing: on a tree full of traps, where an ordinary read falls into each."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from shared.backends.sandbox.channel import pack, unpack
from shared.backends.sandbox.rooms.collect import Collector


@pytest.fixture
def trapped(tmp_path: Path) -> Path:
    """A work folder, and a secret beside it."""
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/secret.txt").write_text("secret")
    box = tmp_path / "box"
    (box / "out/deep").mkdir(parents=True)
    (box / "out/link").symlink_to(tmp_path / "elsewhere/secret.txt")  # one name: only the link gives it away
    (box / "out/folder").symlink_to(tmp_path / "elsewhere")
    (box / "away").symlink_to(tmp_path / "elsewhere")
    os.link(tmp_path / "secret.txt", box / "out/second-name")
    os.mkfifo(box / "out/pipe")
    (box / "out/deep/plain.txt").write_text("plain")
    return box


def test_only_plain_files_are_taken(trapped: Path) -> None:
    with socket.socket(socket.AF_UNIX) as local:
        local.bind(str(trapped / "out/s"))
    assert (trapped / "out/link").read_text() == "secret"  # the control: an ordinary read is taken in
    assert (trapped / "out/folder/secret.txt").read_text() == "secret"
    assert (trapped / "out/second-name").read_text() == "secret"
    collector = Collector(100, 10_000)
    single = ("out/link", "out/pipe", "out/second-name", "away/secret.txt", "out/folder/secret.txt", "none/at/all")
    collector.collect(str(trapped), ("out/", *single))
    assert collector.files == {"out/deep/plain.txt": b"plain"}
    assert {"out/link", "out/pipe", "out/second-name", "out/s", "out/folder"} <= set(collector.left_out)


def test_the_work_folder_itself_must_not_be_a_link(trapped: Path) -> None:
    (trapped.parent / "swapped").symlink_to(trapped)
    with pytest.raises(OSError, match="swapped"):
        Collector(1, 1).collect(str(trapped.parent / "swapped"), ("out/",))


def test_a_folder_too_deep_and_names_that_are_not_text_are_left(trapped: Path) -> None:
    deep = trapped / "out/deep"
    for _ in range(40):
        deep = deep / "d"
        deep.mkdir()
    (deep / "bottom.txt").write_text("x")
    os.close(os.open(os.fsencode(trapped) + b"/out/\xff\xfe", os.O_CREAT | os.O_WRONLY))
    (trapped / "out/line\nbreak").write_text("x")
    collector = Collector(100, 10_000)
    collector.collect(str(trapped), ("out/",))
    assert collector.files == {"out/deep/plain.txt": b"plain"}


def test_a_message_cut_short_is_noticed() -> None:
    message = pack({"a": 1}, [b"one", b""])
    assert unpack(message) == ({"a": 1}, [b"one", b""])
    for end in range(len(message)):
        with pytest.raises(ValueError):
            unpack(message[:end])
