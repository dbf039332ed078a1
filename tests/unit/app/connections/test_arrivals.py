"""Who comes back from Notion: into their own team, or to ask their colleagues'; never into a second one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shared.accounts.grants import grant_of
from shared.app.connections.connect_notion import connect_notion
from shared.app.people.arrivals import Arrival, receive_consent
from shared.app.people.membership import give_role, members_of, welcome
from shared.core.people.members import person_id
from shared.oauth import GrantTokens
from shared.ports import Put
from tests.support.desks.account_calls import AccountCalls

Consent = Callable[[str], GrantTokens]


@pytest.fixture
def consent(bench: AccountCalls) -> Consent:
    """Return what has somebody of one workspace, by the name, agree at Notion."""

    def agree(name: str) -> GrantTokens:
        person = {"name": name, "email": f"{name.lower()}@example.test"}
        bench.notion.control("/_seed", {"workspace": "Demo", "people": [person]})
        bench.notion.control("/_config", {"authorize_as": person["email"]})
        return bench.consent()

    return agree


def _arrive(bench: AccountCalls, tokens: GrantTokens) -> Arrival:
    return receive_consent(bench.house.deps, bench.house.accounts, tokens, {"address": "192.0.2.7"})


def _lose(bench: AccountCalls, tenant: str) -> None:
    kept = bench.house.store.get(tenant, "grants", "notion")
    assert kept is not None
    bench.house.store.put(tenant, Put("grants", "notion", {**kept.body, "status": "revoked"}))


def _member(bench: AccountCalls, tenant: str, tokens: GrantTokens, role: str) -> str:
    identity = f"notion:{tokens.public['owner']['user']['id']}"
    welcome(bench.house.deps, tenant, identity, "Cleo", founds=False)
    give_role(bench.house.deps, tenant, person_id(identity), role, "the test")
    return person_id(identity)


def test_the_first_of_a_workspace_founds_its_team_and_the_second_asks(bench: AccountCalls, consent: Consent) -> None:
    first = _arrive(bench, consent("Ada"))
    second = _arrive(bench, consent("Ben"))
    assert (first.asks, first.connected, second.asks, second.connected) == (False, True, True, False)
    assert second.tenant == first.tenant
    people = members_of(bench.house.deps, first.tenant).people
    assert [(member.name, member.role) for member in people.values()] == [("Ada", "owner"), ("Ben", "")]
    assert _arrive(bench, consent("Ada")) == first


def test_a_member_of_one_of_two_teams_of_a_workspace_comes_to_their_own(bench: AccountCalls, consent: Consent) -> None:
    teams = [connect_notion(bench.house.deps, bench.house.accounts, consent(name)) for name in ("Ada", "Ben")]
    assert len(set(teams)) == 2  # as installations from before there were members may have them
    for tenant in reversed(teams):
        name = f"Cleo{teams.index(tenant)}"
        person = _member(bench, tenant, consent(name), "viewer")
        assert _arrive(bench, consent(name)) == Arrival(tenant, person, asks=False, connected=False)


@pytest.mark.parametrize(("role", "connects"), [("owner", True), ("admin", True), ("member", False), ("viewer", False)])
def test_a_lost_connection_is_given_anew_by_who_may(
    bench: AccountCalls, consent: Consent, role: str, connects: bool
) -> None:
    tenant = _arrive(bench, consent("Ada")).tenant
    person = _member(bench, tenant, consent("Cleo"), role)
    assert _arrive(bench, consent("Cleo")).connected is False  # while it holds, nobody replaces it
    _lose(bench, tenant)
    assert _arrive(bench, consent("Cleo")) == Arrival(tenant, person, asks=False, connected=connects)
    grant = grant_of(bench.house.store, tenant, "notion")
    assert grant is not None
    assert grant.connected is connects


def test_a_teams_first_visitor_from_before_there_were_members_asks_like_everybody(
    bench: AccountCalls, consent: Consent
) -> None:
    tokens = consent("Ada")
    tenant = connect_notion(bench.house.deps, bench.house.accounts, tokens)
    settings = bench.house.store.get(tenant, "settings", "tenant")
    assert settings is not None
    older = {name: value for name, value in settings.body.items() if name != "founder"}
    bench.house.store.put(tenant, Put("settings", "tenant", older))
    arrival = _arrive(bench, consent("Ada"))
    assert (arrival.tenant, arrival.asks, arrival.connected) == (tenant, True, True)


def test_a_workspaces_own_grant_is_kept_and_nobody_is_noted(bench: AccountCalls, consent: Consent) -> None:
    tokens = consent("Ada")
    nobodys = GrantTokens(tokens.access, tokens.refresh, {**tokens.public, "owner": {"type": "workspace"}})
    arrival = _arrive(bench, nobodys)
    assert (arrival.person, arrival.asks, arrival.connected) == ("", False, True)
    assert members_of(bench.house.deps, arrival.tenant).people == {}
