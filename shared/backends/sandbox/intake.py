"""What a request may look like before anything is started: names, command, environment, size."""

from __future__ import annotations

import math
import re

from shared.ports.sandbox import SandboxRequest

_ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
# Names the loader or the interpreter obeys before the command's own first line; the sandbox sets what is needed.
_ENV_RESERVED = ("LD_", "PATH", "HOME", "TMPDIR")
_MAX_WORD, _MAX_WORDS = 100_000, 1_000_000  # bytes: the kernel takes 128 KiB a word, and a quarter of the stack in all


def check_request(request: SandboxRequest) -> None:
    """Raise ValueError, naming the part, when the request cannot be run as it stands."""
    for name in request.files:
        check_path(name)
    for name in request.collect:
        check_path(name.removesuffix("/"))
    _check_no_clash(set(request.files))
    if request.packages not in ("", "npm", "pip"):
        raise ValueError(f"packages {request.packages!r} cannot be provided")
    if request.command and request.command[0].startswith("-"):
        raise ValueError("the command begins with an option")
    if not request.command or not all(request.command) or any("\0" in word for word in request.command):
        raise ValueError("the command is empty or holds an empty word or a NUL")
    _check_size([*request.command, *(f"{name}={value}" for name, value in request.env.items())])
    for name, value in request.env.items():
        if not _ENV_NAME.match(name) or name.startswith(_ENV_RESERVED) or "\0" in value:
            raise ValueError(f"the environment variable {name!r} is not allowed")
    limits = request.limits
    if sum(map(len, request.files.values())) > limits.disk_bytes or len(request.files) > limits.inodes:
        raise ValueError("the files of the request do not fit into its own disk limit")
    if min(limits.wall_s, limits.memory_bytes, limits.processes, limits.file_bytes, limits.output_bytes) <= 0:
        raise ValueError("every limit must be above zero")
    if not math.isfinite(limits.wall_s):
        raise ValueError("limits.wall_s must be a number of seconds")
    if limits.disk_bytes <= 0 or limits.inodes <= 0:  # 0 means "no limit" to tmpfs
        raise ValueError("every limit must be above zero")


def _check_size(words: list[str]) -> None:
    """Raise ValueError for what no program can be started with: half a character, or more than the kernel passes on."""
    sizes = [len(word.encode()) for word in words]
    if max(sizes) > _MAX_WORD or sum(sizes) > _MAX_WORDS:
        raise ValueError(f"the command and its environment have {sum(sizes)} bytes; at most {_MAX_WORDS} are passed on")


def check_path(name: str) -> None:
    """Raise ValueError unless it is a plain relative path below the work folder."""
    parts = name.split("/")
    if not name or "\0" in name or any(part in ("", ".", "..") for part in parts):
        raise ValueError(f"{name!r} is not a plain relative path")
    if any(ord(character) < 32 or ord(character) == 127 for character in name):
        raise ValueError(f"{name!r} is not a path without control characters")
    if len(name.encode("utf-8")) > 1024 or any(len(part.encode("utf-8")) > 255 for part in parts) or len(parts) > 32:
        raise ValueError(f"the path {name[:80]!r} is too long")


def _check_no_clash(names: set[str]) -> None:
    for name in names:
        parts = name.split("/")
        for end in range(1, len(parts)):
            if "/".join(parts[:end]) in names:
                raise ValueError(f"{'/'.join(parts[:end])!r} is both a file and a folder")
