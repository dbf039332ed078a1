"""Which packages may be installed for code that nobody trusts: only what a lock file pins by version and by hash.

What an installer gets to read is made here, from entries that were understood one by one: no option, no address of
another index, no package from a repository, a folder or a file gets past. security.md, section 2.4: "lock file
required, integrity hashes checked".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

System = Literal["npm", "pip"]

NPM_LOCK, NPM_MANIFEST, PIP_LOCK = "package-lock.json", "package.json", "requirements.txt"
_MAX_BYTES = 8 * 1024 * 1024
_MAX_PACKAGES = 5_000
_STRONG = re.compile(r"sha(?:256|384|512)-[A-Za-z0-9+/]{40,100}={0,2}(?:\?.*)?\Z")
_PIN = re.compile(
    r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)\s*(?P<extras>\[[A-Za-z0-9._, -]*\])?\s*==\s*(?P<version>[A-Za-z0-9.!+_-]+)"
    r"\s*(?:;(?P<marker>[^#]*))?\Z"
)
_HASH = re.compile(r"sha256:[0-9a-fA-F]{64}\Z")
_MARKER = re.compile(r"[A-Za-z0-9_.<>=!~'\"() ]*\Z")
_DEPENDENCIES = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")


class LockProblem(ValueError):
    """The lock file cannot be installed from; the message names file and entry, and is written for a model to read."""


def packages_of(files: Mapping[str, bytes]) -> Literal["", "npm", "pip"]:
    """Return what has to be installed before these files can run: "npm", "pip", or "" for nothing."""
    if NPM_LOCK in files or _names_dependencies(files.get(NPM_MANIFEST, b"")):
        return "npm"
    if any(line for _, line in _lines(files.get(PIP_LOCK, b"").decode("utf-8", "replace"))):
        return "pip"
    return ""


def read_lock(system: System, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files an installer gets, and no others; raises LockProblem."""
    return _npm(files) if system == "npm" else {PIP_LOCK: _pip(files)}


def _pip(files: Mapping[str, bytes]) -> bytes:
    """Return the requirements in our own words, one pinned and hashed package a line."""
    kept = []
    for number, line in _lines(_text(files, PIP_LOCK)):
        if not line:
            continue
        named, *hashes = line.split(" --hash=")
        pin = _PIN.match(named)
        marker = (pin["marker"] or "").strip() if pin else ""
        if pin is None or not _MARKER.match(marker) or not hashes or not all(map(_HASH.match, hashes)):
            raise LockProblem(
                f"{PIP_LOCK}, line {number}: {line[:100]!r} is not accepted. Write each package, including those that"
                " others need, as name==version with its --hash=sha256:… (`pip-compile --generate-hashes` does)"
            )
        pinned = f"{pin['name']}{pin['extras'] or ''}=={pin['version']}{' ; ' + marker if marker else ''}"
        kept.append(" --hash=".join([pinned, *hashes]))
    if len(kept) > _MAX_PACKAGES:
        raise LockProblem(f"{PIP_LOCK}: {len(kept)} packages; at most {_MAX_PACKAGES} are installed")
    return "".join(line + "\n" for line in kept).encode()


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield number and text of each entry: continued lines joined, one space between words, comments as ""."""
    held, begun = "", 0
    for number, raw in enumerate(text.splitlines(), 1):
        begun = begun or number
        line = re.sub(r"(^|\s)#.*", "", raw).rstrip()
        if line.endswith("\\"):
            held += line[:-1] + " "
            continue
        yield begun, " ".join((held + line).split())
        held, begun = "", 0
    if held:
        yield begun, " ".join(held.split())


def _npm(files: Mapping[str, bytes]) -> dict[str, bytes]:
    _json(files, NPM_MANIFEST)
    lock = _json(files, NPM_LOCK)
    packages = lock.get("packages")
    if lock.get("lockfileVersion") not in (2, 3) or not isinstance(packages, dict):
        raise LockProblem(f"{NPM_LOCK}: lockfileVersion is not 2 or 3; write it again with npm 7 or newer")
    if len(packages) > _MAX_PACKAGES:
        raise LockProblem(f"{NPM_LOCK}: {len(packages)} packages; at most {_MAX_PACKAGES} are installed")
    taken = {NPM_MANIFEST: files[NPM_MANIFEST], NPM_LOCK: files[NPM_LOCK]}
    for place, entry in packages.items():
        if not isinstance(entry, dict):
            raise LockProblem(f"{NPM_LOCK}: the entry {place[:100]!r} is not an object")
        if place and not re.search(r"(^|/)node_modules/", place):  # a folder of the project's own: a workspace
            manifest = f"{place}/{NPM_MANIFEST}"
            _json(files, manifest)
            taken[manifest] = files[manifest]
        elif place:
            _check_entry(place, entry, packages)
    return taken


def _check_entry(place: str, entry: Mapping[str, Any], packages: Mapping[str, Any]) -> None:
    resolved, integrity = entry.get("resolved"), entry.get("integrity")
    if entry.get("link"):
        if not isinstance(resolved, str) or not resolved or resolved not in packages or ".." in resolved.split("/"):
            raise LockProblem(
                f"{NPM_LOCK}: {place[:100]!r} links to {str(resolved)[:100]!r}, which is not a "
                "workspace of this project"
            )
        return
    if entry.get("inBundle") and resolved is None:  # part of another package's archive, whose hash covers it
        return
    if not isinstance(resolved, str) or not resolved.startswith(("https://", "http://")):
        raise LockProblem(
            f"{NPM_LOCK}: {place[:100]!r} comes from {str(resolved)[:100]!r}; only packages of a registry are installed"
        )
    if not isinstance(integrity, str) or not any(_STRONG.match(part) for part in integrity.split()):
        raise LockProblem(f"{NPM_LOCK}: {place[:100]!r} has no integrity with sha512; write the lock file anew")


def _names_dependencies(manifest: bytes) -> bool:
    try:
        data = json.loads(manifest)
    except (ValueError, RecursionError):
        return False
    return isinstance(data, dict) and any(data.get(name) for name in _DEPENDENCIES)


def _json(files: Mapping[str, bytes], name: str) -> dict[str, Any]:
    try:
        data = json.loads(_text(files, name))
    except (ValueError, RecursionError) as error:
        if isinstance(error, LockProblem):
            raise
        raise LockProblem(f"{name} is not JSON: {error}") from error
    if not isinstance(data, dict):
        raise LockProblem(f"{name} is not a JSON object")
    return data


def _text(files: Mapping[str, bytes], name: str) -> str:
    if name not in files:
        raise LockProblem(f"{name} is missing; packages are installed only from a lock file with a hash for each")
    if len(files[name]) > _MAX_BYTES:
        raise LockProblem(f"{name} has {len(files[name])} bytes; at most {_MAX_BYTES} are read")
    try:
        return files[name].decode("utf-8")
    except UnicodeDecodeError as error:
        raise LockProblem(f"{name} is not UTF-8 text") from error
