"""Secrets planted in every place a prompt is made of: none is in what a model's endpoint received, or left behind."""

from __future__ import annotations

import io
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shared import log
from shared.core.models.model_errors import InvalidOutput
from shared.local.simulators._server import serve
from shared.local.simulators.notion.simulator import NotionSimulator
from shared.mind.agents.ask_agent import ask_agent
from shared.mind.agents.registry import agent
from shared.mind.context import Part
from shared.ports.model import Message, Model, ModelRequest, ToolCall
from shared.settings import Settings
from shared.wiring.models import Models
from tests.support.builders.made_up_secrets import made_up
from tests.support.builders.proposals import a_proposal
from tests.support.rigs.small_desk import Desk, settle_in
from tests.support.rigs.small_house import TENANT, SmallHouse
from tests.support.servers.http_loopback import Handler, HttpServer

SECRETS = {kind: secret for kind, (_, secret) in made_up().items()}
SAY = {"id": "say", "kind": "notion.comment", "title": "Say it", "input": {"page": "0" * 32, "text": "Well."}}
Json = dict[str, Any]


class Endpoint(HttpServer):
    """Speaks Chat Completions, keeps what it receives, and says to everything what it was told to say."""

    def __init__(self, answer: Json) -> None:
        self.received: list[str] = []
        self.answer = answer
        endpoint = self

        class Answering(Handler):
            def do_POST(self) -> None:
                endpoint.received.append(self.body().decode())
                message = {"role": "assistant", "content": json.dumps(endpoint.answer)}
                choice = {"index": 0, "finish_reason": "stop", "message": message}
                usage = {"prompt_tokens": 10, "completion_tokens": 10, "total_tokens": 20}
                said = {"id": "c", "object": "chat.completion", "model": "m", "choices": [choice], "usage": usage}
                self.reply(200, json.dumps(said).encode(), {"Content-Type": "application/json"})

        super().__init__(Answering)

    @property
    def heard(self) -> str:
        """Return all texts it received, as a model reads them."""
        return "\n".join(json.dumps(json.loads(each), ensure_ascii=False) for each in self.received)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint(a_proposal([SAY], requirements=[], artifact="routine")) as found:
        yield found


@pytest.fixture
def desk(tmp_path: Path, endpoint: Endpoint) -> Iterator[Desk]:
    notion = serve(NotionSimulator())
    url = f"http://127.0.0.1:{notion.server_port}"
    house = SmallHouse(tmp_path / "house", endpoints={"notion": url})
    house.model = model_behind(house, endpoint)
    yield settle_in(house, url)
    house.close()
    notion.shutdown()
    notion.server_close()


def model_behind(house: SmallHouse, endpoint: Endpoint) -> Model:
    env = {"WORKWRIGHT_MODEL": "compatible", "WORKWRIGHT_COMPATIBLE_MODEL": "listening"}
    settings = Settings.from_env({**env, "WORKWRIGHT_COMPATIBLE_URL": f"{endpoint.url}/v1"})
    house.deps = replace(house.deps, models=settings.models)
    return Models(house.deps, settings, house.accounts).open_for(TENANT)


def left(told: str) -> list[str]:
    """Return the kinds of secrets that are in a text."""
    return [kind for kind, secret in SECRETS.items() if secret in told or json.dumps(secret)[1:-1] in told]


def words(text: str) -> list[Json]:
    return [{"type": "text", "text": {"content": text}}]


def written_with_secrets(desk: Desk) -> tuple[str, list[str]]:
    """Write a page with another secret in each place; return it and their kinds."""
    kinds = ["github fine", "notion", "linear", "stripe", "gitlab", "npm"]
    title, body, cell, code, column, comment = (SECRETS[kind] for kind in kinds)
    page = desk.write_idea(f"Shop {title}")
    row = {"type": "table_row", "table_row": {"cells": [words("Key"), words(cell)]}}
    blocks = [
        {"type": "paragraph", "paragraph": {"rich_text": words(f"Our key is {body}.")}},
        {"type": "table", "table": {"table_width": 2, "children": [row]}},
        {"type": "code", "code": {"language": "bash", "rich_text": words(f"export KEY={code}")}},
    ]
    desk.as_person("PATCH", f"/v1/blocks/{page}/children", {"children": blocks})
    desk.as_person("PATCH", f"/v1/data_sources/{desk.source}", {"properties": {"Notes": {"rich_text": {}}}})
    desk.as_person("PATCH", f"/v1/pages/{page}", {"properties": {"Notes": {"rich_text": words(f"{column} is it")}}})
    desk.set_status(page, "Plan it")
    desk.tell(page)
    said = {"parent": {"page_id": page}, "rich_text": words(f"Please change it: green. And the key is {comment}.")}
    desk.as_person("POST", "/v1/comments", said)
    desk.tell(page)
    return page, kinds


