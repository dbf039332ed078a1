"""Mails say how they end; an address confirms itself; tests say what became of them; stages are told once each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from shared.app.engine.engine import record
from shared.app.notify.own_choices import order_test
from shared.app.notify.recipients import find_recipient
from shared.core.errors import Conflicting, Rejected
from shared.core.notify.telling import TEAM_TELLING, Telling
from shared.core.run import acts
from shared.core.run.commands import NOTIFY, Command
from shared.ports import Put
from tests.support.ports.local_ports import Ports
from tests.unit.app.telling.choosing_team import ADA, BEN, TENANT, ChoosingTeam

CLEO = {"id": "cleo", "name": "Cleo", "email": "cleo@example.test", "role": "admin", "channels": ["email"]}


def test_a_mail_can_be_ended_by_one_press_and_says_so(ports: Ports) -> None:
    """RFC 8058, section 3.1: an HTTPS address in List-Unsubscribe, and exactly this List-Unsubscribe-Post."""
    team = ChoosingTeam(ports, BEN)
    team.tell(team.ends())
    ((_, _, text, headers),) = team.arrived.mails
    link = headers["List-Unsubscribe"].removeprefix("<").removesuffix(">")
    assert link.startswith("https://workwright.example.com/unsubscribe/")
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert link in text


def test_a_link_is_sent_to_a_new_address_and_cannot_be_ended(ports: Ports) -> None:
    team = ChoosingTeam(ports, BEN)
    team.choose("ben", email="ben@home.example", off=["team"], quiet_from="08:00", quiet_to="12:00")
    team.later(minutes=1)
    ((to, subject, text, headers),) = team.arrived.mails
    assert to == "ben@home.example"
    assert "confirm" in subject
    assert "https://workwright.example.com/confirm-mail/" in text
    assert headers == {}
    team.later(hours=30)
    team.tell(team.ends())
    assert team.arrived.mails[1][0] == BEN["email"]  # until it is confirmed


def test_a_test_message_says_what_became_of_it(ports: Ports) -> None:
    team = ChoosingTeam(ports, BEN)
    assert _test(team) == "sent"
    team.arrived.trouble = {"email": Rejected("ses", "400 address unknown")}
    assert _test(team) == "failed (ses: 400 address unknown)"
    with pytest.raises(Conflicting, match="slack"):
        order_test(team.deps, TENANT, find_recipient(team.deps, TENANT, team.people, "ben"), "slack")


def _test(team: ChoosingTeam) -> str:
    order_test(team.deps, TENANT, find_recipient(team.deps, TENANT, team.people, "ben"), "email")
    team.later(seconds=1)
    tests = find_recipient(team.deps, TENANT, team.people, "ben").telling.tests
    assert tests is not None
    return tests["email"]["outcome"]


def _asking(ports: Ports, *people: Mapping[str, object], hours: int) -> ChoosingTeam:
    team = ChoosingTeam(ports, *people)
    team.deps.store.put(TENANT, Put(*TEAM_TELLING, {"escalate_hours": hours}))
    team.tell(team.asks())
    team.arrived.mails.clear()
    team.arrived.posts.clear()
    return team


def test_without_a_decision_admins_and_then_owners_are_told_once_each(ports: Ports) -> None:
    team = _asking(ports, ADA, BEN, CLEO, hours=24)
    asked = Command("again", NOTIFY, "notify", TENANT, "run-1", topic="approval_asked", ref="approve", wake=1)
    team.tell(asked)
    team.later(hours=23)
    assert team.arrived.mails == []
    team.later(hours=1)
    assert [(to, subject.partition(":")[0]) for to, subject, _, _ in team.arrived.mails] == [
        ("cleo@example.test", "Still waits")
    ]
    assert team.arrived.posts == []
    team.later(hours=24)
    assert len(team.arrived.posts) == 1
    team.later(days=3)
    assert (len(team.arrived.mails), len(team.arrived.posts)) == (1, 1)


def test_owners_are_next_where_there_is_no_admin(ports: Ports) -> None:
    team = _asking(ports, ADA, BEN, hours=24)
    team.later(hours=24)
    assert len(team.arrived.posts) == 1
    team.later(days=5)
    assert len(team.arrived.posts) == 1


def test_nobody_is_told_of_what_was_decided_nor_where_it_is_off(ports: Ports) -> None:
    team = _asking(ports, ADA, CLEO, hours=24)
    what = team.ports.run().asked
    record(team.deps, TENANT, "run-1", acts.ApprovalGranted(team.ports.clock.now(), "approve", what, "Mira"))
    team.later(days=4)
    assert (team.arrived.mails, team.arrived.posts) == ([], [])


def test_it_is_off_by_default(ports: Ports) -> None:
    team = _asking(ports, ADA, CLEO, hours=0)
    team.later(days=4)
    assert (team.arrived.mails, team.arrived.posts) == ([], [])


def test_what_somebody_chose_before_they_signed_in_goes_on(ports: Ports) -> None:
    team = ChoosingTeam(ports, {**BEN, "notion_user": "u-1"})
    team.choose("ben", off=["ended"])
    member = "p-" + "a" * 24
    joined = {"name": "Ben", "identity": "notion:u-1", "since": "2026-11-21T09:00:00+00:00", "role": "member"}
    team.deps.store.put(TENANT, Put("members", "team", {"people": {member: joined}}))
    assert find_recipient(team.deps, TENANT, team.people, member).telling.off == ("ended",)
    assert team.choose(member, priority="high") == replace(Telling(off=("ended",), priority="high"), id=member)
