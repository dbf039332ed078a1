"""A house with a simulated host for sites."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.local.simulators.vercel import VercelSimulator
from tests.integrations.conftest import Served
from tests.support.rigs.site_rig import MINE, SiteRig
from tests.support.rigs.small_house import SmallHouse


@pytest.fixture
def rig(served: Callable[[Any], Served], tmp_path: Path) -> Iterator[SiteRig]:
    sim = served(VercelSimulator(tmp_path / "vercel"))
    house = SmallHouse(tmp_path / "house", endpoints={"vercel": sim.url}, kinds=MINE)
    yield SiteRig(house, sim)
    house.close()
