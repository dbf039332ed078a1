"""Terraform is started once for all tests here: one copy of the tree, one set of providers, one run of its tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.parts import require
from tests.support.repository.terraform import Terraform, Verdicts
from tests.support.spread import tests_below


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what waits for Terraform: its whole tests are run for the first who asks."""
    for item in tests_below(Path(__file__).parent, items):
        if "terraform" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that whoever runs the tests has for what is temporary."""
    return tmp_path_factory.mktemp("elsewhere")


@pytest.fixture(scope="session")
def terraform(tmp_path_factory: pytest.TempPathFactory, elsewhere: Path) -> Terraform:
    require("terraform")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TMPDIR", str(elsewhere))
        made = Terraform(tmp_path_factory.mktemp("terraform"))
    done = made.run("init", "-backend=false", "-input=false")
    assert done.returncode == 0, done.stdout + done.stderr
    return made


@pytest.fixture(scope="session")
def tested(terraform: Terraform) -> Verdicts:
    return terraform.test()


@pytest.fixture(scope="session")
def root() -> Path:
    return Path(__file__).resolve().parents[2]
