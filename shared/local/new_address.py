"""A house that answers at another address than before tells its simulated world, as people do in vendors' settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import requests

from shared.core.errors import ConfigError
from shared.integrations.systems import MESSENGERS

if TYPE_CHECKING:
    from shared.local.first_setup import Installation

_TIMEOUT = 30


def tell_new_address(house: Installation) -> None:
    """Let webhooks, buttons and sign-ins of the simulated systems lead to where the house is now. Twice is once."""
    hook = house.functions["notion-webhook"]
    for each in _ask(house, "GET", "notion", "/_subscriptions"):
        if each["url"] != hook:
            _ask(house, "POST", "notion", f"/_subscriptions/{each['id']}/move", {"url": hook})
    secrets = house.wired.deps.secrets
    integration = {
        "client_id": secrets.get("notion-client-id").reveal(),
        "client_secret": secrets.get("notion-client-secret").reveal(),
        "redirect_uris": [house.functions["oauth-callback"]],
        "auto_approve": True,
    }
    _ask(house, "POST", "notion", "/_seed", {"workspace": "Demo", "integration": integration})
    for system in (each for each in MESSENGERS if each in house.simulators):
        _ask(house, "POST", system, "/_seed", {"interactivity_url": f"{house.url}/v1/{system}/interactions"})


def _ask(house: Installation, method: str, system: str, path: str, body: Any = None) -> Any:
    answer = requests.request(method, house.simulators[system] + path, json=body, timeout=_TIMEOUT)
    if answer.status_code >= 400:
        raise ConfigError(f"the simulated {system} refused {path}: {answer.status_code} {answer.text[:300]}")
    return answer.json()
