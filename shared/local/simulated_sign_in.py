"""Signing in with a simulated provider: the house is its client, and the people of the demo have accounts there."""

from __future__ import annotations

import secrets as random_source
from typing import TYPE_CHECKING, Any

import requests

from shared.integrations.systems import SIGN_INS
from shared.ports import Secret

if TYPE_CHECKING:
    from shared.local.first_setup import Installation

_CLIENT = "workwright-simulated"
_TIMEOUT = 30


def let_people_sign_in(house: Installation, people: list[dict[str, Any]]) -> None:
    """Register the house at each simulated provider, at its address of now. Twice is once."""
    for name, system in SIGN_INS.items():
        if system.name not in house.simulators:
            continue
        secrets = house.wired.deps.secrets
        try:
            client, password = secrets.get(f"{name}-sign-in-id").reveal(), secrets.get(f"{name}-sign-in-secret")
        except KeyError:
            client, password = _CLIENT, Secret(random_source.token_hex(16))
            secrets.set(f"{name}-sign-in-id", Secret(client))
            secrets.set(f"{name}-sign-in-secret", password)
        if client == _CLIENT:  # that of a real provider is not told to a simulated one
            known = {"client_id": client, "client_secret": password.reveal()}
            back = f"{house.functions['oauth-callback']}/{name}"
            seed = {"client": {**known, "redirect_uris": [back]}, "accounts": people}
            requests.post(f"{house.simulators[system.name]}/_seed", json=seed, timeout=_TIMEOUT).raise_for_status()
