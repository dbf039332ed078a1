"""The system-call filter, assembled by hand: a BPF program for x86_64 and aarch64, with no library."""

from __future__ import annotations

import errno
import os
import struct

# name: number on x86_64, number on aarch64 (None: that kernel has no such call)
_NUMBERS: dict[str, tuple[int, int | None]] = {
    # other processes
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    # mounts and namespaces
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "move_mount": (429, 429),
    "open_tree": (428, 428),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "open_tree_attr": (467, 467),
    "unshare": (272, 97),
    "setns": (308, 268),
    # wide kernel interfaces with a history
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "fanotify_init": (300, 262),
    "lookup_dcookie": (212, 18),
    "personality": (135, 92),
    "modify_ldt": (154, None),
    "uselib": (134, None),
    # the kernel itself
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "syslog": (103, 116),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "adjtimex": (159, 171),
    "clock_adjtime": (305, 266),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "iopl": (172, None),
    "ioperm": (173, None),
    "vhangup": (153, 58),
    "mbind": (237, 235),
    "set_mempolicy": (238, 237),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    # files by other ways than their name
    "mknod": (133, None),
    "mknodat": (259, 33),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    # memory that belongs to no process and escapes the memory watch
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "msgget": (68, 186),
    "msgsnd": (69, 189),
    "semget": (64, 190),
    "mq_open": (240, 180),
}
# Where no namespace is around the command: other processes of this user, and files by their attributes.
_WITHOUT_NAMESPACES: dict[str, tuple[int, int | None]] = {
    "setsid": (112, 157),  # nobody leaves the process group: killing the group kills all
    "setpgid": (109, 154),
    "chmod": (90, None),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, None),
    "lchown": (94, None),
    "fchownat": (260, 54),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "setxattrat": (463, 463),
    "removexattrat": (466, 466),
    "file_setattr": (469, 469),
}
_SIGNALS: dict[str, tuple[int, int | None]] = {
    "kill": (62, 129),
    "tkill": (200, 130),
    "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_send_signal": (424, 424),
}
_TRUNCATE: dict[str, tuple[int, int | None]] = {"truncate": (76, 45)}
_CONFINED_SINCE = ((3, _TRUNCATE), (6, _SIGNALS))  # the version of Landlock that confines them itself
_CLONE, _CLONE3 = (56, 220), (435, 435)
_SOCKET, _SOCKETPAIR, _IOCTL, _MMAP = (41, 198), (53, 199), (16, 29), (9, 222)
_PRLIMIT = (302, 261)

_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_NEW_NAMESPACE_FLAGS = 0x7E020000  # CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
_SHARED_ANONYMOUS = 0x21  # MAP_SHARED | MAP_ANONYMOUS: pages that stay held after they leave the resident set
_AF_UNIX, _AF_INET, _AF_INET6, _AF_NETLINK = 1, 2, 10, 16
_TERMINAL_REQUESTS = (0x5412, 0x541C)  # TIOCSTI and TIOCLINUX put words into somebody else's terminal
_X32_BIT = 0x40000000

_LOAD, _JUMP_EQUAL, _JUMP_GREATER_EQUAL, _AND, _RETURN = 0x20, 0x15, 0x35, 0x54, 0x06
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_NUMBER_AT, _ARCHITECTURE_AT = 0, 4


def _line(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("<HBBI", code, if_true, if_false, value)


def _argument(index: int) -> bytes:
    return _line(_LOAD, 16 + 8 * index)  # low word; both architectures are little-endian


def _refuse(number: int = errno.EPERM) -> bytes:
    return _line(_RETURN, _ERRNO | number)


def _guard_call(number: int, body: bytes) -> bytes:
    """Run the body for one system call. The body ends in a return on every path."""
    return _line(_JUMP_EQUAL, number, 0, len(body) // 8) + body


def _allow_values(index: int, allowed: tuple[int, ...], refusal: int) -> bytes:
    """Let the call pass only with one of these values in an argument."""
    tests = b"".join(_line(_JUMP_EQUAL, value, len(allowed) - at) for at, value in enumerate(allowed))
    return _argument(index) + tests + _refuse(refusal) + _line(_RETURN, _ALLOW)


def _allow_unless(index: int, refused: tuple[int, ...]) -> bytes:
    """Let the call pass unless an argument has one of these values."""
    tests = b"".join(_line(_JUMP_EQUAL, value, len(refused) - at) for at, value in enumerate(refused))
    return _argument(index) + tests + _line(_RETURN, _ALLOW) + _refuse()


def _unless_any_bit(index: int, mask: int) -> bytes:
    tests = _line(_AND, mask) + _line(_JUMP_EQUAL, 0, 1)
    return _argument(index) + tests + _refuse() + _line(_RETURN, _ALLOW)


def _unless_all_bits(index: int, mask: int) -> bytes:
    tests = _line(_AND, mask) + _line(_JUMP_EQUAL, mask, 0, 1)
    return _argument(index) + tests + _refuse() + _line(_RETURN, _ALLOW)


def seccomp_filter(machine: str = "", *, landlock_abi: int = 0) -> bytes:
    """Return the program for a machine, by default this one; raises ValueError for one we have no table for.

    `landlock_abi` is for a command under Landlock, of that version, without namespaces around it: no sockets but a
    pair, no way out of the process group, no changes to attributes of files or to limits of others, and none of
    what that version cannot confine yet.
    """
    machine = machine or os.uname().machine
    if machine not in _ARCHITECTURES:
        raise ValueError(f"no system-call table for {machine}; known are x86_64 and aarch64")
    column, architecture = _ARCHITECTURES[machine]
    sockets = (_AF_UNIX, _AF_INET, _AF_INET6, _AF_NETLINK)
    refuse_socket = _refuse(errno.EAFNOSUPPORT) if landlock_abi else _allow_values(0, sockets, errno.EAFNOSUPPORT)
    parts = [
        _line(_LOAD, _ARCHITECTURE_AT) + _line(_JUMP_EQUAL, architecture, 1) + _line(_RETURN, _KILL),
        _line(_LOAD, _NUMBER_AT),
    ]
    if machine == "x86_64":  # the x32 way in has other numbers
        parts.append(_line(_JUMP_GREATER_EQUAL, _X32_BIT, 0, 1) + _refuse(errno.ENOSYS))
    tables = [_NUMBERS]
    if landlock_abi:
        tables += [_WITHOUT_NAMESPACES] + [table for since, table in _CONFINED_SINCE if landlock_abi < since]
    denied = [numbers[column] for table in tables for numbers in table.values()]
    if landlock_abi:
        parts.append(_guard_call(_PRLIMIT[column], _allow_values(0, (0,), errno.EPERM)))
    parts += [_guard_call(number, _refuse()) for number in denied if number is not None]
    parts += [
        # clone3 hides its flags behind a pointer; told that it does not exist, the C library falls back to clone
        _guard_call(_CLONE3[column], _refuse(errno.ENOSYS)),
        _guard_call(_CLONE[column], _unless_any_bit(0, _NEW_NAMESPACE_FLAGS)),
        _guard_call(_SOCKET[column], refuse_socket),
        _guard_call(_SOCKETPAIR[column], _allow_values(0, (_AF_UNIX,), errno.EAFNOSUPPORT)),
        _guard_call(_IOCTL[column], _allow_unless(1, _TERMINAL_REQUESTS)),
        _guard_call(_MMAP[column], _unless_all_bits(3, _SHARED_ANONYMOUS)),
        _line(_RETURN, _ALLOW),
    ]
    return b"".join(parts)
