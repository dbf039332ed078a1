"""Load the client of a system that sends messages by the path that its `system.py` names, and of no other system.

Whoever tells people needs no forge, and no key of one. What is named there goes into the bundle of whoever imports
this module (`terraform/bundle.py`).
"""

from __future__ import annotations

from shared.integrations.import_paths import load_named
from shared.integrations.messenger import Messenger
from shared.integrations.systems import MESSENGERS, SYSTEMS


def load_messenger(channel: str) -> type[Messenger]:
    """Return the class of a messenger's client; raises KeyError for a channel that is none."""
    if channel not in MESSENGERS:
        raise KeyError(channel)
    client: type[Messenger] = load_named(SYSTEMS[channel].client)
    return client
