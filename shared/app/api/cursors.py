"""Cursors: a place in a list, which leads only to the next page of the very list that gave it.

A cursor is signed for the list, the team and what was asked for: one of another team, or made by hand, is refused.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from shared.app.api.exchange import Call
from shared.app.api.json_shapes import Schema, text
from shared.app.api.keys import PEPPER
from shared.app.tenants.operator_secrets import valid
from shared.core.errors import NotThere
from shared.ports import Secret

_MAC = 16  # bytes of a cursor before its place
CURSOR: Schema = text(
    "^[A-Za-z0-9_-]{1,700}$", what="`next_cursor` of the page before, asked for with the same filters."
)
NEXT_CURSOR: Schema = {
    "type": ["string", "null"],
    "description": "Give it as `cursor`, with the same filters, to get the next page; null at the end.",
}


def seal_place(call: Call, which: str, place: str, asked: Mapping[str, Any]) -> str:
    """Return the cursor of a place in the list `which`: of this team, and of what is asked for now, alone."""
    mac = _sign(next(valid(call.deps, PEPPER)), call, [which, place], asked)
    return base64.urlsafe_b64encode(mac + place.encode()).rstrip(b"=").decode("ascii")


def open_place(call: Call, which: str, cursor: str, asked: Mapping[str, Any]) -> str:
    """Return the place that a cursor names; raises NotThere for one that this very list has not given."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        given, place = raw[:_MAC], raw[_MAC:].decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        given, place = b"", ""
    signs = (_sign(pepper, call, [which, place], asked) for pepper in valid(call.deps, PEPPER))
    if not any(hmac.compare_digest(each, given) for each in signs):
        way_out = "Give `next_cursor` of a page that was asked for with the same filters, or begin without one."
        raise NotThere("query parameter 'cursor' is none that this list has given", way_out=way_out)
    return place


def _sign(pepper: Secret, call: Call, about: list[str], asked: Mapping[str, Any]) -> bytes:
    which, place = about
    signed = json.dumps([f"{which} cursor", call.tenant, asked, place], sort_keys=True).encode()
    return hmac.new(pepper.reveal().encode(), signed, hashlib.sha256).digest()[:_MAC]
