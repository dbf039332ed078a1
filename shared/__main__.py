"""`workwright`, or `python -m shared`: the whole house on one machine, and a look at its runs."""

from __future__ import annotations

import sys

from shared.cli.root import workwright
from shared.cli.whole_output import print_whole
from shared.core.errors import AgentError


def main() -> None:
    """Run the command line; an error we know is one clear message and exit code 2."""
    print_whole()
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
