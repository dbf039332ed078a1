"""Watches one command until it and everything it started is dead: wall clock, output, memory."""

from __future__ import annotations

import contextlib
import os
import resource
import selectors
import signal
import subprocess
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from shared.ports.sandbox import SandboxLimits

_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICK_S = 0.05
_LAST_WORDS_S = 15.0  # how long the kernel may take to end what has been killed


class Stream:
    """Head and tail of what came out of one pipe, and how much it was in all."""

    def __init__(self, cap: int) -> None:
        self.cap = cap
        self.head = b""
        self.tail = b""
        self.total = 0

    def add(self, data: bytes) -> None:
        """Keep what fits."""
        self.total += len(data)
        room = self.cap // 2 - len(self.head)
        self.head += data[: max(room, 0)]
        self.tail = (self.tail + data[max(room, 0) :])[-(self.cap - self.cap // 2) :]

    def value(self) -> bytes:
        """Return what was kept, with a note where something is missing."""
        missing = self.total - len(self.head) - len(self.tail)
        note = f"\n[... {missing} bytes left out ...]\n".encode() if missing else b""
        return self.head + note + self.tail


class Outcome(NamedTuple):
    """How it ended. `returncode` as of subprocess; `all_dead` is False when something outlived the kill."""

    returncode: int
    killed_by: str
    stdout: bytes
    stderr: bytes
    duration_s: float
    all_dead: bool


class _Watch:
    def __init__(self, process: subprocess.Popen[bytes], limits: SandboxLimits) -> None:
        self.process = process
        self.limits = limits
        self.streams: dict[int, Stream] = {}
        self.selector = selectors.DefaultSelector()
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe is None:
                raise ValueError("the command must be started with pipes")
            os.set_blocking(pipe.fileno(), False)
            self.streams[pipe.fileno()] = Stream(self.limits.output_bytes)
            self.selector.register(pipe.fileno(), selectors.EVENT_READ)

    def read(self, timeout: float) -> bool:
        """Take what has come; return whether anything did."""
        if not self.selector.get_map():
            time.sleep(timeout)
            return False
        came = False
        for key, _ in self.selector.select(timeout):
            try:
                data = os.read(key.fd, 65536)
            except BlockingIOError:
                continue
            if data:
                self.streams[key.fd].add(data)
                came = True
            else:
                self.selector.unregister(key.fd)
        return came

    def wait_until_over(self) -> str:
        """Return when the command has ended or passed a limit; "" or the name of the limit."""
        end = time.monotonic() + self.limits.wall_s
        look = 0.0
        while True:
            now = time.monotonic()
            if now >= end:
                return "wall"
            if now >= look:
                if memory_in_use() > self.limits.memory_bytes:
                    return "memory"
                look = now + _TICK_S
            self.read(min(_TICK_S, end - now))
            if any(stream.total > self.limits.output_bytes for stream in self.streams.values()):
                return "output"
            if self.process.poll() is not None:
                return ""


def supervise(process: subprocess.Popen[bytes], limits: SandboxLimits, kill: Callable[[], None]) -> Outcome:
    """Watch the process to its end. This process must be a child subreaper with no other children."""
    started = time.monotonic()
    watch = _Watch(process, limits)
    killed_by = watch.wait_until_over()
    duration = time.monotonic() - started
    all_dead = _end_everything(process, kill)
    while watch.read(0.0):  # what was in the pipes; no writer is left
        pass
    stdout, stderr = watch.streams.values()
    if not killed_by and any(stream.total > limits.output_bytes for stream in (stdout, stderr)):
        killed_by = "output"
    return Outcome(process.returncode, killed_by, stdout.value(), stderr.value(), duration, all_dead)


def _end_everything(process: subprocess.Popen[bytes], kill: Callable[[], None]) -> bool:
    """Kill and bury every descendant; return whether none is left."""
    end = time.monotonic() + _LAST_WORDS_S
    while time.monotonic() < end:
        kill()
        for pid in descendants(os.getpid()):
            _kill_one(pid)
        process.poll()
        if process.returncode is not None and not _bury():
            return True
        time.sleep(0.002)
    return False


def _bury() -> bool:
    """Collect dead children, orphans included; return whether living ones remain."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


def _kill_one(pid: int) -> None:
    with contextlib.suppress(OSError, ValueError):
        resource.prlimit(pid, resource.RLIMIT_NPROC, (0, 0))  # it must not start another while we come
    with contextlib.suppress(OSError):
        os.kill(pid, signal.SIGKILL)


def must_see_children() -> None:
    """Raise RuntimeError where the kernel does not tell who started whom: we could neither watch nor kill."""
    if not os.path.exists(f"/proc/self/task/{os.getpid()}/children"):
        raise RuntimeError("this kernel does not list the children of a process (CONFIG_PROC_CHILDREN)")


def descendants(root: int) -> list[int]:
    """Return the ids of all processes below one."""
    found: list[int] = []
    todo = [root]
    while todo:
        pid = todo.pop()
        try:
            tasks = os.listdir(f"/proc/{pid}/task")
        except OSError:
            continue
        for task in tasks:
            children = _text(f"/proc/{pid}/task/{task}/children").split()
            found += map(int, children)
            todo += map(int, children)
    return found


def memory_in_use() -> int:
    """Return the bytes our descendants hold; pages they share are counted once where the kernel tells."""
    sizes = {}
    for pid in descendants(os.getpid()):
        fields = _text(f"/proc/{pid}/statm").split()
        sizes[pid] = int(fields[1]) * _PAGE if len(fields) > 1 else 0
    total = sum(sizes.values())
    if total > 64 * 1024 * 1024:  # only then is the exact, slower figure worth reading
        total = sum(min(size, _proportional(pid, size)) for pid, size in sizes.items())
    return total


def _proportional(pid: int, otherwise: int) -> int:
    for line in _text(f"/proc/{pid}/smaps_rollup").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return otherwise  # not readable for us: count it in full


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""
