"""What the tests of this folder share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.integrations.forge import Forge
from shared.local.simulators.gitlab.simulator import GitLabSimulator
from tests.integrations.conftest import Served
from tests.support.descriptions.gitlab_description import of_exchange
from tests.support.desks.gitlab_project import OTHER, WORD, GitLabProject


@pytest.fixture
def desk(served: Callable[[Any], Served], tmp_path: Path) -> Iterator[GitLabProject]:
    sim = served(GitLabSimulator(tmp_path))
    sim.control("/_seed", [{"username": "ada", "token": WORD, "group": "acme"}, {"username": "bo", "token": OTHER}])
    made = GitLabProject(sim, None)  # type: ignore[arg-type]
    made.gitlab = made.client(WORD)
    forge: Forge = made.gitlab
    forge.ensure_repository("acme", "shop")
    yield made
    assert [problem for exchange in made.asked for problem in of_exchange(exchange)] == []
