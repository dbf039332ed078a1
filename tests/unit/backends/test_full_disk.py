"""The disk of the data folder is full: nothing acknowledged is lost, it is said in words, and work goes on after."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.support.parts import require

_IN_A_BOX = """
import os, sys, time
from dataclasses import replace
from pathlib import Path
from click.testing import CliRunner
from shared import log
from shared.cli.root import workwright
from shared.app.api.keys import PEPPER, caller_of, create_key
from shared.backends.local.delivery.dispatcher import Dispatcher
from shared.backends.local.delivery.options import DispatchOptions
from shared.backends.local.state.local_store import LocalStore
from shared.cli.doctor.doctor import _data
from shared.core.errors import StoreError
from shared.ports import Put, Secret
from shared.wiring import wire
from tests.support.ports.moved_clock import MovedClock
from tests.support.builders.saved_runs import a_command, a_run, opening

log.show_from("CRITICAL")
data, ballast = Path("/mnt/data"), Path("/mnt/ballast")
clock, handled = MovedClock(), []
store = LocalStore(data, clock)
dispatcher = Dispatcher(store, lambda one: handled.append(one.id) or 200, clock, DispatchOptions(workers=1))
store.commit(opening(a_run(), a_command("r1.1.0", run="r1")))
kept = []
deps = replace(wire().deps, store=store)  # its own folder has room
deps.secrets.set(PEPPER, Secret("p" * 64))
key = create_key(deps, "acme", "owner", "the terminal")


def fill():
    try:
        with ballast.open("ab", buffering=0) as file:
            while file.write(b"x" * 4096):
                pass
    except OSError:
        pass
    try:
        while True:
            store.put("acme", Put("pages", f"p{len(kept)}", {"text": "x" * 2000}))
            kept.append(f"p{len(kept)}")
    except StoreError as error:
        print("refused:", error)


def there():
    return sorted(doc.id for doc in store.list_docs("acme", "pages", limit=9999)) == sorted(kept)


fill()
print(there())
print("looks:", caller_of(deps, f"Bearer {key}").role)
dispatcher.start()
ends = time.monotonic() + 15
while not handled and time.monotonic() < ends:
    time.sleep(0.01)
for words in (["status"], ["up", "--port", "0"]):
    done = CliRunner().invoke(workwright, [*words, "--data", "/mnt/fresh/data"])
    print(words[0], type(done.exception).__name__, " ".join(done.output.split()), done.exception)
print("doctor", [each.state + " " + each.detail for each in _data(data)])
ballast.unlink()
store.commit(opening(a_run("r2"), a_command("r2.1.0", run="r2")))
assert dispatcher.wait_idle(20)
print("handled", sorted(set(handled)))
store.put("acme", Put("pages", "after", {}))
kept.append("after")
dispatcher.stop()
store.close()
store = LocalStore(data, clock)
print(there(), store.load_run("acme", "r1") is not None)
fill()
store.close()
try:
    LocalStore(data, clock)
except Exception as error:
    print(type(error).__name__, error)
ballast.unlink()
store = LocalStore(data, clock)
print(there())
"""


def test_nothing_acknowledged_is_lost_it_is_said_in_words_and_work_goes_on(tmp_path: Path) -> None:
    require("bubblewrap")
    disks = ["--size", "16000000", "--tmpfs", "/mnt"]
    own = ["--setenv", "WORKWRIGHT_DATA", str(tmp_path)]
    command = ["bwrap", "--dev-bind", "/", "/", *disks, *own, sys.executable, "-c", _IN_A_BOX]
    root = str(Path(__file__).resolve().parents[3])
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stderr
    refused, kept, looks, status, up, doctor, handled, after, _, opened, again = done.stdout.splitlines()
    assert refused.endswith("database or disk is full")
    assert (kept, looks, after, again) == ("True", "looks: owner", "True True", "True")
    full = r"the disk of the data folder /mnt/\S+ is full, .* Make room on it"
    for line, begins in (
        (status, "status NoneType"),
        (up, "up ConfigError"),
        (doctor, "doctor"),
        (opened, "ConfigError"),
    ):
        assert line.startswith(begins)
        assert re.search(full, line), line
    assert handled == "handled ['r1.1.0', 'r2.1.0']"
