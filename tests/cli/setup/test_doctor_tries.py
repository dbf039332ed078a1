"""`workwright doctor --try`: what is connected for real is asked, also while the folder is in use; nothing changes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

from shared.cli.doctor.connection_checks import try_connected
from shared.cli.doctor.systems import look_at_systems
from shared.cli.root import workwright
from shared.cli.setup.setup_folder import open_folder
from shared.core.tenants.finding import MISSING, OK, Finding
from shared.local.configuration.choices import read_choices
from tests.support.rigs.house import own_settings
from tests.support.simulators.posing import Posing, posing
from tests.support.simulators.real_notion import RealNotion, real_notion

pytestmark = pytest.mark.slow

WORD = {system: "-".join([system, "word", "of", "the", "doctor"]) for system in ("github", "vercel", "slack")}
APP = "xa" + "pp-1-A1-doctor"


@pytest.fixture(scope="module")
def notion() -> Iterator[RealNotion]:
    with real_notion() as made:
        yield made


@pytest.fixture(scope="module")
def systems(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Posing]]:
    with posing(tmp_path_factory.mktemp("posing")) as made:
        made["github"].seed(token=WORD["github"], login="grace", org="acme")
        made["vercel"].seed(token=WORD["vercel"], user="grace")
        made["slack"].seed(token=WORD["slack"], channels=["C0000000001"], users=[], app_token=APP)
        yield made


@pytest.fixture(scope="module")
def data(notion: RealNotion, systems: dict[str, Posing], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that works with real systems."""
    folder = tmp_path_factory.mktemp("doctor")
    answers = f"""
        [notion]
        use = "real"
        secret = "env:TEAM"
        page = "{notion.page}"
        address = "{notion.url}"
        [code]
        use = "github"
        owner = "acme"
        token = "env:GITHUB_WORD"
        address = "{systems["github"].url}"
        [sites]
        use = "vercel"
        token = "env:VERCEL_WORD"
        address = "{systems["vercel"].url}"
        [slack]
        use = "real"
        token = "env:SLACK_WORD"
        channel = "C0000000001"
        app_token = "env:SLACK_APP"
        address = "{systems["slack"].url}"
        """
    file = folder / "answers.toml"
    file.write_text(answers, encoding="utf-8")
    words = {f"{system.upper()}_WORD": word for system, word in WORD.items()}
    with own_settings():
        command = ["init", "--from", str(file), "--data", str(folder / "data")]
        done = CliRunner(env={"TEAM": notion.secret, "SLACK_APP": APP, **words}).invoke(workwright, command)
    assert done.exit_code == 0, (done.output, done.exception)
    return folder / "data"


def tried(data: Path) -> dict[str, Finding]:
    with own_settings():
        return {found.name: found for found in try_connected(data, {})}


def test_what_is_connected_for_real_is_asked_while_the_folder_is_in_use(
    data: Path, notion: RealNotion, systems: dict[str, Posing]
) -> None:
    posed = [notion.url, *(systems[system].url for system in WORD)]
    before = [requests.get(f"{url}/_journal?effects=1", timeout=10).json() for url in posed]
    with own_settings(), open_folder(data, read_choices(data)):
        found = tried(data)
    assert {name: each.state for name, each in found.items()} == dict.fromkeys(("notion", *WORD, "slack-clicks"), OK)
    assert [each.needed for each in found.values()] == [name == "notion" for name in found]
    assert "may do all that is needed" in found["notion"].detail
    assert "may make repositories at acme" in found["github"].detail
    assert [requests.get(f"{url}/_journal?effects=1", timeout=10).json() for url in posed] == before


def test_the_command_shows_it_and_shows_no_secret(data: Path, notion: RealNotion) -> None:
    with own_settings():
        done = CliRunner().invoke(workwright, ["doctor", "--try", "--json", "--data", str(data)])
        without = CliRunner().invoke(workwright, ["doctor", "--json", "--data", str(data)])
    checks = [each for each in json.loads(done.output)["checks"] if each["name"] == "notion"]
    assert [each["state"] for each in checks] == ["ok"]
    assert "may do all that is needed" in checks[0]["detail"]
    assert not [word for word in (notion.secret, APP, *WORD.values()) if word in done.output]
    shown = next(each for each in json.loads(without.output)["checks"] if each["name"] == "notion")
    assert "doctor --try" in shown["detail"]


def test_systems_are_shown_as_what_they_are(data: Path, tmp_path: Path) -> None:
    with_real = {found.name: found.detail for found in look_at_systems(data, {}, tried=False)}
    assert with_real["notion"].startswith("real; ")
    assert (with_real["gitlab"], with_real["ses"]) == ("not used", "not used")
    assert "notion" not in {found.name for found in look_at_systems(data, {}, tried=True)}
    fresh = {found.name: found.detail for found in look_at_systems(tmp_path / "none", {}, tried=True)}
    assert fresh["notion"] == "simulated"


def test_nothing_real_means_nothing_to_try(tmp_path: Path) -> None:
    assert tried(tmp_path / "none")["tries"].detail.startswith("nothing is connected for real")
    assert not (tmp_path / "none").exists()


def test_what_was_taken_back_is_named_with_its_way_out(
    data: Path, notion: RealNotion, systems: dict[str, Posing]
) -> None:
    notion.control("/_grant/revoke", {"bot_id": notion.bot})
    systems["github"].seed(revoked=WORD["github"])
    systems["vercel"].seed(revoked=WORD["vercel"])
    systems["slack"].seed(ended=WORD["slack"])
    systems["slack"].seed(ended=APP)
    found = tried(data)
    assert {each.state for each in found.values()} == {MISSING}
    assert "workwright init notion" in found["notion"].way_out
    assert "Personal access tokens" in found["github"].way_out
    assert "was revoked" in found["slack"].detail
    assert all(each.way_out for each in found.values())
