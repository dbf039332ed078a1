"""What the tests of this folder share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integrations.conftest import Served
from tests.support.ports.local_ports import Ports, local_ports
from tests.support.rigs.gated_story import Story, story_at
from tests.support.rigs.small_house import SmallHouse


@pytest.fixture
def story(house: Callable[..., SmallHouse], served: Callable[[Any], Served]) -> Story:
    """A story before its idea is written."""
    return story_at(house, served)


@pytest.fixture
def ports(tmp_path: Path) -> Iterator[Ports]:
    with local_ports(tmp_path / "data") as found:
        yield found
