"""What everybody may read of a bucket: object by object, or as a website where a domain leads to it."""

from collections.abc import Callable
from html import escape
from typing import Any

from werkzeug.wrappers import Request, Response

Json = dict[str, Any]
Find = Callable[[str], Json | None]


def plain(request: Request, bucket: Json | None, name: str, find: Find, read: Callable[[str], bytes]) -> Response:
    """Answer `/{bucket}/{object}`: an object by its exact name; no index page, no error page of the site's own."""
    if bucket is None:
        return _xml(404, "NoSuchBucket", "The specified bucket does not exist.")
    if request.method not in ("GET", "HEAD"):
        return _xml(403, "AccessDenied", "Access denied.")
    if not name or not _public(bucket, name):
        return _xml(403, "AccessDenied", "Anonymous caller does not have access to the Cloud Storage object.")
    found = find(name)
    return _object(request, found, read) if found else _xml(404, "NoSuchKey", "The specified key does not exist.")


def website(request: Request, bucket: Json | None, path: str, find: Find, read: Callable[[str], bytes]) -> Response:
    """Answer as a domain that leads to the bucket does: with its index pages, and its page for what is missing."""
    if bucket is None:
        return _xml(404, "NoSuchBucket", "The specified bucket does not exist.")
    settings = bucket["website"] or {}
    suffix, missing = settings.get("mainPageSuffix", ""), settings.get("notFoundPage", "")
    names = [path] if path else []
    names += [f"{path.rstrip('/')}/{suffix}".lstrip("/")] if suffix else []
    found = next((record for name in names if _public(bucket, name) and (record := find(name))), None)
    if found:
        return _object(request, found, read)
    page = find(missing) if missing and _public(bucket, missing) else None
    return _object(request, page, read, 404) if page else _xml(404, "NoSuchKey", "The specified key does not exist.")


def _public(bucket: Json, name: str) -> bool:
    return any(name.startswith(prefix) for prefix in bucket["public"])


def _object(request: Request, record: Json, read: Callable[[str], bytes], status: int = 200) -> Response:
    headers = {
        "ETag": f'"{record["md5Hash"]}"',
        "Cache-Control": record.get("cacheControl") or "public, max-age=3600",
        "X-Goog-Generation": str(record["generation"]),
        "Server": "UploadServer",
    }
    if status == 200 and request.headers.get("If-None-Match") == headers["ETag"]:
        return Response(status=304, headers=headers)
    return Response(read(record["bytes"]), status, headers=headers, content_type=record["contentType"])


def _xml(status: int, code: str, message: str) -> Response:
    body = (
        f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    )
    return Response(body, status, content_type="application/xml; charset=UTF-8")
