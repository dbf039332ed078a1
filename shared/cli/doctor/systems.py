"""The systems that work goes to: real ones, simulated ones, and those that are not used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

from shared.core.tenants.finding import MISSING, OK, Finding
from shared.integrations.systems import BY_PART
from shared.integrations.systems import SYSTEMS as ALL_SYSTEMS
from shared.local.configuration.choices import MAIL, NONE, REAL, read_choices
from shared.local.configuration.runtime_environment import select_used
from shared.settings import SYSTEMS

_UNTRIED = "real; `workwright doctor --try` asks it whether it takes what is kept"


def look_at_systems(data: Path, env: Mapping[str, str], *, tried: bool) -> Iterator[Finding]:
    """Say of each system what it is here; real ones are left out where they are `tried`."""
    choices = select_used(read_choices(data), env)
    for system in SYSTEMS:
        mode = choices.mode(MAIL if system in BY_PART[MAIL] else system)
        if mode == REAL:
            if not tried:
                yield Finding(system, OK, _UNTRIED, needed=False)
        elif url := env.get(f"WORKWRIGHT_{system.upper()}_URL"):
            yield Finding(system, OK, f"used at {url}")
        elif mode == NONE:
            yield Finding(system, OK, "not used", needed=False)
        else:
            needed = (f"shared.local.simulators.{system}", *ALL_SYSTEMS[system].simulator_needs)
            installed = all(find_spec(each) for each in needed)
            way_out = "Install all requirements (`make test` does); this part is incomplete."
            yield Finding(
                system, OK if installed else MISSING, "simulated" if installed else "no simulator here", way_out
            )
