"""A press in Slack counts as the member whose account it is: linked by a code and a press, and no other way."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.app.approval.approvals import approval_token
from shared.app.people.linking import find_linked, make_code, type_code, unlink
from shared.app.people.membership import give_role, members_of, take_out
from shared.app.people.told_places import set_told_place
from shared.core.errors import Conflicting
from shared.core.people.linked_accounts import LINKS
from shared.core.run.run import Run, RunStatus
from shared.ports import Put
from tests.functions.conftest import MINE, OTHER
from tests.functions.slack.conftest import TEAM, Sender, keep_grant, said
from tests.support.ports.dying import Died, dying_at


def _run_now(sender: Sender, run: Run, tenant: str = MINE) -> Run:
    loaded = sender.deps.store.load_run(tenant, run.id)
    assert loaded is not None
    return loaded.run


def test_a_press_decides_in_the_name_of_the_member(sender: Sender) -> None:
    run = sender.service.waiting()
    assert said(sender.press("approve", approval_token(sender.deps, run))).startswith("Approved")
    gate = _run_now(sender, run).step("approve")
    assert gate is not None
    assert (gate.output["by"], gate.output["via"]) == ("Ada", "slack")


def test_who_is_not_linked_is_told_how_and_decides_nothing(sender: Sender) -> None:
    run = sender.service.waiting()
    shown = said(sender.press("approve", approval_token(sender.deps, run), user="U0EVE"))
    assert "nothing was decided" in shown
    assert "/workwright link CODE" in shown
    assert _run_now(sender, run) == run


def test_settings_link_nobody_where_there_are_members(sender: Sender) -> None:
    eve = {"id": "eve", "name": "Eve", "slack_user": "U0EVE", "role": "owner"}
    sender.deps.store.put(MINE, Put("settings", "tenant", {"people": [eve]}))
    run = sender.service.waiting()
    assert "nothing was decided" in said(sender.press("approve", approval_token(sender.deps, run), user="U0EVE"))
    assert _run_now(sender, run) == run


@pytest.mark.parametrize("team", ["T0OTHER", ""])
def test_the_same_user_of_another_workspace_is_somebody_else(sender: Sender, team: str) -> None:
    run = sender.service.waiting()
    shown = said(sender.press("approve", approval_token(sender.deps, run), team=team))
    assert "nothing was decided" in shown
    assert _run_now(sender, run) == run


def test_a_viewer_is_told_and_decides_nothing(sender: Sender) -> None:
    person = sender.join("Bo", "viewer")
    sender.link(person, "U0BO")
    run = sender.service.waiting()
    assert "not to decide" in said(sender.press("approve", approval_token(sender.deps, run), user="U0BO"))
    assert _run_now(sender, run) == run
    give_role(sender.deps, MINE, person, "member", "Ada")
    assert said(sender.press("approve", approval_token(sender.deps, run), user="U0BO")).startswith("Approved")


def test_who_was_taken_out_is_nobody_and_stays_so_when_they_come_again(sender: Sender) -> None:
    person = sender.join("Bo", "member")
    sender.link(person, "U0BO")
    take_out(sender.deps, MINE, person, "Ada")
    run = sender.service.waiting()
    token = approval_token(sender.deps, run)
    assert "nothing was decided" in said(sender.press("approve", token, user="U0BO"))
    sender.join("Bo", "member")
    assert "nothing was decided" in said(sender.press("approve", token, user="U0BO"))
    assert _run_now(sender, run) == run


def test_a_member_of_one_team_decides_nothing_in_another(sender: Sender) -> None:
    run = sender.service.waiting(OTHER, "run-theirs")
    sender.join("Dan", "owner", OTHER)
    assert "nothing was decided" in said(sender.press("approve", approval_token(sender.deps, run)))
    assert _run_now(sender, run, OTHER).status == RunStatus.AWAITING_APPROVAL


def test_a_code_links_after_a_press_of_who_typed_it(sender: Sender) -> None:
    person = sender.join("Bo", "member")
    code = make_code(sender.deps, MINE, person)
    shown = sender.type(f"link {code.lower()[:4]}-{code[4:]}", user="U0BO")
    assert "Bo, member" in said(shown)
    assert shown.body is not None
    (button,) = shown.body["blocks"][1]["elements"]
    assert find_linked(sender.deps, MINE, f"slack.{TEAM}.U0BO") is None
    assert "not typed by you" in said(sender.press(button["action_id"], button["value"], user="U0EVE"))
    assert find_linked(sender.deps, MINE, f"slack.{TEAM}.U0EVE") is None
    assert said(sender.press(button["action_id"], button["value"], user="U0BO")).startswith("Linked")
    found = find_linked(sender.deps, MINE, f"slack.{TEAM}.U0BO")
    assert found is not None
    assert found.person == person
    assert "Nothing was linked" in said(sender.press(button["action_id"], button["value"], user="U0BO"))
    entries = [each for each in sender.deps.store.audit(MINE) if each.body["what"] == "AccountLinked"]
    assert [each.body["by"] for each in entries] == ["Ada", "Bo"]


def test_a_code_is_good_once_for_ten_minutes_and_for_who_typed_it_first(sender: Sender) -> None:
    bo = sender.join("Bo", "member")
    old = make_code(sender.deps, MINE, bo)
    code = make_code(sender.deps, MINE, bo)
    assert "not one of ours" in said(sender.type(f"link {old}", user="U0BO"))
    type_code(sender.deps, f"slack.{TEAM}.U0BO", code)
    assert "typed by somebody else" in said(sender.type(f"link {code}", user="U0EVE"))
    late = sender.deps.clock.now() + timedelta(minutes=11)

    class Later:
        def now(self) -> object:
            return late

    object.__setattr__(sender.service.deps, "clock", Later())
    with pytest.raises(Conflicting, match="has expired"):
        type_code(sender.deps, f"slack.{TEAM}.U0BO", code)


@pytest.mark.parametrize("typed", ["", "AAAAAAAA", "BCDF", "BCDFGHJK", "<!channel>", "BCDFGHJK'; --"])
def test_what_is_no_code_links_nobody(sender: Sender, typed: str) -> None:
    shown = said(sender.type(f"link {typed}", user="U0EVE"))
    assert "not one of ours" in shown
    assert "<!channel>" not in shown


def test_a_workspace_of_another_team_links_nobody_here(sender: Sender) -> None:
    keep_grant(OTHER)
    dan = sender.join("Dan", "owner", OTHER)
    code = make_code(sender.deps, OTHER, dan)
    assert "another team" in said(sender.type(f"link {code}", user="U0DAN"))


def test_a_team_that_has_not_connected_slack_links_nobody(sender: Sender) -> None:
    dan = sender.join("Dan", "owner", OTHER)
    code = make_code(sender.deps, OTHER, dan)
    sender.type(f"link {code}", user="U0DAN", team="T0THEIRS")
    assert "has not connected" in said(sender.press("link", code, user="U0DAN", team="T0THEIRS"))


def test_a_link_ends_with_its_person_and_one_from_before_counts_no_more(sender: Sender) -> None:
    person = sender.join("Bo", "member")
    sender.link(person, "U0BO")
    account = f"slack.{TEAM}.U0BO"
    before = sender.deps.store.get(MINE, LINKS, account)
    assert before is not None
    take_out(sender.deps, MINE, person, "Ada")
    assert sender.deps.store.get(MINE, LINKS, account) is None
    sender.join("Bo", "member")
    sender.deps.store.put(MINE, Put(LINKS, account, before.body))  # as if a copy of it had come back
    assert find_linked(sender.deps, MINE, account) is None


def test_a_team_connected_by_consent_takes_no_other_workspace(sender: Sender) -> None:
    keep_grant(OTHER, team={"id": "T0THEIRS", "name": "Theirs"})
    dan = sender.join("Dan", "owner", OTHER)
    code = make_code(sender.deps, OTHER, dan)
    sender.type(f"link {code}", user="U0DAN", team="T0FREE")
    assert "has not connected" in said(sender.press("link", code, user="U0DAN", team="T0FREE"))
    assert find_linked(sender.deps, OTHER, "slack.T0FREE.U0DAN") is None


def _told(sender: Sender, person: str) -> dict[str, object]:
    doc = sender.deps.store.get(MINE, "settings", "tenant")
    assert doc is not None
    return next(dict(each) for each in doc.body["people"] if each["id"] == person)


@pytest.mark.parametrize(("place", "left"), [("U0BO", ""), ("C0THERE", "C0THERE")])
def test_who_unlinks_gets_no_direct_messages_there_and_a_channel_keeps_its_own(
    sender: Sender, place: str, left: str
) -> None:
    person = sender.join("Bo", "member")
    sender.link(person, "U0BO")
    member = members_of(sender.deps, MINE).people[person]
    set_told_place(sender.deps, MINE, person, member, "slack", place)
    assert unlink(sender.deps, MINE, person, "Bo") == 1
    told = _told(sender, person)
    assert told["slack"] == left
    assert ("slack" in list(told["channels"])) == bool(left)  # type: ignore[call-overload]


def test_who_dies_while_they_unlink_has_no_messages_left_that_nobody_can_end(sender: Sender) -> None:
    person = sender.join("Bo", "member")
    sender.link(person, "U0BO")
    set_told_place(sender.deps, MINE, person, members_of(sender.deps, MINE).people[person], "slack", "U0BO")
    with pytest.raises(Died):
        unlink(replace(sender.deps, crash_point=dying_at(1, [])), MINE, person, "Bo")
    assert _told(sender, person)["slack"] == ""
    assert unlink(sender.deps, MINE, person, "Bo") == 1
