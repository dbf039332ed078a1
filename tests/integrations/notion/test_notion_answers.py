"""Answers of another shape than promised: each becomes one of our errors, or is read all the same; nothing else.

The answers are the simulator's own, recorded once; each example bends one value in one of them.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.core.errors import IntegrationError, OutcomeUnknown, Rejected, Unavailable
from shared.core.page import Span
from shared.http_client import HttpClient
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.content import blocks
from shared.local.simulators._server import serve
from shared.local.simulators.notion.simulator import NotionSimulator
from shared.ports import Secret
from tests.support.servers.http_loopback import Handler, HttpServer
from tests.support.simulators.notion_calls import READS, WRITES, Json, Room

pytestmark = pytest.mark.slow
Told = tuple[int, bytes]

DROP = object()
WRONG: tuple[Any, ...] = (DROP, None, 5, True, "text", [], {}, [5], {"x": 5}, [[]], [{}], "2026-03-11T10:00:00.000Z")
CALLS = READS | WRITES


def _everything() -> list[Json]:
    text = [
        Span("bold", bold=True, color="red"),
        Span("there", href="https://example.com"),
        Span("@", mention={"type": "date", "date": {"start": "2026-11-02"}}),
        Span("x^2", equation=True),
    ]
    return [
        blocks.paragraph(text), blocks.heading(2, "H"), blocks.to_do(text, True), blocks.callout("c"),
        blocks.code("x", "python", "caption"), blocks.equation("x"), blocks.bookmark("https://example.com", text),
        blocks.image("https://example.com/a.png", "caption"), blocks.table([["a", text], ["b", "c"]]),
        blocks.columns([[blocks.paragraph("l")], [blocks.paragraph("r")]]),
        blocks.synced_block([blocks.paragraph("s")]),
        blocks.toggle("t", [blocks.bulleted_list_item("i", [blocks.numbered_list_item("j")])]),
    ]  # fmt: skip


@dataclass
class Tape:
    """What the simulator said to each call; and what is said now instead."""

    room: Room
    said: dict[str, list[tuple[int, Any]]] = field(default_factory=dict, repr=False)
    now: list[Told] = field(default_factory=list, repr=False)
    asked: int = 0


@pytest.fixture(scope="module")
def tape() -> Iterator[tuple[Tape, Notion]]:
    simulator = NotionSimulator()
    server = serve(simulator)
    requests.post(f"{simulator.base_url}/_config", json={"rate_limit": 0}, timeout=10)
    seeded = requests.post(f"{simulator.base_url}/_seed", json={"internal": True}, timeout=10).json()
    token = Secret(seeded["token"])
    tape = Tape(_furnished(Notion(HttpClient("notion", simulator.base_url, token)), seeded["home_page_id"]))
    recording: list[tuple[int, Any]] = []

    class Between(Handler):
        """Hands on to the simulator, or says what it was told."""

        def answer(self) -> None:
            body = self.body()
            if tape.now:
                status, raw = tape.now[min(tape.asked, len(tape.now) - 1)]
                tape.asked += 1
                self.reply(status, raw, {})
                return
            kept = {k: v for k, v in self.headers.items() if k in ("Authorization", "Notion-Version", "Content-Type")}
            url = simulator.base_url + self.path
            heard = requests.request(self.command, url, data=body, headers=kept, timeout=10)
            recording.append((heard.status_code, heard.json()))
            self.reply(heard.status_code, heard.content, {})

        do_GET = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815

    with HttpServer(Between) as between:
        notion = Notion(HttpClient("notion", between.url, token, timeouts=(2, 10)))
        for name, call in CALLS.items():
            recording.clear()
            call(notion, tape.room)
            tape.said[name] = list(recording)
        yield tape, notion
    server.shutdown()
    server.server_close()


def _furnished(notion: Notion, home: str) -> Room:
    room = Room(home)
    room.page = str(notion.create_page(page_id=home, children=_everything())["id"])
    people: Json = {"Who": {"people": {}}, "Done": {"checkbox": {}}, "When": {"date": {}}, "N": {"number": {}}}
    choice = {"Tags": {"multi_select": {"options": [{"name": "a"}]}}}
    room.database, room.source = notion.create_database(home, "Rows", {"Name": {"title": {}}, **people, **choice})
    long = {"title": [{"type": "text", "text": {"content": f"{n}"}} for n in range(30)]}
    values = {"Name": long, "Tags": {"multi_select": [{"name": "a"}]}, "When": {"date": {"start": "2026-11-02"}}}
    room.row = str(notion.create_page(data_source_id=room.source, properties=values)["id"])
    room.comment = notion.comment(room.page, "hello")
    room.user = str(notion.users()[0]["id"])
    return room


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in items:
        found += _places(each, (*path, key))
    return found


def _bent(body: Any, path: tuple[Any, ...], wrong: Any) -> Any:
    bent = copy.deepcopy(body)
    holder = bent
    for key in path[:-1]:
        holder = holder[key]
    if wrong is DROP:
        del holder[path[-1]]
    else:
        holder[path[-1]] = wrong
    return bent


def _tell(tape: Tape, name: str, index: int, bent: Any) -> None:
    said = list(tape.said[name])
    said[index] = (said[index][0], bent)
    tape.now, tape.asked = [(status, json.dumps(body).encode()) for status, body in said], 0


@settings(max_examples=500, deadline=None)
@given(st.sampled_from(sorted(CALLS)), st.integers(0, 9999), st.integers(0, 99_999), st.sampled_from(WRONG))
def test_whatever_one_value_of_an_answer_is_the_call_returns_or_raises_an_error_of_ours(
    tape: tuple[Tape, Notion], name: str, answer: int, place: int, wrong: Any
) -> None:
    told, notion = tape
    index = answer % len(told.said[name])
    body = told.said[name][index][1]
    places = _places(body)
    _tell(told, name, index, _bent(body, places[place % len(places)], wrong))
    try:
        CALLS[name](notion, told.room)
    except IntegrationError:
        return


def _envelopes(said: list[tuple[int, Any]]) -> Iterator[tuple[int, Json]]:
    for index, (_, body) in enumerate(said):
        if isinstance(body.get("results"), list):
            yield index, body


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("results", "text"), ("results", 5), ("results", {}), ("results", DROP), ("results", [5]), ("results", [{}]),
        ("results", [{"id": 5}]), ("has_more", DROP), ("has_more", "no"), ("next_cursor", {"a": 1}),
    ],
)  # fmt: skip
def test_a_list_that_is_none_is_never_taken_for_an_empty_or_a_whole_one(
    tape: tuple[Tape, Notion], field: str, wrong: Any
) -> None:
    told, notion = tape
    bent = 0
    for name in READS:
        for index, body in _envelopes(told.said[name]):
            said = _bent({"next_cursor": None, **body}, (field,), wrong)
            if field == "next_cursor":
                said["has_more"] = True
            _tell(told, name, index, said)
            with pytest.raises(Unavailable):
                READS[name](notion, told.room)
            bent += 1
    assert bent >= 10


SAVED = {"object": "error", "status": 503, "code": "service_unavailable", "message": "The change was stored."}
CANNOT_BE_READ = [(429, "rate_limited"), (529, "service_overload"), (401, "unauthorized"), (404, "object_not_found")]


@pytest.mark.parametrize(("status", "code"), CANNOT_BE_READ)
@pytest.mark.parametrize("name", ["create_small_page", "create_database", "comment"])
def test_what_was_saved_but_cannot_be_read_is_looked_for_and_not_written_again(
    tape: tuple[Tape, Notion], name: str, status: int, code: str
) -> None:
    """Any other error would say that nothing was written."""
    told, notion = tape
    saved = SAVED | {"additional_data": {"committed_resource_id": told.room.page}}
    refused = {"object": "error", "status": status, "code": code, "message": "no"}
    told.now, told.asked = [(503, json.dumps(saved).encode()), (status, json.dumps(refused).encode())], 0
    with pytest.raises(OutcomeUnknown, match="was saved"):
        WRITES[name](notion, told.room)
    assert told.asked == 2


@pytest.mark.parametrize(("status", "code"), CANNOT_BE_READ[:3])
def test_a_page_that_breaks_off_after_its_first_request_is_there(
    tape: tuple[Tape, Notion], status: int, code: str
) -> None:
    told, notion = tape
    refused = {"object": "error", "status": status, "code": code, "message": "no"}
    made = told.said["create_page"][0]
    for name, first in (("create_page", made), ("append_tree", told.said["append_tree"][0])):
        told.now, told.asked = [(200, json.dumps(first[1]).encode()), (status, json.dumps(refused).encode())], 0
        with pytest.raises(OutcomeUnknown, match="only partly written"):
            WRITES[name](notion, told.room)
        assert told.asked == 2


class Memory(dict[str, str]):
    """Keeps what is read."""

    def put(self, key: str, text: str) -> None:
        self[key] = text


def test_what_could_not_be_understood_is_not_kept_for_the_next_read(tape: tuple[Tape, Notion]) -> None:
    told, notion = tape
    tree = [json.dumps(body).encode() for _, body in told.said["read_page"][1:]]  # behind the page's own object
    first = json.loads(tree[0])
    kind = first["results"][0]["type"]
    bent = json.dumps(_bent(first, ("results", 0, kind, "rich_text"), 5)).encode()
    kept = Memory()
    told.now, told.asked = [(200, bent)], 0
    with pytest.raises(Unavailable):
        notion.read_tree(told.room.page, kept=kept, edited="2026-03-11T10:00:00.000Z")
    told.now, told.asked = [(200, each) for each in tree], 0
    assert notion.read_tree(told.room.page, kept=kept, edited="2026-03-11T10:00:00.000Z")
    assert len(kept) == len(tree)


def test_blocks_that_hold_themselves_are_not_followed_for_ever(tape: tuple[Tape, Notion]) -> None:
    told, notion = tape
    block = {"object": "block", "id": told.room.page, "type": "toggle", "has_children": True, "toggle": {}}
    circle = {"object": "list", "results": [block], "has_more": False, "next_cursor": None}
    told.now, told.asked = [(200, json.dumps(circle).encode())], 0
    with pytest.raises(Rejected, match="deep"):
        notion.read_tree(told.room.page)
    assert told.asked < 200


def test_an_object_without_an_id_is_none(tape: tuple[Tape, Notion]) -> None:
    told, notion = tape
    for name, error in (("block", Unavailable), ("comment", OutcomeUnknown)):
        for wrong in (DROP, None, 5, ""):
            _tell(told, name, 0, _bent(told.said[name][0][1], ("id",), wrong))
            with pytest.raises(error):
                CALLS[name](notion, told.room)
