"""A team that is deleted leaves its Slack workspace: every token there ends, and nobody else's does."""

from __future__ import annotations

from dataclasses import replace

import pytest
import requests

from shared.app.connections.revoke import revoke_grant
from shared.app.tenants.tenant_delete import erase_tenant, request_deletion
from shared.core.documents.codec import from_body
from shared.core.documents.grant import Grant
from shared.core.errors import IntegrationError
from shared.core.people.linked_accounts import PLACES
from shared.core.run.commands import ERASE, Command
from shared.core.tenants.erasure import TOMBSTONES
from shared.ports import SYSTEM, Put, Secret
from shared.wiring.tools import wire_tools
from tests.functions.conftest import MINE, OTHER
from tests.functions.slack.conftest import PLACE, Office, keep_grant
from tests.support.ports.moved_clock import MovedClock


def _leave(office: Office, tenant: str = MINE) -> str:
    return revoke_grant(office.deps, office.accounts, tenant, "slack", from_body(Grant, office.grant(tenant)))


def _all_ended(office: Office) -> bool:
    return all(each.get("ended") for each in office.slack.state["tokens"].values())


@pytest.mark.parametrize("is_over", [False, True])
def test_who_is_deleted_leaves_the_workspace_also_with_a_token_that_is_over(office: Office, is_over: bool) -> None:
    office.seed(rotates=True)
    office.install()
    if is_over:
        office.expire()
    assert _leave(office) == ""
    assert _all_ended(office)
    assert all(each["used"] for each in office.slack.state["refreshes"].values())
    assert _leave(office) == ""  # again is once


def test_the_workspace_of_another_team_is_not_left(office: Office) -> None:
    office.install()
    mine = office.grant()
    office.deps.store.put(SYSTEM, Put(PLACES, PLACE, {"tenant": OTHER, "at": "2026-11-24T12:00:00+00:00"}))
    assert "another team" in _leave(office)
    assert not _all_ended(office)
    assert office.grant() == mine


def test_a_token_that_was_given_by_hand_is_the_persons_to_end(office: Office) -> None:
    keep_grant(MINE)
    assert "delete it there" in _leave(office)
    office.install(OTHER)
    office.deps.secrets.set("slack-client-secret", Secret("another word"))
    with pytest.raises(IntegrationError, match="bad_client_secret"):
        _leave(office, OTHER)


def test_a_deletion_waits_for_slack_and_its_secrets_go_afterwards(office: Office) -> None:
    office.install()
    clock = MovedClock(office.deps.clock.now())
    deps, tools = replace(office.deps, clock=clock), wire_tools()
    request_deletion(deps, MINE, MINE, "an owner")
    fault = {"method": "POST", "path": "/api/apps.uninstall", "status": 503, "times": 1}
    requests.post(f"{office.slack.base_url}/_faults", json=fault, timeout=10).raise_for_status()
    for _ in range(2):
        erase_tenant(Command("e", ERASE, "sync", MINE), deps, tools, office.accounts)
        if not _all_ended(office):
            assert office.grant(), "the token is needed to end it"
        clock.move(minutes=12)
    assert _all_ended(office)
    for _ in range(2):
        erase_tenant(Command("e", ERASE, "sync", MINE), deps, tools, office.accounts)
        clock.move(minutes=12)
    tombstone = office.deps.store.get(SYSTEM, TOMBSTONES, MINE)
    assert tombstone is not None
    assert tombstone.body["left"] == []
