"""What a tenant lets change and leave, where the systems are those of the list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.core.ship.policy import Policy, policy_of
from shared.integrations.systems import SYSTEMS


def read_policy(given: Mapping[str, Any]) -> Policy:
    """Return the policy of a tenant's settings, as `policy_of` does."""
    return policy_of(given, SYSTEMS.values())
