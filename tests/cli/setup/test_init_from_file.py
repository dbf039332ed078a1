"""`workwright init --from FILE`: each part is tried, kept where its work finds it, and never asked for twice."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from shared.app.installation.home import home_of
from shared.backends.local.keys.local_secrets import LocalSecrets
from shared.cli.doctor.needed_secrets import look_at_secrets
from shared.cli.root import workwright
from shared.cli.setup.setup_folder import open_folder
from shared.local.configuration.choices import FILE, Choices, read_choices
from tests.support.rigs.house import own_settings
from tests.support.simulators.posing import Posing, posing
from tests.support.simulators.real_notion import RealNotion, real_notion

pytestmark = pytest.mark.slow

WORD = {system: "-".join([system, "word", "of", "the", "tests"]) for system in ("github", "gitlab", "vercel", "slack")}
ENV = {f"THE_{system.upper()}": word for system, word in WORD.items()}


@pytest.fixture(scope="module")
def notion() -> Iterator[RealNotion]:
    with real_notion() as made:
        yield made


@pytest.fixture(scope="module")
def systems(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Posing]]:
    with posing(tmp_path_factory.mktemp("posing")) as made:
        made["github"].seed(token=WORD["github"], login="grace", org="acme")
        made["gitlab"].seed(token=WORD["gitlab"], username="grace", group="acme")
        made["vercel"].seed(token=WORD["vercel"])
        made["slack"].seed(token=WORD["slack"], channels=["C0000000001"], users=[])
        yield made


def _init(data: Path, answers: str, **env: str) -> Result:
    file = data.parent / "answers.toml"
    file.write_text(answers, encoding="utf-8")
    with own_settings():
        return CliRunner(env={**ENV, **env}).invoke(
            workwright, ["init", "--from", str(file), "--data", str(data)], catch_exceptions=True
        )


@pytest.fixture(scope="module")
def data(notion: RealNotion, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that works for the real Notion."""
    folder = tmp_path_factory.mktemp("init") / "data"
    notion_table = f'[notion]\nuse = "real"\nsecret = "env:TEAM"\npage = "{notion.page}"\naddress = "{notion.url}"\n'
    done = _init(folder, notion_table, TEAM=notion.secret)
    assert done.exit_code == 0, (done.output, done.exception)
    return folder


def _kept(data: Path, kind: str, name: str) -> dict[str, object]:
    with own_settings(), open_folder(data, Choices()) as house:
        doc = house.deps.store.get(home_of(house.deps), kind, name)
        return dict(doc.body) if doc is not None else {}


def test_code_sites_and_slack_are_tried_and_become_the_teams_accounts(data: Path, systems: dict[str, Posing]) -> None:
    done = _init(
        data,
        f"""
        [code]
        use = "github"
        owner = "acme"
        token = "env:THE_GITHUB"
        address = "{systems["github"].url}"
        [sites]
        use = "vercel"
        token = "env:THE_VERCEL"
        address = "{systems["vercel"].url}"
        [slack]
        use = "real"
        token = "env:THE_SLACK"
        channel = "C0000000001"
        address = "{systems["slack"].url}"
        [[people]]
        name = "Grace Member"
        email = "grace@team.example"
        channels = ["email", "slack"]
        [limits]
        run = 2.5
        month = 40
        """,
    )
    assert done.exit_code == 0, (done.output, done.exception)
    for system in ("github", "vercel", "slack"):
        assert _kept(data, "grants", system)["status"] == "connected"
    settings = _kept(data, "settings", "tenant")
    assert settings["ship"] == {"code": {"system": "github", "owner": "acme"}, "site": {"system": "vercel"}}
    assert settings["budget"] == {"run": 2_500_000, "month": 40_000_000}
    (person,) = settings["people"]  # type: ignore[misc]
    assert person == {
        "id": "grace-member",
        "name": "Grace Member",
        "email": "grace@team.example",
        "role": "owner",
        "channels": ["email", "slack"],
        "slack": "C0000000001",
    }
    for file in data.rglob("*"):
        text = file.read_bytes() if file.is_file() else b""
        assert not [word for word in WORD.values() if word.encode() in text], file


