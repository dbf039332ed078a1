"""Where the external systems are: the vendors' addresses, or others', such as simulators'."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.core.errors import Unauthorized
from shared.integrations.systems import SYSTEMS, hosts_variable


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where the external systems are: at the vendors' addresses, or `elsewhere`.

    `self_managed` are the hosts of a tenant's own that its grant may name, by the operator's leave.
    """

    elsewhere: Mapping[str, str] = field(default_factory=dict)
    self_managed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    timeouts: tuple[float, float] = (5.0, 65.0)

    def get_address(self, system: str) -> str:
        """Return the address of a system's API."""
        return self.elsewhere.get(system) or SYSTEMS[system].address

    def find_address(self, system: str, host: str) -> str:
        """Return the address that a grant is good for: of the host it names, "" for the system's own.

        Raises Unauthorized for a host that is not allowed.
        """
        if host and host not in self.self_managed.get(system, ()):
            raise Unauthorized(
                system,
                f"{host} is not one of the hosts that this installation allows; the operator can add it to "
                f"{hosts_variable(system)}",
            )
        return host or self.get_address(system)
