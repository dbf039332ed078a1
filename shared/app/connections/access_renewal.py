"""How a person gives access to a system anew: as it was given before, by a link or by a command in the terminal."""

from __future__ import annotations

from dataclasses import dataclass

from shared.accounts.grants import grant_of
from shared.accounts.providers import PROVIDERS
from shared.app.engine.deps import Deps
from shared.core.documents.grant import Grant
from shared.core.models.model_facts import KEYED
from shared.integrations.systems import MESSENGERS, SYSTEMS

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
    if system in MESSENGERS and given != TOKEN and _is_by_consent(deps, system, grant):
        return WayBack(command=connect_command(system))
    if given == TOKEN or system in MESSENGERS or system not in PROVIDERS:
        return WayBack(command=f"workwright init {system}")
    return WayBack(url=f"{deps.connect_url}/start?provider={system}")


def connect_command(system: str) -> str:
    """Return what prints a link to the consent of a messenger: a link that lasts would name no team."""
    return f"workwright connect {system}"


def is_by_command(system: str, command: str) -> bool:
    """Say whether a system is connected by this command, and not by a token that somebody makes."""
    return system in BY_COMMAND or command == connect_command(system)


def _is_by_consent(deps: Deps, system: str, grant: Grant | None) -> bool:
    """Say whether a workspace has given its grant by consent, or could: of one by hand no workspace is named."""
    if grant is not None:
        return "team" in grant.public
    try:
        deps.secrets.get(f"{system}-client-id")
    except KeyError:
        return False
    return True


def let_in(system: str, command: str) -> str:
    """Return what to do, as the beginning of a sentence."""
    if not command:
        return "Reconnect it"
    if system in KEYED:
        return f"Give a new key ({command})"
    return f"Connect it again ({command})" if is_by_command(system, command) else f"Give a new token ({command})"
