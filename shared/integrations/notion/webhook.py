"""Notion's webhooks: is it Notion, and what does it say? The payload holds ids only; everything is re-read."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.core.errors import BadSignature, MalformedRequest
from shared.integrations.notion.webhook_events import Event, Unknown, Who, mapping, read_event, read_parent, text
from shared.ports import Secret


@dataclass(frozen=True, slots=True)
class Delivery:
    """One webhook message. It may come twice, late, merged with others or out of order."""

    id: str
    type: str
    at: str
    workspace_id: str
    entity_id: str
    entity_type: str
    authors: tuple[Who, ...] = ()
    accessible_by: tuple[Who, ...] = ()
    data_source_id: str = ""
    page_id: str = ""  # of a comment
    event: Event = field(default_factory=Unknown)

    @property
    def family(self) -> str:
        """Return what the event is about by its type's first word: page, comment, data_source, …"""
        return self.type.partition(".")[0]

    @property
    def bots(self) -> tuple[str, ...]:
        """Return the bots that may see the entity: each is a tenant's."""
        return tuple(bot for bot, kind in self.accessible_by if kind == "bot")


def verify_signature(raw: bytes, header: str, *tokens: Secret) -> None:
    """Check the signature of the raw body against any of the tokens; raises BadSignature.

    Every token is tried, whichever fits, so that the time it takes tells nothing.
    """
    given = header.encode("utf-8", "replace")
    fits = [hmac.compare_digest(_signature(raw, token), given) for token in tokens if token]
    if not any(fits):
        raise BadSignature("the signature does not match")


def _signature(raw: bytes, token: Secret) -> bytes:
    return b"sha256=" + hmac.new(token.reveal().encode(), raw, hashlib.sha256).hexdigest().encode()


def parse_delivery(raw: bytes) -> Delivery:
    """Return the delivery; types we do not know are kept by name. Raises MalformedRequest."""
    body = _object(raw)
    entity, data = mapping(body.get("entity")), mapping(body.get("data"))
    kind = text(body, "type")
    delivery = Delivery(
        id=text(body, "id"),
        type=kind,
        at=text(body, "timestamp"),
        workspace_id=text(body, "workspace_id"),
        entity_id=text(entity, "id"),
        entity_type=text(entity, "type"),
        authors=_people(body.get("authors")),
        accessible_by=_people(body.get("accessible_by")),
        data_source_id=read_parent(data).data_source,
        page_id=text(data, "page_id"),
        event=read_event(kind, data),
    )
    if not (delivery.id and delivery.type):
        raise MalformedRequest("the delivery has no id or no type")
    return delivery


def verification_token_of(raw: bytes) -> str | None:
    """Return the token of a handshake, or None when the message is something else. The handshake is not signed."""
    try:
        token = _object(raw).get("verification_token")
    except MalformedRequest:
        return None
    return token if isinstance(token, str) and token else None


def _object(raw: bytes) -> Mapping[str, Any]:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise MalformedRequest("the body is not JSON") from None
    if not isinstance(body, dict):
        raise MalformedRequest("the body is not a JSON object")
    return body


def _people(value: Any) -> tuple[Who, ...]:
    listed = value if isinstance(value, list) else []
    return tuple((text(each, "id"), text(each, "type")) for each in listed if isinstance(each, dict))
