"""Every type of webhook event, as the published description says it, comes out as the model of its family."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.core.errors import BadSignature
from shared.integrations.notion.webhook import parse_delivery, verify_signature
from shared.integrations.notion.webhook_events import (
    TYPES,
    CommentEvent,
    PageEvent,
    Parent,
    PropertyChange,
    TableEvent,
    TranscriptEvent,
    Unknown,
    UploadEvent,
    ViewEvent,
)
from shared.ports import Secret
from tests.support.descriptions.notion_events import description, payload_of, webhooks_of
from tests.support.parts import require

Json = dict[str, Any]
PARENT = {"id": "p-1", "type": "database", "data_source_id": "ds-1"}
READ = Parent("p-1", "database", "ds-1")
BLOCKS = [{"id": "b-1", "type": "block"}, {"id": "b-2", "type": "page"}]
FAILED = {
    "type": "error",
    "imported_time": "2026-11-20T10:15:30.123Z",
    "error": {
        "type": "download_error", "code": "x", "message": "not found", "parameter": None, "status_code": 404,
    },
}  # fmt: skip
RESULT = {"type": "success", "imported_time": "2026-11-20T10:15:30.123Z", "success": {}}
CHANGES = [{"id": "a%3Ab", "name": "Due", "action": "deleted"}, {"id": "c", "name": None, "action": "created"}]
READ_CHANGES = (PropertyChange("a%3Ab", "Due", "deleted"), PropertyChange("c", "", "created"))

# Copied by hand from Notion's list of events: type, what `data` has, and what has to be read from it.
TABLE: list[tuple[str, Json | None, Any]] = [
    *((f"page.{what}", {"parent": PARENT}, PageEvent(READ)) for what in (
        "created", "deleted", "undeleted", "moved", "locked", "unlocked",
    )),
    ("page.content_updated", {"parent": PARENT, "updated_blocks": BLOCKS},
     PageEvent(READ, (("b-1", "block"), ("b-2", "page")))),
    ("page.properties_updated", {"parent": PARENT, "updated_properties": ["title", "a%3Ab"]},
     PageEvent(READ, (), ("title", "a%3Ab"))),
    ("page.transcription_block.transcript_deleted", {"target": BLOCKS[0], "transcript_id": "t-1"},
     TranscriptEvent(("b-1", "block"), "t-1")),
    *((f"{family}.{what}", {"parent": PARENT}, TableEvent(READ))
      for family in ("database", "data_source") for what in ("created", "deleted", "undeleted", "moved")),
    *((f"{family}.content_updated", {"parent": PARENT, "updated_blocks": BLOCKS},
       TableEvent(READ, (("b-1", "block"), ("b-2", "page")))) for family in ("database", "data_source")),
    *((f"{family}.schema_updated", {"parent": PARENT, "updated_properties": CHANGES},
       TableEvent(READ, (), READ_CHANGES)) for family in ("database", "data_source")),
    *((f"comment.{what}", {"parent": PARENT, "page_id": "page-1"}, CommentEvent(READ, "page-1"))
      for what in ("created", "updated", "deleted")),
    ("view.created", {"parent": PARENT, "view_type": "board"}, ViewEvent(READ, "board")),
    ("view.updated", {"parent": PARENT, "updated_fields": ["name", "sorts"]}, ViewEvent(READ, "", ("name", "sorts"))),
    ("view.deleted", {"parent": PARENT}, ViewEvent(READ)),
    *((f"file_upload.{what}", None, UploadEvent()) for what in ("created", "completed", "expired")),
    ("file_upload.upload_failed", {"file_import_result": FAILED}, UploadEvent("error", "download_error: not found")),
    ("file_upload.upload_failed", {"file_import_result": RESULT}, UploadEvent("success")),
]  # fmt: skip


def _delivery(kind: str, data: Json | None) -> bytes:
    body = {"id": "d-1", "type": kind, "timestamp": "2026-11-20T10:15:30.123Z", "entity": {"id": "e-1", "type": "x"}}
    return json.dumps(body if data is None else {**body, "data": data}).encode()


@pytest.mark.parametrize(("kind", "data", "event"), TABLE, ids=[f"{n} {row[0]}" for n, row in enumerate(TABLE)])
def test_each_type_is_read_into_its_family(kind: str, data: Json | None, event: Any) -> None:
    delivery = parse_delivery(_delivery(kind, data))
    assert (delivery.type, delivery.family, delivery.event) == (kind, kind.split(".")[0], event)


def test_the_table_has_every_type_we_know() -> None:
    assert {kind for kind, _, _ in TABLE} == TYPES
    assert len(TYPES) == 31


@pytest.mark.parametrize("data", [None, {}, {"parent": 3, "updated_blocks": "x", "updated_properties": [7, {}, None]}])
@pytest.mark.parametrize("kind", sorted({kind for kind, _, _ in TABLE}))
def test_odd_fields_are_read_as_empty(kind: str, data: Json | None) -> None:
    event = parse_delivery(_delivery(kind, data)).event
    assert not isinstance(event, Unknown)
    assert getattr(event, "blocks", ()) == ()


def test_a_type_we_do_not_know_is_kept_as_it_came() -> None:
    delivery = parse_delivery(_delivery("page.dreamt_of", {"parent": PARENT, "dream": {"deep": [1]}}))
    assert delivery.event == Unknown({"parent": PARENT, "dream": {"deep": [1]}})
    assert delivery.data_source_id == "ds-1"


def test_a_payload_of_each_published_type_is_read_whole() -> None:
    require("notion-description")
    spec = description()
    seen = set()
    for name in webhooks_of(spec):
        body = payload_of(spec, name)
        delivery = parse_delivery(json.dumps(body).encode())
        seen.add(delivery.type)
        assert not isinstance(delivery.event, Unknown), name
        assert (delivery.id, delivery.workspace_id) == (body["id"], body["workspace_id"])
        assert (delivery.entity_id, delivery.entity_type) == (body["entity"]["id"], body["entity"]["type"])
        assert delivery.authors == tuple((each["id"], each["type"]) for each in body["authors"])
        data = body.get("data", {})
        assert delivery.data_source_id == data.get("parent", {}).get("data_source_id", "")
        event = delivery.event
        if isinstance(event, PageEvent | TableEvent):
            assert event.blocks == tuple((each["id"], each["type"]) for each in data.get("updated_blocks", ()))
        if isinstance(event, PageEvent):
            assert event.properties == tuple(data.get("updated_properties", ()))
        if isinstance(event, TableEvent):
            assert [change.id for change in event.columns] == [c["id"] for c in data.get("updated_properties", ())]
        if isinstance(event, CommentEvent):
            assert event.page == data["page_id"]
        if isinstance(event, ViewEvent):
            assert event.fields == tuple(data.get("updated_fields", ()))
    assert seen == TYPES


# Notion's documentation of webhooks: this token signs this body with this signature.
VECTOR = (b'{"id":"evt-1","type":"page.created"}', "9abc11387c409b0896ba6351866c9e544ad430f3d00f32abadd63291bd46d55e")


def test_any_of_several_tokens_verifies_and_none_verifies_nothing() -> None:
    raw, digest = VECTOR
    right, wrong = Secret("test-verification-token"), Secret("another-token")
    verify_signature(raw, f"sha256={digest}", wrong, right)
    verify_signature(raw, f"sha256={digest}", right)
    for tokens in ((wrong,), (), (Secret(""),)):
        with pytest.raises(BadSignature):
            verify_signature(raw, f"sha256={digest}", *tokens)
