"""A page becomes a site in a folder of this machine: looked at, live, changed, and taken back.

One installation for the file; the folder says what is where.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from shared.core.approval.release_words import describe_question
from shared.core.loopback import resolve_loopback
from shared.core.pages import marks
from shared.core.run.run import Run, RunStatus
from shared.local.configuration.choices import REAL, Choices, write_choices
from tests.support.rigs.house import Neighbourhood, open_house

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where sites go; nobody has made it yet."""
    return tmp_path_factory.mktemp("sites") / "made-by-it"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> Iterator[Neighbourhood]:
    """Yield a house whose sites go to the folder, as `init` has it; what browsers see is in tests/browser."""
    data = tmp_path_factory.mktemp("house")
    write_choices(data, Choices().choosing("local_sites", REAL, folder=str(folder)))
    with open_house(data) as opened:
        yield opened


def seen(url: object) -> str:
    """Return what a visitor is shown, or the status that refuses it."""
    where, meant = resolve_loopback(str(url))
    answer = requests.get(where, headers=meant, timeout=10)
    return answer.text if answer.ok else str(answer.status_code)


def on_disk(folder: Path, part: str) -> list[str]:
    """Return the first pages that a web server finds behind the links of a part."""
    return [(link / "index.html").read_text(encoding="utf-8") for link in (folder / part).iterdir()]


def asked(house: Neighbourhood, run: Run, gate: str) -> str:
    """Return what people are asked at a gate."""
    step = next(each for each in run.steps if each.id.rpartition(".")[2] == gate)
    return "\n".join(describe_question(run, step.id))


def test_plan_preview_live_change_and_back(house: Neighbourhood, folder: Path) -> None:
    page = house.write("Tube swap")
    house.plan(page)
    house.set_status(page, marks.APPROVED)
    assert "A preview on the machine that Workwright runs on" in asked(house, house.asked(page, "release"), "release")
    run = house.asked(page, "production")
    preview = run.facts["preview"]
    assert str(preview) in asked(house, run, "production")
    assert "Bring your own tubes" in seen(preview)
    assert on_disk(folder, "preview") == [seen(preview)]
    assert on_disk(folder, "live") == []

    house.set_status(page, marks.APPROVED)
    first = house.ended(page)
    assert (first.status, first.failure) == (RunStatus.SUCCEEDED, "")
    site, old = first.facts["site"], seen(first.facts["site"])
    assert on_disk(folder, "live") == [old]
    assert "Bring your own tubes" in old

    house.add(page, "There will be tea as well.")
    house.calm()
    house.plan(page, count=2)
    house.set_status(page, marks.APPROVED)
    second = house.ended(page, count=2)
    assert (second.status, second.failure, second.facts["site"]) == (RunStatus.SUCCEEDED, "", site)
    new = seen(site)
    assert "There will be tea as well" in new
    assert on_disk(folder, "live") == [new]

    house.comment(page, "roll back")
    house.wait("the version before", lambda: seen(site) == old, page)
    assert on_disk(folder, "live") == [old]
    assert sorted(on_disk(folder, "preview")) == sorted([old, new]), "what may be gone back to is kept"
