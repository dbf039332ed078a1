"""The system-call filter does what it says on both architectures: run here by a small interpreter of BPF."""

from __future__ import annotations

import errno
import struct
from collections.abc import Sequence

import pytest

from shared.backends.sandbox.rooms.seccomp import seccomp_filter

X86, ARM = 0xC000003E, 0xC00000B7  # AUDIT_ARCH_* of linux/audit.h
ALLOW, KILL = 0x7FFF0000, 0x80000000


def refused(number: int) -> int:
    return 0x00050000 | number  # SECCOMP_RET_ERRNO of linux/seccomp.h


def decide(program: bytes, architecture: int, number: int, arguments: Sequence[int] = ()) -> int:
    """Return what the program answers to one call, by the rules of linux/bpf_common.h."""
    padded = [*arguments, *([0] * (6 - len(arguments)))]
    data = struct.pack("<IIQ6Q", number, architecture, 0, *padded)
    lines = list(struct.iter_unpack("<HBBI", program))
    accumulator, at = 0, 0
    while True:
        code, if_true, if_false, value = lines[at]
        at += 1
        match code:
            case 0x20:
                (accumulator,) = struct.unpack_from("<I", data, value)
            case 0x15:
                at += if_true if accumulator == value else if_false
            case 0x35:
                at += if_true if accumulator >= value else if_false
            case 0x54:
                accumulator &= value
            case 0x06:
                return int(value)
            case _:
                raise AssertionError(f"unknown instruction {code:#x}")


# name, x86_64, aarch64, arguments, answer: numbers of asm/unistd_64.h and asm-generic/unistd.h
VECTORS = [
    ("read", 0, 63, (), ALLOW),
    ("write", 1, 64, (), ALLOW),
    ("openat", 257, 56, (), ALLOW),
    ("execve", 59, 221, (), ALLOW),
    ("futex", 202, 98, (), ALLOW),
    ("exit_group", 231, 94, (), ALLOW),
    ("ptrace", 101, 117, (), refused(errno.EPERM)),
    ("process_vm_readv", 310, 270, (), refused(errno.EPERM)),
    ("process_vm_writev", 311, 271, (), refused(errno.EPERM)),
    ("mount", 165, 40, (), refused(errno.EPERM)),
    ("umount2", 166, 39, (), refused(errno.EPERM)),
    ("pivot_root", 155, 41, (), refused(errno.EPERM)),
    ("unshare", 272, 97, (), refused(errno.EPERM)),
    ("setns", 308, 268, (), refused(errno.EPERM)),
    ("bpf", 321, 280, (), refused(errno.EPERM)),
    ("perf_event_open", 298, 241, (), refused(errno.EPERM)),
    ("userfaultfd", 323, 282, (), refused(errno.EPERM)),
    ("io_uring_setup", 425, 425, (), refused(errno.EPERM)),
    ("keyctl", 250, 219, (), refused(errno.EPERM)),
    ("kexec_load", 246, 104, (), refused(errno.EPERM)),
    ("finit_module", 313, 273, (), refused(errno.EPERM)),
    ("mknodat", 259, 33, (), refused(errno.EPERM)),
    ("open_by_handle_at", 304, 265, (), refused(errno.EPERM)),
    ("personality", 135, 92, (), refused(errno.EPERM)),
    ("memfd_create", 319, 279, (), refused(errno.EPERM)),
    ("shmget", 29, 194, (), refused(errno.EPERM)),
    ("msgget", 68, 186, (), refused(errno.EPERM)),
    ("clone3", 435, 435, (), refused(errno.ENOSYS)),
    ("clone for a thread", 56, 220, (0x3D0F00,), ALLOW),
    ("clone for a process", 56, 220, (17,), ALLOW),
    ("clone into a user namespace", 56, 220, (0x10000000 | 17,), refused(errno.EPERM)),
    ("clone into a network namespace", 56, 220, (0x40000000 | 17,), refused(errno.EPERM)),
    ("clone into a mount namespace", 56, 220, (0x00020000 | 17,), refused(errno.EPERM)),
    ("socket AF_UNIX", 41, 198, (1, 1), ALLOW),
    ("socket AF_INET", 41, 198, (2, 1), ALLOW),
    ("socket AF_INET6", 41, 198, (10, 1), ALLOW),
    ("socket AF_NETLINK", 41, 198, (16, 3), ALLOW),
    ("socket AF_PACKET", 41, 198, (17, 3), refused(errno.EAFNOSUPPORT)),
    ("socket AF_ALG", 41, 198, (38, 5), refused(errno.EAFNOSUPPORT)),
    ("socket AF_VSOCK", 41, 198, (40, 1), refused(errno.EAFNOSUPPORT)),
    ("socketpair AF_UNIX", 53, 199, (1, 1), ALLOW),
    ("socketpair AF_TIPC", 53, 199, (30, 1), refused(errno.EAFNOSUPPORT)),
    ("ioctl TIOCGWINSZ", 16, 29, (0, 0x5413), ALLOW),
    ("ioctl TIOCSTI", 16, 29, (0, 0x5412), refused(errno.EPERM)),
    ("ioctl TIOCSTI with high bits", 16, 29, (0, 0xFF00005412), refused(errno.EPERM)),
    ("ioctl TIOCLINUX", 16, 29, (0, 0x541C), refused(errno.EPERM)),
    ("mmap private", 9, 222, (0, 4096, 3, 0x22), ALLOW),
    ("mmap of a shared file", 9, 222, (0, 4096, 3, 0x01), ALLOW),
    ("mmap shared anonymous", 9, 222, (0, 4096, 3, 0x21), refused(errno.EPERM)),
]
CONFINED = [
    ("socket AF_UNIX", 41, 198, (1, 1), refused(errno.EAFNOSUPPORT)),
    ("socket AF_INET", 41, 198, (2, 1), refused(errno.EAFNOSUPPORT)),
    ("socketpair AF_UNIX", 53, 199, (1, 1), ALLOW),
    ("setsid", 112, 157, (), refused(errno.EPERM)),
    ("setpgid", 109, 154, (), refused(errno.EPERM)),
    ("fchmodat", 268, 53, (), refused(errno.EPERM)),
    ("prlimit64 of oneself", 302, 261, (0, 7), ALLOW),
    ("prlimit64 of another", 302, 261, (4321, 7), refused(errno.EPERM)),
    ("kill", 62, 129, (1, 9), ALLOW),
]


