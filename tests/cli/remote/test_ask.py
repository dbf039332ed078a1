"""The terminal asks the workspace, keeps a conversation in a file, and shows what is known."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from shared.app.knowledge.knowledge_sync import take_page
from shared.app.workspace.workspace_map import PAGE
from shared.core.documents.places import Place
from shared.core.page import Block, Page, Span
from shared.ports import Put
from shared.wiring.tools import wire_accounts, wire_models, wire_tools
from tests.cli.remote.test_remote import TENANT, Terminal
from tests.support.rigs.served_api import served_api

GUIDE = "10000000-0000-4000-8000-000000000000"


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """Yield a terminal before a house that knows one page."""
    data = tmp_path / "data"
    data.mkdir()
    cached = (wire_tools, wire_accounts, wire_models)
    for each in cached:
        each.cache_clear()
    with served_api(data, TENANT) as api:
        tools = wire_tools()
        api.deps.store.put(TENANT, Put("grants", "notion", {"status": "connected"}))
        api.deps.store.put(TENANT, Put("map", GUIDE, asdict(Place(GUIDE, PAGE, "Guide"))))
        block = Block(
            "10000000-0000-4000-8000-0000000000aa", "paragraph", (Span("The key \x1b[31m hangs at the door."),)
        )
        take_page(api.deps, tools, TENANT, Page(GUIDE, "Guide", (block,)), root=GUIDE)
        yield Terminal(data, api)
    for each in cached:
        each.cache_clear()


@pytest.mark.slow
def test_it_asks_goes_on_asking_and_shows_what_is_known(terminal: Terminal, tmp_path: Path) -> None:
    said = tmp_path / "said.json"
    asked = terminal.type("ask", "Where hangs the key?", "--history", str(said))
    assert asked.returncode == 0, asked.stderr
    assert "hangs at the door." in asked.stdout
    assert "[P1] Guide  http://127.0.0.1:9/p/" in asked.stdout
    assert "\x1b" not in asked.stdout
    again = json.loads(terminal.type("ask", "And which door?", "--history", str(said), "--json").stdout)
    assert again["searched_for"] == "Where hangs the key? And which door?"
    assert len(json.loads(said.read_text(encoding="utf-8"))) == 4
    shown = terminal.type("knowledge")
    assert shown.stdout.startswith("1 page, 1 piece")
    assert json.loads(terminal.type("knowledge", "--off", "--json").stdout)["off"] is True
    refused = terminal.type("ask", "Where hangs the key?")
    assert (refused.returncode, "switched off" in refused.stderr) == (2, True)
    said.write_text("[1", encoding="utf-8")
    assert "is not JSON" in terminal.type("ask", "Where?", "--history", str(said)).stderr
