"""What the tests of this folder share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.ports.local_ports import Ports, local_ports


@pytest.fixture
def ports(tmp_path: Path) -> Iterator[Ports]:
    with local_ports(tmp_path) as found:
        yield found