def test_of_a_page_its_comments_and_columns_no_secret_reaches_a_model_a_log_a_trace_or_a_task(
    desk: Desk, endpoint: Endpoint
) -> None:
    output, traced = io.StringIO(), list[Json]()
    desk.house.accounts.trace = traced.append
    with redirect_stdout(output), redirect_stderr(output):
        log.show_from("DEBUG")
        page, kinds = written_with_secrets(desk)
        log.show_from("INFO")
    run = desk.run_of(page)
    assert len(endpoint.received) >= 2, (run.status, run.failure)
    assert endpoint.heard.count("[[secret:") >= len(kinds)  # they were there to be found
    for place in ("Shop [[secret:", "Our key is [[secret:", "Key | [[secret:", "KEY=[[secret:", "Notes: [[secret:"):
        assert place in endpoint.heard
    assert "the key is [[secret:" in endpoint.heard  # of the comment
    assert left(endpoint.heard) == []
    assert left(output.getvalue()) == []
    assert left("".join(str(each) for each in traced if "chat/completions" in str(each["url"]))) == []
    (file,) = desk.house.folder.glob("*.db")
    with closing(sqlite3.connect(file)) as connection:
        tasks = str(connection.execute("SELECT * FROM tasks").fetchall())
        contexts = str(connection.execute("SELECT * FROM docs WHERE kind = 'contexts'").fetchall())
    assert left(tasks + contexts) == []
    kept = desk.house.store.get(TENANT, "contexts", f"{run.id}.{run.steps[0].id}")
    assert kept is not None
    assert left(desk.house.store.get_text(TENANT, kept.body["prompt"])) == []


def test_no_error_tool_result_passage_or_history_brings_a_secret_to_a_model(desk: Desk, endpoint: Endpoint) -> None:
    endpoint.answer = {"answer": "Well.", "sources": []}
    model = desk.house.tools.model(TENANT)
    quoted = [Part(name, f"{name} of all", "\n".join(text for text, _ in made_up().values()))
              for name in ("errors", "knowledge", "history", "summary", "feedback")]  # fmt: skip
    schema = {"type": "object", "properties": {"answer": {"type": "string"}}, "additionalProperties": False}
    asked: list[Callable[[], Any]] = []
    for kind, (text, secret) in made_up().items():
        call = ToolCall("c1", "look", {"path": text})
        messages = (Message("user", text), Message("assistant", "", (call,)), Message("tool", text, call="c1"))
        request = ModelRequest("plan", "reason", "You look.", f"{kind}: {text}", schema, messages=messages)
        asked.append(lambda request=request: model.complete(request))  # type: ignore[misc]
        assert secret in text or kind == "of full width"
    for ask in asked:
        ask()
    assert len(endpoint.received) == len(made_up())
    assert left(endpoint.heard) == []
    one = agent("summariser")
    given = one.input.model_validate({"text": f"Text with {SECRETS['notion']}", "words": 100})
    with pytest.raises(InvalidOutput):  # what the endpoint says fits no agent
        ask_agent(model, one, given, quoted)
    assert len(endpoint.received) > len(made_up())
    assert left(endpoint.heard) == []


def test_the_teams_own_tokens_are_hidden_whatever_they_look_like(desk: Desk, endpoint: Endpoint) -> None:
    token = "quiet river under stones"
    desk.house.connect("vercel", token)
    desk.house.accounts.http_for(TENANT, "vercel")  # as a step does that deploys
    page = desk.write_idea(f"Bakery by the {token}")
    desk.set_status(page, "Plan it")
    desk.tell(page)
    assert "Bakery by the [[secret:known:1]]" in endpoint.heard
    assert token not in endpoint.heard
