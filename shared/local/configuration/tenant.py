"""What was chosen for the team itself: its tokens, people, limits and targets, kept where its work finds them.

While no team is there yet (its Notion is simulated, and has not been started) tokens wait as secrets of the
installation, and everything is carried over at the first start.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shared.accounts.accounts import Accounts
from shared.app.connections.connect_account import resume_waiting
from shared.app.engine.deps import Deps
from shared.app.installation.home import APPLIED, home_of
from shared.app.money.tenant_ledger import read_budget
from shared.app.tenants.settings_changes import change_settings
from shared.backends.local.keys.local_secrets import LocalSecrets
from shared.integrations.systems import FORGES, HOSTS, SYSTEMS
from shared.local.configuration.choices import NONE, REAL, Choices
from shared.oauth import GrantTokens
from shared.ports import SYSTEM, Put, Secret, change_doc
from shared.ports.documents import all_settings

# systems that a team connects by a token
GRANTED = tuple(each.name for each in SYSTEMS.values() if each.by_token or each.sends_messages)
_PUBLIC = ("login", "host")


def keep_token(deps: Deps, accounts: Accounts, data: Path, choices: Choices, system: str, token: Secret) -> None:
    """Keep a token that was tried: as the team's grant, or until there is a team."""
    LocalSecrets(data).set(_waiting(system), token)
    carry_over(deps, accounts, data, choices)


def carry_over(deps: Deps, accounts: Accounts, data: Path, choices: Choices) -> None:
    """Give the team what waits for it, and what was chosen since the last time. Again is once."""
    tenant = home_of(deps)
    if not tenant:
        return
    kept = LocalSecrets(data)
    for system in GRANTED:
        choice = choices.read(system)
        token = kept.find(_waiting(system))
        if token is not None and choice.mode == REAL:
            public = {name: choice.fact(name) for name in _PUBLIC if choice.fact(name)}
            accounts.keep(tenant, system, GrantTokens(token, None, {}), public)
            resume_waiting(deps, tenant, system)
        if token is not None:
            kept.forget(_waiting(system))
    _apply(deps, tenant, choices)


def drop_token(deps: Deps, data: Path, system: str) -> None:
    """Let go of an account that is not used any more."""
    LocalSecrets(data).forget(_waiting(system))
    if tenant := home_of(deps):
        change_doc(deps.store, (tenant, "grants", system), lambda _: None, deps.stand_back)


def _apply(deps: Deps, tenant: str, choices: Choices) -> None:
    doc = deps.store.get(SYSTEM, *APPLIED)
    before: Mapping[str, Any] = doc.body if doc is not None else {}
    wanted: dict[str, Any] = {
        "people": [dict(each) for each in choices.people],
        "limits": dict(choices.limits),
        "code": _target(choices, FORGES),
        "site": _target(choices, HOSTS),
    }
    changed = {name: value for name, value in wanted.items() if value and value != before.get(name)}
    if not changed:
        return
    ship = dict(all_settings(deps.store, tenant).get("ship") or {})
    ship |= {part: {**(ship.get(part) or {}), **changed[part]} for part in ("code", "site") if part in changed}
    more: dict[str, Any] = {"ship": ship} if {"code", "site"} & set(changed) else {}
    if "people" in changed:
        more["people"] = changed["people"]
    if "limits" in changed:
        more["budget"] = {**read_budget(deps, tenant), **changed["limits"]}
    change_settings(deps, tenant, **more)
    deps.store.put(SYSTEM, Put(*APPLIED, wanted))


def _target(choices: Choices, systems: tuple[str, ...]) -> dict[str, str]:
    """Return where code or sites go, {} where nobody chose."""
    chosen = next((each for each in systems if each in choices.systems and choices.mode(each) != NONE), "")
    if not chosen:
        return {}
    owner = choices.read(chosen).fact("owner")
    return {"system": chosen, **({"owner": owner} if owner else {})}


def _waiting(system: str) -> str:
    return f"setup-{system}-token"
