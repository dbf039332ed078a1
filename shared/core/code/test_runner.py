"""The text of the trusted test runner: it goes into the sandbox with the code and writes the report that counts.

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

from __future__ import annotations

LEADER = r"""
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

MAX_REPORT = 1_000_000

@PART@


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
    told = []
    for name in names:
        told.append(run_one(name, files))
        sweep(top) if ours else None
    body = json.dumps(told)
    code = hmac.new(nonce, body.encode(), hashlib.sha256).hexdigest()
    # a new file: a link that stands in its place is not followed
    target = root / "report.json"
    target.unlink(missing_ok=True)
    with open(target, "x") as file:
        json.dump({"body": body, "code": code}, file)


main()
"""

PYTHON_PART = r'''
ONE_FILE = """
import ast, json, os, sys, unittest
root, name, channel = sys.argv[1], sys.argv[2], int(sys.argv[3])
os.set_inheritable(channel, False)
folder = os.path.dirname(os.path.join(root, name))
packaged = os.path.exists(os.path.join(folder, "__init__.py"))
sys.path[:0] = [root] if packaged else [folder, root]

class Result(unittest.TestResult):
    def startTest(self, test):
        super().startTest(test)
        self.outcome, self.detail = "passed", ""

    def note(self, outcome, detail):
        if self.outcome in ("passed", "skipped"):
            self.outcome, self.detail = outcome, detail[-2000:]

    def addFailure(self, test, error):
        self.note("failed", self._exc_info_to_string(error, test))

    def addError(self, test, error):
        if isinstance(test, unittest.TestCase):
            self.note("error", self._exc_info_to_string(error, test))
        else:
            tell({"id": str(test), "outcome": "error", "detail": str(error[1])[-2000:], "outside": True})

    def addSubTest(self, test, subtest, error):
        if error is not None:
            self.note("failed", str(subtest) + chr(10) + self._exc_info_to_string(error, test))

    def addSkip(self, test, reason):
        if isinstance(test, unittest.TestCase):
            self.note("skipped", reason)
        else:
            tell({"id": str(test), "outcome": "skipped", "detail": reason, "outside": True})

    def addUnexpectedSuccess(self, test):
        self.note("failed", "was expected to fail and passed")

    def stopTest(self, test):
        super().stopTest(test)
        tell({"id": test.id(), "outcome": self.outcome, "detail": self.detail})

def tell(line):
    os.write(channel, json.dumps(line).encode() + bytes([10]))

def wants_pytest(text):
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return False
    def function(node):
        return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith("test")
    def plain(node):
        return isinstance(node, ast.ClassDef) and node.name.startswith("Test") and not node.bases
    def imports(node):
        names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
        return "pytest" in names or isinstance(node, ast.ImportFrom) and node.module == "pytest"
    if any(imports(node) for node in ast.walk(tree)):
        return True
    return any(function(node) or plain(node) and any(map(function, node.body)) for node in tree.body)

class Plugin:
    told = 0

    def pytest_runtest_logreport(self, report):
        if report.when != "call" and report.passed:
            return
        outcome = "error" if report.failed and report.when != "call" else report.outcome
        line = {"id": report.nodeid, "outcome": outcome, "detail": str(report.longrepr or "")[-2000:]}
        after = report.when == "teardown"
        self.told += not after
        tell({**line, "id": report.nodeid + " (teardown)", "outside": True} if after else line)

    def pytest_collectreport(self, report):
        if report.failed:
            tell({"id": report.nodeid, "outcome": "error", "detail": str(report.longrepr)[-2000:], "outside": True})

def run_pytest():
    try:
        import pytest
    except ImportError:
        detail = "this file needs pytest, which the sandbox does not have: only unittest can be run here"
        tell({"id": "pytest", "outcome": "error", "detail": detail, "outside": True})
        return 0
    plugin = Plugin()
    quiet = ["-q", "-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir", root, "-o", "addopts="]
    pytest.main([*quiet, os.path.join(root, name)], plugins=[plugin])
    return plugin.told

def run_unittest():
    loader = unittest.TestLoader()
    suite = loader.discover(folder, os.path.basename(name), root if packaged else folder)
    result = Result()
    suite.run(result)
    return result.testsRun

with open(os.path.join(root, name), encoding="utf-8", errors="replace") as file:
    run = run_pytest if wants_pytest(file.read()) else run_unittest
tell({"done": run()})
"""


def is_test(path):
    return path.match("test*.py")


def command_for(fresh, name, channel):
    return [sys.executable, "-I", "-B", "-c", ONE_FILE, fresh, name, str(channel)]
'''
PYTHON_RUNNER = LEADER.replace("@PART@", PYTHON_PART.strip())
