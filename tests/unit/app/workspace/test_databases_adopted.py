"""People's own databases are adopted without guessing: what name and type do not decide is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from shared.app.engine.tools import Tools
from shared.app.workspace.workspace_adopt import ADD, LEAVE_OUT, Adoption, changes_of, propose
from shared.app.workspace.workspace_create import create_databases
from shared.app.workspace.workspace_databases import SETUP, TOPIC, database_of, mapping_of
from shared.app.workspace.workspace_setup import NEW, USE, set_up_databases
from shared.core.run.commands import CONSIDER, Command
from shared.local.simulators.notion.simulator import NotionSimulator
from shared.oauth import GrantTokens
from shared.ports import Put, Secret
from tests.integrations.conftest import Served
from tests.support.rigs.small_house import TENANT, SmallHouse
from tests.support.simulators import kept_open

Json = dict[str, Any]


def column(kind: str, name: str, *options: str, **inner: Any) -> Json:
    body = {"options": [{"id": f"o-{o}", "name": o} for o in options]} if options else inner
    return {"id": f"id-{name}", "name": name, "type": kind, kind: body}


def source(*columns: Json) -> Json:
    return {"id": "source-1", "properties": {one["name"]: one for one in columns}}


def proposed(kind: str, *columns: Json, answers: Mapping[str, str] | None = None) -> Adoption:
    return propose(kind, source(*columns), answers or {}, {})


TITLE = column("title", "Task")
STATUS = column("status", "Status", "Not started", "In progress", "Done")


def test_columns_are_found_by_name_and_spelling_and_type() -> None:
    found = proposed(
        "tasks", TITLE, column("select", "stage", "To-do", "Doing", "Blocked", "DONE"), column("date", "Deadline"),
        column("people", "Owner"), column("number", "Effort"), column("url", "URL"), column("checkbox", "Billed"),
        answers={"tasks.columns": LEAVE_OUT},
    )  # fmt: skip
    assert found.questions == []
    assert found.columns == {
        "Name": "Task", "Status": "stage", "Due": "Deadline", "Assignee": "Owner", "Estimate": "Effort", "Link": "URL",
    }  # fmt: skip
    assert found.options == {"To do": "To-do", "Doing": "Doing", "Blocked": "Blocked", "Done": "DONE"}


def test_two_columns_that_could_be_meant_are_asked_about() -> None:
    found = proposed("tasks", TITLE, STATUS, column("date", "Deadline"), column("date", "Due by"))
    (question,) = [one for one in found.questions if one.key == "tasks.Due"]
    assert [value for value, _ in question.choices] == ["Deadline", "Due by", ADD, LEAVE_OUT]
    assert "Due" not in found.columns
    answered = proposed(
        "tasks", TITLE, STATUS, column("date", "Deadline"), column("date", "Due by"), answers={"tasks.Due": "Due by"}
    )
    assert answered.columns["Due"] == "Due by"


def test_our_own_name_is_certain_beside_another_spelling() -> None:
    assert proposed("tasks", TITLE, STATUS, column("date", "Due"), column("date", "Deadline")).columns["Due"] == "Due"


def test_a_name_with_an_unfit_type_is_asked_about_and_said_why() -> None:
    found = proposed("tasks", TITLE, STATUS, column("rich_text", "Due"), column("date", "When"))
    (question,) = [one for one in found.questions if one.key == "tasks.Due"]
    assert "“Due” is a rich text, which does not fit" in question.text
    assert [label for _, label in question.choices] == ["When", "Add a column Due (Workwright)", "Do without it"]


def test_a_required_column_is_never_taken_by_its_type_alone() -> None:
    found = proposed("ideas", TITLE, column("select", "Mood", "good"))
    (question,) = [one for one in found.questions if one.key == "ideas.Status"]
    assert [value for value, _ in question.choices] == ["Mood", ADD]  # and no way to do without


def test_missing_options_are_asked_for_and_one_can_be_chosen() -> None:
    found = proposed("tasks", TITLE, STATUS)
    assert found.options == {"To do": "Not started", "Doing": "In progress", "Done": "Done"}
    (question,) = [one for one in found.questions if one.key == "tasks.options"]
    assert "“Blocked”" in question.text
    chosen = proposed("tasks", TITLE, STATUS, answers={"tasks.Status.Blocked": "In progress"})
    assert chosen.options["Blocked"] == "In progress"
    assert [one.key for one in chosen.questions] == ["tasks.columns"]


def test_what_starts_work_is_never_taken_from_a_word_that_only_means_about_the_same() -> None:
    found = proposed("ideas", TITLE, column("status", "Status", "Not started", "In progress", "Done"))
    assert found.options == {"Done": "Done"}


IDEA_OPTIONS = ("Idea", "Plan it", "Planning", "Question", "Plan ready", "Go", "Approved", "Building", "Failed")


def test_one_option_cannot_both_ask_and_decide() -> None:
    status = column("select", "Status", *IDEA_OPTIONS, "Done", "Cancelled")
    answers = {"ideas.Status.Plan ready": "Go", "ideas.Status.Approved": "Go", "ideas.columns": LEAVE_OUT}
    found = proposed("ideas", TITLE, status, answers=answers)
    assert found.options["Plan ready"] == "Go"
    assert "Approved" not in found.options
    assert [one.key for one in found.questions] == ["ideas.options"]


def test_an_option_that_was_not_chosen_decides_nothing_although_it_has_our_name() -> None:
    status = column("select", "Status", *IDEA_OPTIONS, "Done", "Cancelled")
    answers = {"ideas.Status.Approved": "Go", "ideas.columns": LEAVE_OUT}
    found = proposed("ideas", TITLE, status, answers=answers)
    assert found.questions == []
    theirs = source(TITLE, status)
    mapping = mapping_of("ideas", "d", theirs, found.columns, found.options)
    mapped = database_of({"databases": {"ideas": mapping}}, "ideas")
    assert mapped is not None

    def says(name: str) -> str:
        value = {"id": "id-Status", "type": "select", "select": {"id": f"o-{name}", "name": name}}
        return mapped.status({"properties": {"Status": value}})

    assert (says("Go"), says("Approved"), says("Plan it"), says("Later")) == ("Approved", "", "Plan it", "Later")


def test_what_people_agree_to_is_added_and_options_keep_their_ids() -> None:
    answers = {"tasks.columns": ADD, "tasks.options": ADD}
    theirs = source(TITLE, STATUS)
    found = propose("tasks", theirs, answers, {})
    changes = changes_of("tasks", theirs, found, {})
    assert set(changes) == {
        "Priority", "Due", "Assignee", "Estimate", "Budget", "Depends on", "Link", "Run", "Status",
    }  # fmt: skip
    assert changes["Status"]["status"]["options"] == [
        {"id": "o-Not started", "name": "Not started"}, {"id": "o-In progress", "name": "In progress"},
        {"id": "o-Done", "name": "Done"}, {"name": "Blocked"},
    ]  # fmt: skip
    assert changes["Depends on"]["relation"]["data_source_id"] == "source-1"
    assert "Idea" not in changes  # no Ideas, so there is nothing to relate to


def test_a_relation_to_other_rows_is_not_taken() -> None:
    theirs = column("relation", "Idea", data_source_id="somebody-elses")
    found = propose("tasks", source(TITLE, STATUS, theirs), {}, {"ideas": "ours"})
    assert "Idea" not in found.columns
    theirs = column("relation", "Idea", data_source_id="ours")
    assert propose("tasks", source(TITLE, STATUS, theirs), {}, {"ideas": "ours"}).columns["Idea"] == "Idea"


# --- the whole way, against Notion ------------------------------------------------------------------------------------


@pytest.fixture
def notion(served: Callable[[Any], Served]) -> Served:
    return served(NotionSimulator())


class Wishes:
    """An owner who sets up databases, and a person who has some already."""

    def __init__(self, house: SmallHouse, notion: Served) -> None:
        kept_open.post(f"{notion.url}/_config", json={"rate_limit": 0}, timeout=10)
        self.seeded = kept_open.post(f"{notion.url}/_seed", json={"internal": True}, timeout=10).json()
        house.connect("notion", self.seeded["token"])
        self.house, self.notion, self.page = house, notion, str(self.seeded["home_page_id"])

    def has(self, title: str, properties: Json) -> str:
        body = {
            "parent": {"type": "page_id", "page_id": self.page},
            "title": [{"text": {"content": title}}],
            "initial_data_source": {"properties": properties},
        }
        return str(self.as_person("POST", "/v1/databases", body)["id"])

    def as_person(self, method: str, path: str, body: Any = None) -> Any:
        person = self.seeded["people"][0]["id"]
        asked = {"person": person, "method": method, "path": path, "body": body}
        return kept_open.post(f"{self.notion.url}/_as_person", json=asked, timeout=10).json()

    def wish(self, page: str = "", adopt: Json | None = None, answers: Json | None = None) -> Json:
        body = {"page": page, "adopt": adopt or {}, "answers": answers or {}, "state": "working"}
        self.house.store.put(TENANT, Put(*SETUP, body))
        tools: Tools = self.house.tools
        set_up_databases(Command("c", CONSIDER, "plan", TENANT, topic=TOPIC), self.house.deps, tools)
        doc = self.house.store.get(TENANT, *SETUP)
        assert doc is not None
        return dict(doc.body)


@pytest.fixture
def wishes(house: Callable[..., SmallHouse], notion: Served) -> Wishes:
    return Wishes(house(endpoints={"notion": notion.url}), notion)


def test_an_existing_database_is_adopted_after_the_questions_and_completed(wishes: Wishes) -> None:
    theirs = wishes.has("Work", {"What": {"title": {}}, "State": {"status": {}}, "Deadline": {"date": {}}})
    asked = wishes.wish(adopt={"tasks": theirs})
    assert asked["state"] == "asking"
    assert {one["key"] for one in asked["questions"]} == {"tasks.columns", "tasks.options"}
    assert database_of(wishes.house.settings(TENANT), "tasks") is None
    done = wishes.wish(adopt={"tasks": theirs}, answers={"tasks.columns": ADD, "tasks.options": ADD})
    assert (done["state"], done["questions"], done["problem"]) == ("done", [], "")
    mapped = database_of(wishes.house.settings(TENANT), "tasks")
    assert mapped is not None
    row = wishes.as_person(
        "POST", "/v1/pages",
        {"parent": {"type": "data_source_id", "data_source_id": mapped.data_source},
         "properties": {"State": {"status": {"name": "In progress"}}, "Deadline": {"date": {"start": "2026-12-01"}}}},
    )  # fmt: skip
    assert mapped.status(row) == "Doing"
    assert mapped.value(row, "Due")["date"]["start"] == "2026-12-01"
    assert {"Priority", "Depends on", "Estimate"} <= set(mapped.properties)
    written = wishes.as_person("PATCH", f"/v1/pages/{row['id']}", {"properties": {
        mapped.name("Status"): mapped.status_value(row, "Blocked")}})  # fmt: skip
    assert mapped.status(written) == "Blocked"


def test_a_database_of_the_same_title_is_not_taken_without_asking(wishes: Wishes) -> None:
    theirs = wishes.has("Tasks", {"Name": {"title": {}}, "Status": {"select": {}}})
    asked = wishes.wish(page=wishes.page)
    (question,) = asked["questions"]
    assert (question["key"], [one["value"] for one in question["choices"]]) == ("tasks", [theirs, NEW])
    settings = wishes.house.settings(TENANT)
    assert database_of(settings, "ideas") is not None  # what needs no answer is done already
    assert database_of(settings, "tasks") is None
    assert wishes.wish(page=wishes.page, answers={"tasks": NEW})["state"] == "done"
    mapped = database_of(wishes.house.settings(TENANT), "tasks")
    assert mapped is not None
    assert mapped.database != theirs


def test_without_a_wish_the_choices_are_offered(wishes: Wishes) -> None:
    theirs = wishes.has("Tasks", {"Name": {"title": {}}})
    offered = wishes.wish()
    assert offered["state"] == "choosing"
    assert wishes.page in [one["id"] for one in offered["pages"]]
    assert {"id": theirs, "title": "Tasks", "like": "tasks"} in offered["found"]


def test_a_page_that_is_not_shared_is_a_clear_answer(wishes: Wishes) -> None:
    failed = wishes.wish(page="00000000-0000-4000-8000-000000000000")
    assert failed["state"] == "failed"
    assert "notion" in failed["problem"]


def test_one_database_is_not_taken_for_two_kinds(wishes: Wishes) -> None:
    assert wishes.wish(page=wishes.page)["state"] == "done"
    before = wishes.house.settings(TENANT)["databases"]
    answers = {"runs.columns": ADD, "runs.options": ADD, "runs.Run": ADD, "runs.Cost": ADD}
    refused = wishes.wish(adopt={"runs": before["ideas"]["database"].replace("-", "")}, answers=answers)
    assert refused["state"] == "failed"
    assert "is your Ideas already" in refused["problem"]
    assert wishes.house.settings(TENANT)["databases"] == before


def test_a_database_that_people_threw_away_is_made_again_when_the_owner_asks(wishes: Wishes) -> None:
    assert wishes.wish(page=wishes.page)["state"] == "done"
    before = database_of(wishes.house.settings(TENANT), "ideas")
    assert before is not None
    for _ in range(2):
        gone = database_of(wishes.house.settings(TENANT), "ideas")
        assert gone is not None
        assert wishes.as_person("PATCH", f"/v1/databases/{gone.database}", {"in_trash": True})["in_trash"]
        assert wishes.wish(page=wishes.page)["state"] == "done"
        again = database_of(wishes.house.settings(TENANT), "ideas")
        assert again is not None
        assert again.database != gone.database
        read = wishes.as_person("GET", f"/v1/data_sources/{again.data_source}")
        assert (read["in_trash"], "Status" in read["properties"]) == (False, True)
    assert database_of(wishes.house.settings(TENANT), "runs") is not None


def test_a_database_of_another_workspace_is_out_of_reach(wishes: Wishes, house: Callable[..., SmallHouse]) -> None:
    wishes.wish(page=wishes.page)
    seed = {"workspace": "Theirs", "internal": True, "people": [{"name": "Ben", "email": "ben@example.test"}]}
    seeded = kept_open.post(f"{wishes.notion.url}/_seed", json=seed, timeout=10).json()
    other = house(endpoints={"notion": wishes.notion.url})
    other.connect("notion", seeded["token"])
    made = create_databases(other.deps, other.accounts, TENANT, seeded["home_page_id"], ("ideas",))
    before, effects = wishes.house.settings(TENANT)["databases"], len(wishes.notion.effects())
    for kind in ("ideas", "tasks"):
        answers = {"tasks.columns": ADD, "tasks.options": ADD}
        refused = wishes.wish(adopt={kind: made["ideas_database"]}, answers=answers)
        assert refused["state"] == "failed"
    assert wishes.house.settings(TENANT)["databases"] == before
    assert len(wishes.notion.effects()) == effects


def test_a_database_that_was_made_for_another_connection_is_taken_only_after_a_word(wishes: Wishes) -> None:
    other = "t-other"
    grant = GrantTokens(Secret(str(wishes.seeded["token"])), None, {})
    wishes.house.accounts.keep(other, "notion", grant, {})
    made = create_databases(wishes.house.deps, wishes.house.accounts, other, wishes.page, ("ideas",))
    asked = wishes.wish(adopt={"ideas": made["ideas_database"]})
    assert [one["key"] for one in asked["questions"]] == ["ideas.shared"]
    assert database_of(wishes.house.settings(TENANT), "ideas") is None
    done = wishes.wish(adopt={"ideas": made["ideas_database"]}, answers={"ideas.shared": USE})
    assert (done["state"], done["problem"]) == ("done", "")
