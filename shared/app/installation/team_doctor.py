"""What a team lacks, for whoever of it asks: from what is kept, without a call to any system, and no secret."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from shared.accounts.grants import grant_of
from shared.app.connections.access_renewal import find_way_back, let_in
from shared.app.connections.notion_webhook import is_webhook_verified
from shared.app.engine.deps import Deps
from shared.app.engine.switches import explain_pause
from shared.app.installation.left_alone import WAY_OUT, find_left_alone
from shared.app.installation.status import find_last_answer, find_unreached
from shared.app.models.model_health import Health
from shared.app.models.model_keys import list_models
from shared.app.money.tenant_ledger import Book, allowance_of
from shared.app.notify.recipients import describe_channels, list_everybody
from shared.app.polling.standstill_words import standing_words
from shared.app.schedule.planning_time import find_next_planning, planning_problem
from shared.app.workspace.workspace_databases import FAILED, database_of
from shared.app.workspace.workspace_order import load_setup
from shared.app.workspace.workspace_schemas import KINDS, SCHEMAS
from shared.core.documents.api_key import ApiKey
from shared.core.documents.codec import from_body, to_body
from shared.core.documents.grant import KIND, Grant
from shared.core.documents.places import Setup
from shared.core.models.model_facts import KEYED, OFFLINE
from shared.core.money.spending import day_of
from shared.core.people.obstacles import explain_obstacle
from shared.core.tenants.finding import Finding
from shared.core.tenants.team_findings import EndingKey, Limit, TeamFacts, list_findings
from shared.integrations.systems import FORGES, HOSTS, SYSTEMS, name_system
from shared.ports.documents import tenant_settings

_NAMED = 5  # people in a line; the others are counted


def look_at_team(deps: Deps, tenant: str, keys: Iterable[ApiKey]) -> list[Finding]:
    """Return what is in order and what is missing; `keys` are those whose ends whoever asks may know."""
    return list_findings(_gather(deps, tenant, keys))


def _gather(deps: Deps, tenant: str, keys: Iterable[ApiKey]) -> TeamFacts:
    settings, setup = to_body(tenant_settings(deps.store, tenant)), load_setup(deps, tenant)
    grants = {each.id: from_body(Grant, each.body) for each in deps.store.list_docs(tenant, KIND)}
    connected = [name for name, grant in grants.items() if grant.connected]
    asked, models = find_last_answer(deps, tenant), list_models(deps, tenant)
    notion = grants.get("notion", Grant())
    return TeamFacts(
        now=deps.clock.now(),
        connected=notion.connected,
        setup_page=f"{deps.public_url}/setup",
        reconnect=_lead_back(deps, tenant, "notion"),
        workspace=str(notion.public.get("workspace_name") or ""),
        away=standing_words(deps, tenant),
        lost={SYSTEMS[name].title: _lead_back(deps, tenant, name) for name in _list_lost(grants)},
        tables_missing=[SCHEMAS[kind].title for kind in KINDS if database_of(settings, kind) is None],
        setup_problem=_explain(setup) if setup.state == FAILED else "",
        lacking=setup.lacking,
        left_alone=list(find_left_alone(settings)),
        left_alone_way_out=WAY_OUT,
        webhook=is_webhook_verified(deps),
        models=models,
        keys_refused=[name_system(name) for name in KEYED if name in grants and not grants[name].connected],
        models_unwell=_name_unwell(deps, tenant),
        by_rules_alone=models == (OFFLINE,),
        forges=[SYSTEMS[each].title for each in FORGES if each in connected],
        hosts=[SYSTEMS[each].title for each in HOSTS if each in connected],
        unreached=find_unreached(deps, tenant),
        silent=_name_silent(deps, tenant),
        limits=_read_limits(deps, tenant),
        asked_at=datetime.fromisoformat(asked) if asked else None,
        planning_next=find_next_planning(deps, tenant),
        planning_problem=planning_problem(deps, tenant),
        keys=[EndingKey(key.id, key.name, key.expires_at) for key in keys if key.expires_at and not key.revoked_at],
        paused=explain_pause(deps, tenant),
    )


def _explain(setup: Setup) -> str:
    return explain_obstacle(setup.why, lacking=setup.lacking, guest=setup.guest, words=setup.problem or "")[0]


def _list_lost(grants: Mapping[str, Grant]) -> Sequence[str]:
    """Return the other systems that do not let us in any more; keys of models have a finding of their own."""
    return [name for name, grant in grants.items() if not grant.connected and name != "notion" and name in SYSTEMS]


def _lead_back(deps: Deps, tenant: str, system: str) -> str:
    if system == "notion" and grant_of(deps.store, tenant, system) is None:
        return f"An owner connects it at {deps.connect_url}/start?provider=notion"
    back = find_way_back(deps, tenant, system)
    return f"{let_in(system, back.command)}{f' at {back.url}' if back.url else ''}"


def _name_unwell(deps: Deps, tenant: str) -> Sequence[str]:
    """Return which models cannot answer for longer than a moment, and why."""
    found = []
    for reference, mark in sorted(Health(deps.store, deps.clock, tenant).marks().items()):
        if mark.what == "quota_exhausted":
            found.append(f"the money or quota at {name_system(reference.partition('/')[0])} is used up")
        elif mark.what == "unknown_model":
            found.append(f"{reference} is not known there, or not to this key")
    return found


def _name_silent(deps: Deps, tenant: str) -> Sequence[str]:
    """Return who of the team is told by nothing but comments in Notion."""
    everybody = list_everybody(deps, tenant, tenant_settings(deps.store, tenant).people)
    silent = [
        str(each.listed.get("name") or each.id) for each in everybody if each.member and not describe_channels(each)
    ]
    more = [f"{len(silent) - _NAMED} more"] if len(silent) > _NAMED else []
    return [*sorted(silent)[:_NAMED], *more]


def _read_limits(deps: Deps, tenant: str) -> Sequence[Limit]:
    today, allowed = day_of(deps.clock.now()), allowance_of(deps, tenant)
    ledger = Book(deps, tenant, allowed).ledger(today[:7])
    account = ledger.get_account(today)
    found = []
    if allowed.day is not None:
        found.append(Limit("the day", account.spent + account.reserved, max(0, allowed.day - allowed.kept_back)))
    if allowed.month is not None:
        found.append(Limit("the month", ledger.spent + ledger.reserved, max(0, allowed.month - allowed.kept_back)))
    return found
