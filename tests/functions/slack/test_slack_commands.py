"""`/workwright` in Slack: signed, of a known member, within their role and team, and once however often it comes."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from shared.app.api.slack.slack_commands import obey
from shared.app.approval.approvals import approval_token
from shared.core.people.linked_accounts import ASKS
from shared.core.run.events import RunOpened
from shared.core.run.run import Limits, Trigger
from shared.integrations.slack.slash import read_slash
from shared.local.clicks import take_click
from tests.functions.conftest import BUILD, GATE, MINE, OTHER
from tests.functions.slack.conftest import Sender, said

EVIL = "<!channel> <https://evil.example|here> & <@U1>"


def _orders(sender: Sender) -> list[Any]:
    return [doc.body for doc in sender.deps.store.list_docs(MINE, ASKS)]


@pytest.mark.parametrize("change", [{"age": 301}, {"age": -330}, {"secret": "another"}, {"stamp": "soon"}])
def test_what_is_forged_or_old_is_refused(sender: Sender, change: dict[str, Any]) -> None:
    assert sender.type("plan a fair", **change).status == 401
    assert _orders(sender) == []


@pytest.mark.parametrize("text", ["", "help", "HELP"])
def test_anybody_is_helped(sender: Sender, text: str) -> None:
    assert "/workwright plan IDEA" in said(sender.type(text, user="U0EVE"))


@pytest.mark.parametrize("text", ["status", "plan a fair", "ask when is it?", "approve run-waits"])
@pytest.mark.parametrize("who", [{"user": "U0EVE"}, {"team": "T0OTHER"}])
def test_nobody_else_learns_or_orders_anything(sender: Sender, text: str, who: dict[str, str]) -> None:
    sender.service.waiting()
    shown = said(sender.type(text, **who))
    assert "does not know who you are" in shown
    assert "club" not in shown
    assert _orders(sender) == []


@pytest.mark.parametrize(("text", "may"), [("status", True), ("plan a fair", False), ("ask x", False),
                                           ("approve run-waits", False)])  # fmt: skip
def test_a_viewer_may_only_look(sender: Sender, text: str, may: bool) -> None:
    sender.service.waiting()
    sender.link(sender.join("Bo", "viewer"), "U0BO")
    assert ("may not do that" not in said(sender.type(text, user="U0BO"))) is may
    assert _orders(sender) == []


def test_status_names_what_waits_and_no_title_calls_or_links(sender: Sender) -> None:
    trigger = Trigger("page", "page-1", EVIL, "Ada")
    sender.service.save(RunOpened(sender.deps.clock.now(), MINE, "run-evil", trigger, Limits(), (GATE, BUILD)))
    shown = said(sender.type("status"))
    assert "run-evil" in shown
    assert "<" not in shown
    assert "&lt;!channel&gt;" in shown


def test_approve_shows_what_is_asked_and_only_the_press_decides(sender: Sender) -> None:
    trigger = Trigger("page", "page-1", EVIL, "Ada")
    opened = RunOpened(sender.deps.clock.now(), MINE, "run-evil", trigger, Limits(), (GATE, BUILD))
    run = sender.service.save(opened)
    reply = sender.type("approve run-evil")
    assert "<" not in said(reply)
    assert reply.body is not None
    blocks = reply.body["blocks"]
    texts = [block["text"] for block in blocks if block["type"] == "section"]
    assert texts
    assert all(text["verbatim"] is True and "<" not in text["text"] for text in texts)
    values = {each["action_id"]: each.get("value") for each in blocks[-1]["elements"]}
    assert values["approve"] == approval_token(sender.deps, run)
    loaded = sender.deps.store.load_run(MINE, run.id)
    assert loaded is not None
    assert loaded.run == run
    assert said(sender.press("approve", values["approve"])).startswith("Approved")


@pytest.mark.parametrize("run", ["run-theirs", "", "../run-theirs", "run-none"])
def test_another_teams_run_is_no_run(sender: Sender, run: str) -> None:
    sender.service.waiting(OTHER, "run-theirs")
    assert "no such run" in said(sender.type(f"approve {run}"))


def test_what_takes_longer_is_ordered_once_however_often_it_comes(sender: Sender) -> None:
    first, again = (said(sender.type("plan a fair", trigger="7.7.7")) for _ in range(2))
    assert first == again
    assert first.startswith("Understood")
    (order,) = _orders(sender)
    assert (order["what"], order["text"]) == ("plan", "a fair")
    assert "commands/T0/1/abc" not in json.dumps(order)
    sender.type("plan a fair")
    assert len(_orders(sender)) == 2


@pytest.mark.parametrize(("text", "why"), [("plan", "nothing after"), ("ask", "nothing after"),
                                           ("ask " + "x" * 1001, "longer than"), ("dance", "no command")])  # fmt: skip
def test_what_cannot_be_done_says_why(sender: Sender, text: str, why: str) -> None:
    assert why in said(sender.type(text))
    assert _orders(sender) == []


@pytest.mark.parametrize("body", [b"", b"payload=%7B%7D", b"team_id=T0&user_id=U1", b"\xff=\xff", b"&" * 100])
def test_what_is_no_command_is_refused(sender: Sender, body: bytes) -> None:
    assert sender.send("/v1/slack/commands", body).status == 400


def test_a_command_comes_through_the_socket_as_well(sender: Sender) -> None:
    fields = {"command": "/workwright", "text": "status", "user_id": "U0ADA", "team_id": "T0MINE", "trigger_id": "1.1",
              "response_url": f"{sender.address}/x"}  # fmt: skip
    take_click(sender.deps, fields)()
    assert sender.answers == [obey(sender.deps, read_slash(fields))]
    assert "Nothing waits" in sender.answers[0]["text"]


def test_removing_the_app_ends_the_connection_and_old_news_does_not(sender: Sender) -> None:
    told = {"type": "event_callback", "team_id": "T0MINE", "event": {"type": "app_uninstalled"}}

    def status() -> Any:
        grant = sender.deps.store.get(MINE, "grants", "slack")
        assert grant is not None
        return grant.body["status"]

    assert sender.tell({**told, "event_time": int(time.time()) - 3600}).status == 200
    assert status() == "connected"
    assert sender.tell({**told, "event_time": int(time.time()) + 60, "team_id": "T0OTHER"}).status == 200
    personal = {"type": "tokens_revoked", "tokens": {"oauth": ["U1"], "bot": []}}
    sender.tell({**told, "event_time": int(time.time()) + 60, "event": personal})
    assert status() == "connected"
    assert sender.tell({**told, "event_time": int(time.time()) + 60}, secret="another").status == 401
    assert status() == "connected"
    sender.tell({**told, "event_time": int(time.time()) + 60})
    assert status() == "revoked"


def test_slacks_question_about_the_address_is_answered(sender: Sender) -> None:
    assert sender.tell({"type": "url_verification", "challenge": "abc"}).body == {"challenge": "abc"}


@pytest.mark.parametrize(
    ("text", "place"), [("tell me", "U0ADA"), ("tell here", "C1"), ("tell C0THERE", "C0THERE"), ("tell nobody", "")]
)
def test_everybody_says_where_they_are_told(sender: Sender, text: str, place: str) -> None:
    assert said(sender.type(text)).startswith("Understood")
    (order,) = _orders(sender)
    assert (order["what"], order["text"]) == ("tell", place)


@pytest.mark.parametrize("place", ["U0EVE", "W0EVE", "<!channel>", "general"])
def test_nobody_has_others_told(sender: Sender, place: str) -> None:
    assert "not the id" in said(sender.type(f"tell {place}"))
    assert "nothing after" in said(sender.type("tell"))
    assert _orders(sender) == []
