"""Write the goldens anew: `python -m tests.unit.mind.renew`. Then look at the difference before it is committed."""

from __future__ import annotations

import sys

from tests.unit.mind.situations import GOLDENS, SITUATIONS, golden, shown


def renew() -> None:
    """Write what each situation leads to now; what is no situation any more goes."""
    for name in SITUATIONS:
        golden(name).write_text(shown(name), encoding="utf-8")
    for path in set(GOLDENS.glob("*.txt")) - {golden(name) for name in SITUATIONS}:
        path.unlink()


if __name__ == "__main__":
    renew()
    sys.stdout.write(f"{len(SITUATIONS)} texts in {GOLDENS}\n")