@pytest.mark.parametrize(("name", "x86", "arm", "arguments", "answer"), VECTORS, ids=[row[0] for row in VECTORS])
def test_the_filter(name: str, x86: int, arm: int, arguments: tuple[int, ...], answer: int) -> None:
    assert decide(seccomp_filter("x86_64"), X86, x86, arguments) == answer
    assert decide(seccomp_filter("aarch64"), ARM, arm, arguments) == answer


@pytest.mark.parametrize(("name", "x86", "arm", "arguments", "answer"), CONFINED, ids=[row[0] for row in CONFINED])
def test_the_stricter_filter(name: str, x86: int, arm: int, arguments: tuple[int, ...], answer: int) -> None:
    assert decide(seccomp_filter("x86_64", landlock_abi=6), X86, x86, arguments) == answer
    assert decide(seccomp_filter("aarch64", landlock_abi=6), ARM, arm, arguments) == answer


@pytest.mark.parametrize("number", [(62, 129), (200, 130), (234, 131), (424, 424)])
def test_signals_are_refused_where_landlock_cannot_confine_them(number: tuple[int, int]) -> None:
    assert decide(seccomp_filter("x86_64", landlock_abi=5), X86, number[0]) == refused(errno.EPERM)
    assert decide(seccomp_filter("aarch64", landlock_abi=5), ARM, number[1]) == refused(errno.EPERM)


def test_truncate_by_path_is_refused_where_landlock_cannot_confine_it() -> None:
    for abi, answer in ((1, refused(errno.EPERM)), (2, refused(errno.EPERM)), (3, ALLOW)):
        assert decide(seccomp_filter("x86_64", landlock_abi=abi), X86, 76) == answer
        assert decide(seccomp_filter("aarch64", landlock_abi=abi), ARM, 45) == answer


def test_the_ways_around_are_closed() -> None:
    program = seccomp_filter("x86_64")
    assert decide(program, 0x40000003, 11) == KILL  # a 32-bit call has other numbers
    assert decide(program, ARM, 0) == KILL
    assert decide(program, X86, 0x40000000 | 41) == refused(errno.ENOSYS)  # so has an x32 call
    assert len(program) // 8 < 4096  # BPF_MAXINSNS


def test_an_unknown_machine_is_refused() -> None:
    with pytest.raises(ValueError, match="riscv64"):
        seccomp_filter("riscv64")
