"""A page for who is signed in does what a route of the API does for a key: the same roles, checks and audit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shared.app.api.audited import handle
from shared.app.api.exchange import Call, Caller
from shared.app.api.json_shapes import Schema, read_fields, shape
from shared.app.api.route import PERMISSIONS, Handler, Route
from shared.app.people.sessions import SignedIn
from shared.core.errors import Forbidden

_NOTHING = shape()


def may(who: SignedIn, permission: str) -> bool:
    """Say whether the role of who is signed in has a permission."""
    roles = PERMISSIONS[permission]
    return roles is not None and who.member.role in roles


def call_as(
    call: Call,
    who: SignedIn,
    permission: str,
    handler: Handler,
    body: Mapping[str, Any] | None = None,
    *,
    parts: Mapping[str, str] | None = None,
    takes: Schema = _NOTHING,
) -> Mapping[str, Any]:
    """Return what the handler of a route answers to who is signed in; raises Forbidden, and what it raises."""
    if not may(who, permission):
        raise Forbidden(f"as {who.member.role} you may not do this", way_out="Ask an owner or admin of your team.")
    caller = Caller(who.tenant, who.member.role, "", who.member.name, who.session.person)
    asked = replace(call, caller=caller, parts=parts or {}, query={}, body=read_fields(body or {}, takes))
    return handle(Route("", "", permission, handler, "", ""), asked).body or {}
