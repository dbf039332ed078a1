"""Load the client of a system by the path that its `system.py` names, where one is needed and no sooner.

What is named there goes into the bundle of whoever imports this module (`terraform/bundle.py`).
"""

from __future__ import annotations

from typing import Any

from shared.integrations.import_paths import load_named
from shared.integrations.systems import SYSTEMS


def load_client(system: str) -> type[Any]:
    """Return the class of a system's client; raises KeyError for a system that is not in the list."""
    client: type[Any] = load_named(SYSTEMS[system].client)
    return client
