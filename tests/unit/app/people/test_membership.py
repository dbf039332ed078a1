"""A team's people: who founds it, who asks to join, that an owner always stays, that who leaves holds nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from shared.app.api.keys import PEPPER, caller_of, make_key
from shared.app.people.membership import end_keys, give_role, members_of, take_out, welcome
from shared.core.errors import Conflicting, NotThere, Unauthenticated, VersionConflict
from shared.core.people.members import MAX_MEMBERS, ROLES, Member, Members, greet, min_role, person_id
from shared.ports import Put, Secret
from tests.support.ports.dying import Died
from tests.support.rigs.small_house import TENANT, SmallHouse

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
ADA, BEN = "notion:u-ada", "notion:u-ben"


@pytest.fixture
def team(house: Callable[..., SmallHouse]) -> SmallHouse:
    made = house()
    made.secrets.set(PEPPER, Secret("pepper of the tests"))
    return made


def _two_owners(house: SmallHouse) -> tuple[str, str]:
    welcome(house.deps, TENANT, ADA, "Ada", founds=True)
    welcome(house.deps, TENANT, BEN, "Ben", founds=False)
    give_role(house.deps, TENANT, person_id(BEN), "owner", "Ada")
    return person_id(ADA), person_id(BEN)


def test_who_founds_a_team_owns_it_and_nobody_founds_one_that_has_people() -> None:
    first = greet(Members(), ADA, "Ada", NOW, founds=True)
    assert first.role_of(person_id(ADA)) == "owner"
    second = greet(first, BEN, "Ben", NOW, founds=True)
    assert (second.people[person_id(BEN)].asks, second.role_of(person_id(BEN))) == (True, "")
    assert greet(second, ADA, "Ada", NOW, founds=False) is second
    assert greet(second, BEN, "Benjamin", NOW, founds=False).people[person_id(BEN)].name == "Benjamin"


def test_a_full_team_takes_nobody_more() -> None:
    full = Members({person_id(f"notion:{n}"): Member(str(n), f"notion:{n}", NOW, "viewer") for n in range(MAX_MEMBERS)})
    with pytest.raises(Conflicting, match="500 people"):
        greet(full, ADA, "Ada", NOW, founds=False)
    assert greet(full, "notion:7", "7", NOW, founds=False) is full


@pytest.mark.parametrize("first", ["", *ROLES])
@pytest.mark.parametrize("second", ["", *ROLES])
def test_the_lower_of_two_roles_counts(first: str, second: str) -> None:
    may = {"": 0, "viewer": 1, "member": 2, "admin": 3, "owner": 4}  # how much each may do
    assert may[min_role(first, second)] == min(may[first], may[second])


def test_two_owners_who_demote_each_other_at_once_leave_one(team: SmallHouse) -> None:
    ada, ben = _two_owners(team)
    for _ in range(20):
        start = threading.Barrier(2)

        def demote(person: str, start: threading.Barrier = start) -> None:
            start.wait()
            try:
                give_role(team.deps, TENANT, person, "viewer", "the other")
            except (Conflicting, VersionConflict):
                return

        both = [threading.Thread(target=demote, args=(each,)) for each in (ada, ben)]
        for each in both:
            each.start()
        for each in both:
            each.join()
        owners = [person for person, member in members_of(team.deps, TENANT).people.items() if member.role == "owner"]
        assert len(owners) == 1
        give_role(team.deps, TENANT, ada, "owner", "the test")
        give_role(team.deps, TENANT, ben, "owner", "the test")


def test_who_was_taken_out_holds_nothing_although_we_died_before_their_keys_ended(team: SmallHouse) -> None:
    _, ben = _two_owners(team)
    view, key = make_key(team.deps, TENANT, "member", "a terminal", person=ben)
    assert caller_of(team.deps, f"Bearer {key}").name == "Ben"

    def die(point: str) -> None:
        raise Died(point)

    with pytest.raises(Died, match=r"members\.after/out"):
        take_out(replace(team.deps, crash_point=die), TENANT, ben, "Ada")
    with pytest.raises(Unauthenticated, match="has left the team"):
        caller_of(team.deps, f"Bearer {key}")
    welcome(team.deps, TENANT, BEN, "Ben", founds=False)
    with pytest.raises(Unauthenticated, match="has left the team"):
        caller_of(team.deps, f"Bearer {key}")  # who asks again is nothing yet
    team.clock.move(seconds=60)
    take_out(team.deps, TENANT, ben, "Ada")  # refused, and come again: this time as a member
    view, key = make_key(team.deps, TENANT, "member", "an old one", person=ben)
    team.clock.move(seconds=60)
    welcome(team.deps, TENANT, BEN, "Ben", founds=False)
    give_role(team.deps, TENANT, ben, "owner", "Ada")
    with pytest.raises(Unauthenticated, match="has left the team"):
        caller_of(team.deps, f"Bearer {key}")  # a key of the time before does not come alive again
    assert view["person"] == ben
    assert end_keys(team.deps, TENANT, ben) == 2
    with pytest.raises(Unauthenticated, match="was revoked"):
        caller_of(team.deps, f"Bearer {key}")


def test_nobody_of_another_team_is_there(team: SmallHouse) -> None:
    ada, _ = _two_owners(team)
    assert members_of(team.deps, "another").people == {}
    with pytest.raises(NotThere):
        give_role(team.deps, "another", ada, "viewer", "me")
    with pytest.raises(NotThere):
        take_out(team.deps, "another", ada, "me")


def test_what_a_newer_version_knows_of_a_member_is_kept(team: SmallHouse) -> None:
    ada = {"name": "Ada", "identity": ADA, "since": NOW.isoformat(), "role": "owner", "zone": "Europe/Berlin"}
    team.store.put(TENANT, Put("members", "team", {"people": {person_id(ADA): ada}, "rule": "ask"}))
    welcome(team.deps, TENANT, BEN, "Ben", founds=False)
    kept = team.store.get(TENANT, "members", "team")
    assert kept is not None
    assert (kept.body["people"][person_id(ADA)], kept.body["rule"]) == (ada, "ask")
