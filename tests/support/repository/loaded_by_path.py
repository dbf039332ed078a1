"""What code loads by a path that is text: a client, a webhook, a forge's app, where a `system.py` names it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shared.integrations.systems import SYSTEMS


def _parted(path: str) -> tuple[str, str]:
    module, _, name = path.partition(":")
    return module, name


# (module, function that loads) → (module, name) of each
LOADED: Mapping[tuple[str, str], Sequence[tuple[str, str]]] = {
    ("shared.integrations.clients", "load_client"): [_parted(each.client) for each in SYSTEMS.values()],
    ("shared.integrations.apps", "open_app"): [_parted(each.app) for each in SYSTEMS.values() if each.app],
    ("shared.integrations.webhooks", "load_webhook"): [
        _parted(each.webhook) for each in SYSTEMS.values() if each.webhook
    ],
}
