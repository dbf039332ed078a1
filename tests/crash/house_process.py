"""Starts houses and simulators as processes of their own, quickly: it imports everything once and forks.

A program, spoken to in lines of JSON. `{"start": "house"|"simulators"|"up", "log": FILE, "env": {…}, …}` is answered
with `{"pid": …}`, `{"signal": …, "pid": …}` sends one of them a signal, `{"ended": PID}` tells its exit code or null.
What it started ends with it; it ends with its standard input.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import os
import pkgutil
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import moto.moto_server.werkzeug_app
import moto.sesv2.models
import moto.sesv2.urls
from werkzeug.test import Client

import shared.app
import shared.backends.clock
import shared.backends.local.chromium
import shared.backends.local.embedder
import shared.backends.local.identity
import shared.backends.local.knowledge
import shared.backends.local.queue
import shared.backends.local.secrets
import shared.backends.local.store
import shared.backends.offline.agents
import shared.backends.offline.model
import shared.backends.offline.provider
import shared.cli.commands
import shared.entry
import shared.mind
import shared.sim.cloud_storage
import shared.sim.gitlab
import shared.sim.notion.simulator
import shared.sim.slack
import shared.steps
import shared.wiring.knowledge
import shared.wiring.models
import shared.wiring.sites
import shared.wiring.tools
import shared.wiring.when_needed
import shared.wiring.worker
from shared.app.budget import CODE_PROMPT_BYTES, LEARN_PROMPT_BYTES, LOOK_PROMPT_BYTES, PLAN_PROMPT_BYTES
from shared.cli.house import House
from shared.cli.root import workwright
from shared.cli.settle_in import settle_in
from shared.integrations.ses import connect
from shared.mind.agents.registry import agents
from shared.mind.leaks import secrets_anywhere
from shared.mind.structured import schema_of
from shared.ports import Secret
from shared.settings import Settings
from shared.sim.__main__ import main as serve_simulators
from shared.sim.github.simulator import GitHubSimulator
from shared.sim.ses import SesSimulator
from shared.sim.vercel import VercelSimulator
from shared.steps import KINDS
from shared.wiring.sandbox import chosen_sandbox, proven

_PR_SET_PDEATHSIG = 1
_ACCOUNT = "123456789012"  # moto's own

Order = Mapping[str, Any]


def run_house(order: Order) -> int:
    """Run a house on a data folder until it is told to stop; settle in first where nobody has."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    house = House(Path(order["data"]), int(order["port"]), simulators=order["simulators"])
    if order["delivers"]:
        house.start()
    home = settle_in(house)
    ready = {"url": house.url, "tenant": home.tenant, "person": home.person, "ideas": home.ideas}
    print(json.dumps(ready), flush=True)  # noqa: T201
    while not stop.wait(0.2):
        pass
    house.stop()
    return 0


def run_simulators(order: Order) -> int:
    """Run the simulators as `python -m shared.sim` does."""
    return serve_simulators([str(argument) for argument in order["arguments"]])


def run_up(order: Order) -> int:
    """Do what `workwright up` does, simulators included; that a person can start it, scenarios/test_up shows."""
    workwright.main(["up", "--data", str(order["data"])], prog_name="workwright", standalone_mode=False)
    return 0


PROGRAMS: dict[str, Callable[[Order], int]] = {"house": run_house, "simulators": run_simulators, "up": run_up}


def start(order: Order) -> int:
    """Fork one of the programs; return its process id."""
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
        if order.get("group"):
            os.setpgid(0, 0)
        log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.environ.update(order.get("env") or {})
        code = PROGRAMS[order["start"]](order)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def warm_up() -> None:
    """Do once what every process would do again at its start, and what no test here is about."""
    for package in (shared.app, shared.steps, shared.mind, shared.backends.offline.agents, shared.sim.gitlab):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    for size in (0, LEARN_PROMPT_BYTES, LOOK_PROMPT_BYTES, PLAN_PROMPT_BYTES, CODE_PROMPT_BYTES):
        secrets_anywhere("x" * size)  # what an estimate takes for a prompt
    agents()
    for kind in KINDS.values():
        schema_of(kind.input)
    for service in ("cloudwatch", "events", "iam", "s3", "sts"):  # moto's mail imports them with its first request
        importlib.import_module(f"moto.{service}.models")
    proven(chosen_sandbox(Settings()))  # the one that every house begun from here will have
    _ = moto.sesv2.models.sesv2_backends[_ACCOUNT]
    credential = {"Authorization": "AWS4-HMAC-SHA256 Credential=local/20260101/eu-central-1/ses/aws4_request"}
    Client(SesSimulator()).post("/v2/email/identities", json={"EmailIdentity": "a@example.test"}, headers=credential)
    _ = GitHubSimulator().routes, VercelSimulator().routes
    connect(endpoint_url=None, region=Settings().mail.region, access_key=Secret("local"), secret_key=Secret("local"))
    gc.collect()
    gc.freeze()  # or the first search for garbage in each process would write to, and so copy, all that is shared


def main() -> None:
    """Take orders until there are no more, then end what is left."""
    warm_up()
    running: dict[int, int | None] = {}
    try:
        for line in sys.stdin:
            order = json.loads(line)
            answer: dict[str, Any] = {}
            if "start" in order:
                answer["pid"] = start(order)
                running[answer["pid"]] = None
            elif "signal" in order:
                if _ended(running, order["pid"]) is None:
                    os.kill(order["pid"], order["signal"])
            else:
                answer["ended"] = _ended(running, order["ended"])
            print(json.dumps(answer), flush=True)  # noqa: T201
    finally:
        for pid in running:
            if _ended(running, pid) is None:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)


def _ended(running: dict[int, int | None], pid: int) -> int | None:
    if running[pid] is None:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            running[pid] = os.waitstatus_to_exitcode(status)
    return running[pid]


if __name__ == "__main__":
    main()
