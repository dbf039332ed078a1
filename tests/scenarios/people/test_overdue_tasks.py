"""Overdue tasks are blocked, and the page lists what they were before: two answers of a model, no id from people."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from shared.core.run.run import RunStatus
from tests.support.measures.prompts import parts_of
from tests.support.rigs.house import Neighbourhood, open_house
from tests.support.servers.models.programmer import Programmer, least

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("overdue")]
Json = dict[str, Any]
TITLE = "Late tasks"
WIDE = {"WORKWRIGHT_COMPATIBLE_WINDOW": "131072"}
LATE = {
    "and": [
        {"property": "Due", "date": {"before": "2020-01-10"}},
        {"property": "Status", "select": {"does_not_equal": "Done"}},
    ]
}


class Planning(Programmer):
    """Plans the change and its list for the Tasks database that its prompt names; finds nothing wrong with it."""

    at_most = 30

    def _said(self, form: Json, prompt: str) -> Any:
        if not {"requirements", "steps"} <= set(form.get("properties", ())):
            return least(form, form.get("$defs", {}))
        places = next(text for _, source, text in parts_of(prompt) if source == "today, and the team's databases")
        found = re.search(r"Database 'Tasks', data source (database:\d+)", places)
        assert found
        page = next(source for part, source, _ in parts_of(prompt) if part == "page")
        change = {"data_source": found[1], "filter": LATE, "set": {"Status": "Blocked"}, "at_most": self.at_most}
        steps: list[Json] = [
            {"id": "block", "kind": "notion.update_rows", "title": "Set them to Blocked", "why": "", "input": change},
            {"id": "tell", "kind": "notion.append_blocks", "title": "List what was changed", "why": ""},
        ]
        steps[0]["depends_on"], steps[1]["depends_on"] = [], ["block"]
        steps[1]["input"] = {"page": page, "from_step": "block"}
        analysis = {"asked": TITLE, "missing": [], "risk": "medium"}
        empty: Json = {name: [] for name in ("questions", "assumptions", "alternatives", "followed", "requirements")}
        return {**empty, "analysis": analysis, "summary": TITLE, "name": "late", "steps": steps}


def tasks_of(house: Neighbourhood) -> str:
    """Return the data source of the Tasks database, as a person finds it."""
    found = house.as_person("POST", "/v1/search", {"query": "Tasks"})["results"]
    return next(str(each["id"]) for each in found if each["object"] == "data_source")


def write_task(house: Neighbourhood, name: str, due: str, status: str) -> str:
    properties = {
        "Name": {"title": [{"text": {"content": name}}]},
        "Due": {"date": {"start": due}},
        "Status": {"select": {"name": status}},
    }
    parent = {"type": "data_source_id", "data_source_id": tasks_of(house)}
    return str(house.as_person("POST", "/v1/pages", {"parent": parent, "properties": properties})["id"])


def written(house: Neighbourhood, page: str) -> list[list[str]]:
    """Return the cells of the table on the page, row by row."""
    blocks = house.as_person("GET", f"/v1/blocks/{page}/children")["results"]
    (table,) = [each for each in blocks if each["type"] == "table"]
    rows = house.as_person("GET", f"/v1/blocks/{table['id']}/children")["results"]
    return [["".join(part["plain_text"] for part in cell) for cell in row["table_row"]["cells"]] for row in rows]


def asked(house: Neighbourhood) -> str:
    page = house.empty_page(TITLE)
    house.add(page, "Set the Status of all overdue tasks to Blocked. Write a list of what you changed below this text:")
    house.add(page, "name, due date, and what the status was before. If there are too many, change none and say so.")
    return page


def test_the_list_on_the_page_says_what_each_status_was_before(tmp_path: Path) -> None:
    with Planning() as model, open_house(tmp_path / "d", **model.environment, **WIDE) as house:
        late = [write_task(house, "Oil the chains", "2020-01-01", "To do")]
        late.append(write_task(house, "Pay the hall", "2020-01-02", "Doing"))
        kept = [
            write_task(house, "Order flyers", "2020-01-03", "Done"),
            write_task(house, "Vote", "2020-02-01", "To do"),
        ]
        page = asked(house)
        run = house.story(page)
        assert (run.status, run.failure) == (RunStatus.SUCCEEDED, "")
        assert written(house, page) == [
            ["Name", "Due", "Status before"],
            ["Oil the chains", "2020-01-01", "To do"],
            ["Pay the hall", "2020-01-02", "Doing"],
        ]
        assert [house.status(each) for each in (*late, *kept)] == ["Blocked", "Blocked", "Done", "To do"]
        assert len(model.requests) == 2  # the plan, and a second look at it


def test_more_than_were_meant_change_nothing_and_the_page_says_so(tmp_path: Path) -> None:
    with Planning() as model, open_house(tmp_path / "d", **model.environment, **WIDE) as house:
        model.at_most = 1
        late = [write_task(house, name, "2020-01-01", "To do") for name in ("Oil the chains", "Pay the hall")]
        page = asked(house)
        run = house.story(page)
        assert (run.status, run.failure) == (RunStatus.SUCCEEDED, "")
        said = json.dumps(house.as_person("GET", f"/v1/blocks/{page}/children"))
        assert "No row was changed: 2 rows match, and no more than 1 were to be changed." in said
        assert [house.status(each) for each in late] == ["To do", "To do"]
