"""What happens when work is not right yet: tests that fail, builds, previews."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from shared.core.pages import marks
from shared.core.run.run import RunStatus
from tests.support.desks.tides import (
    LAST,
    NO_PAGE,
    RIGHT,
    SITE,
    WRONG,
    agreed,
    deployments,
    elsewhere,
    ended_well,
    tides,
    tried,
)
from tests.support.rigs.moved_house import MovedHouse
from tests.support.rigs.programmed_house import REPOSITORY, Workshop, git, open_workshop, output
from tests.support.servers.models.programmer import Job, repair, rewritten

pytestmark = pytest.mark.xdist_group("ship_loop")


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    with open_workshop(tmp_path_factory.mktemp("loop")) as opened:
        yield opened


@pytest.fixture
def house(workshop: Workshop) -> MovedHouse:
    return workshop.house


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
