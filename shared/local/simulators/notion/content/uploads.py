"""File uploads: create, send in one part or several, complete, import from elsewhere; statuses follow the clock."""

import mimetypes
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import requests

from shared.local.simulators.notion import checks, jobs
from shared.local.simulators.notion.calls import Call, path_id
from shared.local.simulators.notion.refusals import invalid, missing, validation_error
from shared.local.simulators.notion.world import Caller, World

Json = dict[str, Any]

_MODES = ("single_part", "multi_part", "external_url")
_STATUSES = ("pending", "uploaded", "expired", "failed")
LONGEST_FILENAME = 900  # bytes
MAX_PARTS = 1000
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def create(call: Call) -> Json:
    """POST /v1/file_uploads."""
    body = call.body(None)
    mode = checks.one_of(body.get("mode", "single_part"), "body.mode", _MODES)
    name = body.get("filename")
    if name is not None:
        checks.string(name, "body.filename", None, 1)
        if len(name.encode()) > LONGEST_FILENAME:
            raise invalid("body.filename.length", f"≤ `{LONGEST_FILENAME}`", len(name.encode()))
    elif mode != "single_part":
        raise invalid("body.filename", "defined", ...)
    kind = body.get("content_type")
    if kind is not None:
        checks.string(kind, "body.content_type", None, 1)
    elif name is not None:
        kind = mimetypes.guess_type(name)[0]
        if kind is None and mode != "single_part":
            raise validation_error("Provide a filename with an extension, or a content_type.")
    upload = _new(call, mode, name, kind, _parts(body, mode))
    if mode == "external_url":
        upload["external_url"] = _address(body)
        jobs.add(call.world, "import", float(call.world.state["config"]["import_s"]), upload=upload["id"])
    call.world.state["uploads"][upload["id"]] = upload
    jobs.add(call.world, "expire", float(call.world.state["config"]["upload_lifetime_s"]), upload=upload["id"])
    call.world.effect("file_upload.create", call.caller, id=upload["id"], mode=mode, filename=name)
    announce(call.world, upload, "created", {})
    call.committed = {"committed_resource_id": upload["id"]}
    return render_upload(call.world, upload)


def _parts(body: Json, mode: str) -> int:
    if mode != "multi_part":
        if "number_of_parts" in body:
            raise invalid("body.number_of_parts", "not present", body["number_of_parts"])
        return 1
    count = body.get("number_of_parts", ...)
    if isinstance(count, bool) or not isinstance(count, int):
        raise invalid("body.number_of_parts", "a number" if count is not ... else "defined", count)
    if not 1 <= count <= MAX_PARTS:
        raise invalid("body.number_of_parts", f"≤ `{MAX_PARTS}`" if count > MAX_PARTS else "≥ `1`", count)
    return count


def _address(body: Json) -> str:
    address = checks.url(body.get("external_url", ...), "body.external_url")
    parts = urlsplit(address)
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise invalid("body.external_url", "a public HTTPS URL", address)
    return address


def _new(call: Call, mode: str, name: str | None, kind: str | None, parts: int) -> Json:
    now = call.world.simulator.now()
    until = now + timedelta(seconds=float(call.world.state["config"]["upload_lifetime_s"]))
    return {
        "id": call.world.new_id(),
        "mode": mode,
        "workspace_id": call.caller.workspace_id,
        "by": call.caller.author,
        "created_time": _stamp(now),
        "edited_time": _stamp(now),
        "expiry_time": _stamp(until),
        "status": "pending",
        "filename": name,
        "content_type": kind,
        "length": None,
        "parts": parts,
        "sent": {},  # part number -> bytes
        "result": None,
    }


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:00.000Z")


