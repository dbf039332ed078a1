"""Other choices: a real Notion by consent under a public address, and a simulated one beside a real forge."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

from shared import log
from shared.app.installation.home import home_of
from shared.app.polling import asks_often
from shared.cli.greeting import greet
from shared.cli.root import workwright
from shared.lasting_port import find_lasting_port
from shared.local.configuration.workspace import workspace_of
from shared.local.runtime import House
from shared.local.settle import settle_by_choice
from shared.ports import SYSTEM, Put
from shared.wiring.tools import wire_accounts
from tests.support.rigs.house import own_settings
from tests.support.simulators.posing import posing
from tests.support.simulators.real_notion import real_notion

pytestmark = pytest.mark.slow
WORD = "-".join(["a", "word", "of", "the", "tests"])


def _init(data: Path, answers: str) -> None:
    file = data.parent / "answers.toml"
    file.write_text(answers, encoding="utf-8")
    with own_settings(THE_WORD=WORD):
        done = CliRunner().invoke(workwright, ["init", "--from", str(file), "--data", str(data)])
    assert done.exit_code == 0, (done.output, done.exception)


@contextmanager
def _house(data: Path, port: int, public_url: str) -> Iterator[House]:
    """Open a house that delivers nothing: only its doors answer."""
    with own_settings(WORKWRIGHT_BROWSER="off"):
        log.show_from("CRITICAL")
        house = House(data, port, public_url=public_url)
        try:
            yield house
        finally:
            house.stop()
            log.show_from("INFO")


def test_a_real_notion_is_connected_by_consent_through_the_public_address(tmp_path: Path) -> None:
    port = find_lasting_port()
    public = f"http://localhost:{port}"
    with real_notion() as notion:
        back = f"{public}/oauth-callback"
        client = {"client_id": "team-app", "client_secret": WORD, "redirect_uris": [back], "auto_approve": True}
        notion.control("/_seed", {"workspace": "Team", "integration": client})
        _init(
            tmp_path / "data",
            '[notion]\nuse = "real"\nby = "oauth"\nclient_id = "team-app"\nclient_secret = "env:THE_WORD"\n'
            f'address = "{notion.url}"\n',
        )
        with _house(tmp_path / "data", port, public) as house:
            assert settle_by_choice(house) is False
            link = next(line for line in greet(house) if "Connect Notion" in line).split()[-1]
            assert link == f"{back}/start?provider=notion"
            assert requests.get(link, timeout=30).status_code == 200
            assert settle_by_choice(house) is True
            found = workspace_of(house.wired.deps)
            assert found is not None
            assert found.name == "Team"
            settings = house.wired.deps.store.get(found.tenant, "settings", "tenant")
            assert settings is not None
            assert asks_often(settings.body)  # nobody has set up the webhook yet
            deps = house.wired.deps
            deps.store.put(SYSTEM, Put("webhook", "notion", {"verified": deps.clock.now().isoformat()}))
            assert settle_by_choice(house) is True
            told = deps.store.get(found.tenant, "settings", "tenant")
            assert told is not None
            assert not asks_often(told.body)
            assert (tmp_path / "data" / "owner.key").exists()


def test_beside_a_simulated_notion_a_real_forge_gets_the_token_that_waited(tmp_path: Path) -> None:
    with posing(tmp_path / "posing") as systems:
        systems["github"].seed(token=WORD, login="grace", org="acme")
        address = systems["github"].url
        code = f'[code]\nuse = "github"\nowner = "acme"\ntoken = "env:THE_WORD"\naddress = "{address}"\n'
        _init(tmp_path / "data", f'{code}[sites]\nuse = "none"\n[slack]\nuse = "none"\n[mail]\nuse = "none"\n')
        with _house(tmp_path / "data", 0, "") as house:
            assert set(house.simulators) == {"notion", "google_accounts"}
            assert settle_by_choice(house) is True
            deps = house.wired.deps
            tenant = home_of(deps)
            wire_accounts().http_for(tenant, "github").call("GET", "/user")
            settings = deps.store.get(tenant, "settings", "tenant")
            assert settings is not None
            assert settings.body["ship"]["code"] == {"system": "github", "owner": "acme"}
            assert wire_accounts().systems(tenant)["connected"] == ["github", "notion"]
            assert "setup-github-token" not in (tmp_path / "data" / "secrets.json").read_text("utf-8")
