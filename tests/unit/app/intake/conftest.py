"""What the tests of this folder share."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from shared.local.simulators._server import serve
from shared.local.simulators.gitlab.simulator import GitLabSimulator
from tests.support.desks.passes import let_pass, look_for_changes
from tests.support.desks.proposed_change import WORD, Door, ProposedChange, settle_change
from tests.support.rigs.small_desk import Desk
from tests.support.rigs.small_house import SmallHouse


@pytest.fixture
def quiet(desk: Desk) -> Desk:
    """Return a desk whose Notion has the house's time, two hours after everything in it was made and looked at."""
    let_pass(desk, datetime.now(UTC) - desk.house.clock.now() + timedelta(hours=1))
    look_for_changes(desk)
    let_pass(desk, timedelta(hours=1))
    look_for_changes(desk)
    return desk


@pytest.fixture
def change(tmp_path: Path) -> Iterator[ProposedChange]:
    gitlab = GitLabSimulator(tmp_path / "gitlab")
    server = serve(gitlab)
    house = SmallHouse(tmp_path / "house", {"gitlab": gitlab.base_url})
    house.clock.move(seconds=(datetime.now(UTC) - house.clock.now()).total_seconds())  # GitLab signs by its own clock
    house.connect("gitlab", WORD)
    door = make_server("127.0.0.1", 0, Door(house), threaded=True)
    threading.Thread(target=door.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield settle_change(house, gitlab, f"http://127.0.0.1:{door.server_port}")
    finally:
        door.shutdown()
        server.shutdown()
        house.close()