def test_another_choice_takes_the_place_of_the_first_and_its_token_is_gone(
    data: Path, systems: dict[str, Posing]
) -> None:
    code = '[code]\nuse = "gitlab"\nowner = "acme"\ntoken = "env:THE_GITLAB"\n'
    done = _init(data, code + f'address = "{systems["gitlab"].url}"\n')
    assert done.exit_code == 0, (done.output, done.exception)
    found = read_choices(data)
    assert (found.mode("github"), found.mode("gitlab"), found.mode("notion")) == ("none", "real", "real")
    assert _kept(data, "grants", "github") == {}
    assert _kept(data, "grants", "gitlab")["status"] == "connected"


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ('[code]\nuse = "github"\ntoken = "ghp_x"\n', "never written down here"),
        ('[code]\nuse = "github"\n', "code.token is missing"),
        ('[code]\nuse = "github"\ntoken = "env:NOBODY"\n', "holds no secret"),
        ('[code]\nuse = "bitbucket"\n', "'bitbucket'; use one of github"),
        ('[coed]\nuse = "github"\n', "[coed] is not known"),
        ('[code]\nowns = "acme"\n', "code.owns is not known"),
        ('[people]\nname = "Ada"\n', "[[people]]"),
        ('[[people]]\nname = "Ada"\nchannels = ["email"]\n', "an e-mail address is missing"),
        ("[limits]\nrun = 1\nkept_back = 2\n", "limits.kept_back is more than limits.run"),
        ('[limits]\nrun = "much"\n', "limits.run is 'much'"),
        ('[notion]\nuse = "simulated"\n', "real workspace"),
        ("[notion\n", "is not TOML"),
    ],
)
def test_what_cannot_be_used_is_refused_in_words_and_nothing_is_changed(data: Path, answers: str, told: str) -> None:
    before = (data / FILE).read_bytes()
    done = _init(data, answers)
    assert done.exit_code != 0
    assert told in str(done.exception) + done.output
    assert (data / FILE).read_bytes() == before


def test_a_secret_in_a_file_that_others_may_read_is_refused(data: Path, tmp_path: Path) -> None:
    open_file = tmp_path / "token"
    open_file.write_text(WORD["github"], encoding="utf-8")
    open_file.chmod(0o644)
    done = _init(data, f'[code]\nuse = "github"\ntoken = "file:{open_file}"\n')
    assert "chmod 600" in str(done.exception)
    assert WORD["github"] not in str(done.exception) + done.output


def test_a_refused_token_is_not_kept(data: Path, systems: dict[str, Posing]) -> None:
    before = _kept(data, "grants", "slack")
    table = f'[slack]\nuse = "real"\ntoken = "env:OTHER"\nchannel = "C1"\naddress = "{systems["slack"].url}"\n'
    done = _init(data, table, OTHER="-".join(["no", "token"]))
    assert "Slack does not accept this token" in str(done.exception)
    assert _kept(data, "grants", "slack") == before


def test_status_shows_what_was_chosen_also_where_nothing_runs(data: Path, tmp_path: Path) -> None:
    for folder, told in (
        (data, "Real: Notion (Team)"),
        (tmp_path, "Simulated: Notion, GitHub"),
    ):
        with own_settings():
            done = CliRunner().invoke(workwright, ["status", "--data", str(folder)])
        lines = done.output.splitlines()
        assert lines[0] == "Workwright is not running."
        assert lines[1].startswith(told)
    assert lines[-1].startswith("Nothing has been done here yet")
    assert list(tmp_path.iterdir()) == []


def test_what_is_chosen_before_there_is_a_team_waits_for_it(tmp_path: Path, systems: dict[str, Posing]) -> None:
    data = tmp_path / "data"
    table = f'[code]\nuse = "github"\ntoken = "env:THE_GITHUB"\naddress = "{systems["github"].url}"\n'
    assert _init(data, table).exit_code == 0
    kept = json.loads((data / "secrets.json").read_text("utf-8"))
    assert list(kept) == ["setup-github-token"]
    assert WORD["github"] not in (data / "secrets.json").read_text("utf-8")
    assert "WORKWRIGHT_GITHUB_URL" not in os.environ


def test_a_client_of_google_is_kept_sealed_named_by_the_doctor_and_forgotten_again(data: Path) -> None:
    word, client = "-".join(("google", "word")), "1234-abc.apps.googleusercontent.com"
    table = '[google]\nuse = "real"\nclient = "env:CLIENT"\nclient_secret = "env:WORD"\n'
    wrong = _init(data, table, CLIENT="1234-abc", WORD=word)
    assert ".apps.googleusercontent.com" in str(wrong.exception)
    assert read_choices(data).mode("google_accounts") == "none"
    done = _init(data, table, CLIENT=client, WORD=word)
    assert done.exit_code == 0, (done.output, done.exception)
    assert "/oauth-callback/google" in done.output
    kept, findings = LocalSecrets(data), {each.name: each for each in look_at_secrets(data, {})}
    assert [kept.get(f"google-sign-in-{each}").reveal() for each in ("id", "secret")] == [client, word]
    assert (findings["google-sign-in"].state, findings["google-sign-in-secret"].state) == ("ok", "ok")
    assert not any(word.encode() in each.read_bytes() for each in data.rglob("*") if each.is_file())
    assert read_choices(data).describe_part("google") == "real google_accounts"
    assert _init(data, '[google]\nuse = "none"\n').exit_code == 0
    findings = {each.name: each for each in look_at_secrets(data, {})}
    assert (findings["google-sign-in"].state, "google-sign-in-id" in findings) == ("later", False)
    assert "workwright init google" in findings["google-sign-in"].way_out
    assert LocalSecrets(data).find("google-sign-in-secret") is None
