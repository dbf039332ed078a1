"""A token of Notion is tried by calls that change nothing, and what it lacks is said with its way out."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from shared.integrations.notion.trial import try_notion
from shared.integrations.trial_result import Tried
from shared.local.simulators.notion.simulator import NotionSimulator
from shared.ports import Secret
from tests.integrations.conftest import Served
from tests.support.descriptions.notion_description import of_exchange

ALL = ["read_content", "update_content", "insert_content", "read_comments", "insert_comments", "read_users"]


@dataclass
class Workspace:
    """A workspace with an internal connection, and all that was asked of it."""

    sim: Served
    seeded: dict[str, Any]
    asked: list[dict[str, Any]] = field(default_factory=list)

    def tried(self, token: str = "", **more: Any) -> Tried:
        """Try the workspace's own token, or another."""
        given = Secret(token or self.seeded["token"])
        return try_notion(given, at=self.sim.url, trace=self.asked.append, **more)

    def grant(self, verb: str, **more: Any) -> None:
        """Change what the connection has."""
        self.sim.control(f"/_grant/{verb}", {"bot_id": self.seeded["bot_id"], **more})


@pytest.fixture(scope="module")
def notion(kept_served: Callable[[Any], Served]) -> Served:
    made = kept_served(NotionSimulator())
    made.control("/_config", {"rate_limit": 0})
    return made


@pytest.fixture
def workspace(notion: Served) -> Iterator[Workspace]:
    """Whatever is tried, nothing changes; and every request is one that the published description allows."""
    seeded = notion.control("/_seed", {"internal": {"capabilities": [*ALL, "read_user_emails"]}})
    made, before = Workspace(notion, seeded), notion.effects()
    made.grant("share", page_id=seeded["home_page_id"])
    yield made
    assert notion.effects() == before
    assert [problem for exchange in made.asked for problem in of_exchange(exchange)] == []


def test_a_good_token_says_whose_it_is_and_what_it_sees(workspace: Workspace):
    tried = workspace.tried()
    assert tried == Tried(
        True,
        "The connection “Internal integration” of the workspace “Demo” may do all that is needed, "
        "and 1 page is shared with it.",
        "",
        {
            "bot_id": workspace.seeded["bot_id"],
            "connection": "Internal integration",
            "workspace_id": workspace.seeded["workspace_id"],
            "workspace_name": "Demo",
            "owner": "workspace",
            "pages": "1",
            "emails": "yes",
        },
    )


@pytest.mark.parametrize(
    ("token", "says"),
    [
        ("", "Nothing was given."),
        ("  \n", "Nothing was given."),
        ("https://notion.so/developers", "That is an address, not a token of Notion."),
        ("ntn_1 ntn_2", "That is not a token of Notion: it holds blanks, line breaks or letters that no token has."),
        ("ntn_ü", "That is not a token of Notion: it holds blanks, line breaks or letters that no token has."),
        ("gh" + "p_" + "a" * 36, "That is a token of GitHub, and Notion was to be tried; it was not sent."),
        ("xo" + "xb-1-2-a", "That is a token of Slack, and Notion was to be tried; it was not sent."),
    ],
)
def test_what_is_no_token_of_notion_is_never_sent(notion: Served, token: str, says: str):
    before = len(notion.journal())
    tried = try_notion(Secret(token), at=notion.url)
    assert (tried.ok, tried.says) == (False, says)
    assert "notion.so/developers/connections" in tried.way_out
    assert len(notion.journal()) == before


def test_a_wrong_token_is_told_with_where_the_right_one_is(workspace: Workspace):
    tried = workspace.tried("ntn_" + "wrong")
    assert not tried.ok
    assert (
        tried.says
        == "Notion does not accept this token: it is not complete, was replaced, or its connection was removed."
    )
    assert "Configuration" in tried.way_out
    assert "workwright init notion" in tried.way_out


def test_who_connected_by_a_link_is_sent_to_the_link(workspace: Workspace):
    tried = workspace.tried("ntn_" + "wrong", given="link")
    assert "connection page" in tried.way_out
    assert "init" not in tried.way_out


@pytest.mark.parametrize("calls", range(7))
def test_a_token_that_is_revoked_in_the_middle_is_no_good(workspace: Workspace, calls: int):
    workspace.sim.fault(path="/v1/*", status=401, skip=calls)
    tried = workspace.tried()
    workspace.sim.simulator.faults.clear()
    assert tried.says.startswith("Notion does not accept this token")


