"""Load the webhook of a system by the path that its `system.py` names, where one is needed and no sooner.

What is named there goes into the bundle of whoever imports this module (`terraform/bundle.py`).
"""

from __future__ import annotations

from shared.integrations.hooks import Webhook
from shared.integrations.import_paths import load_named
from shared.integrations.systems import SYSTEMS

HOOKED = tuple(each.name for each in SYSTEMS.values() if each.webhook)


def load_webhook(system: str) -> Webhook:
    """Return a system's webhook; raises KeyError for a system that is not in the list."""
    webhook: Webhook = load_named(SYSTEMS[system].webhook)
    return webhook
