"""What the tests of this folder share."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.rigs.moving import (
    Deployment,
    a_deployment,
    make_folder,
)
from tests.support.servers.cloud.kms_server import KmsServer


@pytest.fixture(scope="module")
def kms() -> Iterator[KmsServer]:
    with KmsServer() as server:
        yield server


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    data = tmp_path_factory.mktemp("made") / "house"
    return data, make_folder(data)


@pytest.fixture
def data(made: tuple[Path, str], tmp_path: Path) -> Path:
    shutil.copytree(made[0], tmp_path / "house")
    return tmp_path / "house"


@pytest.fixture
def deployment(firestore_host: str, kms: KmsServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    with a_deployment(firestore_host, kms, monkeypatch) as found:
        yield found
