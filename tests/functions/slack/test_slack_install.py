"""A team installs our app in its Slack workspace: scopes, one team for each workspace, rotation, and its loss."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.app.connections.access_renewal import find_way_back
from shared.app.connections.connect_account import start_connection
from shared.app.connections.messenger_places import lose_connection, tenant_at
from shared.core.errors import BadSignature, Conflicting, IntegrationError, MalformedRequest, NotThere, Unauthorized
from shared.integrations.slack.client import Slack
from shared.ports import Secret
from tests.functions.conftest import MINE, OTHER, Service
from tests.functions.slack.conftest import BACK, PLACE, Office, keep_grant


def test_a_workspace_is_connected_and_its_token_sealed(office: Office) -> None:
    office.install()
    grant = office.grant()
    assert (grant["status"], grant["public"]["team"]) == ("connected", {"id": "T0SIM", "name": "Simulated"})
    assert tenant_at(office.deps, PLACE) == MINE
    (token,) = office.slack.state["tokens"]
    assert token not in json.dumps(grant)
    assert office.post()


def test_the_answer_counts_once_and_in_the_browser_that_began(office: Office) -> None:
    started, query = office.consent()
    for cookie in ("", "another", office.consent()[0].cookie):
        with pytest.raises(BadSignature):
            office.finish(query, cookie)
    assert office.grant() == {}
    office.finish(query, started.cookie)
    with pytest.raises(Conflicting, match="already been used"):
        office.finish(query, started.cookie)


def test_a_code_of_somebody_else_is_refused(office: Office) -> None:
    started, query = office.consent()
    with pytest.raises(MalformedRequest, match="invalid_code"):
        office.finish({**query, "code": "made-up"}, started.cookie)
    assert office.grant() == {}


def test_who_says_no_connects_nothing(office: Office) -> None:
    office.seed(denies=True)
    started, query = office.consent()
    with pytest.raises(MalformedRequest, match="not granted"):
        office.finish(query, started.cookie)


def test_missing_scopes_are_named_and_nothing_is_kept(office: Office) -> None:
    office.seed(grants=["chat:write", "channels:history", "groups:history", "im:history"])
    started, query = office.consent()
    with pytest.raises(MalformedRequest, match="“im:write” and “commands”"):
        office.finish(query, started.cookie)
    assert (office.grant(), tenant_at(office.deps, PLACE)) == ({}, "")


def test_a_second_team_is_refused_and_the_first_one_stays(office: Office) -> None:
    office.install()
    started, query = office.consent(OTHER)
    with pytest.raises(Conflicting, match="another team"):
        office.finish(query, started.cookie)
    assert office.grant(OTHER) == {}
    assert office.post()
    assert tenant_at(office.deps, PLACE) == MINE
    assert lose_connection(office.deps, PLACE, office.deps.clock.now())
    office.install(OTHER)
    assert tenant_at(office.deps, PLACE) == OTHER


def test_a_team_that_takes_another_workspace_leaves_the_first(office: Office) -> None:
    office.install()
    office.seed(team={"id": "T0NEW", "name": "New"})
    office.install()
    assert (tenant_at(office.deps, PLACE), tenant_at(office.deps, "slack.T0NEW")) == ("", MINE)


def test_a_whole_organisation_is_refused(office: Office) -> None:
    office.seed(team=None)
    started, query = office.consent()
    with pytest.raises(Conflicting, match="names no workspace"):
        office.finish(query, started.cookie)


def test_a_token_that_is_over_is_renewed_before_anybody_notices(office: Office) -> None:
    office.seed(rotates=True)
    office.install()
    before = office.grant()
    office.expire()
    assert office.post()
    after = office.grant()
    assert after["access"] != before["access"]
    assert after["refresh"] != before["refresh"]
    assert after["public"] == before["public"]
    office.expire()
    assert office.post()


def test_two_at_once_renew_once(office: Office) -> None:
    office.seed(rotates=True)
    office.install()
    office.expire()
    with ThreadPoolExecutor(2) as hands:
        posted = [each.result() for each in [hands.submit(office.post) for _ in range(2)]]
    assert len(set(posted)) == 2
    assert [bool(each.get("used")) for each in office.slack.state["refreshes"].values()] == [True, False]


def test_a_renewal_whose_answer_is_lost_ends_with_the_old_token_and_is_told(office: Office) -> None:
    office.seed(rotates=True)
    office.install()
    for known in office.slack.state["refreshes"].values():
        known["used"] = True  # we renewed, and died before the new pair was kept
    assert office.post()  # the old token is good until it is over
    office.expire()
    with pytest.raises(Unauthorized):
        office.post()
    grant = office.grant()
    assert (grant["status"], grant["told"]) == ("revoked", True)
    assert find_way_back(office.deps, MINE, "slack").command == "workwright connect slack"


@pytest.mark.parametrize("why", ["token_revoked", "account_inactive", "invalid_auth"])
def test_a_token_that_was_revoked_is_found_in_use_and_told(office: Office, why: str) -> None:
    office.install()
    office.revoke(why)
    with pytest.raises(Unauthorized):
        office.post()
    assert (office.grant()["status"], office.grant()["told"]) == ("revoked", True)


def test_a_refusal_that_is_no_end_leaves_the_connection(office: Office) -> None:
    office.install()
    with pytest.raises(IntegrationError):
        office.accounts.connect_for(MINE)(Slack).post("C404", "hello")
    assert office.grant()["status"] == "connected"


def test_direct_messages_go_to_one_channel_for_each_person(office: Office) -> None:
    office.install()
    slack = office.accounts.connect_for(MINE)(Slack)
    assert slack.open_direct("U0ADA") == slack.open_direct("U0ADA") == "D0ADA"
    with pytest.raises(IntegrationError, match="user_not_found"):
        slack.open_direct("U0NOBODY")


def test_a_token_given_by_hand_goes_on_by_command(office: Office) -> None:
    keep_grant(MINE)
    assert find_way_back(office.deps, MINE, "slack").command == "workwright init slack"


def test_without_an_app_of_the_operator_the_link_says_so(office: Office, service: Service) -> None:
    service.deps.secrets.set("slack-client-id", Secret("c-1"))
    with pytest.raises(NotThere, match="no app of GitLab"):
        start_connection(office.deps, office.accounts, "gitlab", BACK, MINE)
