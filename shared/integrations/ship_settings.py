"""How a tenant wants its work shipped, where the systems are those of the list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.core.ship.shipping import Ship, read_ship
from shared.integrations.systems import SYSTEMS


def ship_of(settings: Mapping[str, Any]) -> Ship:
    """Return a tenant's rules from its settings document, as `read_ship` does."""
    return read_ship(settings, tuple(SYSTEMS.values()))
