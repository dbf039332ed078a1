"""What happens when work is not right yet: tests that fail, wishes at the gate, builds, previews, secrets."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from shared.app.approval.approvals import approval_token, approval_url, decide, read_token
from shared.core.approval.release_words import asked_lines
from shared.core.errors import Conflicting
from shared.core.pages import marks
from shared.core.run.acts import ApprovalGranted
from shared.core.run.run import Run, RunStatus, StepStatus
from tests.support.builders.made_up_secrets import made_up
from tests.support.rigs.moved_house import MovedHouse
from tests.support.rigs.programmed_house import REPOSITORY, Workshop, git, open_workshop, output
from tests.support.servers.models.programmer import Job, repair, rewritten

pytestmark = pytest.mark.xdist_group("ship_loop")

SITE = '<!doctype html>\n<html lang="en">\n<head><title>Tides</title></head>\n'
SITE += "<body><h1>Tides</h1>\n{text}</body>\n</html>\n"
TEST = """import unittest

from tides import highest


class Tides(unittest.TestCase):
    def test_highest(self):
        self.assertEqual(highest([("Mon", 3.1), ("Tue", 4.2), ("Wed", 0.5)]), "Tue")
"""
RIGHT = "def highest(days):\n    return max(days, key=lambda day: day[1])[0]\n"
WRONG = "def highest(days):\n    return min(days, key=lambda day: day[1])[0]\n"
LAST = "def highest(days):\n    return max(days)[0]\n"
NO_PAGE = "<p>Nothing yet</p>"


def tides(title: str, code: str = RIGHT, text: str = "<p>Tide of the day</p>", deploys: bool = False) -> Job:
    """Return a small tool with a page; its plan ends with the proposal unless it `deploys`."""
    files = {"tides.py": code, "site/index.html": SITE.format(text=text), "tests/test_tides.py": TEST}
    return Job(title, "python_service", files, shows=[("/", "Tide of the day")], site_root="site", deploys=deploys)


def elsewhere(job: Job) -> Callable[[str], dict[str, Any]]:
    """Return a repair that changes something each time, and mends nothing."""
    return lambda said: rewritten({"notes.md": f"Attempt {len(job.wrong)}\n"})


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    with open_workshop(tmp_path_factory.mktemp("loop")) as opened:
        yield opened


@pytest.fixture
def house(workshop: Workshop) -> MovedHouse:
    return workshop.house


def ended_well(workshop: Workshop, page: str) -> Run:
    run = workshop.house.ended(page)
    assert (run.status, run.failure) == (RunStatus.SUCCEEDED, "")
    return run


def tried(run: Run) -> list[bool]:
    """Return for each version that was tried whether it passed."""
    return [bool(step.output["green"]) for step in run.steps if step.spec.kind == "code.try"]


def agreed(workshop: Workshop, run: Run) -> list[str]:
    """Return the gates that somebody has agreed at, in order."""
    events = workshop.house.there.house.wired.deps.store.events(run.tenant, run.id)
    return [each.gate.rpartition(".")[2] for _, each in events if isinstance(each, ApprovalGranted)]


def deployments(workshop: Workshop, run: Run) -> list[str]:
    """Return the run's deployments that the host still has."""
    there = workshop.house.there.look("vercel", "/_state")["deployments"]
    return [name for name, one in there.items() if run.id in json.dumps(one)]


# --- tests that fail --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("title", "repairs", "found"), [
    ("Tides that fail once", [rewritten({"tides.py": RIGHT})], [False, True]),
    ("Tides that fail twice", [rewritten({"tides.py": LAST}), rewritten({"tides.py": RIGHT})], [False, False, True]),
])  # fmt: skip
def test_what_fails_its_tests_is_repaired_and_only_what_passed_leaves(
    workshop: Workshop, tmp_path: Path, title: str, repairs: list[Any], found: list[bool]
) -> None:
    job = tides(title, WRONG)
    job.repairs = repairs
    run = ended_well(workshop, workshop.planned(job))
    assert tried(run) == found
    assert "'Wed' != 'Tue'" in job.wrong[0], "the model is told what failed"
    clone = workshop.proposed(run, tmp_path)
    assert (clone / "tides.py").read_text() == RIGHT
    subprocess.run([sys.executable, "-m", "unittest"], cwd=clone, check=True, capture_output=True, timeout=60)


def test_a_hopeless_task_stops_at_its_green_version_and_an_answer_goes_on(workshop: Workshop, tmp_path: Path) -> None:
    """A wish at the gate breaks what was green; three repairs fail the same way; a person's answer leads on."""
    house, job = workshop.house, tides("Tides without hope")
    job.repairs = [rewritten({"tides.py": WRONG}), elsewhere(job)]
    page = workshop.planned(job)
    first = workshop.until_asked(page)
    green = output(first, "code.test")["tree"]
    house.there.comment(page, "no, because the lowest tide is wanted too")
    house.until("the question", lambda: house.there.status(page) == marks.QUESTION, page)
    house.rest()
    run = house.run(page)
    assert run.status == RunStatus.AWAITING_INPUT
    assert tried(run) == [True, False, False, False]
    kept = output(run, "code.test")
    assert (kept["tree"], kept["asked"]) == (green, "the same failure came 3 times")
    (asked,) = [text for text in house.there.comments(page) if text.startswith("Question: ")]
    assert "What passed its tests before is kept as it was." in asked
    assert "'Wed' != 'Tue'" in asked
    assert workshop.pushed(page) == []
    house.there.comment(page, "Leave the lowest one out, please.")
    house.until("another plan", lambda: house.asks(page) == "approve", page)
    done = ended_well(workshop, page)
    assert done.id == run.id
    assert (workshop.proposed(done, tmp_path) / "tides.py").read_text() == RIGHT


