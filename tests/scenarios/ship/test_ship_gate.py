"""The gate before anything leaves: a no, a wish, what the review finds, and secrets, which never leave."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from shared.app.approval.approvals import approval_token, approval_url, decide, read_token
from shared.core.approval.release_words import describe_question
from shared.core.errors import Conflicting
from shared.core.pages import marks
from shared.core.run.run import Run, RunStatus, StepStatus
from tests.support.builders.made_up_secrets import made_up
from tests.support.desks.tides import (
    RIGHT,
    SITE,
    elsewhere,
    ended_well,
    tides,
)
from tests.support.rigs.moved_house import MovedHouse
from tests.support.rigs.programmed_house import Workshop, open_workshop
from tests.support.servers.models.programmer import repair, rewritten

pytestmark = pytest.mark.xdist_group("ship_gate")


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    with open_workshop(tmp_path_factory.mktemp("gate")) as opened:
        yield opened


def test_a_denied_release_leaves_nothing_anywhere(workshop: Workshop) -> None:
    house = workshop.house
    page = workshop.planned(tides("Tides nobody wants", deploys=True))
    run = workshop.until_asked(page)
    token = read_token(house.there.house.wired.deps, approval_token(house.there.house.wired.deps, run))
    decide(house.there.house.wired.deps, token, approve=False, by="Ada Example", via="api", reason="Not now")
    run = house.ended(page)
    assert run.status == RunStatus.CANCELLED
    assert workshop.pushed(page) == []
    kinds = ("repository.propose_change", "site.deploy")
    assert {step.status for step in run.steps if step.spec.kind in kinds} <= {StepStatus.CANCELLED, StepStatus.SKIPPED}


def _button(house: MovedHouse, run: Run) -> dict[str, str]:
    """Return the order of a click on Approve in the message that asks what this run asks now."""
    token = approval_token(house.there.house.wired.deps, run)

    def found() -> list[dict[str, str]]:
        channels = house.there.look("slack", "/_state")["channels"].items()
        return [
            {"channel": channel, "ts": message["ts"], "action_id": "approve", "user": "U0000000001"}
            for channel, messages in channels
            for message in messages
            if token in json.dumps(message)
        ]

    house.until("the button", found)
    return found()[0]


def test_a_wish_at_the_gate_changes_the_work_and_voids_what_was_agreed_to_before(
    workshop: Workshop, tmp_path: Path
) -> None:
    house, job = workshop.house, tides("Tides with a wish")
    wished = "<p>Tide of the day</p><p>and the moon</p>"
    job.repairs = [rewritten({"site/index.html": SITE.format(text=wished)})]
    page = workshop.planned(job)
    first = workshop.until_asked(page)
    deps = house.there.house.wired.deps
    old, link = read_token(deps, approval_token(deps, first)), approval_url(deps, first)
    button = _button(house, first)
    house.there.comment(page, "no, because the moon is missing")
    house.until("the question again", lambda: house.asks(page) == "release" and house.run(page).asked != first.asked)
    house.rest()
    assert "the moon is missing" in job.wrong[0]

    with pytest.raises(Conflicting, match="has changed since this was asked"):
        decide(deps, old, approve=True, by="Ada Example", via="link")
    answer = requests.post(link, data={"decision": "approve"}, timeout=10)
    assert (answer.status_code, "has changed since this was asked" in answer.text) == (409, True)
    clicked = house.there.control("slack", "/_click", button)
    assert "has changed" in str(clicked["body"])
    house.rest()
    second = house.run(page)
    assert (house.gate(second), workshop.pushed(page)) == ("release", [])

    run = ended_well(workshop, page)
    assert "and the moon" in (workshop.proposed(run, tmp_path) / "site/index.html").read_text()


def test_a_status_that_was_set_before_the_work_changed_says_nothing_about_it(workshop: Workshop) -> None:
    """Somebody wishes for something and approves at once; the word about the status comes late."""
    house, job = workshop.house, tides("Tides in a hurry")
    job.repairs = [rewritten({"site/index.html": SITE.format(text="<p>Tide of the day</p><p>in a hurry</p>")})]
    page = workshop.planned(job)
    first = workshop.until_asked(page)
    house.there.disturb("notion", method="PATCH", path=f"/v1/pages/{page}", status=503, times=1000)
    try:
        house.there.comment(page, "no, because it is not in a hurry")
        house.until(
            "the other work", lambda: house.gate(house.run(page)) == "release" and house.run(page).asked != first.asked
        )
        person = {"id": house.there.home.person, "type": "person"}
        house.there.set_status(page, marks.APPROVED)
        house.there.deliver(page, [person])
        house.rest()
        run = house.run(page)
        assert (house.gate(run), workshop.pushed(page)) == ("release", [])
    finally:
        house.there.soothe("notion")
    house.until("the question on the page", lambda: house.asks(page) == "release", page)
    ended_well(workshop, page)


def test_a_secret_in_what_was_written_is_taken_out_before_anybody_is_asked(workshop: Workshop, tmp_path: Path) -> None:
    secret = made_up()["slack bot"][1]
    job = tides("Tides with a secret", f'KEY = "{secret}"\n{RIGHT}')
    job.repairs = [rewritten({"tides.py": RIGHT})]
    run = ended_well(workshop, workshop.planned(job))
    assert "a secret" in job.wrong[0]
    assert secret not in job.wrong[0]
    assert (workshop.proposed(run, tmp_path) / "tides.py").read_text() == RIGHT
    assert workshop.places_with(secret) == []
    assert workshop.places_with(RIGHT.split("\n")[0]) != [], "whoever looks for it would find it"


def test_a_secret_that_stays_in_never_leaves(workshop: Workshop) -> None:
    house, secret = workshop.house, made_up()["github classic"][1]
    job = tides("Tides with a secret that stays", f'KEY = "{secret}"\n{RIGHT}')
    job.repairs = [elsewhere(job)]
    page = workshop.planned(job)
    run = house.ended(page)
    assert (run.status, workshop.pushed(page)) == (RunStatus.FAILED, [])
    assert "a secret" in run.failure
    assert workshop.places_with(secret) == []


def test_what_the_security_reviewer_finds_worst_goes_back_once_and_is_then_shown(workshop: Workshop) -> None:
    job = tides("Tides with a way in")
    found = {"severity": "high", "where": "tides.py:1", "problem": "Anybody gets in.", "mend": "Lock it."}
    job.findings, job.repairs = [[found], [found]], [rewritten({"notes.md": "Locked, or so it says\n"})]
    page = workshop.planned(job)
    run = workshop.until_asked(page)
    assert (job.asked.count("review"), len(job.wrong)) == (2, 1)
    assert "Anybody gets in." in job.wrong[0]
    assert "! tides.py:1: Anybody gets in. Lock it." in describe_question(run, "release")
    first, again = job.looked
    assert (first["former"], first["answer"], first["since"]) == ("", "", "")
    assert first["tests"] == again["tests"] == "All tests of the work have passed in a sandbox: 1."
    assert "high: tides.py:1: Anybody gets in. Lock it." in again["former"]
    assert again["answer"] == "It was wrong."
    assert "+Locked, or so it says" in again["since"]
    assert "highest" not in again["since"], "what stayed as it was is no change since"
    assert workshop.pushed(page) == []
    workshop.house.cancel(page)


def test_what_the_author_does_not_mend_is_told_with_the_reason_and_not_looked_at_again(workshop: Workshop) -> None:
    job = tides("Tides for everybody")
    found = {"severity": "high", "where": "tides.py:1", "problem": "Anybody gets in.", "mend": "Lock it."}
    smaller = {"severity": "low", "where": "tides.py:2", "problem": "It is slow.", "mend": "Wait."}
    answer = {**repair(), "why": "The page says that anybody may.", "note": "Decide whether anybody may."}
    job.findings, job.repairs = [[found, smaller], []], [answer]
    page = workshop.planned(job)
    run = workshop.until_asked(page)
    assert (job.asked.count("review"), len(job.wrong)) == (1, 1)
    lines = describe_question(run, "release")
    assert "The author disagrees: The page says that anybody may." in lines
    assert "The author says: Decide whether anybody may." in lines
    assert "! tides.py:1: Anybody gets in. Lock it." in lines
    assert "· tides.py:2: It is slow. Wait." in lines
    assert any("Looked through for harm by the" in line for line in lines)
    assert any(line.endswith("sandbox.") for line in lines if line.startswith("Tests:"))  # after no repair
    workshop.house.cancel(page)


def test_of_a_secret_in_the_plan_itself_a_sign_is_left_wherever_it_is_read(workshop: Workshop) -> None:
    secret = made_up()["github classic"][1]
    job = tides("Tides with a loud title")
    job.words = f"Tides, use {secret}"
    page = workshop.planned(job)
    assert workshop.places_with(secret) == []
    run = ended_well(workshop, page)
    assert workshop.places_with(secret) == []
    (proposed,) = [each for each in run.steps if each.spec.kind == "repository.propose_change"]
    assert str(proposed.spec.input["title"]).startswith("Tides, use •••")
