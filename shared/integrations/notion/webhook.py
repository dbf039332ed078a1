"""Notion's webhooks: is it Notion, and what does it say? The payload holds ids only; everything is re-read."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.core.errors import BadSignature, MalformedRequest
from shared.ports import Secret

Who = tuple[str, str]
"""An id and what kind of being it names: person, bot, agent."""


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
    integration_id: str = ""
    subscription_id: str = ""
    parent_id: str = ""
    parent_type: str = ""
    data_source_id: str = ""
    page_id: str = ""  # of a comment
    attempt: int = 1

    @property
    def bots(self) -> tuple[str, ...]:
        """Return the bots that may see the entity: each is a tenant's."""
        return tuple(bot for bot, kind in self.accessible_by if kind == "bot")


def verify_signature(raw: bytes, header: str, token: Secret) -> None:
    """Check the signature of the raw body; raises BadSignature."""
    wanted = "sha256=" + hmac.new(token.reveal().encode(), raw, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(wanted.encode(), header.encode("utf-8", "replace")) or not token:
        raise BadSignature("the signature does not match")


def parse_delivery(raw: bytes) -> Delivery:
    """Return the delivery; types we do not know are kept by name. Raises MalformedRequest."""
    body = _object(raw)
    entity, data = _mapping(body.get("entity")), _mapping(body.get("data"))
    parent = _mapping(data.get("parent"))
    attempt = body.get("attempt_number")
    delivery = Delivery(
        id=_text(body, "id"),
        type=_text(body, "type"),
        at=_text(body, "timestamp"),
        workspace_id=_text(body, "workspace_id"),
        entity_id=_text(entity, "id"),
        entity_type=_text(entity, "type"),
        authors=_people(body.get("authors")),
        accessible_by=_people(body.get("accessible_by")),
        integration_id=_text(body, "integration_id"),
        subscription_id=_text(body, "subscription_id"),
        parent_id=_text(parent, "id"),
        parent_type=_text(parent, "type"),
        data_source_id=_text(parent, "data_source_id"),
        page_id=_text(data, "page_id"),
        attempt=attempt if isinstance(attempt, int) else 1,
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


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    return value if isinstance(value, str) else ""


def _people(value: Any) -> tuple[Who, ...]:
    listed = value if isinstance(value, list) else []
    return tuple((_text(each, "id"), _text(each, "type")) for each in listed if isinstance(each, dict))
