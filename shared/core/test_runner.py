"""The text of the trusted test runner: it goes into the sandbox with the code and writes the report that counts.

One process leads and never touches the code under test. It reads a nonce and deletes its file, keeps every file of
the request in memory, and gives each test file a fresh copy of them and a process of its own, whose outcomes come
back through a pipe. Only the leader knows the nonce, and it cannot be looked into; the report carries a code
computed with it, so that who reads one report can still not write another.
"""

from __future__ import annotations

RUNNER = r'''
import ctypes
import hashlib
import hmac
import json
import os
import select
import subprocess
import sys
import tempfile
from pathlib import Path

MAX_REPORT = 1_000_000
ONE_FILE = """
import json, os, sys, unittest
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

loader = unittest.TestLoader()
suite = loader.discover(folder, os.path.basename(name), root if packaged else folder)
result = Result()
suite.run(result)
tell({"done": result.testsRun})
"""


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
        command = [sys.executable, "-I", "-B", "-c", ONE_FILE, fresh, name, str(theirs)]
        process = subprocess.Popen(command, cwd=fresh, stdin=subprocess.DEVNULL, pass_fds=(theirs,))
        os.close(theirs)
        data = listen(ours, process)
        os.close(ours)
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
    root = Path.cwd()
    own = Path(__file__).resolve().parent
    nonce_file = own / "nonce"
    nonce = nonce_file.read_bytes()
    nonce_file.unlink()
    files = {path: data for path, data in snapshot(root).items() if not Path(root, path).is_relative_to(own)}
    names = [path for path in files if Path(path).match("test*.py")]
    body = json.dumps([run_one(name, files) for name in names])
    code = hmac.new(nonce, body.encode(), hashlib.sha256).hexdigest()
    # a new file: a link that stands in its place is not followed
    target = root / "report.json"
    target.unlink(missing_ok=True)
    with open(target, "x") as file:
        json.dump({"body": body, "code": code}, file)


main()
'''
