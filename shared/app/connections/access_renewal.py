"""How a person gives access to a system anew: as it was given before, by a link or by a command in the terminal."""

from __future__ import annotations

from dataclasses import dataclass

from shared.accounts.grants import grant_of
from shared.accounts.providers import PROVIDERS
from shared.app.engine.deps import Deps
from shared.core.models.model_facts import KEYED
from shared.integrations.systems import SYSTEMS

BY_COMMAND = tuple(
    each.name for each in SYSTEMS.values() if each.by_token
)  # connected from the terminal: a link of ours is good for minutes only
TOKEN = "token"  # a grant's public field `given`: pasted by a person, so that no link can renew it


@dataclass(frozen=True, slots=True)
class WayBack:
    """One of both: a page to open, or a command to give."""

    url: str = ""
    command: str = ""


def find_way_back(deps: Deps, tenant: str, system: str) -> WayBack:
    """Return how the tenant's people let us into a system again, or for the first time."""
    if system in KEYED:
        return WayBack(command=f"workwright models key {system}")
    if system in BY_COMMAND:
        return WayBack(command=f"workwright account {system}")
    grant = grant_of(deps.store, tenant, system)
    given = grant.public.get("given") if grant is not None else ""
    if given == TOKEN or system not in PROVIDERS:
        return WayBack(command=f"workwright init {system}")
    return WayBack(url=f"{deps.connect_url}/start?provider={system}")


def let_in(system: str, command: str) -> str:
    """Return what to do, as the beginning of a sentence."""
    if not command:
        return "Reconnect it"
    if system in KEYED:
        return f"Give a new key ({command})"
    return f"Connect it again ({command})" if system in BY_COMMAND else f"Give a new token ({command})"
