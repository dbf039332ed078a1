"""The whole house: shown once, or run until it is stopped. Heavy parts are imported where they are needed."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shared import log
from shared.cli.root import AS_JSON, DATA, workwright
from shared.cli.service.notice import tell_manager
from shared.cli.service.stop_signals import end_as_by_ctrl_c, ends_when_told, stay_undisturbed, wait_for_the_end
from shared.core.approval.gates import waiting_kind
from shared.core.approval.release_words import subject_of
from shared.integrations.systems import FORGES
from shared.settings import process_environment

if TYPE_CHECKING:
    from rich.console import Console

    from shared.local.story.demo import Story


@workwright.command()
@click.option("--idea", type=click.Path(path_type=Path), help="A Markdown file; without it a small example is used.")
@click.option("--interactive", is_flag=True, help="Ask before approving.")
@click.option("--keep", is_flag=True, help="Keep the data folder and leave the site running until Ctrl-C.")
@click.option("--port", type=click.IntRange(0, 65_535), default=0, help="Port of the functions; 0 takes a free one.")
@click.option("--code", type=click.Choice(FORGES), default=FORGES[0], help="Where the code goes.")
@click.option(
    "--limit",
    type=click.FloatRange(1, 86_400),
    help="Seconds for the run; by default 120, and an hour where a language model thinks.",
)
@AS_JSON
def demo(
    idea: Path | None, interactive: bool, keep: bool, port: int, code: str, limit: float | None, as_json: bool
) -> None:
    """Show the whole story once, on a fresh data folder, with no account and no key.

    Nothing real is touched: addresses and credentials of systems in the environment are left out. Only a model that
    the environment names (WORKWRIGHT_MODEL) is asked.

    \b
    Exit codes:
      0    the site is live, and every check holds
      1    the run ended, and a check does not hold
      2    the idea cannot be read, or Notion does not take it
      3    it stopped for a question
      4    the run failed or was refused, and says why
      5    it is done, and no site was part of it
      6    the plan or the work was not approved
      7    it had not ended when the time was up (--limit)
      130  Ctrl-C, or SIGTERM
    """
    from shared.local.story.idea import example_idea, read_idea
    from shared.local.story.story_end import BROKEN_OFF

    wanted = read_idea(idea) if idea else example_idea()
    end_as_by_ctrl_c()
    data = Path(tempfile.mkdtemp(prefix="workwright-demo-"))
    try:
        ended = _demo(data, wanted, (interactive, keep, as_json), port, code, limit)
    except (KeyboardInterrupt, click.Abort):
        click.echo("\nInterrupted. Nothing of it is kept.", err=True)
        ended = BROKEN_OFF
    finally:
        if not keep:
            shutil.rmtree(data, ignore_errors=True)
    sys.exit(ended)


def _demo(data: Path, idea: Any, flags: tuple[bool, bool, bool], port: int, code: str, limit: float | None) -> int:
    from rich.console import Console

    from shared.cli.timeline import Timeline
    from shared.local.configuration.harmless import leave_out_the_real
    from shared.local.runtime import House
    from shared.local.story.demo import Progress, tell_story
    from shared.local.story.story_end import exit_code

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
        _tell_end(story, console, keep, as_json)
        if keep:
            console.print(f"\nEverything is in {data} and stays up until Ctrl-C.")
            wait_for_the_end()
        return exit_code(story)
    finally:
        house.stop()


def _tell_end(story: Story, console: Console, keep: bool, as_json: bool) -> None:
    from shared.cli.timeline import summary

    if as_json:
        click.echo(json.dumps({**asdict(story), "ok": story.ok}, ensure_ascii=False))
    else:
        for line in summary(story):
            console.print(line, soft_wrap=True)  # addresses stay whole, so that they can be opened
    if not keep:
        console.print("\nWorkwright has stopped. To open these pages yourself: make demo KEEP=1", style="dim")


@workwright.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    help="Port of the functions, 0 for any free one; by default that of the last start.",
)
@click.option("--public-url", default="", help="The public address that leads here, if there is one.")
@click.option("--take-over", is_flag=True, help="Work in a workspace that another installation worked in until now.")
@click.option("--rehearse", is_flag=True, help="Runs that begin stop before they would write anything outside.")
@DATA
@AS_JSON
def up(port: int | None, public_url: str, take_over: bool, rehearse: bool, data: Path, as_json: bool) -> None:
    """Run all of Workwright until it is stopped; started again, it goes on where it was, however it ended.

    With --rehearse each run that begins reads and plans, and then waits: `runs` and `run` show what it would do.

    When it is ready it prints one line of JSON, and on a terminal where to go.
    """

    with ends_when_told():
        _up(data, port, public_url.rstrip("/"), (take_over, rehearse, as_json))


def _up(data: Path, port: int | None, public_url: str, flags: tuple[bool, bool, bool]) -> None:
    from shared.app.engine.switches import set_rehearsal
    from shared.cli.greeting import greet
    from shared.local.configuration.runtime_environment import in_use
    from shared.local.runtime import House
    from shared.local.settle import see_that_it_is_free, settle_by_choice, watching

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
            "systems": in_use(house.choices, process_environment()).modes,
            "console": house.public_url,
            "sites": house.sites,
            "data": str(data.resolve()),
        }
        click.echo(json.dumps(ready))
        tell_manager("READY=1")
        if sys.stdout.isatty() and not as_json:
            click.echo("\n".join(greet(house)))
        sys.stdout.flush()
        wait_for_the_end(watching(house, settled=settled))
    finally:
        stay_undisturbed()
        tell_manager("STOPPING=1")
        house.stop()
