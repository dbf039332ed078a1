"""What lies already where work goes: people are shown what is written over, and nothing else is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from shared.app.engine.engine import record
from shared.core.run.acts import ReworkAsked
from shared.integrations.forge import Author
from tests.support.rigs.forge_rig import BRANCH, NAME, SITE, ForgeRig, git
from tests.support.rigs.small_house import TENANT


def there_already(rig: ForgeRig, files: Mapping[str, str]) -> str:
    """Put files into the page's own repository as Bo; return the commit."""
    rig.bo.ensure_repository("acme", NAME)
    head = rig.bo.head("acme", NAME, "main")
    return rig.bo.commit(
        "acme", NAME, base=head, branch="main", expected_head=head, message="By hand", author=Author("Bo", "bo@x.test"),
        files={path: text.encode() for path, text in files.items()}, date=datetime(2026, 11, 1, tzinfo=UTC),
    )  # fmt: skip


OLD = {"site/index.html": "<!doctype html><title>Ours</title>\n", "package.json": '{"name": "old"}'}


def test_what_is_written_over_is_part_of_what_people_approve(rig: ForgeRig) -> None:
    there = there_already(rig, OLD)
    rig.open()
    review = rig.output("review")
    shown = rig.house.store.get_text(TENANT, str(review["diff"]))
    assert "-<!doctype html><title>Ours</title>" in shown
    assert "--- a/site/index.html" in shown
    assert "--- /dev/null\n+++ b/run.sh" in shown
    assert any("site/index.html: is there already in acme/" in each["text"] for each in review["findings"])
    there_already(rig, {"other.txt": "later\n"})
    rig.agree()
    assert rig.house.run("run-00000001").failure == ""
    folder = rig.clone(BRANCH)
    assert git(folder, "rev-parse", "HEAD^") == there
    assert git(folder, "diff", "--name-status", there, "HEAD").splitlines() == ["A\trun.sh", "M\tsite/index.html"]


def test_what_has_come_since_people_were_asked_is_asked_about(rig: ForgeRig) -> None:
    rig.open()
    assert "there" not in rig.output("review")
    there_already(rig, OLD)
    rig.agree()
    assert rig.asks() == "release"
    assert any("is there already" in each["text"] for each in rig.output("review")["findings"])
    assert rig.bo.head("acme", NAME, BRANCH) == ""
    rig.agree()
    assert (rig.house.run("run-00000001").failure, rig.asks()) == ("", "end")


@pytest.mark.parametrize(
    ("path", "said"),
    [("docs", "docs: a folder of that name is there"), ("about/us.md", "about/us.md: 'about' is a file there")],
)
def test_no_folder_is_taken_away_by_a_file_of_its_name(rig: ForgeRig, path: str, said: str) -> None:
    there_already(rig, {"docs/plan.md": "ours\n", "about": "a file\n"})
    assert said in rig.open(files={**SITE, path: "x"}).failure


def test_a_change_does_not_go_on_elsewhere_than_people_have_approved(rig: ForgeRig) -> None:
    rig.open("repository.watch_checks", mended={**SITE, "site/more.html": "<p>More</p>"})
    rig.agree()
    record(rig.house.deps, TENANT, "run-00000001", ReworkAsked(rig.house.clock.now(), "code", "more", "Ada Example"))
    rig.ship(repository="elsewhere")
    rig.later()
    assert "acme/elsewhere" in str(rig.output("review")["targets"])
    before = rig.bo.head("acme", NAME, BRANCH)
    assert f"this change was begun in acme/{NAME}" in rig.agree().failure
    assert rig.bo.head("acme", NAME, BRANCH) == before
