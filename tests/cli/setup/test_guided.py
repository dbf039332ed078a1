"""The guided set-up as a person at a terminal meets it: numbers to choose by, hidden secrets, nothing asked twice."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from shared.app.workspace.workspace_schemas import KINDS
from shared.backends.local.keys.local_secrets import LocalSecrets
from shared.backends.sandbox.bubblewrap import BubblewrapSandbox
from shared.backends.sandbox.choose import choose_sandbox
from shared.backends.sandbox.landlock import LandlockSandbox
from shared.cli.setup.answer_source import Terminal, read_secret
from shared.cli.setup.code_safety import refuse_unsafe_code
from shared.cli.setup.guide import Guide
from shared.cli.setup.init import PARTS, walk
from shared.core.errors import ConfigError
from shared.local.configuration.choices import Choices, read_choices
from shared.ports.sandbox import Sandbox
from tests.support.rigs.house import own_settings
from tests.support.simulators.posing import Posing, posing
from tests.support.simulators.real_notion import RealNotion, real_notion

pytestmark = pytest.mark.slow
WORD = "-".join(["a", "word", "of", "the", "tests"])


@pytest.fixture(scope="module")
def notion() -> Iterator[RealNotion]:
    with real_notion() as made:
        yield made


@pytest.fixture(scope="module")
def systems(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Posing]]:
    with posing(tmp_path_factory.mktemp("posing")) as made:
        made["github"].seed(token=WORD, login="grace", org="acme")
        made["slack"].seed(token=WORD, channels=["C0000000001"], users=[])
        yield made


def _type(data: Path, *typed: str, parts: tuple[str, ...] = (), **env: str) -> str:
    """Go through the set-up, typing these lines; return what was shown."""
    with own_settings(**env), CliRunner().isolation(input="".join(f"{line}\n" for line in typed)) as shown:
        walk(Guide(data, read_choices(data), Terminal()), parts)
        sys.stdout.flush()
        return shown[0].getvalue().decode()


def test_a_person_connects_notion_and_leaves_the_rest_for_later(notion: RealNotion, tmp_path: Path) -> None:
    later = ["n"] * (len(PARTS) - 1)
    answers = ["y", "1", "1", notion.secret, notion.page, *later]
    shown = _type(tmp_path, *answers, WORKWRIGHT_NOTION_URL=notion.url)
    assert notion.secret not in shown
    assert "of the workspace “Team” may do all that is needed" in shown
    assert "The databases are there" in shown
    assert read_choices(tmp_path).real == ("notion",)
    again = _type(tmp_path, *later, WORKWRIGHT_NOTION_URL=notion.url)
    assert "notion: real notion (Team)" in again
    assert "Which Notion?" not in again
    _type(tmp_path, "1", "1", notion.secret, "", parts=("notion",), WORKWRIGHT_NOTION_URL=notion.url)
    children = notion.as_person("GET", f"/v1/blocks/{notion.page}/children")["results"]
    assert len([one for one in children if one["type"] == "child_database"]) == len(KINDS)


def test_what_is_refused_is_said_in_words_and_asked_again(
    notion: RealNotion, systems: dict[str, Posing], tmp_path: Path
) -> None:
    here = {"WORKWRIGHT_GITHUB_URL": systems["github"].url}
    shown = _type(tmp_path, "1", "acme", "ntn_x", "y", "acme", WORD, parts=("code",), **here)
    assert "✗ That is a token of Notion, and GitHub was to be tried; it was not sent." in shown
    assert WORD not in shown
    assert read_choices(tmp_path).read("github").fact("owner") == "acme"
    kept = _type(tmp_path, "1", "", "wrong", "n", parts=("code",), **here)
    assert "[acme]" in kept  # what is known is offered
    assert LocalSecrets(tmp_path).get("setup-github-token").reveal() == WORD


def test_where_slack_reaches_the_machine_its_signing_secret_is_asked_for_and_not_shown(
    systems: dict[str, Posing], tmp_path: Path
) -> None:
    signs = "-".join(["what", "slack", "signs", "with"])
    here = {"WORKWRIGHT_SLACK_URL": systems["slack"].url}
    shown = _type(tmp_path, "1", WORD, "C0000000001", "3", signs, parts=("slack",), **here)
    assert signs not in shown
    assert LocalSecrets(tmp_path).get("slack-signing-secret").reveal() == signs
    assert LocalSecrets(tmp_path).find("slack-app-token") is None


def test_people_limits_and_an_address_are_asked_for_one_by_one(tmp_path: Path) -> None:
    _type(tmp_path, "Grace Member", "grace@team.example", "", "Bo", "", "C1", "", parts=("people",))
    _type(tmp_path, "0.5", "2", "", "", "", parts=("limits",))
    _type(tmp_path, "https://workwright.example/", parts=("address",))
    found = read_choices(tmp_path)
    assert [(each["id"], each["role"], each["channels"]) for each in found.people] == [
        ("grace-member", "owner", ["email"]),
        ("bo", "member", ["slack"]),
    ]
    assert found.limits == {"call": 500_000, "run": 2_000_000}
    assert found.public_url == "https://workwright.example"


def test_a_secret_comes_from_the_environment_a_closed_file_or_standard_input(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{WORD}\n", encoding="utf-8")
    file.chmod(0o600)
    with own_settings(THE_WORD=WORD), CliRunner().isolation(input=f"{WORD}\n"):
        found = [read_secret(place).reveal() for place in ("env:THE_WORD", f"file:{file}", "stdin")]
    assert found == [WORD] * 3
    with pytest.raises(ConfigError) as refused:
        read_secret(WORD)
    assert WORD not in str(refused.value)


@pytest.mark.parametrize(
    ("choices", "model", "fits"),
    [
        (Choices(), "anthropic", False),
        (Choices(model={"ask": "anthropic"}), "", False),
        (Choices(model={"ask": "offline"}), "", True),
        (Choices().choosing("github", "none").choosing("gitlab", "none"), "anthropic", True),
    ],
)
def test_a_model_that_programs_needs_a_sandbox_of_the_strong_kind(choices: Choices, model: str, fits: bool) -> None:
    def weak() -> Sandbox:
        return choose_sandbox((BubblewrapSandbox("/nowhere/bwrap"), LandlockSandbox()))

    with own_settings():
        if fits:
            refuse_unsafe_code(choices, model=model, sandbox=weak)
            return
        with pytest.raises(ConfigError, match="apt-get install bubblewrap"):
            refuse_unsafe_code(choices, model=model, sandbox=weak)
