"""Write `docs/reference/configuration.md` out of the settings: `python tools/configuration_document.py`.

Names and meanings are in `configuration.toml`, defaults are those of the fields of `shared/settings.py`. A test
compares the page with what this writes, and the names with what the settings ask of the environment.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "reference" / "configuration.md"
sys.path.insert(0, str(ROOT))

from shared.backends.local.capacity import GIB, Capacity  # noqa: E402
from shared.core.code.sandbox_settings import RegistrySettings, RunnerSettings, SandboxSettings  # noqa: E402
from shared.core.run.commands import LINES  # noqa: E402
from shared.local.configuration import runtime_environment  # noqa: E402
from shared.settings import FUNCTIONS, MODEL_SYSTEMS, SYSTEMS, Settings, Watching  # noqa: E402

_HEAD = """# Configuration

The environment variables of Workwright. `shared/settings.py` reads them once, at the start, and names everything wrong
with them at once. On one machine none has to be set: `workwright init` asks what there is to choose, and `demo` and
`up` set the addresses themselves. [An environment file](../guides/examples/environment) shows the variables of one
machine, and [terraform/README.md](../../terraform/README.md) says how functions in the cloud are given theirs.

No secret belongs here: secrets lie sealed in the data folder, or in Secret Manager. Numbers ending in `_S` are seconds.
What one machine does otherwise than the default, where the environment says nothing, stands beside it. This page is
written by `python tools/configuration_document.py` from the settings.
"""


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of the environment; `at` leads to its value in `Settings` where no field names it; else `default`."""

    name: str
    means: str
    at: str = ""
    default: str = ""


GROUPS: Mapping[str, tuple[Variable, ...]] = {
    title: tuple(Variable(name, **fields) for name, fields in group.items())
    for title, group in tomllib.loads((ROOT / "tools" / "configuration.toml").read_text(encoding="utf-8")).items()
}
_SIMULATED = {
    **runtime_environment.AMONG_SIMULATORS,
    **runtime_environment.WITH_NOTION_SIMULATED,
    **runtime_environment.WATCH_SIMULATED,
}
_REAL = {**runtime_environment.WITH_NOTION_REAL, **runtime_environment.WATCH_REAL}
CLOUD = {  # the least that the cloud needs
    "WORKWRIGHT_MODE": "cloud",
    "GOOGLE_CLOUD_PROJECT": "p",
    "WORKWRIGHT_KMS_KEY": "k",
    "WORKWRIGHT_TASKS_ACCOUNT": "a@example.com",
    "WORKWRIGHT_PUBLIC_URL": "https://api.example",
    "WORKWRIGHT_FUNCTIONS_URL": "https://functions.example",
}
_DEFAULTS = {
    each.metadata["variable"]: each.default
    for kind in (RunnerSettings, RegistrySettings, SandboxSettings, Watching, Settings)
    for each in fields(kind)
    if "variable" in each.metadata
}
_SMALL = Capacity(cores=2, memory=8 * GIB)


def render_page() -> str:
    """Return the page."""
    parts = [_HEAD]
    for title, variables in GROUPS.items():
        parts.append(f"\n## {title}\n\n| Variable | Default | Meaning |\n|---|---|---|\n")
        parts += [f"| {_name(variable)} | {_default(variable)} | {variable.means} |\n" for variable in variables]
    return "".join(parts)


def names() -> Iterator[str]:
    """Yield every variable of the page by its whole name."""
    for variable in (each for group in GROUPS.values() for each in group):
        yield from expand_name(variable.name)


def expand_name(name: str) -> list[str]:
    """Return the names that a name with a placeholder stands for."""
    places: Mapping[str, tuple[str, ...]] = {
        "<SYSTEM>": tuple(system.upper() for system in SYSTEMS),
        "<VENDOR>": tuple(system.upper() for system in MODEL_SYSTEMS if system != "compatible"),
        "<FUNCTION>": tuple(function.upper().replace("-", "_") for function in FUNCTIONS),
        "<LINE>": tuple(queue_line.upper() for queue_line in LINES),
    }
    found = next((sign for sign in places if sign in name), "")
    return [name.replace(found, part) for part in places[found]] if found else [name]


def defaults() -> dict[str, str]:
    """Return what each variable is taken for where it is not set, as one would write it; without the empty ones."""
    values = {variable.name: format_default(variable) for group in GROUPS.values() for variable in group}
    return {name: value for name, value in values.items() if value}


def format_default(variable: Variable) -> str:
    """Return the default of one variable as one would write it, "" where there is none."""
    value: Any = Settings.from_env(CLOUD) if variable.at else _DEFAULTS.get(variable.name)
    for part in filter(None, variable.at.split(".")):
        value = getattr(value, part)
    if isinstance(value, timedelta):
        value = value.total_seconds()
    if isinstance(value, tuple):
        value = ",".join(value)
    return f"{value:g}" if isinstance(value, float) else str(value or "")


def _name(variable: Variable) -> str:
    return f"`{variable.name}`"


def _default(variable: Variable) -> str:
    defaults_told = [variable.default or _in_code(format_default(variable))]
    if (simulated := _SIMULATED.get(variable.name)) is not None:
        defaults_told.append(f"with simulators {_in_code(simulated)}")
    if (real := _REAL.get(variable.name, format_default(variable))) != format_default(variable):
        defaults_told.append(f"on one machine with real systems {_in_code(real)}")
    if "<LINE>" in variable.name:
        defaults_told = [
            "by the machine; on 2 cores and 8 GB",
            ", ".join(f"{n} `{line}`" for line, n in _SMALL.bounds().items()),
        ]
        return " ".join(defaults_told)
    return "; ".join(defaults_told)


def _in_code(value: str) -> str:
    return f"`{value}`" if value else "–"


if __name__ == "__main__":
    TARGET.write_text(render_page(), encoding="utf-8")
