"""The demo, on a terminal or as JSON. It is loaded when the command begins."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from shared import log
from shared.cli.service.stop_signals import StopSignal
from shared.cli.timeline import Timeline, summary
from shared.core.approval.gates import waiting_kind
from shared.core.approval.release_words import subject_of
from shared.local.configuration.harmless import leave_out_the_real
from shared.local.runtime import House
from shared.local.story.demo import Progress, Story, tell_story
from shared.local.story.story_end import exit_code
from shared.settings import process_environment


def show_demo(data: Path, idea: Any, flags: tuple[bool, bool, bool], port: int, code: str, limit: float | None) -> int:
    """Tell the story in that folder and return the exit code; `flags` are --interactive, --keep and --json."""
    interactive, keep, as_json = flags
    leave_out_the_real(process_environment())
    log.show_from("ERROR")
    console = Console(file=sys.stderr if as_json else sys.stdout, highlight=False, quiet=as_json)
    house = House(data, port)
    house.start()
    try:
        with Timeline(console) as timeline:

            def ask(run: Any) -> bool:
                if not interactive:
                    return True
                timeline.pause()
                answer = click.confirm(f"{subject_of(waiting_kind(run), run.trigger.title)}?", default=True)
                timeline.resume()
                return answer

            story = tell_story(house, idea, Progress(timeline.show, ask), code, limit)
        stop = StopSignal() if keep else None  # before the end is told: who reads it may stop it at once
        _tell_end(story, console, keep, as_json)
        if stop is not None:
            console.print(f"\nEverything is in {data} and stays up until Ctrl-C.")
            stop.wait()
        return exit_code(story)
    finally:
        house.stop()


def _tell_end(story: Story, console: Console, keep: bool, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({**asdict(story), "ok": story.ok}, ensure_ascii=False))
    else:
        for line in summary(story):
            console.print(line, soft_wrap=True)  # addresses stay whole, so that they can be opened
    if not keep:
        console.print("\nWorkwright has stopped. To open these pages yourself: make demo KEEP=1", style="dim")
