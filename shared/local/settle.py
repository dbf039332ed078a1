"""Make a house livable whose Notion is real: nothing is seeded there, and nobody is made up."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from shared import log
from shared.app.connections.notion_webhook import is_webhook_verified
from shared.app.engine.deps import Deps
from shared.app.engine.switches import is_gone
from shared.app.installation.home import AROUND, REAL_HOME, SIMULATED_HOME, ends_with
from shared.app.polling import ASKS, OFTEN
from shared.app.tenants.settings_changes import change_settings
from shared.core.errors import ConfigError, IntegrationError
from shared.core.tenants.erasure import ERASURES
from shared.local.configuration.choices import OAUTH, REAL
from shared.local.configuration.marker import claim
from shared.local.configuration.tenant import carry_over
from shared.local.configuration.workspace import Workspace, find_consented, refuse_real, workspace_of
from shared.local.first_setup import Installation, connect_simulated, own_secrets, owner_key, settle_in, sites_bucket
from shared.local.simulated_mail import let_mail_be_sent
from shared.ports import SYSTEM, Put, change_doc
from shared.ports.documents import all_settings
from shared.wiring.tools import wire_accounts

if TYPE_CHECKING:
    from shared.local.runtime import House

_LOOK_EVERY_S = 300.0  # at who works in the workspace


def see_that_it_is_free(house: House, *, take_over: bool = False) -> None:
    """Raise ConfigError where another installation works in the real workspace; before anything is begun there."""
    deps = house.wired.deps
    found = workspace_of(deps) if house.choices.mode("notion") == REAL else None
    if found is None:
        return
    try:
        claim(deps, wire_accounts(), found.tenant, house.data, take_over=take_over)
    except IntegrationError as error:  # it may be away just now, and work goes on when it is back
        log.line("WARNING", "nobody could look who works in the workspace", **log.about(error))


def settle_by_choice(house: House) -> bool:
    """Settle in a simulated Notion, or make the house livable beside the real one: as was chosen.

    False while a person has to give consent first, and while its team is being deleted, which goes on meanwhile.
    """
    if _is_being_deleted(house.wired.deps):
        return False
    if house.choices.mode("notion") == REAL:
        if settle(house) is None:
            return False
    else:
        refuse_real(house.wired.deps)
        home = settle_in(house)
        if house.choices.systems:
            _settle_around(house, home.tenant)
    carry_over(house.wired.deps, wire_accounts(), house.data, house.choices)
    return True


def _is_being_deleted(deps: Deps) -> bool:
    """Return whether its team is just being deleted; one that was, before installations forgot theirs, is forgotten."""
    for place in (REAL_HOME, SIMULATED_HOME):
        doc = deps.store.get(SYSTEM, *place)
        if doc is None or not is_gone(deps, tenant := str(doc.body["tenant"])):
            continue
        if deps.store.get(SYSTEM, ERASURES, tenant) is not None:
            return True
        if puts := ends_with(deps, tenant):
            deps.store.put(SYSTEM, *puts)
    return False


def watching(house: House, *, settled: bool, every_s: float = _LOOK_EVERY_S) -> Callable[[], None]:
    """Return what looks after a house that is up: settles in once consent is given, and sees who takes over."""
    due = time.monotonic() + every_s

    def look() -> None:
        nonlocal due, settled
        settled = settled or settle_by_choice(house)
        if time.monotonic() >= due:
            see_that_it_is_free(house)
            due = time.monotonic() + every_s

    return look


def settle(house: House) -> Workspace | None:
    """Return the workspace of this house, with accounts at what is simulated and a key for its owner's terminal.

    None where a person has yet to give consent in a browser; then this is called again.
    """
    own_secrets(house)
    found = workspace_of(house.wired.deps) or find_consented(house.wired.deps)
    if found is None:
        if house.choices.read("notion").fact("by") == OAUTH:
            return None
        raise ConfigError("Notion is chosen as real and not connected yet; connect it with `workwright init notion`")
    sites_bucket(house)
    let_mail_be_sent(house)
    _settle_around(house, found.tenant)
    _ask_or_be_told(house, found.tenant)
    owner_key(house, found.tenant)
    return found


def _settle_around(house: Installation, tenant: str) -> None:
    """Connect what is simulated, once for each set of simulators and address; forget those that were."""
    deps = house.wired.deps
    doc = deps.store.get(SYSTEM, *AROUND)
    before = dict(doc.body) if doc is not None else {"simulated": [], "url": ""}
    now = {"simulated": sorted(house.simulators), "url": house.url}
    if now == before:
        return
    for system in set(before["simulated"]) - set(now["simulated"]):
        _forget(deps, tenant, system)
    connect_simulated(house, tenant)
    deps.store.put(SYSTEM, Put(*AROUND, now))


def _ask_or_be_told(house: House, tenant: str) -> None:
    """Ask Notion often where no webhook of its tells us: it needs a public address, and a person who sets it up."""
    has_webhook = house.public_url != house.url and is_webhook_verified(house.wired.deps)
    asks = "" if has_webhook else OFTEN
    if str(all_settings(house.wired.deps.store, tenant).get(ASKS, "")) != asks:
        change_settings(house.wired.deps, tenant, **{ASKS: asks})


def _forget(deps: Deps, tenant: str, system: str) -> None:
    """Let go of an account at a simulator that does not run any more; one that is real by now stays."""
    change_doc(
        deps.store,
        (tenant, "grants", system),
        lambda grant: None if grant and grant["public"].get("simulated") else grant,
        deps.stand_back,
    )
