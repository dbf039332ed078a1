"""Uploaded files where they are used: attached by id, read as signed addresses that expire."""

import hashlib
import hmac
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlsplit

from werkzeug.wrappers import Request, Response

from shared.local.simulators.notion.calls import Call
from shared.local.simulators.notion.content import uploads
from shared.local.simulators.notion.refusals import validation_error
from shared.local.simulators.notion.world import World

Json = dict[str, Any]

_KEY = b"the simulator's own signature of file addresses"
_CATEGORIES = ("audio", "image", "video")


def attach(call: Call, value: Any) -> None:
    """Check every upload named anywhere in checked content, then keep them for good."""
    found = [uploads.find(call, key) for key in _ids(value)]
    for upload in found:
        if upload["status"] != "uploaded":
            raise validation_error(
                f"File upload {upload['id']} is {upload['status']}; only an uploaded one can be attached."
            )
    for upload in found:
        upload["expiry_time"] = None


def _ids(value: Any) -> list[str]:
    if isinstance(value, list):
        return [key for item in value for key in _ids(item)]
    if not isinstance(value, dict):
        return []
    own = [value["file_upload"]["id"]] if value.get("type") == "file_upload" and "file_upload" in value else []
    return own + [key for inner in value.values() if isinstance(inner, dict | list) for key in _ids(inner)]


def read(world: World, value: Json | None) -> Json | None:
    """Return an icon, cover, medium or file as it reads: an upload shows as a signed address."""
    if value is not None and value.get("type") == "custom_emoji":
        return {"type": "custom_emoji", "custom_emoji": emoji(world, value["custom_emoji"]["id"])}
    if value is None or value.get("type") != "file_upload":
        return value
    rest = {key: part for key, part in value.items() if key not in ("type", "file_upload")}
    return {"type": "file", "file": sign_url(world, value["file_upload"]["id"]), **rest}


def render_named(world: World, value: Json) -> Json:
    """Return a file of a property as it reads: an upload written without a name shows that of its file."""
    name = {"name": world.file_name(value)} if value["type"] == "file_upload" else {}
    return {**name, **(read(world, value) or {})}


def emoji(world: World, emoji_id: str) -> Json:
    """Return a custom emoji in full."""
    names = {"name": "custom_emoji", "url": "custom_emoji address"}
    return {"id": emoji_id, **{key: world.name_of(kind, emoji_id) for key, kind in names.items()}}


def sign_url(world: World, upload_id: str) -> Json:
    """Return `{url, expiry_time}` of an uploaded file."""
    until = world.simulator.now() + timedelta(seconds=float(world.state["config"]["signed_url_s"]))
    name = quote(world.state["uploads"][upload_id]["filename"] or "file")
    at = int(until.timestamp())
    url = f"{world.simulator.base_url}/files/{upload_id}/{name}?expires={at}&signature={_signature(upload_id, at)}"
    return {"url": url, "expiry_time": until.strftime("%Y-%m-%dT%H:%M:%S.000Z")}


def _signature(upload_id: str, at: int) -> str:
    return hmac.new(_KEY, f"{upload_id} {at}".encode(), hashlib.sha256).hexdigest()[:32]


def upload_of(world: World, url: str) -> str | None:
    """Return the upload that one of our signed addresses shows, or None for any other address."""
    parts = urlsplit(url).path.split("/")
    known = len(parts) == 4 and parts[1] == "files" and parts[2] in world.state["uploads"]
    return parts[2] if known and url.startswith(world.simulator.base_url) else None


def serve(world: World, request: Request) -> Response:
    """Answer GET /files/…: the bytes, or 403 once the address has expired."""
    parts = request.path.split("/")
    upload = world.state["uploads"].get(parts[2]) if len(parts) == 4 else None
    if upload is None:
        return Response("no such file", 404)
    try:
        at = int(request.args.get("expires", "0"))
    except ValueError:
        at = 0
    fresh = at >= world.simulator.now().timestamp()
    if not fresh or not hmac.compare_digest(request.args.get("signature", ""), _signature(upload["id"], at)):
        return Response("AccessDenied: request has expired", 403, content_type="text/plain")
    return Response(uploads.content(world, upload), content_type=upload["content_type"] or "application/octet-stream")


def category(world: World, upload_id: str) -> str:
    """Return how a comment's attachment is called by its content type."""
    kind = str(world.state["uploads"][upload_id]["content_type"] or "")
    if kind == "application/pdf":
        return "pdf"
    return next((name for name in _CATEGORIES if kind.startswith(name)), "productivity")
