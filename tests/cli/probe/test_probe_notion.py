"""The probe of Notion finds its simulator as the vendor describes Notion, has teeth, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from werkzeug.wrappers import Response

from shared.cli.probe.calls import Answer, Ask
from shared.cli.probe.report import report_of
from shared.cli.probe.run import Outcome, new_mark, whole_run
from shared.local.simulators.notion.simulator import NotionSimulator
from tests.cli.probe.rig import (
    Bench,
    Proxy,
    changed,
    found_in,
    not_allowed,
    notion_bench,
    remembered,
    served,
    unnoticed,
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    simulator = NotionSimulator()
    with served(simulator) as url:
        made = notion_bench(simulator, url)
        object.__setattr__(made, "simulator", simulator)
        yield made


def _titles(bench: Bench) -> list[str]:
    asked = Ask("GET", "/v1/blocks/{place}/children", query={"page_size": 100})
    body = bench.asker().ask(asked, bench.place).body
    return [block["child_page"]["title"] for block in body["results"] if block["type"] == "child_page"]


def _page(bench: Bench, title: str) -> None:
    body = {"parent": {"page_id": "{place}"}, "properties": {"title": {"title": [{"text": {"content": title}}]}}}
    assert bench.asker().ask(Ask("POST", "/v1/pages", body), bench.place).status == 200


def test_the_simulator_answers_as_the_reference_says_and_every_change_is_noticed(bench: Bench) -> None:
    outcomes, run = remembered(bench)
    assert found_in(outcomes) == {}
    assert not_allowed(bench, run) == []
    tried, missed = unnoticed(run)
    assert missed == []
    assert tried > 1000
    assert len(outcomes) == len(bench.probe.calls) > 50
    assert _titles(bench) == []


def _altered(method: str, path: str, answer: Any) -> Response | None:
    """Alter one answer of each kind: a field, a status, a code, a limit, an order, a header."""
    body = answer.json if answer.content_type == "application/json" else None
    match method, path.rpartition("/")[2], answer.status_code:
        case "GET", "me", 200:
            headers = [(name, value) for name, value in answer.headers if name != "x-notion-request-id"]
            body["bot"]["workspace_limits"]["max_file_upload_size_in_bytes"] = "5 MiB"
            return Response(json.dumps(body), 200, headers)
        case "GET", "no_such_thing", 400:
            return Response(answer.data, 404, answer.headers)
        case "GET", "not-an-id", 400:
            return Response(json.dumps({**body, "code": "invalid_request"}), 400, answer.headers)
        case "GET", "comments", 200:
            body["results"].reverse()
            return Response(json.dumps(body), 200, content_type="application/json")
        case "POST", "databases", 200:
            body["sources"] = body.pop("data_sources")
            body["data_sources"] = [{"id": each["id"], "title": each["name"]} for each in body["sources"]]
            return Response(json.dumps(body), 200, content_type="application/json")
    return None


def test_one_altered_answer_is_reported_exactly(bench: Bench) -> None:
    proxy = Proxy(bench.simulator, _altered)  # type: ignore[attr-defined]
    with served(proxy) as url:
        found = found_in(bench.outcomes(url=url))
    assert found == {
        "who we are": [
            ("bot.workspace_limits.max_file_upload_size_in_bytes", "type", "whole", "text"),
            ("header x-notion-request-id", "type", "words", "null"),
        ],
        "an address that is none": [("", "status", "400", "404 invalid_request_url")],
        "an id that is none": [("code", "value", "“validation_error”", "“invalid_request”")],
        "the comments of a page": [
            ("results[].rich_text[0].plain_text", "value", "in this order: “one”, “two”", "list of “two”, “one”")
        ],
        "a database is created": [
            ("data_sources[].name", "missing", "“Things”", "nothing"),
            ("data_sources[].title", "more", "nothing", "“Things”"),
            ("sources", "more", "nothing", "list of object"),
        ],
    }


def test_a_limit_that_holds_no_more_is_reported(bench: Bench) -> None:
    def generous(asked: Ask, answer: Answer) -> Answer:
        many = asked.query.get("page_size") == 101
        return Answer(200, answer.headers, {"object": "list"}, answer.seconds) if many else answer

    assert found_in(bench.outcomes(generous)) == {"too many at once": [("", "status", "400", "200")]}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_what_was_made_is_removed_when_somebody_ends_it(bench: Bench, number: signal.Signals) -> None:
    heard: list[Outcome] = []

    def end(outcome: Outcome) -> None:
        heard.append(outcome)
        if outcome.call.name == "a page below the page":
            os.kill(os.getpid(), number)

    outcomes, stuck, ended = whole_run(bench.run(), end)
    assert (stuck, ended) == ([], number.name)
    assert 10 < len(outcomes) == len(heard) < 40
    assert _titles(bench) == []


def test_what_a_killed_probe_left_is_removed_by_the_next_one_and_nothing_else(bench: Bench) -> None:
    ours = ("workwright-probe-notes", "About workwright-probe-0a1b2c3d", "workwright-probe-0a1b2c3def")
    for title in ours:
        _page(bench, title)
    killed = bench.run()
    for outcome in killed.outcomes():
        if outcome.call.name == "a page below the page":
            break
    assert len(_titles(bench)) == 1 + len(ours)
    run = bench.run()
    assert run.clean() == []
    assert _titles(bench) == list(ours)


def test_a_page_that_is_not_shared_is_told_before_anything_is_made(bench: Bench) -> None:
    from shared.core.errors import Rejected

    elsewhere = "0" * 32
    run = bench.run()
    run.kept.update(bench.probe.read_place(elsewhere).kept)
    with pytest.raises(Rejected, match="share it with the connection"):
        whole_run(run, lambda outcome: None)


def test_too_many_calls_are_waited_for_and_looked_at(bench: Bench) -> None:
    order = {"method": "GET", "path": "/v1/users/me", "status": 429, "headers": {"Retry-After": "7"}}
    requests.post(f"{bench.url}/_faults", json=order, timeout=10)
    run = bench.run()
    first = next(run.outcomes())
    assert (first.result, run.of_limits) == ("same", [])
    assert 7.0 in run._asker.slept  # type: ignore[attr-defined]

    requests.post(f"{bench.url}/_faults", json={**order, "body": {"error": "slow down"}}, timeout=10)
    run = bench.run()
    next(run.outcomes())
    assert {each.where for each in run.of_limits} >= {"object", "code", "error"}


CANARIES = ("ada.canary@example.test", "Canarina", "ntn_" + "c4n4ry" * 6, "canary 7")


def _with_canaries(value: Any, number: int = 0) -> Any:
    """Return an answer in which every text says something of a person's, under names of fields as well."""
    if isinstance(value, dict):
        told = {name: _with_canaries(inner, index) for index, (name, inner) in enumerate(value.items())}
        return {**told, CANARIES[number % 2 * 3]: "x", "surplus": {CANARIES[0]: CANARIES[1]}}
    if isinstance(value, list):
        return [*(_with_canaries(each, index) for index, each in enumerate(value)), CANARIES[number % 4]]
    return CANARIES[number % 4] if isinstance(value, str) else value


def test_no_secret_and_nothing_of_a_person_is_in_the_report(bench: Bench) -> None:
    def spoilt(asked: Ask, answer: Answer) -> Answer:
        spoil = asked.method == "GET" and "children" not in asked.path
        return changed(answer, _with_canaries(answer.body)) if spoil else answer

    run = bench.run(spoilt)
    outcomes, _, _ = whole_run(run, lambda outcome: None)
    text = json.dumps(report_of(bench.probe, outcomes, run.of_limits, ""), ensure_ascii=False)
    assert text.count('"differs"') > 20
    private = [*CANARIES, "anary", bench.token.reveal(), bench.place["place"], bench.place["place_bare"], bench.url]
    private += [str(value) for name, value in run.kept.items() if name != "mark" and len(str(value)) > 8]
    assert [each for each in private if each in text] == []


def test_a_mark_is_never_the_same_twice() -> None:
    assert len({new_mark() for _ in range(100)}) == 100
