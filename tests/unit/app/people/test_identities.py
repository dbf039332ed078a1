"""Whose an identity is: one person's, whatever comes at once, and never by an equal address alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shared.app.people.identities import (
    Shown,
    claim,
    find_person,
    person_of,
    teams_of,
)
from shared.app.people.membership import welcome
from shared.app.tenants.tenant_traces import forget_traces
from shared.core.people.identities import IDENTITIES, PEOPLE
from shared.core.people.members import person_id
from shared.ports import SYSTEM
from tests.support.rigs.small_house import TENANT, SmallHouse

ADA, GOOGLE = "notion:u-ada", "google:117"


@pytest.fixture
def team(house: Callable[..., SmallHouse]) -> SmallHouse:
    made = house()
    welcome(made.deps, TENANT, ADA, "Ada", founds=True)
    return made


def test_who_was_there_before_keeps_the_id_that_follows_from_the_first_identity(team: SmallHouse) -> None:
    assert find_person(team.deps, ADA) == person_id(ADA)
    assert [*teams_of(team.deps, person_id(ADA))] == [TENANT]
    assert find_person(team.deps, GOOGLE) == person_id(GOOGLE)
    assert teams_of(team.deps, person_id(GOOGLE)) == {}


def test_who_only_asks_to_join_is_in_no_team(team: SmallHouse) -> None:
    welcome(team.deps, TENANT, GOOGLE, "Ben", founds=False)
    assert teams_of(team.deps, person_id(GOOGLE)) == {}


def test_a_person_is_forgotten_with_their_last_team(team: SmallHouse) -> None:
    claim(team.deps, Shown(ADA), "t-2")
    assert forget_traces(team.deps, "t-2") == 1
    assert person_of(team.deps, person_id(ADA)).tenants == (TENANT,)
    assert forget_traces(team.deps, TENANT) == 2
    assert [team.store.list_docs(SYSTEM, kind) for kind in (PEOPLE, IDENTITIES)] == [[], []]
