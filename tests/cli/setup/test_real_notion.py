"""A folder with a real Notion: set up from a file, started, and worked in without any webhook."""

from __future__ import annotations

import json
import re
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from shared import log
from shared.app.installation.home import home_of
from shared.app.workspace.workspace_create import data_sources_of, mark_of
from shared.app.workspace.workspace_schemas import KINDS, SCHEMAS
from shared.cli.root import workwright
from shared.cli.setup.setup_folder import open_folder
from shared.core.errors import ConfigError
from shared.core.pages import marks
from shared.local.configuration.choices import read_choices
from shared.local.configuration.marker import claim, installation_of, works_here
from shared.local.runtime import House
from shared.local.settle import see_that_it_is_free, settle_by_choice, watching
from shared.local.story.demo import Progress, tell_story
from shared.local.story.idea import example_idea
from shared.wiring.tools import wire_accounts
from tests.support.rigs.house import own_settings
from tests.support.simulators.real_notion import RealNotion, real_notion

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
    _set_up(answers, folder / "data", notion)
    return folder / "data"


def _set_up(answers: Path, data: Path, notion: RealNotion) -> None:
    with own_settings():
        done = CliRunner(env={"TEAM_SECRET": notion.secret}).invoke(
            workwright, ["init", "--from", str(answers), "--data", str(data)]
        )
    assert done.exit_code == 0, (done.output, done.exception)


@pytest.fixture(scope="module")
def house(data: Path) -> Iterator[House]:
    with own_settings(WORKWRIGHT_BROWSER="off"):
        log.show_from("CRITICAL")
        made = House(data)
        try:
            see_that_it_is_free(made)
            made.start()
            settle_by_choice(made)
            yield made
        finally:
            made.stop()
            log.show_from("INFO")


def test_the_set_up_makes_the_databases_and_keeps_the_secret_sealed(notion: RealNotion, data: Path) -> None:
    assert set(notion.databases()) == {SCHEMAS[kind].title for kind in KINDS}
    kept = data / "setup.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert json.loads(kept.read_text("utf-8"))["systems"]["notion"]["workspace"] == "Team"
    for file in data.rglob("*"):
        assert not file.is_file() or notion.secret.encode() not in file.read_bytes(), file


def test_another_folder_for_the_same_workspace_uses_the_same_databases_and_sees_who_works_there(
    notion: RealNotion, data: Path, tmp_path: Path
) -> None:
    before, choices = notion.databases(), read_choices(data)
    with own_settings(), open_folder(data, choices) as first:
        claim(first.deps, first.accounts, home_of(first.deps), data, take_over=False)
    _set_up(data.parent / "answers.toml", tmp_path / "data", notion)
    children = notion.as_person("GET", f"/v1/blocks/{notion.page}/children")["results"]
    assert len([one for one in children if one["type"] == "child_database"]) == len(before)
    with own_settings(), open_folder(tmp_path / "data", choices) as second:
        assert set(data_sources_of(second.deps, home_of(second.deps))) == set(KINDS)
        with pytest.raises(ConfigError, match=installation_of(data)):
            claim(second.deps, second.accounts, home_of(second.deps), tmp_path / "data", take_over=False)


@pytest.fixture(scope="module")
def planned(notion: RealNotion, house: House) -> str:
    """Return a page whose plan waits for a person: the one work that is in the house."""
    page = notion.write_idea("Bicycle market", marks.PLAN_IT)
    _wait(lambda: notion.status(page) == marks.PLAN_READY)
    return page


def test_a_page_set_to_plan_it_is_planned_without_a_webhook(notion: RealNotion, house: House, planned: str) -> None:
    assert house.simulators == {}
    assert notion.status(planned) == marks.PLAN_READY
    assert notion.subscriptions() == []


def _type(data: Path, *words: str) -> str:
    done = CliRunner().invoke(workwright, [*words, "--data", str(data)])
    assert done.exit_code == 0, (done.output, done.exception)
    return done.output


@pytest.mark.usefixtures("planned")
def test_status_says_in_ten_lines_what_is_connected_and_what_waits(house: House, data: Path) -> None:
    runs = house.wired.deps.store.list_runs(*house.wired.deps.store.tenants())
    assert len(runs) == 1, [(run.status, run.trigger, run.opened_at, run.ended_at, run.failure) for run in runs]
    run = runs[0]
    lines = _type(data, "status").splitlines()
    assert len(lines) <= 10
    told = dict(line.partition(":")[::2] for line in lines)
    assert told["Real"] == " Notion (Team)"
    assert told["Waits for a person"] == " 1: Bicycle market (plan)"
    assert told["Moving"] == told["Failed within a day"] == " nothing"
    assert re.fullmatch(r" \d+ seconds ago", told["Notion was last asked"])
    assert lines[-1].startswith(f"To agree: set the page to Approved, or workwright approve {run.id}")
    assert "systems: Notion (Team) real" in _type(data, "run", run.id)
    found = json.loads(_type(data, "status", "--json"))
    assert (found["running"], found["systems"]["notion"]["mode"], found["webhook"]) == (True, "real", False)


def test_everybodys_work_is_paused_by_whoever_has_the_house(house: House, data: Path) -> None:
    assert "everybody's work is paused: later" in _type(data, "pause", "--reason", "later")
    assert "Paused:" in _type(data, "status")
    _type(data, "resume")
    assert "Paused:" not in _type(data, "status")


def test_a_real_notion_is_asked_as_in_production(house: House) -> None:
    settings = house.wired.settings
    assert settings.notion_rate == 150
    assert (settings.settle.total_seconds(), settings.http_read_s, settings.gather_s) == (70, 65, 2)


def test_a_second_installation_does_not_begin_unless_it_takes_over(
    notion: RealNotion, data: Path, house: House, tmp_path: Path
) -> None:
    deps, accounts = house.wired.deps, wire_accounts()
    (tenant,) = deps.store.tenants()
    assert works_here(deps, accounts, tenant) == installation_of(data)
    with pytest.raises(ConfigError, match=installation_of(data)) as refused:
        claim(deps, accounts, tenant, tmp_path, take_over=False)
    assert "--take-over" in str(refused.value)
    claim(deps, accounts, tenant, tmp_path, take_over=True)
    assert works_here(deps, accounts, tenant) == installation_of(tmp_path) != installation_of(data)
    source = notion.as_person("GET", f"/v1/data_sources/{notion.source('Ideas')}")
    said = next(one["description"] for one in source["properties"].values() if one["type"] == "title")
    assert said.count("Worked on by") == 1
    assert mark_of(tenant) in said
    with pytest.raises(ConfigError, match=installation_of(tmp_path)):
        watching(house, settled=True, every_s=0)()  # whoever was taken over from stops
    claim(deps, accounts, tenant, data, take_over=True)
    watching(house, settled=True, every_s=0)()


def test_a_demo_does_not_begin_in_a_folder_with_something_real(house: House) -> None:
    before = house.wired.deps.store.tenants()
    with pytest.raises(ConfigError, match="touches nothing real"):
        tell_story(house, example_idea(), Progress(lambda run, page: None, lambda run: True))
    assert house.wired.deps.store.tenants() == before


def _wait(true: Callable[[], bool]) -> None:
    ends = time.monotonic() + 60
    while not true():
        assert time.monotonic() < ends, "it did not come within a minute"
        time.sleep(0.1)
