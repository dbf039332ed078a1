"""Hand over clients of a tenant's systems, each built once: which client belongs to which system."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar, cast

from shared.http_client import HttpClient
from shared.integrations.hosting import OwnHosts
from shared.integrations.mail import Mail
from shared.integrations.systems import SYSTEMS

C = TypeVar("C")


class Connected(Protocol):
    """Hands over clients with one tenant's token, narrowed to `scope` where the system can do that."""

    def __call__(self, client: type[C], *, scope: str = "") -> C:
        """Return the client; raises Unauthorized when the tenant has not connected that system."""


def connect_with(
    http: Callable[[str, str], HttpClient], mail: Callable[[], Mail], own_hosts: OwnHosts, tenant: str
) -> Connected:
    """Return what builds a client on what `http` gives for a system and a scope; mail and own hosts need no grant."""
    built: dict[tuple[type[Any], str], Any] = {}

    def connect(client: type[C], *, scope: str = "") -> C:
        key = (client, scope)
        if key not in built:
            if client is Mail:
                built[key] = mail()
            elif client in own_hosts or not _needs_token(client):
                built[key] = own_hosts.part(client, tenant)
            else:
                built[key] = client(http(client.system, scope))  # type: ignore[attr-defined, call-arg]
        return cast(C, built[key])

    return connect


def _needs_token(client: type[Any]) -> bool:
    """Say whether a team's token opens the client's system; of an operator's own host nobody has one."""
    known = SYSTEMS.get(str(getattr(client, "system", "")))
    return known is not None and bool(known.address)
