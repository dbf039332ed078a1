"""A move from its first word to its last: done again after a death anywhere, it ends the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.app.connections.notion_webhook import is_webhook_verified
from shared.app.migration.state import ON, arrival_of, begin, refuse_taken, switch_on, withdraw
from shared.cli.migrate.copying import copy_operators, copy_tenant
from shared.cli.migrate.move_ends import Here, There
from shared.cli.migrate.operators import Operators, bring, compare
from shared.cli.migrate.survey import Team, survey, teams_of
from shared.cli.migrate.tenant_records import operators_docs, settings_of
from shared.core.documents.bots import BOTS
from shared.core.errors import ConfigError
from shared.core.people.linked_accounts import PLACES
from shared.integrations.systems import name_system
from shared.local.configuration.migration_mark import MOVED, MOVING, Mark, new_mark, read_mark, write_mark
from shared.ports import SYSTEM

Tell = Callable[[str], None]
Sleep = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a move would do."""

    mark: Mark
    teams: tuple[Team, ...]
    stay: tuple[str, ...]  # tenants of the folder that are not moved with it
    secrets: Operators
    webhook: bool  # Notion's webhook leads to the deployment


def plan_move(here: Here, cloud: There, wanted: str) -> Plan:
    """Return what would be moved; nothing is changed. Raises ConfigError and Conflicting for what is in the way."""
    mark = _mark_of(here, cloud)
    tenants = teams_of(here, wanted)
    for tenant in tenants:
        if mark.tenants.get(tenant) != MOVED:
            refuse_taken(cloud.deps, tenant, mark.migration)
            _refuse_other_house(here, cloud, tenant)
    teams = tuple(survey(here, tenant) for tenant in tenants if mark.tenants.get(tenant) != MOVED)
    stay = tuple(each for each in here.store.tenants() if each not in tenants and each not in mark.tenants)
    return Plan(mark, teams, stay, compare(here, cloud), is_webhook_verified(cloud.deps))


def carry_out(plan: Plan, here: Here, cloud: There, tell: Tell, sleep: Sleep) -> Mark:
    """Move what the plan says; return the mark that the folder has then.

    First the folder says that nothing works here, then the deployment is told of a team and holds it still, then
    everything comes, and only then the team goes on there. Nobody works in between.
    """
    mark = plan.mark
    for team in plan.teams:
        mark = mark.having(team.tenant, MOVING)
    write_mark(here.data, mark)
    bring(here, cloud, plan.secrets)
    since = datetime.fromisoformat(mark.began)
    for team in plan.teams:
        tell(f"{team.name}: is being moved")
        arrival = arrival_of(cloud.deps, team.tenant)
        if arrival is None or arrival.state != ON:  # else it works there already: nothing comes twice
            begin(cloud.deps, team.tenant, mark.migration, since, settings_of(here.store, team.tenant))
            copy_tenant(here, cloud, team.tenant, mark.migration, since)
            copy_operators(here, cloud, team.tenant, mark.migration)
            if team.unclear:
                _let_settle(here, since, tell, sleep)
        switch_on(cloud.deps, team.tenant, mark.migration)
        mark = mark.having(team.tenant, MOVED)
        write_mark(here.data, mark)
        tell(f"{team.name}: works in {cloud.project} now")
    return mark


def take_back(here: Here, cloud: There) -> Mapping[str, int]:
    """Take a move back that did not come to its end: delete what is there, then let the folder work again.

    Raises Conflicting for a team that works there already.
    """
    mark = read_mark(here.data)
    if mark is None:
        raise ConfigError(f"{here.data} was not moved; there is nothing to take back")
    _refuse_elsewhere(mark, cloud)
    gone = {}
    for tenant in mark.tenants:
        gone[tenant] = withdraw(cloud.deps, tenant, mark.migration)
        mark = mark.remove(tenant)
        write_mark(here.data, mark)
    return gone


def _mark_of(here: Here, cloud: There) -> Mark:
    """Return the mark of the move that is under way, else of a new one."""
    mark = read_mark(here.data)
    if mark is None:
        return new_mark(cloud.project, cloud.region, cloud.name, here.clock.now().isoformat())
    _refuse_elsewhere(mark, cloud)
    return mark


def _refuse_elsewhere(mark: Mark, cloud: There) -> None:
    if (mark.project, mark.region, mark.name) != (cloud.project, cloud.region, cloud.name):
        raise ConfigError(
            f"this folder went to project {mark.project}, region {mark.region}, name {mark.name} on {mark.began[:10]};"
            " name the same ones"
        )


def _refuse_other_house(here: Here, cloud: There, tenant: str) -> None:
    """Refuse where the deployment works with this team's bot, or in its messenger's workspace, for another team."""
    for kind, doc in operators_docs(here.store, tenant):
        known = cloud.deps.store.get(SYSTEM, kind, doc.id) if kind in (BOTS, PLACES) else None
        if known is not None and known.body.get("tenant") != tenant:
            what = "connection to Notion" if kind == BOTS else f"workspace in {name_system(doc.id.partition('.')[0])}"
            both = "two would work on the same pages" if kind == BOTS else "what is typed there is for one team"
            raise ConfigError(
                f"the {what} of team {tenant} belongs to team {known.body.get('tenant')} there already; {both}."
                " Nothing was changed"
            )


def _let_settle(here: Here, since: datetime, tell: Tell, sleep: Sleep) -> None:
    """Wait until nothing can arrive any more that was sent before this folder was stopped."""
    left: timedelta = since + here.settle - here.clock.now()
    if left > timedelta(0):
        tell(f"a request that was sent just before may still arrive; waiting {left.total_seconds():.0f} s")
        sleep(left.total_seconds())
