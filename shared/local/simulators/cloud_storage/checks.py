"""What the simulated Cloud Storage refuses: wrong names, wrong parameters, conditions that do not hold."""

import json
import re
from typing import Any

from werkzeug.wrappers import Request

Json = dict[str, Any]

_COMMON = frozenset({"alt", "fields", "prettyPrint", "projection", "quotaUser", "userProject"})
_CONDITIONS = frozenset(
    {"ifGenerationMatch", "ifGenerationNotMatch", "ifMetagenerationMatch", "ifMetagenerationNotMatch"}
)
PARAMETERS = {  # call -> what its query may hold (the JSON API's reference, v1)
    "insert": _COMMON | _CONDITIONS | {"uploadType", "name", "contentEncoding", "predefinedAcl", "kmsKeyName"},
    "list": _COMMON | {"prefix", "delimiter", "maxResults", "pageToken", "startOffset", "endOffset", "versions"}
    | {"includeTrailingDelimiter", "matchGlob", "includeFoldersAsPrefixes"},
    "get": _COMMON | _CONDITIONS | {"generation"},
    "delete": _COMMON | _CONDITIONS | {"generation"},
    "rewrite": _COMMON | _CONDITIONS | {"rewriteToken", "maxBytesRewrittenPerCall", "sourceGeneration"}
    | {"ifSourceGenerationMatch", "destinationPredefinedAcl"},
    "permissions": _COMMON | {"permissions"},
    "bucket": _COMMON | {"ifMetagenerationMatch", "ifMetagenerationNotMatch"},
}  # fmt: skip
WRITABLE = frozenset(
    {"name", "bucket", "contentType", "cacheControl", "contentDisposition", "contentEncoding", "contentLanguage"}
    | {"metadata", "md5Hash", "crc32c", "customTime", "storageClass"}
)
MAX_METADATA = 8 * 1024
MAX_NAME = 1024


class Refused(Exception):
    """An error as the JSON API answers it."""

    def __init__(self, status: int, reason: str, message: str, *, domain: str = "global", location: str = "") -> None:
        super().__init__(message)
        self.status = status
        error: Json = {"message": message, "domain": domain, "reason": reason}
        if location:
            error |= {"locationType": "header", "location": location}
        self.body: Json = {"error": {"code": status, "message": message, "errors": [error]}}


def check_query(request: Request, call: str) -> Json:
    """Return the query; a parameter that the call does not have is refused."""
    given = dict(request.args.items())
    for name in given:
        if name not in PARAMETERS[call]:
            raise Refused(400, "invalidParameter", f"Unknown query parameter: {name}")
    return given


def whole_number(given: Json, name: str) -> int | None:
    """Return a number of the query."""
    if name not in given:
        return None
    if not re.fullmatch(r"[0-9]{1,19}", given[name]):
        raise Refused(400, "invalid", f"Invalid value for {name}: {given[name]}")
    return int(given[name])


def check_name(name: Any) -> str:
    """Return an object's name."""
    if not isinstance(name, str) or not name:
        raise Refused(400, "required", "Required")
    if len(name.encode()) > MAX_NAME or re.search(r"[\r\n]", name) or name in (".", ".."):
        raise Refused(400, "invalid", f"Invalid object name: {name[:80]}")
    if name.startswith(".well-known/acme-challenge/"):
        raise Refused(400, "invalid", "Object names cannot start with .well-known/acme-challenge/")
    return name


def check_resource(body: Any) -> Json:
    """Return an object's resource as a caller may write it."""
    if not isinstance(body, dict):
        raise Refused(400, "parseError", "Parse Error")
    for name in body:
        if name not in WRITABLE:
            raise Refused(400, "invalid", f"{name} cannot be written")
    metadata = body.get("metadata") or {}
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise Refused(400, "invalid", "metadata must map text to text")
    if sum(len(name.encode()) + len(value.encode()) for name, value in metadata.items()) > MAX_METADATA:
        raise Refused(400, "invalid", "The total size of custom metadata exceeds 8 KiB")
    return body


def check_conditions(given: Json, generation: int, metageneration: int, *, reading: bool = False) -> None:
    """Hold an object that is there (generation above 0) or is not (0) against what the caller expects of it."""
    for name, actual in (("ifGenerationMatch", generation), ("ifMetagenerationMatch", metageneration)):
        wanted = whole_number(given, name)
        if wanted is not None and wanted != actual:
            raise _unmet("If-Match")
    for name, actual in (("ifGenerationNotMatch", generation), ("ifMetagenerationNotMatch", metageneration)):
        wanted = whole_number(given, name)
        if wanted is not None and wanted == actual:
            raise Refused(304, "notModified", "Not Modified") if reading else _unmet("If-None-Match")


def _unmet(header: str) -> Refused:
    message = "At least one of the pre-conditions you specified did not hold."
    return Refused(412, "conditionNotMet", message, location=header)


def split_related(request: Request) -> tuple[Json, str, bytes]:
    """Return the resource, the content's type and the content of a `multipart/related` body, byte for byte."""
    content_type = request.headers.get("Content-Type", "")
    found = re.search(r'boundary="?([^";]+)"?', content_type)
    if not content_type.lower().startswith("multipart/related") or found is None:
        raise Refused(400, "badContent", "Unsupported content with type: " + content_type[:80])
    sections = (b"\r\n" + request.get_data()).split(b"\r\n--" + found.group(1).encode())
    if len(sections) != 4 or not sections[3].startswith(b"--"):
        raise Refused(400, "badRequest", "Malformed multipart body.")
    _, first = _part(sections[1])
    try:
        resource = json.loads(first)
    except ValueError as broken:
        raise Refused(400, "parseError", "Parse Error") from broken
    kind, content = _part(sections[2])
    return check_resource(resource), kind, content


def _part(section: bytes) -> tuple[str, bytes]:
    head, blank, content = section.partition(b"\r\n\r\n")
    kind = re.search(rb"(?im)^content-type:[ \t]*([^\r\n]+)", head)
    if not blank or kind is None:
        raise Refused(400, "badRequest", "Malformed multipart body.")
    return kind.group(1).decode("latin-1").strip(), content
