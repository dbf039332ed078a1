"""All of Workwright in this process, until it is stopped. It is loaded when the command begins."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from shared import log
from shared.app.engine.switches import set_rehearsal
from shared.cli.greeting import greet
from shared.cli.service.notice import tell_manager
from shared.cli.service.stop_signals import StopSignal, stay_undisturbed
from shared.local.configuration.runtime_environment import select_used
from shared.local.runtime import House
from shared.local.settle import see_that_it_is_free, settle_by_choice, watching
from shared.settings import process_environment


def run_house(data: Path, port: int | None, public_url: str, flags: tuple[bool, bool, bool]) -> None:
    """Run it, and say where it is; `flags` are --take-over, --rehearse and --json."""
    take_over, rehearse, as_json = flags
    log.show_from("WARNING")  # every request has a line; a person wants to see what needs a look
    house = House(data, port, public_url=public_url)
    try:
        see_that_it_is_free(house, take_over=take_over)
        set_rehearsal(house.wired.deps, rehearse)
        house.start()
        settled = settle_by_choice(house)
        ready = {
            "ready": True,
            "rehearses": rehearse,
            "functions": house.functions,
            "simulators": house.simulators,
            "systems": select_used(house.choices, process_environment()).modes,
            "console": house.public_url,
            "sites": house.sites,
            "data": str(data.resolve()),
        }
        click.echo(json.dumps(ready))
        tell_manager("READY=1")
        if sys.stdout.isatty() and not as_json:
            click.echo("\n".join(greet(house)))
        sys.stdout.flush()
        StopSignal().wait(watching(house, settled=settled))
    finally:
        stay_undisturbed()
        tell_manager("STOPPING=1")
        house.stop()
