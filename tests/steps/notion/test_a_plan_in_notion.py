"""A model's plan of steps in Notion: shown, approved by a person, carried out, and taken back when it is cancelled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from shared.app.planning.plan_thinking import rule_of
from shared.backends.offline.model import OfflineModel
from shared.backends.offline.plans.routine import make_routine_plan
from shared.core.models.model_errors import Refused
from shared.core.page import page_to_data
from shared.core.planning.plan import validate
from shared.core.run.run import NOTHING, RunStatus, StepStatus, Usage
from shared.integrations.notion.content import blocks
from shared.local.simulators.notion.simulator import NotionSimulator
from shared.ports.model import ModelRequest, ModelResult, request_tokens
from shared.steps import KINDS
from tests.integrations.conftest import Served
from tests.steps.bench import Bench
from tests.support.builders.proposals import a_proposal
from tests.support.rigs.small_desk import Desk, settle_in
from tests.support.rigs.small_house import SmallHouse
from tests.support.simulators import kept_open

STEPS: list[dict[str, Any]] = [
    {
        "id": "table",
        "kind": "notion.create_database",
        "title": "Make the table of members",
        "input": {
            "page": "{page}",
            "title": "Members",
            "columns": {
                "Role": {"type": "select", "options": ["Chair", "Helper"]},
                "Hours": {"type": "number", "format": "number"},
            },
        },
    },
    *(
        {
            "id": f"row-{number}",
            "kind": "notion.create_page",
            "title": f"Add {name}",
            "depends_on": ["table"],
            "input": {"data_source": "step:table", "properties": {"Name": name, "Hours": number, "Role": "Helper"}},
        }
        for number, name in enumerate(("Ada", "Grace", "Alan"), 1)
    ),
    {
        "id": "chair",
        "kind": "notion.update_rows",
        "title": "Make Ada the chair",
        "depends_on": ["row-1", "row-2", "row-3"],
        "input": {
            "data_source": "step:table",
            "filter": {"property": "Name", "title": {"equals": "Ada"}},
            "set": {"Role": "Chair"},
        },
    },
    {
        "id": "sum",
        "kind": "notion.aggregate_rows",
        "title": "Add up the hours",
        "depends_on": ["chair"],
        "input": {"data_source": "step:table", "measures": [{"do": "sum", "of": "Hours"}], "group_by": "Role"},
    },
    {
        "id": "report",
        "kind": "notion.append_blocks",
        "title": "Write the hours into the page",
        "depends_on": ["sum"],
        "input": {"page": "{page}", "from_step": "sum"},
    },
    {
        "id": "tell",
        "kind": "notion.comment",
        "title": "Say that it is done",
        "depends_on": ["report"],
        "input": {"page": "{page}", "text": "The members are in."},
    },
]


class Scripted:
    """A model that always answers the same, for the page it is asked about; keeps what it was asked."""

    name = "scripted"

    def __init__(self, steps: list[dict[str, Any]]) -> None:
        self.steps = steps
        self.prompts: list[str] = []

    def window(self, task_class: str) -> int:
        return 1_000_000

    def count(self, request: ModelRequest) -> int:
        return request_tokens(request)

    def estimate(self, request: ModelRequest) -> Usage:
        """Return nothing."""
        return NOTHING

    def complete(self, request: ModelRequest) -> ModelResult:
        """Return the plan with the page's id in it."""
        if request.task != "plan":
            raise Refused("it only plans")
        self.prompts.append(request.stable + request.prompt)
        page = str(request.data["page"]["id"])
        wish = {"id": "R1", "text": "Members in a table", "block": "", "source": ""}
        steps = [_of_page(step, page) for step in self.steps]
        answer = a_proposal(steps, summary="A table of members.", artifact="routine", requirements=[wish])
        return ModelResult(answer, self.name, NOTHING)


def _of_page(value: Any, page: str) -> Any:
    if isinstance(value, dict):
        return {key: _of_page(each, page) for key, each in value.items()}
    if isinstance(value, list):
        return [_of_page(each, page) for each in value]
    return value.replace("{page}", page) if isinstance(value, str) else value


def planned(house: Callable[..., SmallHouse], served: Callable[[Any], Served], model: Scripted) -> tuple[Desk, str]:
    notion = served(NotionSimulator())
    desk = settle_in(house(endpoints={"notion": notion.url}, model=model), notion.url)
    page = desk.write_idea("Members of the club")
    desk.set_status(page, "Plan it")
    desk.tell(page)
    assert desk.status(page) == "Plan ready", desk.run_of(page).failure
    return desk, page


def below(desk: Desk, block: str) -> list[dict[str, Any]]:
    return list(desk.as_person("GET", f"/v1/blocks/{block}/children")["results"])


