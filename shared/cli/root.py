"""The command group and what its commands share; each module of commands adds its own to it.

A module is loaded when one of its commands is asked for: all of them together take half a second, for which a person
would wait with each command.
"""

from __future__ import annotations

import json
import os
import shlex
from importlib import import_module
from pathlib import Path

import click

from shared.core.errors import ConfigError

_USUAL = Path(".workwright")
_MEANT = Path(os.environ.get("WORKWRIGHT_DATA") or _USUAL)  # as it was typed: a house sets it for its own parts
DATA = click.option(
    "--data",
    type=click.Path(path_type=Path),
    default=_USUAL,
    envvar="WORKWRIGHT_DATA",
    show_default=True,
    help="The folder that everything is kept in.",
)
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")


MODULES: dict[str, tuple[str, ...]] = {
    "shared.cli.agents.agent_questions": ("agents", "patterns"),
    "shared.cli.knowledge.ask": ("ask", "knowledge"),
    "shared.cli.team.audit": ("audit",),
    "shared.cli.bench_asking": ("bench",),
    "shared.cli.operations.attach": ("attach", "environment"),
    "shared.cli.operations.backup": ("backup", "restore"),
    "shared.cli.team.chat": ("chat",),
    "shared.cli.benchmarks": ("bench",),
    "shared.cli.commands": ("demo", "up"),
    "shared.cli.team.connect": ("connect",),
    "shared.cli.operations.dead_letters": ("dead-letters", "replay"),
    "shared.cli.doctor.doctor": ("doctor",),
    "shared.cli.team.endpoint_commands": ("endpoints",),
    "shared.cli.evaluate.evaluate_command": ("eval",),
    "shared.cli.team.forge": ("account", "hooks"),
    "shared.cli.people.key_commands": ("keys",),
    "shared.cli.migrate.command": ("migrate-to-cloud",),
    "shared.cli.people.login": ("login", "members", "sessions", "whoami"),
    "shared.cli.team.models": ("models",),
    "shared.cli.operations.operate": ("migrate", "pause", "resume", "rotate-key", "rotate-secret"),
    "shared.cli.people.notifications": ("notifications",),
    "shared.cli.team.open_run": ("open",),
    "shared.cli.team.origins": ("origins",),
    "shared.cli.people.people_commands": ("invite", "team"),
    "shared.cli.team.plan": ("plan",),
    "shared.cli.team.policy": ("policy",),
    "shared.cli.team.preferences": ("feedback", "preferences"),
    "shared.cli.probe.command": ("probe",),
    "shared.cli.prompts": ("bench",),
    "shared.cli.remote": ("answer", "approve", "cancel", "retry", "rework", "rollback", "run", "usage"),
    "shared.cli.run_figures": ("statistics",),
    "shared.cli.run_list": ("runs",),
    "shared.cli.run_steps": ("step", "writes"),
    "shared.cli.safe.confine": ("confine",),
    "shared.cli.safe.resources": ("made",),
    "shared.cli.setup.init": ("init",),
    "shared.cli.status": ("status",),
    "shared.cli.team.setup_steps": ("setup",),
    "shared.cli.team.settings_commands": ("settings",),
    "shared.cli.people.slack_link": ("slack",),
    "shared.cli.team.ship": ("ship",),
    "shared.cli.team.site_values": ("site-value",),
    "shared.cli.team.tenant": ("delete-tenant", "export"),
    "shared.cli.operations.webhook": ("webhook",),
    "shared.cli.knowledge.pages": ("page", "pages"),
    "shared.cli.team.sites": ("sites",),
    "shared.cli.team.work": ("work",),
}
"""Which commands each module adds to the group when it is loaded, or adds commands of its own to."""


class WhenAsked(click.Group):
    """A group that loads what it is asked for."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, whose module is loaded now."""
        for module, names in MODULES.items():
            if cmd_name in names:
                import_module(module)
        return super().get_command(ctx, cmd_name)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands: whoever lists them shows what each says of itself."""
        self.load_all()
        return super().list_commands(ctx)

    def load_all(self) -> None:
        for module in MODULES:
            import_module(module)


@click.group(cls=WhenAsked, context_settings={"help_option_names": ["-h", "--help"]})
def workwright() -> None:
    """Turns what a team writes in Notion into finished work."""


def format_command(*words: str, data: Path | None = None) -> str:
    """Return a command as it has to be typed here: with the folder, where that is not the one that is meant anyway.

    The folder is `data`, else that of the command that is being run.
    """
    context = click.get_current_context(silent=True)
    folder = data or (context.params.get("data") if context is not None else None)
    where = () if folder is None or folder.resolve() == _MEANT.resolve() else ("--data", str(folder))
    return shlex.join(("workwright", *words, *where))


def house_url(data: Path) -> str:
    """Return where the running house of this data folder answers; raises ConfigError when none runs."""
    try:
        return str(json.loads((data / "house.json").read_text(encoding="utf-8"))["url"])
    except (OSError, ValueError, KeyError):
        raise ConfigError(
            f"Workwright has not run in {data}; start it with `{format_command('up', data=data)}`"
        ) from None
