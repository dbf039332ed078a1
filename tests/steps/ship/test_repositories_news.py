"""A repository tells us its news: its webhook is made with the first proposal, as far as the forge lets us."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.app.connections.forge_hooks import list_hooks, remove_hook
from shared.app.intake.accept_forge_delivery import KEY
from shared.ports import Secret
from tests.support.rigs.forge_rig import NAME, OURS, ForgeRig
from tests.support.rigs.small_house import TENANT


@pytest.fixture
def rig(rig: ForgeRig) -> ForgeRig:
    rig.house.secrets.set(KEY, Secret("a key of the tests"))
    rig.house.deps = replace(rig.house.deps, hooks_url="https://hooks.example.test")
    rig.ship(repository=NAME)
    return rig


def test_a_repository_tells_its_news_from_the_first_proposal_on(rig: ForgeRig) -> None:
    for run in ("run-00000001", "run-00000002"):
        rig.open(run=run)
        assert rig.agree(run).failure == ""
        assert "webhook" not in rig.house.run(run).facts
    (made,) = rig.as_bo("GET", "/hooks")
    (known,) = list_hooks(rig.house.deps, TENANT)
    assert (made["config"]["url"], made["config"]["content_type"]) == (known["url"], "json")
    assert "pull_request_review_comment" in made["events"]
    assert [call for call in rig.calls() if call.endswith("/hooks")] == [
        f"{way} /repos/acme/{NAME}/hooks" for way in ("GET", "POST")
    ]  # once
    connect = rig.house.accounts.connect_for(TENANT)
    assert remove_hook(rig.house.deps, connect, TENANT, str(known["id"]))["left"] == ""
    rig.open(run="run-00000003")
    rig.agree("run-00000003")
    assert (rig.as_bo("GET", "/hooks"), list_hooks(rig.house.deps, TENANT)) == ([], [])  # people do not want it


def test_a_webhook_that_is_refused_is_said_and_asked_for_once(rig: ForgeRig) -> None:
    rig.sim.control("/_seed", {"login": "workwright", "token": OURS, "org": "acme", "role": "member"})
    for run in ("run-00000001", "run-00000002"):
        rig.open(run=run)
        assert rig.agree(run).failure == ""
        assert "looked for from time to time: github: " in str(rig.house.run(run).facts["webhook"])
    assert len([call for call in rig.calls() if call.endswith("/hooks")]) == 1
    assert [each["ready"] for each in list_hooks(rig.house.deps, TENANT)] == [False]


def test_nobody_is_asked_for_news_where_none_can_reach_us(rig: ForgeRig) -> None:
    rig.house.deps = replace(rig.house.deps, hooks_url="http://127.0.0.1:8080/forge-webhook")
    rig.open()
    assert rig.agree().failure == ""
    assert not [call for call in rig.calls() if call.endswith("/hooks")]
    assert "webhook" not in rig.house.run("run-00000001").facts
