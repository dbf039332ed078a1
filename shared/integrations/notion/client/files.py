"""Files over the wire: sent in one part or in many, and gone on with after a break.

Source: notion-api, sections 5 and 11. An upload has about an hour to be finished and attached.
"""

from __future__ import annotations

import hashlib
import mimetypes
import re

from shared.core.errors import OutcomeUnknown, Rejected
from shared.integrations.notion.client.checked_answers import guard_parsing
from shared.integrations.notion.client.wire import Json, Wire, drop_unset, format_path_id
from shared.integrations.notion.limits import refuse

MIB = 1024 * 1024
LARGEST_SINGLE = 20 * MIB
LARGEST_PART = 20 * MIB
PART = 10 * MIB  # ours
MAX_PARTS = 1000
MAX_NAME_BYTES = 900
SMALLEST_LIMIT = 5 * MIB  # of any workspace; only above it do we ask how much this one takes


class Files(Wire):
    """Uploads."""

    def create_upload(self, name: str, content_type: str, *, parts: int = 0) -> Json:
        """Begin an upload in one part, or in `parts` parts.

        Returns the upload's object. Called again it begins another; one that is never attached expires by itself.
        """
        _check_name(name)
        if content_type:
            _check_kind(content_type)
        if not 0 <= parts <= MAX_PARTS:
            raise refuse("create_upload.parts", f"{parts} parts; Notion takes 1 to {MAX_PARTS}")
        mode = "multi_part" if parts else "single_part"
        body = drop_unset({"content_type": content_type or None, "number_of_parts": parts or None})
        made = self._write("POST", "/v1/file_uploads", {"mode": mode, "filename": name} | body)
        return self._complete_object(made, self.file_upload)

    def send_part(self, upload_id: str, content: bytes, part: int = 0, *, name: str = "", kind: str = "") -> Json:
        """Send the whole content, or one part of it counted from 1 (5 to 20 MiB, the last may be smaller).

        `kind` is its content type, the one it was created with. Returns the upload's object. After OutcomeUnknown ask
        for the object, which counts what has arrived.
        """
        if len(content) > LARGEST_PART:
            raise refuse("send_part.content", f"{len(content)} bytes in one part; Notion takes at most {LARGEST_PART}")
        if not 0 <= part <= MAX_PARTS:
            raise refuse("send_part.part", f"part {part}; parts are counted from 1 to {MAX_PARTS}")
        kind = kind or _kind_of(name)
        _check_kind(kind)
        _check_name(name or "file")
        raw, content_type = _form(name or "file", content, part, kind)
        path = f"/v1/file_uploads/{format_path_id(upload_id)}/send"
        made = self._call("POST", path, read=False, headers={"Content-Type": content_type}, data=raw)
        return self._complete_object(made, self.file_upload)

    def complete_upload(self, upload_id: str) -> Json:
        """Put the parts together; return the upload's object."""
        made = self._write("POST", f"/v1/file_uploads/{format_path_id(upload_id)}/complete", None)
        return self._complete_object(made, self.file_upload)

    def file_upload(self, upload_id: str) -> Json:
        """Return one upload's object: `status` is pending, uploaded, expired or failed."""
        return self._ask("GET", f"/v1/file_uploads/{format_path_id(upload_id)}")

    def upload(self, name: str, content: bytes, *, upload_id: str = "") -> str:
        """Upload a file of any size the workspace takes; return the id to attach it by (see `build_upload_reference`).

        Each part is one request. With the `upload_id` of one that was begun (`create_upload` with `parts_of`) or broke
        off it goes on behind the parts that have arrived. Raises Rejected naming the workspace's limit when the file is
        larger.
        """
        self._check_size(name, content)
        pieces = _pieces(content)
        state = self.file_upload(upload_id) if upload_id else None
        if state is None:
            state = self.create_upload(name, _kind_of(name), parts=parts_of(len(content)))
        key = str(state["id"])
        if state.get("status") == "uploaded":
            return key
        if state.get("status") != "pending":
            raise Rejected(self.system, f"upload {key} is {state.get('status')}; begin a new one")
        if len(pieces) == 1:
            state = self._send_or_confirm(key, content, 0, name, str(state.get("content_type") or ""))
        else:
            state = self._send_rest(name, key, pieces, state)
        if state.get("status") != "uploaded":
            raise OutcomeUnknown(self.system, f"upload {key} was sent and is {state.get('status')}")
        return key

    def _send_rest(self, name: str, key: str, pieces: list[bytes], state: Json) -> Json:
        with guard_parsing(f"upload {key}"):
            counted = state.get("number_of_parts") or {}
            total, arrived = int(counted.get("total") or len(pieces)), int(counted.get("sent") or 0)
        if total != len(pieces):
            raise refuse("upload.upload_id", f"it was begun with {total} parts, and this file has {len(pieces)}")
        for number in range(arrived + 1, total + 1):
            self._send_or_confirm(key, pieces[number - 1], number, name, str(state.get("content_type") or ""))
        try:
            return self.complete_upload(key)
        except OutcomeUnknown:
            return self.file_upload(key)

    def _send_or_confirm(self, key: str, content: bytes, part: int, name: str, kind: str) -> Json:
        """Send a part; when nobody says what became of it, look, and go on when it has arrived."""
        try:
            return self.send_part(key, content, part, name=name, kind=kind)
        except OutcomeUnknown:
            state = self.file_upload(key)
            with guard_parsing(f"upload {key}"):
                sent = int((state.get("number_of_parts") or {}).get("sent") or 0)
            if state.get("status") == "uploaded" or (part and sent >= part):
                return state
            raise

    def _check_size(self, name: str, content: bytes) -> None:
        _check_name(name)
        if not content:
            raise refuse("upload.content", "the file is empty")
        if len(content) <= SMALLEST_LIMIT:
            return
        me = self._ask("GET", "/v1/users/me")
        with guard_parsing("GET /v1/users/me"):
            limit = ((me.get("bot") or {}).get("workspace_limits") or {}).get("max_file_upload_size_in_bytes")
        if isinstance(limit, int) and len(content) > limit:
            raise refuse(
                "upload.content", f"{len(content)} bytes; this workspace takes at most {limit} (a paid plan takes more)"
            )


