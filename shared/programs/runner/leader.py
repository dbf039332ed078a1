"""The trusted test runner: it goes into the sandbox with the code and writes the report that counts.

One process leads and never touches the code under test. It reads a nonce and deletes its file, keeps every file of
the request in memory, and gives each test file a fresh copy of them and a process of its own, whose outcomes come
back through a pipe. Only the leader knows the nonce, and it cannot be looked into; the report carries a code
computed with it, so that who reads one report can still not write another. It is to be started with `-S`: what
installed packages have Python load at its start would run in it.

What one file leaves running is killed before the next, where the room shows its processes, and what it leaves in the
temporary folder goes: both would otherwise be there for tests that never touch its code. (pytest loads a conftest.py,
and Node its packages, from the folders above.)

The leader is the same for every language; what runs one file is a part of its own. Files in the way of pytest (they
import it, or hold test functions of their own) are run by it where the sandbox's Python has it, and are said to need
it where it has not.
"""

import ctypes
import hashlib
import hmac
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from part import command_for, is_test

MAX_REPORT = 1_000_000


def snapshot(root):
    kept = {}
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.is_symlink():
            kept[path.relative_to(root).as_posix()] = path.read_bytes()
    return kept


def run_one(name, files):
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as fresh:
        for path, data in files.items():
            target = Path(fresh, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        ours, theirs = os.pipe()
        command = command_for(fresh, name, theirs)
        process = subprocess.Popen(command, cwd=fresh, stdin=subprocess.DEVNULL, pass_fds=(theirs,))
        os.close(theirs)
        data = listen(ours, process)
        os.close(ours)
        end_the_rest()
    return {"file": name, "exit": process.returncode, "lines": parse(data.replace(fresh.encode() + b"/", b""))}


def listen(pipe, process):
    os.set_blocking(pipe, False)
    data, over = b"", False
    while not over and len(data) < MAX_REPORT:
        over = process.poll() is not None  # look once more after its end; a left-behind child may hold the pipe
        if select.select([pipe], [], [], 0 if over else 0.05)[0]:
            more = os.read(pipe, 65536)
            if more:
                data, over = data + more, False
            else:
                break
    process.kill() if len(data) >= MAX_REPORT else None
    process.wait()
    return data


# what a file has left running is our child, now that what started it is dead
def end_the_rest():
    while any_left() and (left := children()):
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.002)


def any_left():
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


def children():
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = stat.read_text(errors="replace").rpartition(")")[2].split()[1]
        except OSError:
            continue
        if int(parent) == os.getpid():
            found.append(int(stat.parent.name))
    return found


# what cannot be removed from a folder, because it is closed, gets another name at least
def sweep(top):
    for name in os.listdir(top):
        gone = os.path.join(top, os.urandom(8).hex())
        os.rename(os.path.join(top, name), gone)
        if os.path.isdir(gone) and not os.path.islink(gone):
            shutil.rmtree(gone, ignore_errors=True)
        else:
            os.unlink(gone)


def parse(data):
    lines = []
    for text in data.splitlines():
        try:
            line = json.loads(text)
        except ValueError:
            line = None
        lines.append(line if isinstance(line, dict) else {"id": "?", "outcome": "error", "detail": "not a report"})
    return lines


def main():
    ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE: nobody reads our memory or our descriptors
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER: what is left behind becomes our child
    root = Path.cwd()
    own = Path(__file__).resolve().parent
    nonce_file = own / "nonce"
    nonce = nonce_file.read_bytes()
    nonce_file.unlink()
    files = {path: data for path, data in snapshot(root).items() if not Path(root, path).is_relative_to(own)}
    names = sys.argv[1:] or [path for path in files if is_test(Path(path))]
    top = tempfile.gettempdir()
    ours = not os.listdir(top)  # as in a sandbox; elsewhere it belongs to others too
    reports = []
    for name in names:
        reports.append(run_one(name, files))
        sweep(top) if ours else None
    body = json.dumps(reports)
    code = hmac.new(nonce, body.encode(), hashlib.sha256).hexdigest()
    # a new file: a link that stands in its place is not followed
    target = root / "report.json"
    target.unlink(missing_ok=True)
    with open(target, "x") as file:
        json.dump({"body": body, "code": code}, file)


main()
