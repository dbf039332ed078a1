"""What the tests of this folder share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.simulators.github_caller import GitHubCaller, start_github
from tests.support.simulators.vercel_caller import PROJECT, TOKEN, VercelCaller, start_vercel


@pytest.fixture
def github(tmp_path: Path) -> Iterator[GitHubCaller]:
    client = start_github(tmp_path / "github")
    yield client
    client.session.close()


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[VercelCaller]:
    client = start_vercel(tmp_path / "vercel")
    client.control("/_seed", {"token": TOKEN, "user": "ada", "teams": ["team_1"]})
    yield client
    client.session.close()


@pytest.fixture
def vercel(bare: VercelCaller) -> VercelCaller:
    made = bare("POST", "/v11/projects", 200, {"name": "site", "framework": None})
    assert not PROJECT - set(made)
    return bare
