"""Starts the simulators of a house as a process of their own, without importing them anew each time."""

from __future__ import annotations

import importlib

import moto.moto_server.werkzeug_app
import moto.sesv2.models
import moto.sesv2.urls
from werkzeug.test import Client

from shared.local.simulators.__main__ import NAMES, find_kind
from shared.local.simulators.__main__ import main as serve_simulators
from shared.local.simulators.github.simulator import GitHubSimulator
from shared.local.simulators.ses import SesSimulator
from shared.local.simulators.vercel import VercelSimulator
from tests.support.programs.fork_server import Order, serve_programs

_ACCOUNT = "123456789012"  # moto's own


def run_simulators(order: Order) -> int:
    """Run the simulators as `python -m shared.local.simulators` does."""
    return serve_simulators([str(argument) for argument in order["arguments"]])


def warm_up_simulators() -> None:
    """Do once what every process of simulators would do again with its first requests."""
    for name in NAMES:
        find_kind(name)
    for service in ("cloudwatch", "events", "iam", "s3", "sts"):  # moto's mail imports them with its first request
        importlib.import_module(f"moto.{service}.models")
    _ = moto.sesv2.models.sesv2_backends[_ACCOUNT]
    credential = {"Authorization": "AWS4-HMAC-SHA256 Credential=local/20260101/eu-central-1/ses/aws4_request"}
    Client(SesSimulator()).post("/v2/email/identities", json={"EmailIdentity": "a@example.test"}, headers=credential)
    _ = GitHubSimulator().routes, VercelSimulator().routes


if __name__ == "__main__":
    warm_up_simulators()
    serve_programs({"simulators": run_simulators})
