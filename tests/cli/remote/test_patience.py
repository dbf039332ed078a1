"""A house that takes long over an answer is not said to be gone: people are not told to start what runs."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from shared.cli.house_calls import ask_house
from shared.core.errors import ConfigError


def at(folder: Path, port: int) -> Path:
    (folder / "owner.key").write_text("a key of the tests", encoding="ascii")
    (folder / "house.json").write_text(json.dumps({"url": f"http://127.0.0.1:{port}"}), encoding="utf-8")
    return folder


def test_a_house_that_still_works_on_it_is_said_to_do_so(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes the call, and says nothing
        data = at(tmp_path, silent.getsockname()[1])
        with pytest.raises(ConfigError, match="still at work on this") as told:
            ask_house(data, "POST", "/v1/chats/chat-1", body={"text": "How far is it?"}, wait=0.1)
        assert "start Workwright" not in str(told.value)


def test_a_house_that_is_not_there_is_to_be_started(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(ConfigError, match="start Workwright"):
        ask_house(at(tmp_path, port), "GET", "/v1/runs")
