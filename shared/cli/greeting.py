"""What a person reads when the house is up: what is real, what is simulated, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.cli.root import format_command
from shared.cli.run_systems import describe_system
from shared.integrations.systems import SYSTEMS, name_system
from shared.local.configuration.choices import FACTS, NONE, OAUTH, REAL, SIMULATED, Choices
from shared.local.configuration.runtime_environment import select_used
from shared.local.configuration.workspace import workspace_of
from shared.settings import process_environment

if TYPE_CHECKING:
    from shared.local.runtime import House

_LABELS = {REAL: "Real", SIMULATED: "Simulated", NONE: "Not used"}
_SHOWN = tuple(each.name for each in SYSTEMS.values() if not each.for_all and each.name != "notion")


def greet(house: House) -> list[str]:
    """Return the lines beside a house that is up."""
    data = house.data
    return [
        "",
        "Workwright is up. Where to go:",
        *_write(house),
        f"  Watch it         {format_command('runs', data=data)}, in another terminal",
        f"  Something odd?   {format_command('doctor', data=data)}",
        f"  The API          {house.public_url}",
        *_format_makers(house),
        *([f"  Its sites        each by a name of its own below {house.sites}"] if house.sites else []),
        *(
            f"  {label:<17}{named}"
            for label, named in group_by_mode(select_used(house.choices, process_environment())).items()
            if house.choices.systems
        ),
        "Ctrl-C stops it; the same command goes on where it was.",
    ]


def group_by_mode(choices: Choices) -> dict[str, str]:
    """Return which systems are real, simulated and not used, in words; what holds for none is left out."""
    found = {mode: [describe_system(choices, each) for each in FACTS if choices.mode(each) == mode] for mode in _LABELS}
    return {_LABELS[mode]: ", ".join(named) for mode, named in found.items() if named}


def _write(house: House) -> list[str]:
    if "notion" in house.simulators:
        return [
            f"  Write an idea    {house.simulators['notion']}",
            "                   (the simulated Notion: open Ideas, add a row, open it, write a few lines, set the",
            "                   Status to Plan it; reload until it says Plan ready, then set it to Approved)",
        ]
    found = workspace_of(house.wired.deps)
    if found is None and house.choices.read("notion").fact("by") == OAUTH:
        back = f"{house.public_url}/oauth-callback"
        return [
            f"  Connect Notion   {back}/start?provider=notion",
            f"                   (your integration in Notion has to have the redirect URI {back})",
            f"                   then: {format_command('connect', data=house.data)}",
        ]
    return [
        f"  Write an idea    in Notion, in the workspace {found.name if found else ''}: open Ideas, add a row, write a",
        "                   few lines, set the Status to Plan it; when it says Plan ready, set it to Approved",
    ]


def _format_makers(house: House) -> list[str]:
    shown = [f"{name_system(name)} {house.simulators[name]}" for name in _SHOWN if name in house.simulators]
    return [f"  What it makes    {', '.join(shown)}"] if shown else []
