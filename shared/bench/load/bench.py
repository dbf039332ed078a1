"""Start `up` as a process of its own, set many pages to *Plan it* at once, approve, and report what came of it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from shared.bench.load.person import Person
from shared.bench.load.processes import MIB, Taken, Watch, wait_settled
from shared.core.errors import ConfigError
from shared.core.pages import marks
from shared.local.story.idea import example_idea
from shared.settings import process_environment

Json = dict[str, Any]
_CALM_S = 60.0  # how long memory may take to come back


def bench_load(runs: int, *, planned: bool, within_s: float, idle_s: float) -> Json:
    """Return times, ends, and the most that the processes took; `planned`: until the plans are shown, no further.

    `idle_s` passes before the first look at the memory: `up` reads the workspace a minute after its start.
    """
    data = Path(tempfile.mkdtemp(prefix="workwright-load-"))
    try:
        with _up(data) as (process, ready):
            return _measure(data, process.pid, ready, runs, planned=planned, within_s=within_s, idle_s=idle_s)
    finally:
        shutil.rmtree(data, ignore_errors=True)


def _measure(
    data: Path, root: int, ready: Mapping[str, Any], runs: int, *, planned: bool, within_s: float, idle_s: float
) -> Json:
    person = Person.at_home(data, ready["simulators"]["notion"])
    idea = example_idea()
    pages = [person.write(idea, number) for number in range(1, runs + 1)]
    time.sleep(idle_s)
    idle = wait_settled(root, 20.0)
    watch, began = Watch(root), time.monotonic()
    for page in pages:
        person.set_status(page, marks.PLAN_IT)
    all_set = round(time.monotonic() - began, 1)
    stand = person.see_through(pages, planned=planned, within_s=within_s)
    took = round(time.monotonic() - began, 1)
    watch.stop()
    after = wait_settled(root, _CALM_S)
    reached = {status: _times(person, status) for status in (marks.PLAN_READY, marks.DONE)}
    return {
        "bench": "load",
        "runs": runs,
        "until": "planned" if planned else "ended",
        "took_s": took,
        "setting_took_s": all_set,
        "ok": stand[marks.PLAN_READY if planned else marks.DONE] == runs,
        "stand": dict(stand),
        "reached_after_s": {status: times for status, times in reached.items() if times},
        "approvals": person.approvals,
        "in_the_queue": _queue(data),
        "peak": {"mib": watch.total // MIB, "processes": watch.processes, "of": _by_sort(watch)},
        "idle_mib": _mib(idle),
        "after_mib": _mib(after),
        "house_after_over_idle": round(after.pss["house"] / idle.pss["house"], 2),
        "cores": os.cpu_count(),
        "load_average": [round(each, 1) for each in os.getloadavg()],
    }


def _by_sort(watch: Watch) -> Json:
    return {sort: {"mib": watch.highest[sort] // MIB, "processes": watch.peaks[sort]} for sort in sorted(watch.peaks)}


def _mib(taken: Taken) -> Json:
    return {"all": taken.total // MIB, **{sort: size // MIB for sort, size in sorted(taken.pss.items())}}


def _times(person: Person, status: str) -> Json:
    times = sorted(each[status] for each in person.took_s.values() if status in each)
    return {"n": len(times), "first": times[0], "p50": statistics.median(times), "last": times[-1]} if times else {}


def _queue(data: Path) -> Json:
    """Return what is left in the queue, and what was put aside."""
    with closing(sqlite3.connect(f"file:{data / 'workwright.db'}?mode=ro", uri=True)) as connection:
        dead = connection.execute("SELECT reason FROM tasks WHERE dead_at IS NOT NULL").fetchall()
        (tries,) = connection.execute("SELECT COALESCE(MAX(deliveries), 0) FROM tasks").fetchone()
    return {"buried": len(dead), "reasons": sorted({str(reason) for (reason,) in dead})[:5], "most_deliveries": tries}


@contextmanager
def _up(data: Path) -> Iterator[tuple[subprocess.Popen[str], Mapping[str, Any]]]:
    """Run the house in a process group of its own; end the group afterwards."""
    env = {
        name: value
        for name, value in process_environment().items()
        if name not in ("WORKWRIGHT_DATA", "WORKWRIGHT_MODE")
    }
    command = [sys.executable, "-m", "shared", "up", "--port", "0", "--data", str(data)]
    with (data / "up.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            command, env=env, stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True
        )
    assert process.stdout is not None
    try:
        yield process, _ready(process.stdout, data)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        process.stdout.close()


def _ready(lines: Any, data: Path) -> Mapping[str, Any]:
    for line in lines:
        if line.startswith("{"):
            ready: Mapping[str, Any] = json.loads(line)
            return ready
    logged = (data / "up.log").read_text(encoding="utf-8", errors="replace")[-500:]
    raise ConfigError(f"the house did not start: {logged}")


def as_text(found: Json) -> str:
    """Return the figures for people."""
    peak = found["peak"]
    lines = [
        f"{found['runs']} pages set to {marks.PLAN_IT} at once, {found['until']} after {found['took_s']} s:"
        f" {', '.join(f'{count} {status or chr(8211)}' for status, count in found['stand'].items())}",
        *(f"{status}: {times}" for status, times in found["reached_after_s"].items()),
        f"most at once: {peak['mib']} MiB in {peak['processes']} processes",
        *(
            f"  {sort:12}{figures['mib']:>6} MiB {figures['processes']:>4} processes"
            for sort, figures in peak["of"].items()
        ),
        f"memory: idle {found['idle_mib']} MiB, afterwards {found['after_mib']} MiB;"
        f" the house has {found['house_after_over_idle']} of what it had",
        f"put aside: {found['in_the_queue']['buried']}",
    ]
    return "\n".join(lines)