OWN = "tests/test_sums.py"
TAMPERED = [repair((OWN, "5)", "-1)")), repair(deleted=[OWN])]


def counts_twice(title: str) -> Job:
    """Return a change that breaks what the repository's own test looks at."""
    broken = ("shop/sums.py", "    return a + b\n", "    return a - b\n\n\ndef twice(a):\n    return 2 * a\n")
    test = "import unittest\nfrom shop.sums import twice\n\n\nclass Twice(unittest.TestCase):\n"
    test += "    def test_twice(self):\n        self.assertEqual(twice(2), 4)\n"
    return Job(title, "change", {"tests/test_twice.py": test}, edits=[broken])


@pytest.fixture
def in_the_shop(house: MovedHouse) -> Iterator[None]:
    """Let code go to the repository that somebody else has made."""
    house.ship(code={"system": "github", "owner": "acme", "repository": "shop"})
    yield
    house.ship(code={})


@pytest.mark.usefixtures("in_the_shop")
def test_a_model_that_touches_the_tests_of_the_repository_has_to_mend_the_code(
    workshop: Workshop, tmp_path: Path
) -> None:
    job = counts_twice("The shop counts twice")
    job.repairs = [TAMPERED[0], repair(("shop/sums.py", "return a - b", "return a + b"))]
    run = ended_well(workshop, workshop.planned(job))
    clone = workshop.proposed(run, tmp_path)
    assert git(clone, "diff", "--name-only", workshop.base, "HEAD").split() == ["shop/sums.py", "tests/test_twice.py"]
    assert (clone / OWN).read_bytes() == REPOSITORY[OWN]
    assert (output(run, "code.test")["tests"], tried(run)) == (2, [False, True])
    assert len(job.wrong) == 2
    assert "-1 != 5" in job.wrong[0]


@pytest.mark.usefixtures("in_the_shop")
def test_a_model_that_insists_on_changing_those_tests_is_stopped_and_people_are_asked(workshop: Workshop) -> None:
    house, job = workshop.house, counts_twice("The shop counts twice, come what may")
    job.repairs = list(TAMPERED)
    page = workshop.planned(job)
    house.agree(page)
    house.until("the question", lambda: house.there.status(page) == marks.QUESTION, page)
    house.rest()
    (asked,) = [text for text in house.there.comments(page) if text.startswith("Question: ")]
    assert "is a test of the repository that must stay as it is" in asked
    assert workshop.pushed(page) == []
    assert house.cancel(page).status == RunStatus.CANCELLED


# --- the gate before anything leaves ----------------------------------------------------------------------------------


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


# --- what comes back from outside -------------------------------------------------------------------------------------


def test_a_build_that_fails_is_repaired_from_its_log_and_asked_about_again(workshop: Workshop, tmp_path: Path) -> None:
    house, job = workshop.house, tides("Tides that do not build", deploys=True)
    better = SITE.format(text="<p>Tide of the day</p><p>built</p>")
    job.repairs = [rewritten({"site/index.html": better})]
    page = workshop.planned(job)
    first = workshop.until_asked(page)
    house.there.configure("vercel", next_builds=["ERROR"], build_log="Error: the moon is not a module")
    house.agree(page)
    house.until("the question again", lambda: house.asks(page) == "release" and house.run(page).asked != first.asked)
    house.there.configure("vercel", build_log="")
    assert "the moon is not a module" in job.wrong[0]
    run = ended_well(workshop, page)
    assert "built" in requests.get(run.facts["site"], timeout=10).text
    assert (workshop.proposed(run, tmp_path) / "site/index.html").read_text() == better
    assert agreed(workshop, run) == ["approve", "release", "release", "production"]
    assert len(deployments(workshop, run)) == 1, "the broken one is taken away"


def test_a_preview_that_shows_the_wrong_thing_is_repaired(workshop: Workshop) -> None:
    job = tides("Tides that show nothing", text=NO_PAGE, deploys=True)
    job.repairs = [rewritten({"site/index.html": SITE.format(text="<p>Tide of the day</p>")})]
    run = ended_well(workshop, workshop.planned(job))
    assert "not found on the site" in job.wrong[0]
    assert "Tide of the day" in requests.get(run.facts["site"], timeout=10).text
    assert agreed(workshop, run) == ["approve", "release", "release", "production"]
    assert len(deployments(workshop, run)) == 1


def test_a_preview_that_stays_wrong_never_goes_live(workshop: Workshop) -> None:
    house, job = workshop.house, tides("Tides that show nothing ever", text=NO_PAGE, deploys=True)
    job.repairs = [elsewhere(job)]
    run = house.ended(workshop.planned(job))
    assert run.status == RunStatus.FAILED
    assert "not found on the site" in run.failure
    project = house.there.look("vercel", "/_state")["projects"]
    assert [one["production"] for one in project.values() if "show-nothing-ever" in one["name"]] == [None]


# --- what must not leave ----------------------------------------------------------------------------------------------


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
    assert "! tides.py:1: Anybody gets in. Lock it." in asked_lines(run, "release")
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
    lines = asked_lines(run, "release")
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
