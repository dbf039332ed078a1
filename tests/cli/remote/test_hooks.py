"""`workwright hooks` and `workwright account` against a running API: what is secret is shown once, or never."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from shared.cli.root import workwright
from shared.cli.team import forge as _registered
from tests.support.rigs.served_api import served_api


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    with served_api(tmp_path, "t-0123456789abcdef01234567"):
        yield tmp_path


def typed(folder: Path, *words: str, given: str = "") -> Result:
    assert _registered.hooks.name == "hooks"
    return CliRunner().invoke(workwright, [*words, "--data", str(folder)], input=given)


def test_a_webhook_from_its_making_to_its_end(folder: Path) -> None:
    assert "None yet" in typed(folder, "hooks").stdout
    made = typed(folder, "hooks", "add", "vercel").stdout
    hook = made.split()[0]
    assert f"/hooks/vercel/{hook}" in made
    assert "no secret yet" in typed(folder, "hooks").stdout
    given = typed(folder, "hooks", "secret", hook, given="vercel-word\n")
    assert given.exit_code == 0, given.stdout
    assert "vercel-word" not in given.stdout
    github = typed(folder, "hooks", "add", "github", "acme/shop").stdout
    assert "secret   " in github
    listed = json.loads(typed(folder, "hooks", "--json").stdout)["hooks"]
    assert {each["system"]: each["ready"] for each in listed} == {"github": True, "vercel": True}
    assert typed(folder, "hooks", "remove", hook).stdout == f"Removed {hook}.\n"


def test_what_is_wrong_is_said(folder: Path) -> None:
    nothing = typed(folder, "account", "gitlab", given="\n")
    assert "no token was given" in str(nothing.exception)
    refused = typed(folder, "hooks", "add", "gitlab")
    assert "owner/name" in str(refused.exception)
    link = typed(folder, "account", "gitlab", "--link").stdout
    assert "/start?provider=gitlab&ticket=" in link