def members(desk: Desk, page: str) -> dict[str, str]:
    """Return everybody's role in the table on the page; {} when there is none."""
    tables = [block["id"] for block in below(desk, page) if block["type"] == "child_database"]
    if not tables:
        return {}
    (source,) = desk.as_person("GET", f"/v1/databases/{tables[0]}")["data_sources"]
    rows = desk.as_person("POST", f"/v1/data_sources/{source['id']}/query", {"page_size": 100})["results"]
    named = [(row["properties"]["Name"]["title"][0]["plain_text"], row["properties"]["Role"]["select"]) for row in rows]
    return {name: role["name"] for name, role in named}


def test_a_plan_of_steps_in_notion_is_carried_out_after_approval_and_not_before(
    house: Callable[..., SmallHouse], served: Callable[[Any], Served]
) -> None:
    model = Scripted(STEPS)
    desk, page = planned(house, served, model)
    assert "\nnotion.update_rows{" in model.prompts[0]
    assert members(desk, page) == {}  # nothing before the approval
    desk.set_status(page, "Approved")
    desk.tell(page)
    run = desk.run_of(page)
    assert (run.status, run.failure) == (RunStatus.SUCCEEDED, "")
    assert members(desk, page) == {"Ada": "Chair", "Grace": "Helper", "Alan": "Helper"}
    (table,) = [block for block in below(desk, page) if block["type"] == "table"]
    cells = [["".join(part["plain_text"] for part in cell) for cell in row["table_row"]["cells"]]
             for row in below(desk, table["id"])]  # fmt: skip
    assert cells == [["Role", "sum of Hours"], ["Chair", "1"], ["Helper", "5"]]
    said = desk.as_person("GET", f"/v1/comments?block_id={page}")["results"]
    assert "The members are in." in [each["rich_text"][0]["plain_text"] for each in said]
    (plan,) = [block for block in below(desk, page) if block["type"] == "callout"]
    assert {each["to_do"]["checked"] for each in below(desk, plan["id"]) if each["type"] == "to_do"} == {True}


def test_a_plan_that_is_cancelled_in_the_middle_leaves_the_page_as_it_was(
    house: Callable[..., SmallHouse], served: Callable[[Any], Served]
) -> None:
    desk, page = planned(house, served, Scripted(STEPS))
    before = [block["type"] for block in below(desk, page)]
    order = {"method": "POST", "path": "/v1/comments", "status": 503, "times": 3}
    kept_open.post(f"{desk.url}/_faults", json=order, timeout=10)
    desk.set_status(page, "Approved")
    desk.tell(page)
    assert desk.run_of(page).status == RunStatus.EXECUTING  # all is done but the comment, which will be tried again
    assert members(desk, page)["Ada"] == "Chair"
    desk.set_status(page, "Cancelled")
    desk.tell(page)
    desk.house.pass_time(timedelta(minutes=15), timedelta(minutes=3))
    run = desk.run_of(page)
    assert (run.status, run.undone_failed) == (RunStatus.CANCELLED, ())
    undone = {step.id for step in run.steps if step.status == StepStatus.UNDONE}
    assert undone == {"table", "row-1", "row-2", "row-3", "chair", "report", "tell"}
    assert [block["type"] for block in below(desk, page)] == before
    assert members(desk, page) == {}


def test_what_the_offline_model_plans_for_a_routine_can_be_carried_out(bench: Bench) -> None:
    page, source = bench.ids["club"], bench.ids["things"]
    words = ["Comment: The bins go out today.", "Write: Bins out", "New page: Minutes", "Oil the chains"]
    bench.notion.append(page, [blocks.to_do(each) for each in words])
    columns = {name: str(each["id"]) for name, each in bench.notion.data_source(source)["properties"].items()}
    data = {
        "page": page_to_data(bench.notion.read_page(page)),
        "kinds": [name for name, kind in KINDS.items() if kind.plannable],
        "places": {"tasks": {"data_source": source, "columns": columns}, "today": "2026-03-02"},
    }
    steps = make_routine_plan(data)["steps"]
    rules = {name: rule_of(kind, OfflineModel(), KINDS) for name, kind in KINDS.items()}
    run = bench.start(*validate(steps, rules, prefix="", max_steps=20))
    assert (run.status, run.failure) == (RunStatus.SUCCEEDED, "")
    seen = bench.look()
    (club,) = seen["pages"]["Club"]
    assert club["comments"] == ["The bins go out today."]
    assert "Minutes" in club["pages"]
    assert club["blocks"][-1]["spans"] == [{"text": "Bins out"}]
    (table,) = seen["tables"]["Things"]
    assert [row["values"]["Status"] for row in table["rows"] if row["values"]["Name"] == "Oil the chains"] == ["To do"]
