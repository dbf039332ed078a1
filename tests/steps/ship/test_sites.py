"""From a tested site to production and back: what is asked, done, seen, and taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from shared.app.engine.engine import record
from shared.app.ship.site_environment import keep_value
from shared.core.approval.release_words import describe_question
from shared.core.run import acts
from shared.core.run.run import RunStatus, WaitKind
from shared.ports import Secret
from shared.ports.browser import PageLook
from tests.integrations.conftest import served
from tests.steps.ship.sites_desk import rig
from tests.support.rigs.site_rig import GOOD, WORD, SiteRig, output
from tests.support.rigs.small_house import TENANT

pytestmark = pytest.mark.slow

__all__ = ["rig", "served"]


def test_a_site_goes_live_after_both_approvals_and_is_watched(rig: SiteRig) -> None:
    rig.house.settle(ship={"site": {"watch_s": 60}})
    run = rig.open("run-1")
    assert (rig.deployments, run.status) == ([], RunStatus.AWAITING_APPROVAL)
    run = rig.agree("run-1")
    assert (len(rig.deployments), run.status) == (1, RunStatus.AWAITING_APPROVAL)
    assert rig.client.site("club-000001").production == ""
    seen = output(run, "verify")
    assert (seen["checked"], seen["pages"], seen["browser"][:5]) == (1, 1, "none:")
    assert "no browser has looked at it" in seen["findings"][0]
    run = rig.agree("run-1")
    run = rig.later("run-1", minutes=3)
    assert (run.status, run.failure) == (RunStatus.SUCCEEDED, "")
    assert "bicycles" in rig.shown
    watched = output(run, "watch")
    assert watched["watched_s"] >= 60
    assert 6 <= watched["looks"] <= 12


def test_what_no_text_can_show_is_not_counted_as_found(rig: SiteRig) -> None:
    rig.open("run-1", alone=("R2", "R3"))
    run = rig.agree("run-1")
    lines = describe_question(run, "production")
    assert "Found on it: 1 of 3 requirements (tests alone cover 2 that no text can show)." in lines


def test_a_promotion_that_somebody_else_overrides_ends(rig: SiteRig) -> None:
    rig.live("run-1", GOOD.replace("Club", "One"))
    first, client = rig.production, rig.client
    rig.open("run-2", GOOD.replace("Club", "Two"))
    rig.agree("run-2")

    def override(point: str) -> None:
        if point == "result.after/site.promote/promotion":
            client.rollback(client.site("club-000001").id, first)

    rig.house.crash_point = override
    rig.agree("run-2")
    run = rig.later("run-2", minutes=60)
    assert (run.status, rig.production) == (RunStatus.FAILED, first)
    assert run.seq < 1000


def test_a_build_that_never_ends_ends_the_run(rig: SiteRig) -> None:
    rig.sim.control("/_config", {"build_seconds": 1_000_000})
    rig.open("run-1")
    rig.agree("run-1")
    run = rig.later("run-1", minutes=60)
    assert run.status == RunStatus.FAILED
    assert "30 minutes" in run.failure
    assert run.seq < 1000


def test_a_build_that_fails_goes_back_with_the_end_of_its_log_and_is_deployed_anew(rig: SiteRig) -> None:
    secret = "hunter-" + "2-and-more"
    rig.sim.control("/_config", {"fail_next_builds": 1, "build_log": f"Error: no such page\npassword={secret}"})
    rig.open("run-1", page=GOOD.replace("</p>", ""))
    run = rig.agree("run-1")
    told = output(run, "code")["told"]
    assert "The host could not build it: BUILD_FAILED" in told
    assert "Error: no such page" in told
    assert secret not in told
    assert run.status == RunStatus.AWAITING_APPROVAL  # other work is another approval
    rig.agree("run-1")
    rig.later("run-1")
    assert len(rig.deployments) == 1  # the failed one was taken away
    assert output(rig.house.run("run-1"), "verify")["checked"] == 1


def test_a_preview_that_is_wrong_goes_back_with_what_is_wrong(rig: SiteRig) -> None:
    bad = '<!doctype html><title>x</title><p>We repair bicycles.</p><a href="prices.html">Prices</a><img src="http://e.example/i.png">'
    rig.open("run-1", page=bad)
    run = rig.agree("run-1")
    told = output(run, "code")["told"]
    assert "/ leads to /prices.html, which answers 404" in told
    assert "/ loads http://e.example/i.png" in told
    assert run.status == RunStatus.AWAITING_APPROVAL


@pytest.mark.parametrize(
    ("state", "words"), [("BLOCKED", "was blocked there"), ("CANCELED", "was cancelled there by somebody else")]
)
def test_states_that_nothing_follows_end_the_run_with_what_a_person_can_do(
    rig: SiteRig, state: str, words: str
) -> None:
    rig.sim.control("/_config", {"next_builds": [state]})
    rig.open("run-1")
    run = rig.agree("run-1")
    assert run.status == RunStatus.FAILED
    assert words in run.failure


def test_ready_is_not_live_until_its_address_is_assigned(rig: SiteRig) -> None:
    rig.sim.control("/_config", {"next_builds": ["ALIAS_ERROR"]})
    rig.open("run-1")
    run = rig.agree("run-1")
    assert run.status == RunStatus.FAILED
    assert "its address was not assigned: DNS_FAILED" in run.failure


def test_a_protected_preview_is_entered_with_the_bypass_and_not_without(rig: SiteRig) -> None:
    rig.sim.control("/_config", {"protected": True})
    rig.open("run-1")
    run = rig.agree("run-1")
    assert run.status == RunStatus.FAILED
    assert "Create a bypass for automation" in run.failure
    rig.sim.control("/_config", {"bypass": "bypass-" + "word"})
    assert rig.live("run-2", GOOD.replace("Club", "Two")).status == RunStatus.SUCCEEDED


def test_nothing_is_deployed_for_another_work_than_was_approved(rig: SiteRig) -> None:
    rig.open("run-1")
    rig.house.settle(ship={"site": {"environment": [{"name": "A", "secret": "a"}]}})  # the target is another one now
    run = rig.agree("run-1")
    assert rig.deployments == []
    assert run.status in (RunStatus.AWAITING_APPROVAL, RunStatus.FAILED)


def test_variables_reach_the_host_and_nobody_else(rig: SiteRig) -> None:
    value = "a-value-" + "nobody-may-see"
    keep_value(rig.house.deps, TENANT, "forms", Secret(value))
    rig.house.settle(ship={"site": {"environment": [{"name": "FORMS_KEY", "secret": "forms"}]}})
    assert rig.live("run-1").status == RunStatus.SUCCEEDED
    (project,) = rig.sim.simulator.state["projects"].values()
    assert [(one["key"], one["value"], one["target"]) for one in project["env"]] == [
        ("FORMS_KEY", value, ["production", "preview"])
    ]
    assert rig.live("run-2", GOOD.replace("Club", "Two")).status == RunStatus.SUCCEEDED
    assert value not in "".join(path.read_bytes().decode("latin-1") for path in rig.house.folder.rglob("*.db*"))
    assert value not in str(rig.sim.journal())


def test_a_variable_without_a_value_is_named_before_anything_is_sent(rig: SiteRig) -> None:
    rig.house.settle(ship={"site": {"environment": [{"name": "FORMS_KEY", "secret": "forms"}]}})
    run = rig.live("run-1")
    assert run.status == RunStatus.FAILED
    assert "the variable FORMS_KEY of ship.site.environment has no value under 'forms'" in run.failure
    assert rig.deployments == []


class _Eyes:
    """A browser that has seen what it is told to have seen."""

    name = "eyes"

    def __init__(self, *trouble: str) -> None:
        self._trouble = trouble
        self.asked: list[str] = []

    def look(self, urls: Sequence[str], *, within: str, headers: Mapping[str, Secret]) -> list[PageLook]:
        self.asked += [url.removeprefix(within) for url in urls]
        return [PageLook(url, blockers=self._trouble) for url in urls]


def test_what_a_browser_sees_counts_and_is_said(rig: SiteRig) -> None:
    eyes = _Eyes("the page has no title")
    rig.house.tools = replace(rig.house.tools, browser=lambda: eyes)
    rig.open("run-1")
    told = output(rig.agree("run-1"), "code")["told"]
    assert "- /: the page has no title" in told
    assert eyes.asked == [""]
    rig.house.tools = replace(rig.house.tools, browser=_Eyes)
    rig.open("run-2", GOOD.replace("Club", "Two"))
    seen = output(rig.agree("run-2"), "verify")
    assert (seen["browser"], seen["looked_at"], seen["findings"]) == ("eyes", ["/"], [])


def test_without_the_hosts_grant_it_waits_for_it_and_then_goes_on(rig: SiteRig) -> None:
    rig.open("run-1")
    rig.house.revoke("vercel")
    run = rig.agree("run-1")
    step = run.step("deploy")
    assert step is not None
    assert step.wait is not None
    assert (step.wait.kind, step.wait.what) == (WaitKind.GRANT, "vercel")
    rig.house.connect("vercel", WORD)
    record(rig.house.deps, TENANT, "run-1", acts.GrantRestored(rig.house.clock.now(), "vercel"))
    assert rig.later("run-1").status == RunStatus.AWAITING_APPROVAL
    assert len(rig.deployments) == 1


def test_calls_to_the_host_are_as_few_as_its_api_allows(rig: SiteRig) -> None:
    """Project looked for and made, started twice around one upload, one look at its state, one switch."""
    assert rig.live("run-1").status == RunStatus.SUCCEEDED
    told = [f"{entry['method']} {entry['path'].split('/')[2]}" for entry in rig.sim.journal()]
    assert told.count("POST deployments") == 2
    assert told.count("POST files") == 1
    assert told.count("POST projects") == 2  # made, promoted
    assert told.count("GET deployments") == 1
    assert told.count("GET projects") <= 6
