"""Pages with secrets on them, and pages that only speak of some: what goes public, and what people are told before."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.core.approval.release_words import describe_question
from shared.core.run.run import RunStatus
from shared.core.secrets.secret_places import SIGN
from tests.support.builders.made_up_secrets import UPPER, letters
from tests.support.measures.ship_leaks import leaks, plant
from tests.support.rigs.moved_house import MovedHouse, open_moved_house

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("ship_secrets")]
USER, AWS = "AK" + "IA" + letters("a pair's id", 16, UPPER), letters("a pair's secret", 40)
WORD, BOLD = "Sommer" + "2026!", letters("in bold", 40)


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MovedHouse]:
    """Yield a house in hand; at the end no secret has left, and nothing says where one stood."""
    with open_moved_house(tmp_path_factory.mktemp("secrets")) as opened:
        canaries = plant(opened)
        yield opened
        assert leaks(opened, {**canaries, "an id": USER, "a key": AWS, "a password": WORD, "a bold one": BOLD}) == []


def paragraph(moved: MovedHouse, page: str, *runs: tuple[str, bool]) -> None:
    """Add a paragraph of runs of text, each bold or not."""
    texts = [{"text": {"content": text}, "annotations": {"bold": bold}} for text, bold in runs]
    block = {"type": "paragraph", "paragraph": {"rich_text": texts}}
    moved.there.as_person("PATCH", f"/v1/blocks/{page}/children", {"children": [block]})


def test_where_secrets_stand_on_a_page_is_told_at_the_gates_and_nobody_reads_them_outside(moved: MovedHouse) -> None:
    page = moved.there.write("Reading room")
    moved.there.add(page, f"Deploys go out with AWS {USER} with {AWS}, ask Ben.")
    moved.there.add(page, f"The password for guests: {WORD}")
    paragraph(moved, page, ("The API token of the till is ", False), (BOLD, True))
    moved.plan(page)
    moved.rest()
    asked = "\n".join(moved.there.comments(page))
    for kind in ("aws key", "aws secret", "password"):
        assert f"The page holds what looks like a secret ({kind})" in asked
    assert f"in “The password for guests: {SIGN}”" in asked
    assert f"in “The API token of the till is {SIGN}”" in asked
    assert "left out of everything" in asked
    run = moved.at_gate(page, "release")
    told = "\n".join(describe_question(run, "release"))
    assert (
        f"on the page, in “The password for guests: {SIGN}”: a secret (password) is left out (rule “secret”)."
        " Take it off the page" in told
    )
    assert f"site/index.html:{_line_of_sign(moved, page)}: “{SIGN}” stands where a secret was left out" in told
    run = moved.ended(page)
    assert (run.status, run.failure) == (RunStatus.SUCCEEDED, "")


def _line_of_sign(moved: MovedHouse, page: str) -> int:
    """Return the first line of the site's page with the sign, by the text that was tested."""
    changes = moved.there.house.wired.deps.store.get_text(
        moved.run(page).tenant, str(moved.step(page, "release.review").output["diff"])
    )
    part = changes.partition("+++ b/site/index.html\n")[2].partition("\n--- ")[0]
    lines = [line[1:] for line in part.split("\n") if line.startswith("+")]
    return next(number for number, line in enumerate(lines, start=1) if SIGN in line)


def test_a_page_whose_lines_end_in_words_for_secrets_ships(moved: MovedHouse) -> None:
    page = moved.there.write("Handbook of the office")
    for text in ("Visitors read how to reset their password", "The page says what is a token",
                 "A list of who has an API key", "Ask Ben for the secret", "Login and password:"):  # fmt: skip
        moved.there.add(page, text)
    run = moved.story(page)
    assert (run.status, run.failure) == (RunStatus.SUCCEEDED, "")
    assert "left_out" not in run.step("plan").output or run.step("plan").output["left_out"] == []
