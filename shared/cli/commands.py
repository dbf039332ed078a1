"""The whole house: shown once, or run until it is stopped. Heavy parts are imported where they are needed."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import click

from shared.cli.root import AS_JSON, DATA, workwright
from shared.cli.service.stop_signals import end_as_by_ctrl_c, ends_when_told
from shared.integrations.systems import FORGES


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
        from shared.cli.show_demo import show_demo

        ended = show_demo(data, wanted, (interactive, keep, as_json), port, code, limit)
    except (KeyboardInterrupt, click.Abort):
        click.echo(
            f"\nInterrupted. {f'What there is of it is in {data}.' if keep else 'Nothing of it is kept.'}", err=True
        )
        ended = BROKEN_OFF
    finally:
        if not keep:
            shutil.rmtree(data, ignore_errors=True)
    sys.exit(ended)


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
        from shared.cli.run_house import run_house

        run_house(data, port, public_url.rstrip("/"), (take_over, rehearse, as_json))
