"""One bucket over the JSON API of Cloud Storage, v1: objects that are written whole or not at all.

A generation is the number of an object's content; 0 stands for "not there". A write or delete that names the generation
it expects fails with Changed when somebody was faster. After a write every reader and every listing sees it.
(cloud.google.com/storage/docs: JSON API, consistency, request preconditions)
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from shared.core.errors import Missing, Rejected, Unavailable
from shared.http_answers import Answer, vendor_message
from shared.http_client import HttpClient, json_bytes

BASE_URL = "https://storage.googleapis.com"
_PAGE = 1000
_PAGES = 100  # of one listing
_REWRITES = 100  # calls for one object; each moves at least a megabyte

Json = dict[str, Any]


class Changed(Unavailable):
    """The object is not as it was expected to be; nothing was written."""


@dataclass(frozen=True, slots=True)
class Object:
    """One object, without its content; `written` is the bucket's own time."""

    name: str
    generation: int
    md5: str
    metadata: Mapping[str, str]
    written: datetime


def md5_of(content: bytes) -> str:
    """Return a digest as Cloud Storage writes it: base64. It guards against damage, not against people."""
    return base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()


class Bucket:
    """What we ask of one bucket."""

    def __init__(self, http: HttpClient, name: str) -> None:
        self._http = http
        self.name = name
        self._objects = f"/storage/v1/b/{quote(name, safe='')}/o"

    def put(
        self,
        name: str,
        content: bytes,
        *,
        content_type: str,
        cache: str = "no-store",
        metadata: Mapping[str, str] | None = None,
        expected: int | None = None,
    ) -> Object:
        """Write an object; `expected` is the generation it must have (0: it must not be there), else Changed."""
        resource = {"name": name, "contentType": content_type, "cacheControl": cache, "md5Hash": md5_of(content)}
        body, kind = _build_multipart({**resource, "metadata": dict(metadata or {})}, content_type, content)
        params: Json = {"uploadType": "multipart"} | _guard(expected)
        answer = self._call("POST", f"/upload{self._objects}", params=params, data=body, content_type=kind)
        return _object(answer.json)

    def look(self, name: str) -> Object:
        """Return an object without its content; raises Missing."""
        answer = self._call("GET", self._build_path(name))
        return _object(answer.json)

    def read_json(self, name: str) -> tuple[Any, int]:
        """Return the content of one of our own records, and its generation; raises Missing."""
        answer = self._call("GET", self._build_path(name), params={"alt": "media"})
        generation = str(answer.headers.get("X-Goog-Generation", ""))
        if answer.json is None or not generation.isdecimal():
            raise Rejected("cloud_storage", f"{name} is not one of our records")
        return answer.json, int(generation)

    def list_below(self, prefix: str) -> list[Object]:
        """Return all objects whose names begin so, by name."""
        found: list[Object] = []
        params: Json = {"prefix": prefix, "maxResults": _PAGE}
        for _ in range(_PAGES):
            answer = self._call("GET", self._objects, params=params)
            found += [_object(item) for item in answer.json.get("items", ())]
            following = answer.json.get("nextPageToken")
            if not following:
                return found
            params = params | {"pageToken": following}
        raise Rejected("cloud_storage", f"more than {_PAGE * _PAGES} objects below {prefix}")

    def copy(self, source: str, target: str) -> None:
        """Copy an object with its type and headers; the target is replaced whole. The bytes do not come through us."""
        path = f"{self._build_path(source)}/rewriteTo/b/{quote(self.name, safe='')}/o/{quote(target, safe='')}"
        params: Json = {}
        for _ in range(_REWRITES):
            answer = self._call("POST", path, params=params).json
            if answer.get("done"):
                return
            params = {"rewriteToken": answer["rewriteToken"]}
        raise Rejected("cloud_storage", f"{source} is too large to copy")

    def remove(self, name: str, *, expected: int | None = None) -> None:
        """Delete an object; one that is gone already counts as deleted."""
        try:
            self._call("DELETE", self._build_path(name), params=_guard(expected))
        except Missing:
            return

    def _build_path(self, name: str) -> str:
        return f"{self._objects}/{quote(name, safe='')}"

    def _call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        data: bytes | None = None,
        content_type: str = "",
    ) -> Answer:
        def judge(answer: Answer) -> Changed | None:
            if answer.status == 412:
                return Changed("cloud_storage", f"{method} {path}: 412 {vendor_message(answer)}")
            return None

        headers = {"Content-Type": content_type} if content_type else None
        return self._http.call(method, path, params=params, data=data, headers=headers, judge=judge)


def _guard(expected: int | None) -> Json:
    return {} if expected is None else {"ifGenerationMatch": expected}


def _build_multipart(resource: Json, content_type: str, content: bytes) -> tuple[bytes, str]:
    """Return metadata and content as one body, and its type: one call writes both."""
    mark = secrets.token_hex(16)
    head = b"--%s\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n%s\r\n" % (
        mark.encode(),
        json_bytes(resource),
    )
    second = b"--%s\r\nContent-Type: %s\r\n\r\n" % (mark.encode(), content_type.encode())
    return head + second + content + b"\r\n--%s--\r\n" % mark.encode(), f"multipart/related; boundary={mark}"


def _object(raw: Json) -> Object:
    written = datetime.fromisoformat(str(raw["updated"]).replace("Z", "+00:00"))
    md5, metadata = str(raw.get("md5Hash") or ""), dict(raw.get("metadata") or {})
    return Object(str(raw["name"]), int(raw["generation"]), md5, metadata, written)


def record_bytes(body: Any) -> bytes:
    """Return one of our own records as it is kept."""
    return json.dumps(body, ensure_ascii=False, sort_keys=True).encode()
