"""Runs inside the sandbox, beside the program that is looked at; on the bare machine it is only text.

It knows what is to be asked and not what is expected, so that a program can learn nothing from it. It starts a service
and calls it, or runs commands one after the other, and writes what came of it into `seen.json`.
"""

import base64
import contextlib
import http.client
import json
import os
import re
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

Json = dict[str, Any]

PORT = 8431
READY_S, CALL_S, COMMAND_S = 20.0, 10.0, 30.0
MAX = 200_000  # bytes of one answer or file
NO_LISTENING = (
    "in the sandbox of this machine no program may listen, so that a service cannot be called; bubblewrap allows it"
)


def main() -> None:
    """Do what is ordered, and write down what was seen."""
    order = json.loads(Path("order.json").read_text(encoding="utf-8"))
    for name in ("order.json", "driver.py"):
        Path(name).unlink()
    os.chdir(order["folder"])
    seen = run(order) if not order["calls"] else serve(order) if may_listen() else {"aside": NO_LISTENING}
    Path(order["seen"]).write_text(json.dumps(seen), encoding="utf-8")


def may_listen() -> bool:
    """Return whether the sandbox has a loopback of its own: under Landlock there are no sockets at all."""
    try:
        socket.create_server(("127.0.0.1", 0)).close()
    except OSError:
        return False
    return True


def serve(order: Json) -> Json:
    """Start a service, call it, and end it."""
    with open(os.devnull, "wb") as nowhere, open("../said", "wb") as output:
        environ = {**os.environ, "PORT": str(PORT), "PYTHONDONTWRITEBYTECODE": "1"}
        before = ports_in_use()
        process = subprocess.Popen(order["start"], env=environ, stdin=nowhere, stdout=output, stderr=output)
        try:
            port = listening(process, before)
            kept: Json = {}
            answers = [call(port, each, kept) for each in order["calls"]] if port else []
        finally:
            process.kill()
            process.wait()
    words = Path("../said").read_text(encoding="utf-8", errors="replace")[-2000:]
    return {"port": port, "answers": answers, "said": words}


def listening(process: subprocess.Popen[bytes], before: set[int]) -> int | None:
    """Return the port on which somebody listens, ours first; None when nobody does in time."""
    ends = time.monotonic() + READY_S
    while time.monotonic() < ends and process.poll() is None:
        ports = ports_in_use() - before
        if ports:
            return PORT if PORT in ports else min(ports)
        time.sleep(0.05)
    return None


def ports_in_use() -> set[int]:
    """Return the ports on which somebody listens: not in every sandbox are they this program's alone."""
    ports = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        for line in table.read_text().splitlines()[1:] if table.exists() else ():
            parts = line.split()
            if parts[3] == "0A":
                ports.add(int(parts[1].rpartition(":")[2], 16))
    return ports


def call(port: int, asked: Json, kept: Json) -> Json:
    """Make one call; `keep` remembers a field of its answer for the paths of later ones."""
    path = re.sub(r"\{(\w+)\}", lambda found: str(kept.get(found[1], "nothing-kept")), asked["path"])
    body = None if asked["send"] is None else json.dumps(asked["send"]).encode()
    headers = {"Content-Type": "application/json"} if body is not None else {}
    try:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=CALL_S)
        line.request(asked["method"], path, body, headers)
        answer = line.getresponse()
        raw = answer.read(MAX)
        line.close()
    except (OSError, http.client.HTTPException) as error:
        return {"status": 0, "text": type(error).__name__, "headers": {}, "path": path}
    text = raw.decode("utf-8", "replace")
    for name, field in asked["keep"].items():
        with contextlib.suppress(ValueError, KeyError, TypeError):
            kept[name] = json.loads(text)[field]
    answer_headers = {name.lower(): value for name, value in answer.getheaders()}
    return {"status": answer.status, "text": text, "headers": answer_headers, "path": path}


def run(order: Json) -> Json:
    """Run the commands; what the last of them prints counts, and all files that are there then."""
    out, err, code = b"", b"", 0
    for command in order["commands"]:
        try:
            done = subprocess.run(
                command, capture_output=True, timeout=COMMAND_S, stdin=subprocess.DEVNULL, check=False
            )
            out, err, code = done.stdout, done.stderr, done.returncode
        except subprocess.TimeoutExpired:
            return {"exit": None, "out": "", "err": f"it had not ended after {COMMAND_S:.0f} s", "files": {}}
        except OSError as error:
            return {"exit": None, "out": "", "err": str(error), "files": {}}
    files = {}
    for path in sorted(Path().rglob("*")):
        if path.is_file() and not path.is_symlink() and path.stat().st_size < MAX and "__pycache__" not in path.parts:
            files[path.as_posix()] = base64.b64encode(path.read_bytes()).decode()
    words = [part.decode("utf-8", "replace")[:MAX] for part in (out, err)]
    return {"exit": code, "out": words[0], "err": words[1], "files": files}


if __name__ == "__main__":
    main()
