"""Starts the simulators of a house as a process of their own, without importing them anew each time."""

from __future__ import annotations

import importlib

from shared.local.simulators.__main__ import NAMES
from shared.local.simulators.__main__ import main as serve_simulators
from shared.local.simulators.github.simulator import GitHubSimulator
from shared.local.simulators.vercel import VercelSimulator
from tests.support.programs.fork_server import Order, serve_programs


def run_simulators(order: Order) -> int:
    """Run the simulators as `python -m shared.local.simulators` does."""
    return serve_simulators([str(argument) for argument in order["arguments"]])


def warm_up_simulators() -> None:
    """Do once what every process of simulators would do again with its first requests."""
    for module, _ in NAMES.values():
        importlib.import_module(module)
    _ = GitHubSimulator().routes, VercelSimulator().routes


if __name__ == "__main__":
    warm_up_simulators()
    serve_programs({"simulators": run_simulators})
