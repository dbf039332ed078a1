"""The local ports in a fresh folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.backends.sandbox.choose import choose_sandbox
from shared.ports.sandbox import Sandbox
from tests.support.parts import require
from tests.support.ports.local_ports import Ports, local_ports


@pytest.fixture
def ports(tmp_path: Path) -> Iterator[Ports]:
    with local_ports(tmp_path / "data") as found:
        yield found


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    require("bubblewrap")  # the code here is no offline model's, so nothing else may run it
    return choose_sandbox()