def test_a_personal_token_is_no_connections(workspace: Workspace):
    """Notion answers with the person who made it (developers.notion.com/reference/get-self)."""
    person = {"object": "user", "id": "5f6d1f1c-0d5f-4d5a-9f0e-1c8f6e1b7a01", "type": "person", "name": "Ada"}
    workspace.sim.fault(path="/v1/users/me", status=200, body={**person, "person": {"email": "ada@example.test"}})
    tried = workspace.tried()
    assert (tried.ok, "belongs to no connection" in tried.says) == (False, True)
    assert "Configuration" in tried.way_out


def test_a_token_of_another_workspace_is_named(workspace: Workspace):
    other = workspace.sim.control("/_seed", {"workspace": "Other", "internal": True})
    tried = workspace.tried(other["token"], workspace=workspace.seeded["workspace_id"])
    assert (tried.ok, tried.facts["workspace_id"]) == (False, other["workspace_id"])
    assert tried.says == "This token belongs to another workspace, “Other”, than the one that was connected before."
    assert workspace.tried(other["token"], workspace=other["workspace_id"]).ok


@pytest.mark.parametrize(
    ("capability", "right", "so"),
    [
        ("read_content", "Read content", "read pages"),
        ("update_content", "Update content", "set a status or change a text"),
        ("insert_content", "Insert content", "write plans and results into pages"),
        ("read_comments", "Read comments", "hear what people answer in comments"),
        ("insert_comments", "Insert comments", "answer in comments"),
        ("read_users", "Read user information", "tell people's comments from its own"),
    ],
)
def test_a_right_that_is_missing_is_named(workspace: Workspace, capability: str, right: str, so: str):
    workspace.grant("allow", capabilities=[each for each in ALL if each != capability])
    tried = workspace.tried()
    assert not tried.ok
    assert tried.says == f"The connection “Internal integration” lacks “{right}”, so Workwright cannot {so}."
    assert f"switch on “{right}” under Capabilities, and save; the token stays the same." in tried.way_out


def test_all_rights_that_are_missing_are_named_at_once(workspace: Workspace):
    workspace.grant("allow", capabilities=["read_content", "update_content", "read_comments"])
    says = workspace.tried().says
    assert "lacks “Insert content”, “Insert comments” and “Read user information”, so" in says
    assert "cannot write plans and results into pages, answer in comments or tell" in says


def test_people_without_addresses_will_do(workspace: Workspace):
    workspace.grant("allow", capabilities=ALL)
    tried = workspace.tried()
    assert (tried.ok, tried.facts["emails"]) == (True, "no")


def test_no_shared_page_is_told_with_how_to_share_one(workspace: Workspace):
    workspace.grant("unshare", page_id=workspace.seeded["home_page_id"])
    tried = workspace.tried()
    assert (tried.ok, tried.facts["pages"]) == (False, "0")
    assert tried.says == "The connection “Internal integration” sees no page yet, because none is shared with it."
    assert "••• › Connections" in tried.way_out


def test_the_page_that_is_named_has_to_be_shared(workspace: Workspace):
    home = workspace.seeded["home_page_id"]
    assert workspace.tried(page=f"https://www.notion.so/Workspace-home-{home.replace('-', '')}?pvs=4").ok
    workspace.grant("unshare", page_id=home)
    tried = workspace.tried(page=home)
    assert tried.says.endswith("cannot see that page: it does not exist, or is not shared with the connection.")
    assert not workspace.tried(page="my page").ok


@pytest.mark.parametrize(("status", "says"), [(500, "answer"), (502, "answer"), (529, "answer"), (429, "more calls")])
def test_a_notion_that_is_away_says_nothing_about_the_token(workspace: Workspace, status: int, says: str):
    workspace.sim.fault(path="/v1/users/me", status=status)
    tried = workspace.tried()
    assert not tried.ok
    assert says in tried.says
    assert "try again" in tried.way_out


def test_nobody_at_the_address(workspace: Workspace):
    tried = try_notion(Secret("ntn_" + "x"), at="http://127.0.0.1:9")
    assert tried.says == "Notion does not answer at the moment."


def test_who_is_shut_out_is_told_to_ask_for_it(workspace: Workspace):
    workspace.sim.fault(path="/v1/search", status=429, reason="public_api_request_blocked")
    assert workspace.tried().says == "Notion has blocked this access until further notice."
