"""Tries, from inside, to reach what a closed room must not let it reach; prints what it could."""

import ctypes
import json
import os
import socket
import sys

planted, port, pid, abstract = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
mark = abstract.encode()
found: list[str] = []
own = (1, os.getpid(), os.getppid())


def attempt(name, action):
    try:
        if action() is not False:
            found.append(name)
    except OSError:
        pass


def call(*numbers):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(*map(ctypes.c_long, numbers)) < 0:
        raise OSError(ctypes.get_errno())


def connect(family, address):
    with socket.socket(family, socket.SOCK_STREAM) as end:
        end.settimeout(1)
        end.connect(address)


def environ(name):
    try:
        return open(f"/proc/{name}/environ", "rb").read()
    except OSError:
        return b""


machine = os.uname().machine == "x86_64"
attempt("a file of the host can be read", lambda: open(planted).read())
attempt("the host's loopback answers", lambda: connect(socket.AF_INET, ("127.0.0.1", port)))
attempt("a host's abstract socket answers", lambda: connect(socket.AF_UNIX, "\0" + abstract))
attempt("a foreign process can be looked at", lambda: any(mark in environ(name) for name in os.listdir("/proc")))
attempt("ptrace is not refused", lambda: call(101 if machine else 117, 0, 0, 0, 0))
attempt("memfd_create is not refused", lambda: os.memfd_create("x"))
attempt("a new user namespace is not refused", lambda: call(272 if machine else 97, 0x10000000))
attempt("a packet socket is not refused", lambda: socket.socket(17, socket.SOCK_RAW))
attempt("the file system can be written to", lambda: open("/usr/workwright-probe", "w"))
attempt("/dev can be written to", lambda: open("/dev/workwright-probe", "w"))
attempt("it still is root", lambda: os.getuid() == 0)
attempt("a signal reaches a foreign process", lambda: os.kill(pid, 0) if pid not in own else False)
print(json.dumps(found))
