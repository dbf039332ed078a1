"""What the tests of this folder share."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.support.repository.cloud_faults import INDEXES, ROOT
from tests.support.servers.cloud.google_project import (
    GoogleProject,
)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a checkout says, with indexes of our own."""
    made = tmp_path_factory.mktemp("checkout")
    for path in (
        it for which in ("functions/*/*.yaml", "terraform/*.yaml", "terraform/apis.tf") for it in ROOT.glob(which)
    ):
        copy = made / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    (made / "terraform" / "indexes.json").write_text(json.dumps(INDEXES), encoding="utf-8")
    return made


@pytest.fixture
def project(root: Path) -> GoogleProject:
    return GoogleProject(root)
