"""Plays our sandbox's contract inside Vertex AI's: files in, one command, a report out.

It is no boundary: Vertex AI's sandbox is. What it reports comes from where the command has run and is believed by
nobody; it only keeps honest code within its limits and brings its results home. The format of both files is that of
`shared/backends/sandbox/channel.py`.
"""

import ctypes
import json
import os
import resource
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time

# PR_SET_DUMPABLE: what the command is not to know has come through this process's memory
ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)
raw = open("workwright-job.bin", "rb").read()
os.unlink("workwright-job.bin")
length = int.from_bytes(raw[:8], "big")
job, at = json.loads(raw[8 : 8 + length]), 8 + length
limits, work = job["limits"], tempfile.mkdtemp()
for name, size in zip(job["names"], job["sizes"]):
    path = os.path.join(work, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "xb") as file:
        file.write(raw[at : at + size])
    if raw[at : at + 2] == b"#!":
        os.chmod(path, 0o755)
    at += size
scratch = tempfile.mkdtemp()


def bind():
    for which, value in (
        (resource.RLIMIT_FSIZE, limits["file_bytes"]),
        (resource.RLIMIT_DATA, limits["memory_bytes"] * 2),
        (resource.RLIMIT_CPU, int(limits["wall_s"] * (os.cpu_count() or 1)) + 1),
        (resource.RLIMIT_CORE, 0),
    ):
        try:
            hard = resource.getrlimit(which)[1]
            top = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(which, (top, hard))
        except (OSError, ValueError):
            pass


class Kept:
    def __init__(self, pipe):
        self.cap, self.head, self.tail, self.total = limits["output_bytes"], b"", b"", 0
        self.thread = threading.Thread(target=self.read, args=(pipe,), daemon=True)
        self.thread.start()

    def read(self, pipe):
        while data := os.read(pipe.fileno(), 65536):
            room = max(self.cap // 2 - len(self.head), 0)
            self.total += len(data)
            self.head += data[:room]
            self.tail = (self.tail + data[room:])[-(self.cap - self.cap // 2) :]
            if self.total > self.cap:
                return  # a full pipe holds the flood until it is ended

    def value(self):
        missing = self.total - len(self.head) - len(self.tail)
        note = f"\n[... {missing} bytes left out ...]\n".encode() if missing else b""
        return self.head + note + self.tail


command = [sys.executable, *job["command"][1:]]
env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": scratch, "TMPDIR": scratch, "LANG": "C.UTF-8", **job["env"]}
began = time.monotonic()
process = subprocess.Popen(
    command,
    cwd=work,
    env=env,
    stdin=subprocess.DEVNULL,
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
    start_new_session=True,
    preexec_fn=bind,
)
kept = [Kept(process.stdout), Kept(process.stderr)]
killed_by = ""
while process.poll() is None:
    if time.monotonic() - began > limits["wall_s"]:
        killed_by = "wall"
    elif any(each.total > each.cap for each in kept):
        killed_by = "output"
    if killed_by:
        break
    time.sleep(0.01)
seconds = time.monotonic() - began
try:
    os.killpg(process.pid, signal.SIGKILL)
except OSError:
    pass
process.wait()
for each in kept:
    each.thread.join(2)
code = process.returncode if process.returncode >= 0 else 128 - process.returncode
if not killed_by and any(each.total > each.cap for each in kept):
    killed_by = "output"
if not killed_by and process.returncode < 0:
    killed_by = "cpu" if -process.returncode == signal.SIGXCPU else "signal"

found: dict[str, bytes] = {}
left = [limits["result_files"], limits["result_bytes"]]


def take(path, name):
    try:
        opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return
    try:
        facts = os.fstat(opened)
        if stat.S_ISREG(facts.st_mode) and facts.st_nlink == 1 and left[0] > 0 and facts.st_size <= left[1]:
            found[name] = os.read(opened, facts.st_size) if facts.st_size < 1 << 30 else b""
            left[0] -= 1
            left[1] -= len(found[name])
    finally:
        os.close(opened)


for wanted in job["collect"]:
    parts = wanted.rstrip("/").split("/")
    if any(os.path.islink(os.path.join(work, *parts[:end])) for end in range(1, len(parts) + 1)):
        continue
    if not wanted.endswith("/"):
        take(os.path.join(work, wanted), wanted)
        continue
    for folder, names, files in os.walk(os.path.join(work, *parts)):
        names.sort()
        for name in sorted(files):
            path = os.path.join(folder, name)
            take(path, os.path.relpath(path, work))
outputs = [each.value() for each in kept]
head = {"exit_code": code, "killed_by": killed_by, "duration_s": seconds, "names": list(found)}
head["sizes"] = [len(blob) for blob in (*outputs, *found.values())]
text = json.dumps(head).encode()
with open("workwright-answer.bin", "wb") as file:
    file.write(len(text).to_bytes(8, "big") + text + b"".join((*outputs, *found.values())))