def render_upload(world: World, upload: Json) -> Json:
    """Return an upload as it reads."""
    base = f"{world.simulator.base_url}/v1/file_uploads/{upload['id']}"
    answer: Json = {
        "object": "file_upload",
        "id": upload["id"],
        "created_time": upload["created_time"],
        "created_by": upload["by"],
        "last_edited_time": upload["edited_time"],
        "in_trash": False,
        "expiry_time": upload["expiry_time"],
        "status": upload["status"],
        "filename": upload["filename"],
        "content_type": upload["content_type"],
        "content_length": upload["length"],
    }
    if upload["status"] == "pending" and upload["mode"] != "external_url":
        answer["upload_url"] = f"{base}/send"
        if upload["mode"] == "multi_part":
            answer["complete_url"] = f"{base}/complete"
    if upload["mode"] == "multi_part":
        answer["number_of_parts"] = {"total": upload["parts"], "sent": len(upload["sent"])}
    if upload["result"] is not None:
        answer["file_import_result"] = upload["result"]
    return answer


def find(call: Call, upload_id: str) -> Json:
    """Return an upload of the caller's own, or refuse: other connections' uploads do not exist for it."""
    upload: Json | None = call.world.state["uploads"].get(upload_id)
    if upload is None or upload["by"]["id"] != call.caller.id:
        raise missing("file upload", upload_id)
    return upload


def get(call: Call, upload_id: str) -> Json:
    """GET /v1/file_uploads/{id}."""
    return render_upload(call.world, find(call, path_id(upload_id, "file_upload_id")))


def list_uploads(call: Call) -> Json:
    """GET /v1/file_uploads: the newest first."""
    status = call.request.args.get("status")
    if status is not None:
        checks.one_of(status, "query.status", _STATUSES)
    mine = [u for u in call.world.state["uploads"].scan() if u["by"]["id"] == call.caller.id]
    wanted = [u for u in reversed(mine) if status in (None, u["status"])]
    complete = {"type": "complete"}
    return call.page(wanted, "file_upload", lambda u: render_upload(call.world, u), request_status=complete)


def send(call: Call, upload_id: str) -> Json:
    """POST /v1/file_uploads/{id}/send: multipart/form-data with `file`, and `part_number` for one of several."""
    upload = _pending(find(call, path_id(upload_id, "file_upload_id")))
    if call.request.mimetype != "multipart/form-data":
        raise validation_error("Content-Type should be multipart/form-data.")
    if upload["mode"] == "external_url":
        raise validation_error("A file upload of mode external_url takes no content.")
    for key in (*call.request.form, *call.request.files):
        if key not in ("file", "part_number"):
            raise invalid(f"body.{key}", "not present")
    file = call.request.files.get("file")
    if file is None:
        raise invalid("body.file", "defined", ...)
    content = file.read()
    file.close()
    part = _part_number(call, upload)
    _check_size(call, upload, part, len(content))
    given = (file.mimetype or "application/octet-stream").lower()
    declared = upload["content_type"]
    if upload["mode"] == "single_part" and declared and given not in (declared, "application/octet-stream"):
        raise validation_error(
            f"The content type of the file is {given}, but the file upload was created for {declared}."
        )
    call.world.simulator.keep_bytes(f"{upload['id']}.{part}", content)
    upload["sent"] = {**upload["sent"], str(part): len(content)}
    upload["edited_time"] = call.world.minute()
    if upload["mode"] == "single_part":
        upload["filename"] = upload["filename"] or file.filename or "file"
        upload["content_type"] = declared or given
        _finish(call.world, upload)
    call.world.effect("file_upload.send", call.caller, id=upload["id"], part=part, bytes=len(content))
    return render_upload(call.world, upload)


def _pending(upload: Json) -> Json:
    if upload["status"] != "pending":
        raise validation_error(f"File upload {upload['id']} is {upload['status']}, not pending.")
    return upload


def _part_number(call: Call, upload: Json) -> int:
    text = call.request.form.get("part_number")
    if upload["mode"] == "single_part":
        if text not in (None, "1"):
            raise invalid("body.part_number", "not present", text)
        return 1
    if text is None or not text.isdigit():
        raise invalid("body.part_number", "a number" if text else "defined", text if text else ...)
    if not 1 <= int(text) <= upload["parts"]:
        raise invalid("body.part_number", f"≤ `{upload['parts']}` and ≥ `1`", int(text))
    return int(text)


