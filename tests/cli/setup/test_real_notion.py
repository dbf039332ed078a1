"""A folder with a real Notion: set up from a file, started, and worked in without any webhook."""

from __future__ import annotations

import json
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

from shared.__main__ import workwright
from shared.app.workspace_schemas import KINDS, SCHEMAS
from shared.backends.local.identity import LocalCallers
from shared.cli.house import House
from shared.cli.setup.settle import settle_by_choice
from shared.core import marks
from tests.support.house import own_settings
from tests.support.real_notion import RealNotion, real_notion

pytestmark = pytest.mark.slow

ANSWERS = """
[notion]
use = "real"
secret = "env:TEAM_SECRET"
page = "https://www.notion.so/Home-{page}"
address = "{url}"
"""


@pytest.fixture(scope="module")
def notion() -> Iterator[RealNotion]:
    with real_notion() as made:
        yield made


@pytest.fixture(scope="module")
def data(notion: RealNotion, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("setup")
    answers = folder / "answers.toml"
    answers.write_text(ANSWERS.format(page=notion.page.replace("-", ""), url=notion.url), encoding="utf-8")
    with own_settings():
        done = CliRunner(env={"TEAM_SECRET": notion.secret}).invoke(
            workwright, ["init", "--from", str(answers), "--data", str(folder / "data")]
        )
    assert done.exit_code == 0, (done.output, done.exception)
    return folder / "data"


@pytest.fixture(scope="module")
def house(data: Path) -> Iterator[House]:
    with own_settings(WORKWRIGHT_BROWSER="off"):
        made = House(data)
        try:
            made.start()
            settle_by_choice(made)
            yield made
        finally:
            made.stop()


def test_the_set_up_makes_the_databases_and_keeps_the_secret_sealed(notion: RealNotion, data: Path) -> None:
    assert set(notion.databases()) == {SCHEMAS[kind].title for kind in KINDS}
    kept = data / "setup.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert json.loads(kept.read_text("utf-8"))["systems"]["notion"]["workspace"] == "Team"
    for file in data.rglob("*"):
        assert not file.is_file() or notion.secret.encode() not in file.read_bytes(), file


def test_a_page_set_to_plan_it_is_planned_without_a_webhook(notion: RealNotion, house: House) -> None:
    assert house.simulators == {}
    page = notion.write_idea("Bicycle market", marks.PLAN_IT)
    _look(house)
    _wait(lambda: notion.status(page) == marks.PLAN_READY)
    assert notion.subscriptions() == []


def test_a_real_notion_is_asked_as_in_production(house: House) -> None:
    settings = house.wired.settings
    assert settings.notion_rate == 150
    assert (settings.settle.total_seconds(), settings.http_read_s, settings.gather_s) == (70, 65, 2)


def _look(house: House) -> None:
    """Have Notion asked, as the clock does."""
    audience = f"{house.url}/sync"
    headers = {"Authorization": LocalCallers(house.data).authorization(audience)}
    assert requests.post(audience, headers=headers, timeout=60).status_code == 200


def _wait(true: Callable[[], bool]) -> None:
    ends = time.monotonic() + 60
    while not true():
        assert time.monotonic() < ends, "it did not come within a minute"
        time.sleep(0.1)
