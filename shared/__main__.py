"""`workwright`, or `python -m shared`: the whole house on one machine, and a look at its runs."""

from __future__ import annotations

import sys

from shared.cli import (
    ask,
    attach,
    backup,
    chat,
    commands,
    connect,
    dead_letters,
    doctor,
    forge,
    models,
    operate,
    plan,
    preferences,
    prompts,
    remote,
    ship,
    site_values,
    tenant,
    webhook,
)
from shared.cli.asking import command as asking
from shared.cli.evaluate import command as evaluation
from shared.cli.migrate import command as migration
from shared.cli.probe import command as probe
from shared.cli.root import workwright
from shared.cli.safe import confine, made
from shared.cli.setup import init, status
from shared.core.errors import AgentError

# each adds its commands to the group when it is imported
COMMANDS = (
    ask, asking, attach, backup, chat, commands, confine, connect, dead_letters, doctor, evaluation, forge, init,
    made, migration, models, operate, plan, preferences, probe, prompts, remote, ship, site_values, status, tenant,
    webhook,
)  # fmt: skip


def main() -> None:
    """Run the command line; an error we know is one clear message and exit code 2."""
    try:
        workwright.main(prog_name="workwright", standalone_mode=True)
    except AgentError as error:
        print(f"workwright: {error}", file=sys.stderr)
        way_out = getattr(error, "way_out", "")
        if way_out:
            print(f"  {way_out}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
