"""Deliveries are believed by their signature alone, and read tolerantly."""

import json

import pytest

from shared.core.errors import BadSignature, MalformedRequest
from shared.integrations.notion.webhook import parse_delivery, verification_token_of, verify_signature
from shared.ports import Secret

KEY = Secret("test-verification-" + "token")
BODY = b'{"id":"evt-1","type":"page.created"}'
SIGNATURE = "sha256=9abc11387c409b0896ba6351866c9e544ad430f3d00f32abadd63291bd46d55e"  # a published vector


def test_the_published_signature_holds_and_nothing_else() -> None:
    verify_signature(BODY, SIGNATURE, KEY)
    for raw, header, key in (
        (b'{"id": "evt-1","type":"page.created"}', SIGNATURE, KEY),
        (BODY, SIGNATURE.upper(), KEY),
        (BODY, SIGNATURE.removeprefix("sha256="), KEY),
        (BODY, "", KEY),
        (BODY, "sha256=ż", KEY),
        (BODY, SIGNATURE, Secret("other")),
        (BODY, SIGNATURE, Secret("")),
    ):
        with pytest.raises(BadSignature):
            verify_signature(raw, header, key)


def test_a_delivery_is_read_tolerantly() -> None:
    delivery = parse_delivery(
        json.dumps(
            {
                "id": "d1", "timestamp": "2026-11-20T10:15:30.123Z", "workspace_id": "w", "type": "page.something_new",
                "integration_id": "i", "subscription_id": "s", "attempt_number": 3,
                "authors": [{"id": "p", "type": "person"}],
                "accessible_by": [{"id": "p", "type": "person"}, {"id": "b", "type": "bot"}],
                "entity": {"id": "e", "type": "page"},
                "data": {"parent": {"id": "db", "type": "database", "data_source_id": "ds"}, "more": [1]},
            }
        ).encode()
    )  # fmt: skip
    assert (delivery.id, delivery.type, delivery.entity_id) == ("d1", "page.something_new", "e")
    assert (delivery.bots, delivery.authors) == (("b",), (("p", "person"),))
    assert delivery.data_source_id == "ds"
    for raw in (b"", b"[]", b"{}", b"\xff", b"[" * 100_000):
        with pytest.raises(MalformedRequest):
            parse_delivery(raw)


def test_a_handshake_is_told_from_a_delivery() -> None:
    assert verification_token_of(b'{"verification_token":"abc"}') == "abc"
    assert verification_token_of(BODY) is None
    assert verification_token_of(b"nonsense") is None
