"""The tutorial, walked as it is written: what it says to type is typed, in its order, beside a posing Notion."""

from __future__ import annotations

import re
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

from shared.cli.root import workwright
from shared.core.loopback import resolve_loopback
from shared.core.pages import marks
from shared.local.story.demo import select
from tests.support.repository.documents import ROOT
from tests.support.repository.walked_page import Part, answer_as_shown, parts_of, read_until, started, type_line
from tests.support.rigs.house import own_settings
from tests.support.simulators.real_notion import RealNotion, real_notion

pytestmark = pytest.mark.slow

PAGE = (ROOT / "docs" / "start" / "tutorial.md").read_text(encoding="utf-8")
QUICK = {"WORKWRIGHT_NOTION_RATE": "100000", "WORKWRIGHT_GATHER_S": "0.05", "WORKWRIGHT_WATCH_S": "0"}
QUICK |= {"WORKWRIGHT_BROWSER": "off"}
SET_UP, START, WRITE, APPROVE, SEE, PAUSE = (
    *("Set it up", "Start it", "Write an idea", "Approve", "See the site", "Pause"),
)


class Reader:
    """Somebody who follows the page: types what it says, and does in Notion what its text asks for."""

    def __init__(self, notion: RealNotion, folder: Path) -> None:
        self._notion = notion
        self._folder = folder
        self._placed = {"THE-SECRET": notion.secret, "THE-LINK": notion.page, "[THE-FOLDER]": ""}
        self._idea = ""
        self.said: dict[str, str] = {}

    def set_up(self, part: Part) -> None:
        (line,) = part.typed
        shown = [one.replace("THE-FOLDER", str(self._folder / ".workwright" / "sites")) for one in part.shown]
        with started(line, self._folder) as terminal:
            seen = answer_as_shown(terminal, shown, self._placed)
        assert self._notion.secret not in seen
        told = re.search(r"four\s+databases: (.+?)\.", PAGE)
        assert told is not None
        assert set(re.findall(r"\*(\w+)\*", told[1])) == set(self._notion.databases())

    def write(self) -> None:
        self._idea = self._notion.write_idea("Bicycle market", marks.PLAN_IT)
        self.waits_for(marks.PLAN_READY)

    def agree(self, wanted: str) -> None:
        self.waits_for(wanted)
        time.sleep(4)  # who agrees has read what is on the page; meanwhile it is written to its end
        body = {"properties": select("Status", marks.APPROVED)}
        self._notion.as_person("PATCH", f"/v1/pages/{self._idea}", body)

    def type_all(self, part: Part) -> None:
        assert part.typed, f"nothing is typed under {part.title!r}"
        for line in part.typed:
            if "HASH" in line.split():
                self._placed["HASH"] = self._shown_hash()
            self.said[line] = said = type_line(line, self._placed)
            if found := re.search(r"^(run-\w+) ", said):
                self._placed["RUN-ID"] = found[1]

    def _shown_hash(self) -> str:
        """Return what `approve` alone shows before it agrees to anything."""
        done = CliRunner().invoke(workwright, ["approve", self._placed["RUN-ID"]])
        found = re.search(r"--hash (\w+)", str(done.exception))
        assert found is not None, done.output
        return found[1]

    def look_at_the_site(self) -> str:
        page = self._notion.as_person("GET", f"/v1/pages/{self._idea}")
        where, meant = resolve_loopback(page["properties"]["Site"]["url"])
        answer = requests.get(where, headers=meant, timeout=10)
        assert answer.status_code == 200
        return answer.text

    def waits_for(self, wanted: str) -> None:
        ends = time.monotonic() + 90
        while (now := self._notion.status(self._idea)) != wanted:
            assert time.monotonic() < ends, f"the status is {now}, and the page promises {wanted}"
            time.sleep(0.3)


def test_whoever_follows_the_page_has_a_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = {part.title: part for part in parts_of(PAGE)}
    typed = [title for title, part in parts.items() if part.typed]
    assert typed == [SET_UP, START, WRITE, APPROVE, SEE, PAUSE]
    monkeypatch.chdir(tmp_path)
    with real_notion() as notion, own_settings(WORKWRIGHT_NOTION_URL=notion.url, **QUICK), ExitStack() as stack:
        reader = Reader(notion, tmp_path)
        reader.set_up(parts[SET_UP])
        (up,) = parts[START].typed
        read_until(stack.enter_context(started(up, tmp_path)), "Ctrl-C stops it")
        reader.write()
        reader.type_all(parts[WRITE])
        reader.agree(marks.PLAN_READY)
        reader.waits_for(marks.RELEASE_READY)
        reader.type_all(parts[APPROVE])
        reader.waits_for(marks.PRODUCTION_READY)
        reader.type_all(parts[APPROVE])  # “each time”, says the page
        reader.waits_for(marks.DONE)
        assert "Every Saturday from nine." in reader.look_at_the_site()
        reader.type_all(parts[SEE])
        reader.type_all(parts[PAUSE])
    said = {line.split()[1]: words for line, words in reader.said.items()}
    assert "Waits for a person: 1: Bicycle market (plan)" in said["status"]
    assert re.search(r"  site  .*\.localhost:", said["made"])
    assert "succeeded" in said["run"]
    assert "lunch" in said["pause"]


@pytest.mark.parametrize(
    "line",
    [".venv/bin/workwright statuses", ".venv/bin/workwright status --all", "workwright status", "notion up"],
)
def test_a_line_that_cannot_be_typed_stops_the_walk(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(AssertionError):
        type_line(line, {})


def test_a_program_that_does_not_begin_stops_the_walk(tmp_path: Path) -> None:
    with pytest.raises(AssertionError), started(".venv/bin/workwright upp", tmp_path) as terminal:
        read_until(terminal, "Ctrl-C stops it")