def build_upload_reference(upload_id: str) -> Json:
    """Return an uploaded file as a media block, a files property, an icon or a cover holds it."""
    return {"type": "file_upload", "file_upload": {"id": upload_id}}


def _check_name(name: str) -> None:
    size = len(name.encode())
    if not 1 <= size <= MAX_NAME_BYTES:
        raise refuse("name", f"{size} bytes; a file's name takes 1 to {MAX_NAME_BYTES}")
    if not name.isprintable():
        raise refuse("name", f"{name[:80]!r} holds characters that a file name must not have")


def _check_kind(kind: str) -> None:
    if not re.fullmatch(r"[\w.+-]+/[\w.+-]+(; ?[\w-]+=[\w.-]+)*", kind):
        raise refuse("content_type", f"{kind[:80]!r} is not a content type; give one such as text/plain")


def _kind_of(name: str) -> str:
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def parts_of(size: int) -> int:
    """Return in how many parts `upload` sends so many bytes; 0 when whole. Raises Rejected beyond 1,000 parts."""
    parts = -(-size // PART) if size > LARGEST_SINGLE else 0
    if parts > MAX_PARTS:
        raise refuse("upload.content", f"{size} bytes; at most {MAX_PARTS * PART} can be sent in parts")
    return parts


def _pieces(content: bytes) -> list[bytes]:
    if not parts_of(len(content)):
        return [content]
    return [content[start : start + PART] for start in range(0, len(content), PART)]


def _form(name: str, content: bytes, part: int, kind: str) -> tuple[bytes, str]:
    """Return multipart/form-data and its content type. The boundary is a hash of the content, so it is not in it."""
    boundary = f"part-{hashlib.sha256(content).hexdigest()}"
    shown = name.replace("\\", "%5C").replace('"', "%22")
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="part_number"\r\n\r\n{part}\r\n' if part else ""
    head += f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{shown}"\r\n'
    head += f"Content-Type: {kind}\r\n\r\n"
    return head.encode() + content + f"\r\n--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"
