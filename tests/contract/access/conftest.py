"""What the tests of this folder share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.ports.cloud_secrets import SecretsInTheCloud, open_cloud
from tests.support.servers.cloud.cloud_clients import SECRETS


@pytest.fixture(params=list(SECRETS))
def cloud(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SecretsInTheCloud]:
    with open_cloud(request.param, tmp_path) as cloud:
        yield cloud
