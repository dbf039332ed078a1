"""Whose an identity is: one person's, whatever comes at once, and never by an equal address alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shared.app.people.identities import (
    Shown,
    claim,
    find_person,
    identities_of,
    link_identity,
    person_of,
    teams_of,
    unlink_identity,
)
from shared.app.people.membership import give_role, take_out, welcome
from shared.app.tenants.tenant_traces import forget_traces
from shared.core.errors import Conflicting, MalformedRequest, NotThere
from shared.core.people.identities import IDENTITIES, PEOPLE, clean_address, mail_identity
from shared.core.people.mail_links import name_network
from shared.core.people.members import person_id
from shared.ports import SYSTEM
from tests.support.rigs.small_house import TENANT, SmallHouse

ADA, GOOGLE = "notion:u-ada", "google:117"
MAIL = Shown(mail_identity("ada@example.com"), label="ada@example.com")


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


def test_another_identity_leads_to_the_same_person_once_it_was_added(team: SmallHouse) -> None:
    for _ in range(2):
        link_identity(team.deps, person_id(ADA), TENANT, Shown(GOOGLE, "Ada", "ada@example.com"))
    assert find_person(team.deps, GOOGLE) == person_id(ADA)
    assert claim(team.deps, Shown(GOOGLE), "t-2") == person_id(ADA)
    kept = identities_of(team.deps, person_id(ADA))
    assert [*kept] == [ADA, GOOGLE]
    assert kept[GOOGLE].label == "ada@example.com"
    assert person_of(team.deps, person_id(ADA)).tenants == (TENANT, "t-2")


def test_an_equal_address_alone_makes_nobody_the_same(team: SmallHouse) -> None:
    link_identity(team.deps, person_id(ADA), TENANT, Shown(GOOGLE, "Ada", "ada@example.com"))
    assert find_person(team.deps, MAIL.identity) != person_id(ADA)


def test_what_somebody_else_signs_in_with_cannot_be_added_while_they_are_in_a_team(team: SmallHouse) -> None:
    ben = claim(team.deps, Shown(GOOGLE, "Ben"), TENANT)
    welcome(team.deps, TENANT, GOOGLE, "Ben", founds=False)
    link_identity(team.deps, person_id(ADA), TENANT, MAIL)
    give_role(team.deps, TENANT, ben, "viewer", "Ada")
    with pytest.raises(Conflicting, match="somebody else"):
        link_identity(team.deps, person_id(ADA), TENANT, Shown(GOOGLE))
    assert find_person(team.deps, GOOGLE) == ben
    take_out(team.deps, TENANT, ben, "Ada")
    link_identity(team.deps, person_id(ADA), TENANT, Shown(GOOGLE))
    assert find_person(team.deps, GOOGLE) == person_id(ADA)


def test_the_first_identity_stays_and_what_is_taken_away_leads_nowhere(team: SmallHouse) -> None:
    link_identity(team.deps, person_id(ADA), TENANT, MAIL)
    with pytest.raises(Conflicting, match="first came"):
        unlink_identity(team.deps, person_id(ADA), ADA)
    with pytest.raises(NotThere):
        unlink_identity(team.deps, person_id("google:9"), MAIL.identity)
    unlink_identity(team.deps, person_id(ADA), MAIL.identity)
    assert find_person(team.deps, MAIL.identity) != person_id(ADA)


def test_who_only_asks_to_join_is_in_no_team(team: SmallHouse) -> None:
    welcome(team.deps, TENANT, GOOGLE, "Ben", founds=False)
    assert teams_of(team.deps, person_id(GOOGLE)) == {}


def test_a_person_is_forgotten_with_their_last_team(team: SmallHouse) -> None:
    link_identity(team.deps, person_id(ADA), TENANT, MAIL)
    claim(team.deps, Shown(ADA), "t-2")
    assert forget_traces(team.deps, "t-2") == 1
    assert person_of(team.deps, person_id(ADA)).tenants == (TENANT,)
    assert forget_traces(team.deps, TENANT) == 3
    assert [team.store.list_docs(SYSTEM, kind) for kind in (PEOPLE, IDENTITIES)] == [[], []]


@pytest.mark.parametrize(
    ("given", "address"),
    [("  Ada@Example.COM ", "ada@example.com"), ("a.b+c@x-y.example", "a.b+c@x-y.example")],
)
def test_an_address_is_compared_in_one_way_of_writing(given: str, address: str) -> None:
    assert clean_address(given) == address
    assert mail_identity(given) == mail_identity(address)


@pytest.mark.parametrize(
    "given",
    ["", "ada", "@x.example", "ada@", "a@b@c", "a b@x.example", "a@x.example\nBcc: b@x.example", "<a@x.example>",
     "a@x.example,b@x.example", "a@x.example;b@x.example", "a\u2028@x.example", f"{'a' * 65}@x.example",
     f"a@{'x' * 256}"],
)  # fmt: skip
def test_what_is_no_single_address_is_refused(given: str) -> None:
    with pytest.raises(MalformedRequest, match="'address'"):
        clean_address(given)


def test_what_is_one_members_is_refused_to_the_next(team: SmallHouse) -> None:
    welcome(team.deps, TENANT, "notion:u-ben", "Ben", founds=False)
    give_role(team.deps, TENANT, person_id("notion:u-ben"), "member", "Ada")
    link_identity(team.deps, person_id(ADA), TENANT, MAIL)
    with pytest.raises(Conflicting):
        link_identity(team.deps, person_id("notion:u-ben"), TENANT, MAIL)
    assert find_person(team.deps, MAIL.identity) == person_id(ADA)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("198.51.100.7", "198.51.100.7"), ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::"),
        ("2001:db8:1:2:bbbb::9", "2001:db8:1:2::"), ("::ffff:198.51.100.7", "198.51.100.7"), ("unix:", "unknown"),
    ],
)  # fmt: skip
def test_a_network_is_what_one_line_has(address: str, network: str) -> None:
    assert name_network(address) == network
