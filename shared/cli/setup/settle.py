"""Make a house livable whose Notion is real: nothing is seeded there, and nobody is made up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.app.deps import Deps
from shared.cli.settle_in import Installation, connect_simulated, own_secrets, owner_key, settle_in, sites_bucket
from shared.cli.setup.choices import REAL
from shared.cli.setup.simulated_mail import let_mail_be_sent
from shared.cli.setup.tenant import carry_over
from shared.cli.setup.workspace import Workspace, refuse_real, workspace_of
from shared.core.errors import ConfigError
from shared.ports import SYSTEM, Put, change_doc
from shared.wiring.tools import wire_accounts

if TYPE_CHECKING:
    from shared.cli.house import House

_AROUND = ("install", "around")  # which systems around the real Notion are simulated, and where they think we are


def settle_by_choice(house: House) -> None:
    """Settle in a simulated Notion, or make the house livable beside the real one: as was chosen."""
    if house.choices.mode("notion") == REAL:
        settle(house)
    else:
        refuse_real(house.wired.deps)
        home = settle_in(house)
        if house.choices.systems:
            _settle_around(house, home.tenant)
    carry_over(house.wired.deps, wire_accounts(), house.data, house.choices)


def settle(house: Installation) -> Workspace:
    """Return the workspace of this house, with accounts at what is simulated and a key for its owner's terminal."""
    own_secrets(house)
    found = workspace_of(house.wired.deps)
    if found is None:
        raise ConfigError("Notion is chosen as real and not connected yet; connect it with `workwright init notion`")
    sites_bucket(house)
    let_mail_be_sent(house)
    _settle_around(house, found.tenant)
    owner_key(house, found.tenant)
    return found


def _settle_around(house: Installation, tenant: str) -> None:
    """Connect what is simulated, once for each set of simulators and address; forget those that were."""
    deps = house.wired.deps
    doc = deps.store.get(SYSTEM, *_AROUND)
    before = dict(doc.body) if doc is not None else {"simulated": [], "url": ""}
    now = {"simulated": sorted(house.simulators), "url": house.url}
    if now == before:
        return
    for system in set(before["simulated"]) - set(now["simulated"]):
        _forget(deps, tenant, system)
    connect_simulated(house, tenant)
    deps.store.put(SYSTEM, Put(*_AROUND, now))


def _forget(deps: Deps, tenant: str, system: str) -> None:
    """Let go of an account at a simulator that does not run any more; one that is real by now stays."""
    change_doc(
        deps.store,
        (tenant, "grants", system),
        lambda grant: None if grant and grant["public"].get("simulated") else grant,
        deps.stand_back,
    )
