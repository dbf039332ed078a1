"""Landlock rules over plain system calls: which paths a process may read or write, and nothing else of the files."""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections.abc import Sequence

from shared.backends.sandbox.rooms.kernel import PR_SET_NO_NEW_PRIVS, check_result, libc, prctl

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on x86_64 and aarch64
_VERSION_FLAG, _PATH_BENEATH = 1, 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_FOLDER = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REMOVE_FOLDER, _REMOVE_FILE, _MAKE_FOLDER, _MAKE_FILE = 1 << 4, 1 << 5, 1 << 7, 1 << 8
_MAKE_LINK, _MOVE, _TRUNCATE, _DEVICE_REQUESTS = 1 << 12, 1 << 13, 1 << 14, 1 << 15
_READ = _EXECUTE | _READ_FILE | _READ_FOLDER
_WRITE = (
    _READ | _WRITE_FILE | _REMOVE_FOLDER | _REMOVE_FILE | _MAKE_FOLDER | _MAKE_FILE | _MAKE_LINK | _MOVE | _TRUNCATE
)
_OF_A_FILE = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _DEVICE_REQUESTS
_TCP = 0b11  # bind and connect
_SCOPES = 0b11  # abstract sockets and signals stay among the restricted processes


def landlock_abi() -> int:
    """Return the version of Landlock this kernel speaks, 0 for none."""
    return max(int(libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint(_VERSION_FLAG))), 0)


def handled_rights(abi: int) -> tuple[int, int, int]:
    """Return what a ruleset of that version takes away: files, network, scopes."""
    files = (1 << 13) - 1
    for version, right in ((2, _MOVE), (3, _TRUNCATE), (5, _DEVICE_REQUESTS)):
        files |= right if abi >= version else 0
    return files, _TCP if abi >= 4 else 0, _SCOPES if abi >= 6 else 0


def make_ruleset(readable: Sequence[str], writable: Sequence[str], abi: int) -> int:
    """Return the descriptor of a ruleset under which only these paths, and what is below them, can be opened."""
    files, network, scopes = handled_rights(abi)
    attributes = struct.pack("=QQQ", files, network, scopes)
    size = 8 if not network else 16 if not scopes else 24  # an older kernel refuses a longer structure
    made = libc.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(size), ctypes.c_uint(0))
    ruleset = check_result(int(made), "landlock_create_ruleset")
    for paths, rights in ((readable, _READ), (writable, _WRITE)):
        for path in paths:
            if os.path.exists(path):
                _allow(ruleset, path, rights & files)
    return ruleset


def _allow(ruleset: int, path: str, rights: int) -> None:
    opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not stat.S_ISDIR(os.fstat(opened).st_mode):
            rights &= _OF_A_FILE
        rule = struct.pack("=Qi", rights, opened)
        added = libc.syscall(_ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(_PATH_BENEATH), rule, ctypes.c_uint(0))
        check_result(int(added), f"landlock_add_rule {path}")
    finally:
        os.close(opened)


def restrict_self(ruleset: int) -> None:
    """Put this process, and all it starts, under the ruleset for good."""
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    check_result(int(libc.syscall(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint(0))), "landlock_restrict_self")
