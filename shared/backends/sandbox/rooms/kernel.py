"""The few kernel calls that Python 3.11 does not offer: namespaces, mounts, process attributes, seccomp."""

from __future__ import annotations

import ctypes
import os

CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
MS_NOSUID, MS_NODEV = 0x2, 0x4
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP = 1, 4, 22
PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 36, 38
SECCOMP_MODE_FILTER = 2

# The first range is far from every account; the second exists where only 65,536 ids are mapped into a container
# and belongs to nobody by convention either.
_UID_RANGES = ((0x60000000, 1 << 24), (60_706, 470))

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long


def check_result(result: int, what: str) -> int:
    """Return the result of a C call; raises OSError with its errno."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def prctl(option: int, value: int, extra: object = 0) -> None:
    """Set one attribute of this process."""
    third = extra if isinstance(extra, ctypes._Pointer | ctypes.c_void_p) else ctypes.c_ulong(int(str(extra)))
    check_result(
        libc.prctl(option, ctypes.c_ulong(value), third, ctypes.c_ulong(0), ctypes.c_ulong(0)), f"prctl {option}"
    )


def leave_root() -> int:
    """Drop to an ordinary user id that nobody else has, for good; an ordinary user stays. Return the id in force.

    RLIMIT_NPROC does not bind real root, and files of other users would be open to it.
    """
    if os.geteuid() != 0:
        return os.geteuid()
    uid = 0
    for first, count in _UID_RANGES:
        uid = first + int.from_bytes(os.urandom(8), "big") % count
        try:
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
            break
        except OSError:
            continue
    if os.getresuid() != (uid, uid, uid) or uid == 0:
        raise OSError("cannot give up root")
    return uid


def private_namespace() -> None:
    """Enter a new user and mount namespace under the same ids; needs a process with one thread."""
    uid, gid = os.geteuid(), os.getegid()
    prctl(PR_SET_DUMPABLE, 1)  # a process that changed its ids does not own its own /proc entries
    check_result(libc.unshare(CLONE_NEWUSER | CLONE_NEWNS), "unshare")
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        with open(f"/proc/self/{name}", "w", encoding="utf-8") as file:
            file.write(text)
    prctl(PR_SET_DUMPABLE, 0)


def mount_tmpfs(target: str, size: int, inodes: int) -> None:
    """Mount a memory file system that ends at so many bytes and files."""
    options = f"size={size},nr_inodes={inodes},mode=700".encode()
    done = libc.mount(b"workwright", target.encode(), b"tmpfs", ctypes.c_ulong(MS_NOSUID | MS_NODEV), options)
    check_result(done, f"mount tmpfs on {target}")


def install_filter(program: bytes) -> None:
    """Put this process, and all it starts, under a seccomp program for good."""

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))

    held = Program(len(program) // 8, program)
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.cast(ctypes.pointer(held), ctypes.c_void_p))