def _check_size(call: Call, upload: Json, part: int, size: int) -> None:
    config = call.world.state["config"]
    largest = call.world.largest_file(call.caller.workspace_id)
    if upload["mode"] == "single_part":
        max_bytes = min(largest, int(config["part_most_bytes"]))
        if size > max_bytes:
            raise validation_error(f"File size is {size} bytes, but at most {max_bytes} bytes are allowed here.")
        return
    if size > int(config["part_most_bytes"]):
        raise validation_error(f"Part {part} has {size} bytes, but at most {config['part_most_bytes']} are allowed.")
    if part < upload["parts"] and size < int(config["part_least_bytes"]):
        raise validation_error(f"Part {part} has {size} bytes, but at least {config['part_least_bytes']} are required.")
    whole = sum({**upload["sent"], str(part): size}.values())
    if whole > largest:
        raise validation_error(
            f"File size is {whole} bytes, but at most {largest} bytes are allowed in this workspace."
        )


def complete(call: Call, upload_id: str) -> Json:
    """POST /v1/file_uploads/{id}/complete."""
    upload = _pending(find(call, path_id(upload_id, "file_upload_id")))
    if upload["mode"] != "multi_part":
        raise validation_error("Only a file upload of mode multi_part is completed.")
    if len(upload["sent"]) != upload["parts"]:
        raise validation_error(f"{len(upload['sent'])} of {upload['parts']} parts were sent; send all of them first.")
    _finish(call.world, upload)
    call.world.effect("file_upload.complete", call.caller, id=upload["id"])
    return render_upload(call.world, upload)


def _finish(world: World, upload: Json) -> None:
    upload.update(status="uploaded", length=sum(upload["sent"].values()))
    announce(world, upload, "completed", {})


def content(world: World, upload: Json) -> bytes:
    """Return the whole file."""
    parts = range(1, upload["parts"] + 1)
    return b"".join(world.simulator.read_bytes(f"{upload['id']}.{part}") for part in parts)


def announce(world: World, upload: Json, what: str, data: Json) -> None:
    """Tell the subscribers of the connection that made an upload."""
    entity = {"id": upload["id"], "type": "file_upload"}
    author = Caller(upload["by"]["id"], upload["by"]["type"], upload["workspace_id"])
    world.announce_for(f"file_upload.{what}", entity, [upload["by"]["id"]], author, data)


def expire(world: World, upload: Json) -> None:
    """End an upload that nobody finished and attached in time."""
    if upload["expiry_time"] is not None and upload["status"] in ("pending", "uploaded"):
        upload["status"] = "expired"
        announce(world, upload, "expired", {})


def fetch(world: World, upload: Json) -> None:
    """Import a file from elsewhere; only this machine's own servers are reached, everything else fails honestly."""
    if upload["status"] != "pending":
        return
    error: Json = {"type": "download_error", "code": "download_failed", "parameter": None, "status_code": None}
    try:
        if urlsplit(upload["external_url"]).hostname not in _LOOPBACK:
            raise requests.ConnectionError("the simulator imports from this machine only")
        answer = requests.get(upload["external_url"], timeout=5)
        error["status_code"] = answer.status_code
        answer.raise_for_status()
    except requests.RequestException as problem:
        _fail_import(world, upload, {**error, "message": f"The file could not be downloaded: {problem}"})
        return
    largest = world.largest_file(upload["workspace_id"])
    if len(answer.content) > largest:
        too_large = {**error, "type": "validation_error", "code": "file_too_large"}
        _fail_import(world, upload, {**too_large, "message": f"The file has more than {largest} bytes."})
        return
    world.simulator.keep_bytes(f"{upload['id']}.1", answer.content)
    upload["sent"] = {"1": len(answer.content)}
    upload["result"] = {"type": "success", "imported_time": _stamp(world.simulator.now()), "success": {}}
    _finish(world, upload)


def _fail_import(world: World, upload: Json, error: Json) -> None:
    result = {"type": "error", "imported_time": _stamp(world.simulator.now()), "error": error}
    upload.update(status="failed", result=result)
    announce(world, upload, "upload_failed", {"file_import_result": result})
