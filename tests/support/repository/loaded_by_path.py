"""What code loads by a path that is text: that of a system's client, where its `system.py` names it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shared.integrations.systems import SYSTEMS


def _parted(path: str) -> tuple[str, str]:
    module, _, name = path.partition(":")
    return module, name


# (module, function that loads) → (module, name) of each
LOADED: Mapping[tuple[str, str], Sequence[tuple[str, str]]] = {
    ("shared.integrations.clients", "load_client"): [_parted(each.client) for each in SYSTEMS.values()],
}
