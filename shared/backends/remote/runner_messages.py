"""What the service `code-runner` and its client say to each other: JSON, with the bytes of files in base64.

Neither side trusts the other's words: a request is read field by field, and so is an answer, which comes from where
hostile code has just run.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from shared.core.errors import MalformedRequest, TooLarge, Unavailable
from shared.ports.sandbox import SandboxLimits, SandboxRequest, SandboxResult

MAX_BODY = 32_000_000  # bytes of a request or an answer; a service on Cloud Run takes 32 MiB
MAX_FILES_BYTES = 23_000_000  # of a request, before base64
SYSTEM = "code-runner"
MAX = SandboxLimits(
    wall_s=540.0,
    memory_bytes=4 << 30,
    processes=1_024,
    file_bytes=1 << 30,
    disk_bytes=2 << 30,
    inodes=400_000,
    output_bytes=1 << 20,
    result_files=2_000,
    result_bytes=16_000_000,
)
_KILLED_BY = frozenset({"", "wall", "memory", "output", "cpu", "signal", "install"})
_TEXTS = ("origin", "packages")
_MAX_STATUS = 255
_INSTALL_S, _INSTALLER_BYTES = 400.0, 64 * 1024  # what an installer may take and say, and more


def request_to_bytes(request: SandboxRequest) -> bytes:
    """Return the body of a request; raises ValueError, naming the field, for one that is too large for a service."""
    size = sum(map(len, request.files.values()))
    if size > MAX_FILES_BYTES:
        raise ValueError(f"files: {size} bytes; the service takes at most {MAX_FILES_BYTES} in one request")
    for limit in fields(SandboxLimits):
        asked, maximum = getattr(request.limits, limit.name), getattr(MAX, limit.name)
        if asked > maximum:
            raise ValueError(f"limits.{limit.name}: {asked:g} is more than the service gives, which is {maximum:g}")
    data = {
        "files": {name: base64.b64encode(body).decode() for name, body in request.files.items()},
        "command": list(request.command),
        "collect": list(request.collect),
        "env": dict(request.env),
        "limits": asdict(request.limits),
        **{name: getattr(request, name) for name in _TEXTS},
    }
    return json.dumps(data).encode()


def request_from_bytes(raw: bytes) -> SandboxRequest:
    """Return the request; raises MalformedRequest or TooLarge, naming the field."""
    data = _object(raw)
    if data.pop("network", "none") != "none":  # which a client of an earlier version still says
        raise MalformedRequest("network: a command has none")
    known = {field.name for field in fields(SandboxRequest)}
    if unknown := sorted(set(data) - known):
        raise MalformedRequest(
            f"field {unknown[0][:100]!r} is not part of a request; known are {', '.join(sorted(known))}"
        )
    files = {name: _bytes(f"files.{name[:100]}", body) for name, body in _mapping(data, "files").items()}
    if (size := sum(map(len, files.values()))) > MAX_FILES_BYTES:
        raise TooLarge(f"files: {size} bytes; at most {MAX_FILES_BYTES} are taken in one request")
    texts = {name: _text(name, data.get(name, "")) for name in _TEXTS}
    return SandboxRequest(
        files=files,
        command=_texts(data, "command"),
        collect=_texts(data, "collect"),
        env={name: _text(f"env.{name[:100]}", value) for name, value in _mapping(data, "env").items()},
        limits=_limits(_mapping(data, "limits")),
        **texts,  # type: ignore[arg-type]  # which words are known is checked where the request is run
    )


def result_to_data(result: SandboxResult) -> dict[str, Any]:
    files = {name: base64.b64encode(body).decode() for name, body in result.files.items()}
    return {**asdict(result), "files": files}


def result_from_bytes(raw: bytes, request: SandboxRequest, driver: str) -> SandboxResult:
    """Return the result; raises Unavailable when it is not an answer to this request, whatever it says instead."""
    try:
        data = _object(raw)
        files = {name: _bytes("files", body) for name, body in _mapping(data, "files").items()}
        exit_code, seconds = data.get("exit_code"), data.get("duration_s")
        if type(exit_code) is not int or not 0 <= exit_code <= _MAX_STATUS:
            raise MalformedRequest("exit_code must be a status")
        if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not math.isfinite(seconds):
            raise MalformedRequest("duration_s must be a number")
        result = SandboxResult(
            exit_code,
            _text("killed_by", data.get("killed_by")),
            _text("stdout", data.get("stdout")),
            _text("stderr", data.get("stderr")),
            files,
            max(0.0, float(seconds)),
            driver,
        )
    except (MalformedRequest, TooLarge) as error:
        raise Unavailable(SYSTEM, f"the answer cannot be read: {error}") from error
    if wrong := explain_mismatch(result, request):
        raise Unavailable(SYSTEM, f"the answer was not accepted: {wrong}")
    return result


def explain_mismatch(result: SandboxResult, request: SandboxRequest) -> str:
    """Return why a result cannot be the one of this request; "" when it may be."""
    limits = request.limits
    installer = result.killed_by == "install"
    if result.killed_by not in _KILLED_BY or (installer and not request.packages):
        return f"killed_by {result.killed_by[:40]!r} is not known"
    if not 0 <= result.duration_s <= limits.wall_s + _INSTALL_S:
        return f"it says that it took {result.duration_s:g} s"
    # an installer has a limit of its own; further the note about what was left out, and what the network refused
    room = max(limits.output_bytes, _INSTALLER_BYTES if installer else 0) + 6_000
    for name, text in (("stdout", result.stdout), ("stderr", result.stderr)):
        if len(text) > room:
            return f"{name} has {len(text)} characters; at most {room} may come back"
    if len(result.files) > limits.result_files or sum(map(len, result.files.values())) > limits.result_bytes:
        return "more files or bytes came back than were asked for"
    for name in result.files:
        if not any(name == wanted or (wanted.endswith("/") and name.startswith(wanted)) for wanted in request.collect):
            return f"the file {name[:100]!r} was not asked for"
        if any(part in ("", ".", "..") for part in name.split("/")) or not name.isprintable():
            return f"the file {name[:100]!r} does not have a plain name"
    return ""


def _object(raw: bytes) -> dict[str, Any]:
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise MalformedRequest(f"the request is not JSON: {error}") from error
    if not isinstance(data, dict):
        raise MalformedRequest("the request is not a JSON object")
    return data


def _mapping(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = data.get(name, {})
    if not isinstance(value, dict):
        raise MalformedRequest(f"{name}: not an object")
    return value


def _texts(data: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = data.get(name, [])
    if not isinstance(value, list):
        raise MalformedRequest(f"{name}: not a list")
    return tuple(_text(f"{name}[{at}]", each) for at, each in enumerate(value))


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise MalformedRequest(f"{name}: not a text")
    try:
        value.encode()
    except UnicodeEncodeError as error:  # half a character, which JSON can say and nobody can store
        raise MalformedRequest(f"{name}: not a text") from error
    return value


def _bytes(name: str, value: Any) -> bytes:
    try:
        return base64.b64decode(_text(name, value), validate=True)
    except (binascii.Error, ValueError) as error:
        if isinstance(error, MalformedRequest):
            raise
        raise MalformedRequest(f"{name}: not base64") from error


def _limits(given: Mapping[str, Any]) -> SandboxLimits:
    found: dict[str, Any] = {}
    known = {field.name: field.default for field in fields(SandboxLimits)}
    for name, value in given.items():
        if name not in known:
            raise MalformedRequest(f"limits.{name[:100]} is not a limit; known are {', '.join(known)}")
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= getattr(MAX, name):
            raise MalformedRequest(f"limits.{name}: give a number from 0 to {getattr(MAX, name):g}")
        if isinstance(known[name], int) and not isinstance(value, int):
            raise MalformedRequest(f"limits.{name}: give a whole number")
        found[name] = value
    return SandboxLimits(**found)
