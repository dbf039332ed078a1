"""notion-webhook over HTTP: who may speak to it, what it takes, and what it puts on the queue."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from shared.app.intake.accept_delivery import MAX_BYTES, TOKEN, arm_handshake
from shared.app.intake.debounce import finish_look, take_gathered
from shared.core.run.commands import command_from_data
from shared.integrations.notion.webhook_events import TYPES
from shared.ports import SYSTEM, Put, Secret
from tests.support.desks.notion_deliveries import list_queued, make_event, post_raw, send_signed
from tests.support.rigs.house import Neighbourhood
from tests.support.simulators.world import sign

pytestmark = pytest.mark.xdist_group("notion_webhook")

# Notion's documentation of webhooks: this token signs this body with this signature.
VECTOR_TOKEN = "test-verification-token"
VECTOR_BODY = b'{"id":"evt-1","type":"page.created"}'
VECTOR = "sha256=9abc11387c409b0896ba6351866c9e544ad430f3d00f32abadd63291bd46d55e"


def test_the_published_vector_holds_and_one_changed_byte_does_not(house: Neighbourhood, key: str) -> None:
    house.house.wired.deps.secrets.set(TOKEN, Secret(VECTOR_TOKEN))
    accepted = post_raw(house, VECTOR_BODY, VECTOR)
    assert accepted.status_code == 400  # genuine, and then found to have no timestamp
    assert "timestamp" in accepted.json()["detail"]
    for raw, signature in (
        (VECTOR_BODY + b" ", VECTOR),
        (json.dumps(json.loads(VECTOR_BODY)).encode(), VECTOR),  # the same JSON, written again
        (VECTOR_BODY, VECTOR.upper()),
        (VECTOR_BODY, VECTOR.removeprefix("sha256=")),
        (VECTOR_BODY, ""),
        (VECTOR_BODY, "sha256=\u00e9"),
        (VECTOR_BODY, None),
    ):
        refused = post_raw(house, raw, signature.encode().decode("latin-1") if signature else signature)
        assert refused.status_code == 401, (raw, signature)
        assert refused.headers["Content-Type"] == "application/problem+json"
        assert refused.json()["type"] == "urn:workwright:bad_signature"


def test_a_genuine_delivery_becomes_one_command_however_often_it_comes(
    house: Neighbourhood, key: str, page: str
) -> None:
    event = make_event(house, page)
    for attempt in (1, 2, 3):
        answer = send_signed(house, key, {**event, "attempt_number": attempt})
        assert (answer.status_code, answer.json()) == (200, {"accepted": 1})
    (task,) = list_queued(house, page)
    assert (task["name"], task["function"], task["tenant"]) == ("look", "plan", house.home.tenant)
    assert set(task) <= {"id", "name", "function", "tenant", "wake", "ref", "not_before"}  # ids only, no page's content


def test_many_deliveries_about_one_page_are_one_look_and_a_repeated_one_after_it_is_none(
    house: Neighbourhood, key: str, page: str
) -> None:
    """The look takes away what it saw, and only that."""
    deps = house.house.wired.deps
    events = [make_event(house, page, kind=kind) for kind in ("page.created", "page.content_updated", "page.locked")]
    for event in events * 2:
        assert send_signed(house, key, event).json() == {"accepted": 1}
    (task,) = list_queued(house, page)
    look = command_from_data(task)
    seen = take_gathered(deps, look)
    assert seen is not None
    assert [each.id for each in seen.happenings] == [event["id"] for event in events]
    late = make_event(
        house, page, kind="page.unlocked"
    )  # comes while somebody looks: it must not be taken away with them
    assert send_signed(house, key, late).json() == {"accepted": 1}
    assert [each["id"] for each in list_queued(house, page)] == [look.id]
    finish_look(deps, look, seen)
    (_, again) = sorted(list_queued(house, page), key=lambda each: int(each["wake"]))
    rest = take_gathered(deps, command_from_data(again))
    assert rest is not None
    assert [each.id for each in rest.happenings] == [late["id"]]
    finish_look(deps, look, seen)  # the same look once more
    finish_look(deps, command_from_data(again), rest)
    for event in [*events, late]:  # Notion repeats what it has delivered already
        assert send_signed(house, key, event).json() == {"accepted": 1}
    assert len(list_queued(house, page)) == 2
    assert take_gathered(deps, command_from_data(again)) is None


def test_a_look_that_was_lost_is_ordered_again(house: Neighbourhood, key: str, page: str) -> None:
    deps = house.house.wired.deps
    send_signed(house, key, make_event(house, page))
    assert len(list_queued(house, page)) == 1
    doc = deps.store.get(house.home.tenant, "looks", page)
    assert doc is not None
    long_ago = (datetime.now(UTC) - timedelta(minutes=16)).isoformat()
    deps.store.put(house.home.tenant, Put("looks", page, {**doc.body, "since": long_ago}))
    send_signed(house, key, make_event(house, page, kind="page.locked"))
    tasks = list_queued(house, page)
    assert len(tasks) == 2
    newest = take_gathered(deps, command_from_data(max(tasks, key=lambda each: int(each["wake"]))))
    assert newest is not None
    assert len(newest.happenings) == 2


def test_a_changed_schema_is_looked_at_by_those_who_did_not_change_it(
    house: Neighbourhood, key: str, page: str
) -> None:
    event = make_event(house, page, kind="data_source.schema_updated", entity={"id": page, "type": "data_source"})
    for _ in range(2):
        assert send_signed(house, key, event).json() == {"accepted": 1}
    (task,) = list_queued(house, page)
    assert (task["name"], task["function"], task["topic"]) == ("consider", "plan", "schema")
    ours = {**event, "id": str(uuid.uuid4()), "authors": [{"id": house.bot, "type": "bot"}]}
    assert send_signed(house, key, ours).json() == {"ignored": "data_source.schema_updated"}
    assert len(list_queued(house, page)) == 1


@pytest.mark.parametrize("kind", sorted(TYPES | {"meeting.began", "page.dreamt_of"}))
def test_every_type_that_exists_or_may_come_is_answered_with_200(
    house: Neighbourhood, key: str, page: str, kind: str
) -> None:
    event = make_event(house, page, kind=kind, entity={"id": page, "type": kind.split(".")[0]}, data={"page_id": page})
    assert send_signed(house, key, event).status_code == 200


def test_one_delivery_reaches_every_tenant_it_names_and_never_another_workspace(
    house: Neighbourhood, key: str, page: str
) -> None:
    store, event = house.house.wired.deps.store, make_event(house, page)
    ours = event["workspace_id"]
    store.put(SYSTEM, Put("bots", "b-second", {"tenant": "t-second", "workspace": ours}))
    store.put(SYSTEM, Put("bots", "b-abroad", {"tenant": "t-abroad", "workspace": "w-abroad"}))
    named = [{"id": bot, "type": "bot"} for bot in (house.bot, "b-second", "b-abroad", "b-unknown")]
    assert send_signed(house, key, {**event, "accessible_by": named}).json() == {"accepted": 2}
    assert {task["tenant"] for task in list_queued(house, page)} == {house.home.tenant, "t-second"}


@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        pytest.param({"kind": "page.dreamt_of"}, {"accepted": 1}, id="an event of pages we do not know by name"),
        pytest.param({"kind": "view.created"}, {"ignored": "view.created"}, id="a type we do not know"),
        pytest.param({"kind": "data_source.content_updated"}, {"ignored": "data_source.content_updated"}, id="no page"),
        pytest.param({"kind": "page.deleted"}, {"ignored": "page.deleted"}, id="a deleted page"),
        pytest.param({"surprise": {"deep": [1]}}, {"accepted": 1}, id="fields we do not know"),
        pytest.param({"accessible_by": [{"id": "b-x", "type": "bot"}]}, {"accepted": 0}, id="a bot of nobody here"),
        pytest.param({"workspace_id": "w-x", "accessible_by": []}, {"accepted": 0}, id="a workspace of nobody here"),
        pytest.param({"workspace_id": "w-x"}, {"accepted": 0}, id="our bot in a workspace that is not its own"),
        pytest.param({"accessible_by": "everybody"}, {"accepted": 1}, id="no list: the workspace tells"),
    ],
)
def test_what_is_genuine_is_answered_with_200(
    house: Neighbourhood, key: str, page: str, fields: dict[str, Any], answer: dict[str, Any]
) -> None:
    before = len(list_queued(house, page))
    got = send_signed(house, key, make_event(house, page, **fields))
    assert (got.status_code, got.json()) == (200, answer)
    assert len(list_queued(house, page)) == before + answer.get("accepted", 0)


def test_a_comment_is_about_its_page(house: Neighbourhood, key: str, page: str) -> None:
    before = len(list_queued(house, page))
    event = make_event(
        house, page, kind="comment.created", entity={"id": "c-1", "type": "comment"}, data={"page_id": page}
    )
    assert send_signed(house, key, event).json() == {"accepted": 1}
    assert len(list_queued(house, page)) == before + 1


@pytest.mark.parametrize(
    ("others", "accepted"),
    [
        pytest.param([], 0, id="our bot alone"),
        pytest.param([{"id": "b-other", "type": "bot"}], 1, id="with another bot"),
        pytest.param([{"id": "p-1", "type": "person"}], 1, id="with a person"),
        pytest.param([{"id": "a-1", "type": "agent"}], 1, id="with an agent"),
    ],
)
def test_what_our_own_bot_did_alone_is_no_news(
    house: Neighbourhood, key: str, page: str, others: list[dict[str, str]], accepted: int
) -> None:
    event = make_event(house, page, authors=[{"id": house.bot, "type": "bot"}, *others])
    assert send_signed(house, key, event).json() == {"accepted": accepted}


@pytest.mark.parametrize(
    ("at", "status"),
    [
        pytest.param(timedelta(hours=-25), 200, id="the last attempt of a day-old event"),
        pytest.param(timedelta(hours=-27), 401, id="older than that"),
        pytest.param(timedelta(hours=27), 401, id="from the future"),
    ],
)
def test_old_deliveries_are_refused(house: Neighbourhood, key: str, page: str, at: timedelta, status: int) -> None:
    event = make_event(house, page, timestamp=(datetime.now(UTC) + at).isoformat())
    assert send_signed(house, key, event).status_code == status


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"id": 3}', b"[" * 100_000, b'{"id":"a","type":"b","timestamp":"now"}'],
)
def test_what_is_signed_but_cannot_be_read_is_400(house: Neighbourhood, key: str, raw: bytes) -> None:
    answer = post_raw(house, raw, sign(raw, key))
    assert answer.status_code == 400
    assert answer.json()["type"] == "urn:workwright:malformed_request"


def test_a_handshake_counts_only_when_somebody_has_armed_it_and_then_once(house: Neighbourhood, key: str) -> None:
    secrets, deps = house.house.wired.deps.secrets, house.house.wired.deps
    raw = b'{"verification_token": "' + b"secret_" + b'a1b2"}'
    refused = post_raw(house, raw, None)
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:workwright:forbidden")
    assert refused.json()["way_out"]
    assert secrets.get(TOKEN).reveal() == key
    arm_handshake(deps, minutes=-1)
    assert post_raw(house, raw, None).status_code == 403  # armed too long ago
    arm_handshake(deps)
    assert post_raw(house, raw, None).json() == {"handshake": "accepted"}
    assert secrets.get(TOKEN).reveal() == "secret_" + "a1b2"
    assert post_raw(house, raw.replace(b"a1b2", b"evil"), None).status_code == 403
    assert secrets.get(TOKEN).reveal() == "secret_" + "a1b2"


def test_while_the_token_is_rotated_both_verify_and_after_a_day_only_the_new_one(
    house: Neighbourhood, key: str, page: str
) -> None:
    deps = house.house.wired.deps
    new = "secret_" + "rotated"
    under_way = make_event(house, page)  # signed with the old token, and not acknowledged yet
    arm_handshake(deps)
    assert post_raw(house, json.dumps({"verification_token": new}).encode(), None).json() == {"handshake": "accepted"}
    for token in (key, new):
        assert send_signed(house, token, {**under_way, "id": str(uuid.uuid4())}).status_code == 200
    forged = json.dumps(under_way).encode()
    assert post_raw(house, forged + b" ", sign(forged, key)).status_code == 401
    assert send_signed(house, "secret_" + "guessed", under_way).status_code == 401
    doc = deps.store.get(SYSTEM, "webhook", "notion")
    assert doc is not None
    ends = datetime.fromisoformat(doc.body["before_until"])
    assert timedelta(hours=24) <= ends - datetime.now(UTC) <= timedelta(hours=26)  # Notion repeats for about a day
    over = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    deps.store.put(SYSTEM, Put("webhook", "notion", {**doc.body, "before_until": over}))
    assert send_signed(house, key, under_way).status_code == 401
    assert send_signed(house, new, under_way).status_code == 200


def test_a_body_that_is_too_large_is_refused(house: Neighbourhood, key: str) -> None:
    raw = b'{"id": "' + b"x" * MAX_BYTES + b'"}'
    answer = post_raw(house, raw, sign(raw, key))
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:workwright:too_large")


def test_a_body_of_no_announced_length_is_read_no_further_than_the_limit(house: Neighbourhood) -> None:
    parts = (b"x" * 65_536 for _ in range(2 * MAX_BYTES // 65_536))
    url = house.house.functions["notion-webhook"]
    try:
        answer = requests.post(url, data=parts, headers={"X-Notion-Signature": "sha256=0"}, timeout=10)
    except requests.ConnectionError:
        return  # it hung up on us, which is a refusal too
    assert answer.status_code == 413
