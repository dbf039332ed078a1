"""A token is refused: renewed where that is possible, else people are asked to reconnect and the run waits for them."""

from __future__ import annotations

import base64

import pytest
import requests

from shared.core.pages import marks
from shared.core.run.run import RunStatus, WaitKind
from tests.support.rigs.house import Neighbourhood

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("grants")]


def _bot(house: Neighbourhood) -> dict:
    return dict(house.look("notion", "/_state")["bots"][house.bot])


def _revoke(house: Neighbourhood) -> None:
    """Take our access away, as a person does in Notion's settings."""
    secrets = house.house.wired.deps.secrets
    pair = f"{secrets.get('notion-client-id').reveal()}:{secrets.get('notion-client-secret').reveal()}"
    headers = {
        "Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}",
        "Notion-Version": "2026-03-11",
    }
    url = f"{house.house.simulators['notion']}/v1/oauth/revoke"
    answer = requests.post(url, json={"token": _bot(house)["access_token"]}, headers=headers, timeout=10)
    assert answer.status_code == 200, answer.text


def _asked_to_reconnect(house: Neighbourhood) -> dict:
    """Return the one mail that asks to reconnect; there must be no other since the outbox was last looked at."""
    (asked,) = [mail for mail in house.look("ses", "/_outbox") if "reconnect" in mail["subject"]]
    return dict(asked)


def _waits_for(house: Neighbourhood, page: str) -> set[str]:
    return {step.wait.what for step in house.run(page).steps if step.wait and step.wait.kind == WaitKind.GRANT}


def test_a_refused_access_token_is_renewed_with_the_refresh_token_and_nobody_notices(house: Neighbourhood) -> None:
    page = house.write("Renewed")
    before = _bot(house)
    house.disturb("notion", path=f"/v1/blocks/{page}/children", status=401, times=1)
    house.plan(page)
    after = _bot(house)
    assert before["access_token"] != after["access_token"]
    assert before["refresh_token"] != after["refresh_token"]
    issued = [effect["grant_type"] for effect in house.effects("notion", "grant.issue")]
    assert issued == ["authorization_code", "refresh_token"]
    house.set_status(page, marks.APPROVED)
    assert house.ended(page).status == RunStatus.SUCCEEDED
    assert [mail for mail in house.look("ses", "/_outbox") if "reconnect" in mail["subject"]] == []


def test_a_revoked_grant_makes_the_run_wait_until_a_person_has_reconnected(house: Neighbourhood) -> None:
    page = house.write("Locked out")
    house.disturb("notion", path=f"/v1/blocks/{page}/children", status=503, times=1000)
    house.set_status(page, marks.PLAN_IT)
    house.wait("the run", lambda: bool(house.runs(page)), page)
    _revoke(house)
    house.soothe("notion")
    house.wait("the wait", lambda: _waits_for(house, page) == {"notion"}, page)
    house.wait("the mail", lambda: "reconnect/notion" in house.run(page).notices, page)
    assert "email:sent" in house.run(page).notices["reconnect/notion"]
    assert "slack:sent" in house.run(page).notices["reconnect/notion"]
    asked = _asked_to_reconnect(house)  # once, although the run and whoever met the refusal first both say so
    link = f"{house.house.functions['oauth-callback']}/start?provider=notion"
    assert link in asked["text"]
    grant = house.house.wired.deps.store.get(house.home.tenant, "grants", "notion")
    assert grant is not None
    assert grant.body["status"] == "revoked"
    with requests.Session() as browser:
        landed = browser.get(link, timeout=10)
    assert landed.url == f"{house.house.url}/connected?tenant={house.home.tenant}"
    assert landed.status_code == 200
    run = house.planned(page)
    assert _waits_for(house, page) == set()
    house.set_status(page, marks.APPROVED)
    done = house.ended(page)
    assert (done.id, done.status) == (run.id, RunStatus.SUCCEEDED)
    assert len(house.runs(page)) == 1


def test_people_hear_of_a_lost_grant_although_no_run_needs_it_and_nothing_they_did_is_lost(
    house: Neighbourhood,
) -> None:
    page = house.write("Asked for while locked out")
    house.calm()
    before = [mail["subject"] for mail in house.look("ses", "/_outbox")].count("Please reconnect Notion")
    _revoke(house)
    house.set_status(page, marks.PLAN_IT)
    house.deliver(page, [{"id": house.home.person, "type": "person"}])  # the last delivery before the access ended

    def told() -> bool:
        subjects = [mail["subject"] for mail in house.look("ses", "/_outbox")]
        return subjects.count("Please reconnect Notion") == before + 1

    house.wait("the mail", told)
    assert house.runs(page) == []
    with requests.Session() as browser:
        browser.get(f"{house.house.functions['oauth-callback']}/start?provider=notion", timeout=10)
    house.planned(page)
    house.calm()
    assert told()
