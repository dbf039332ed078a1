"""Starts houses and simulators as processes of their own, by forking: see `support/programs/fork_server.py`."""

from __future__ import annotations

import importlib
import json
import pkgutil
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import shared.app
import shared.backends.clock
import shared.backends.local.browser.chromium
import shared.backends.local.delivery.local_queue
import shared.backends.local.keys.identity
import shared.backends.local.keys.local_secrets
import shared.backends.local.search.embedder
import shared.backends.local.search.local_knowledge
import shared.backends.local.state.local_store
import shared.backends.offline.agents
import shared.backends.offline.model
import shared.cli.commands
import shared.entry
import shared.local.simulators.cloud_storage
import shared.local.simulators.gitlab
import shared.local.simulators.notion.simulator
import shared.local.simulators.slack.simulator
import shared.mind
import shared.steps
import shared.wiring.knowledge
import shared.wiring.lazy_tools
import shared.wiring.models
import shared.wiring.sites
import shared.wiring.tools
import shared.wiring.worker
from shared.app.money.budget import CODE_PROMPT_BYTES, LEARN_PROMPT_BYTES, LOOK_PROMPT_BYTES, PLAN_PROMPT_BYTES
from shared.cli.root import workwright
from shared.integrations.ses.client import connect
from shared.local.first_setup import settle_in
from shared.local.runtime import House
from shared.mind.agents.registry import agents
from shared.mind.safety.leaks import secrets_anywhere
from shared.mind.structured import schema_of
from shared.ports import Secret
from shared.settings import Settings
from shared.steps import KINDS
from shared.wiring.choose_sandbox import chosen_sandbox, prove_sandbox
from tests.support.programs.fork_server import Order, serve_programs
from tests.support.simulators.sim_process import run_simulators, warm_up_simulators


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


def run_up(order: Order) -> int:
    """Do what `workwright up` does, simulators included; that a person can start it, scenarios/test_up shows."""
    workwright.main(["up", "--data", str(order["data"])], prog_name="workwright", standalone_mode=False)
    return 0


PROGRAMS: dict[str, Callable[[Order], int]] = {"house": run_house, "simulators": run_simulators, "up": run_up}


def warm_up() -> None:
    """Do once what every process would do again at its start, and what no test here is about."""
    for package in (
        shared.app,
        shared.steps,
        shared.mind,
        shared.backends.offline.agents,
        shared.local.simulators.gitlab,
    ):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    for size in (0, LEARN_PROMPT_BYTES, LOOK_PROMPT_BYTES, PLAN_PROMPT_BYTES, CODE_PROMPT_BYTES):
        secrets_anywhere("x" * size)  # what an estimate takes for a prompt
    agents()
    for kind in KINDS.values():
        schema_of(kind.input)
    prove_sandbox(chosen_sandbox(Settings()))  # the one that every house begun from here will have
    warm_up_simulators()
    connect(endpoint_url=None, region=Settings().mail.region, access_key=Secret("local"), secret_key=Secret("local"))


if __name__ == "__main__":
    warm_up()
    serve_programs(PROGRAMS)
