"""Write `docs/reference/configuration.md` out of the settings: `python tools/configuration_document.py`.

Names and meanings are in `configuration.toml`, defaults are what `shared/settings.py` reads where a variable is not
set. A test compares the page with what this writes, and the names with what the settings ask of the environment.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "reference" / "configuration.md"
sys.path.insert(0, str(ROOT))

from shared.backends.local.capacity import GIB, Capacity  # noqa: E402
from shared.core.run.commands import LINES  # noqa: E402
from shared.local.chosen import surroundings  # noqa: E402
from shared.settings import FUNCTIONS, MODEL_SYSTEMS, SYSTEMS, Settings  # noqa: E402

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
    """A variable of the environment; `at` leads to its value in `Settings`, `default` is said instead of that."""

    name: str
    means: str
    at: str = ""
    default: str = ""


GROUPS: Mapping[str, tuple[Variable, ...]] = {
    title: tuple(Variable(name, **said) for name, said in group.items())
    for title, group in tomllib.loads((ROOT / "tools" / "configuration.toml").read_text(encoding="utf-8")).items()
}
_SIMULATED = {
    **surroundings.AMONG_SIMULATORS,
    **surroundings.WITH_NOTION_SIMULATED,
    **surroundings.WATCH_SIMULATED,
}
_REAL = {**surroundings.WITH_NOTION_REAL, **surroundings.WATCH_REAL}
CLOUD = {  # the least that the cloud needs
    "WORKWRIGHT_MODE": "cloud",
    "GOOGLE_CLOUD_PROJECT": "p",
    "WORKWRIGHT_KMS_KEY": "k",
    "WORKWRIGHT_TASKS_ACCOUNT": "a@example.com",
    "WORKWRIGHT_PUBLIC_URL": "https://api.example",
    "WORKWRIGHT_FUNCTIONS_URL": "https://functions.example",
}
_SMALL = Capacity(cores=2, memory=8 * GIB)


def written() -> str:
    """Return the page."""
    parts = [_HEAD]
    for title, variables in GROUPS.items():
        parts.append(f"\n## {title}\n\n| Variable | Default | Meaning |\n|---|---|---|\n")
        parts += [f"| {_name(it)} | {_default(it)} | {it.means} |\n" for it in variables]
    return "".join(parts)


def names() -> Iterator[str]:
    """Yield every variable of the page by its whole name."""
    for it in (each for group in GROUPS.values() for each in group):
        yield from expanded(it.name)


def expanded(name: str) -> list[str]:
    """Return the names that a name with a placeholder stands for."""
    places: Mapping[str, tuple[str, ...]] = {
        "<SYSTEM>": tuple(it.upper() for it in SYSTEMS),
        "<VENDOR>": tuple(it.upper() for it in MODEL_SYSTEMS if it != "compatible"),
        "<FUNCTION>": tuple(it.upper().replace("-", "_") for it in FUNCTIONS),
        "<LINE>": tuple(it.upper() for it in LINES),
    }
    found = next((sign for sign in places if sign in name), "")
    return [name.replace(found, it) for it in places[found]] if found else [name]


def defaults() -> dict[str, str]:
    """Return what each variable is taken for where it is not set, as one would write it; without the empty ones."""
    told = {it.name: shown(it) for group in GROUPS.values() for it in group}
    return {name: value for name, value in told.items() if value}


def shown(it: Variable) -> str:
    """Return the default of one variable as one would write it, "" where there is none."""
    local = it.name in ("WORKWRIGHT_MODE", "WORKWRIGHT_PUBLIC_URL", "WORKWRIGHT_FUNCTIONS_URL")
    value: Any = Settings.from_env({} if local else CLOUD)
    for part in it.at.split("."):
        value = getattr(value, part) if part else ""
    if isinstance(value, timedelta):
        value = value.total_seconds()
    if isinstance(value, tuple):
        value = ",".join(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _name(it: Variable) -> str:
    return f"`{it.name}`"


def _default(it: Variable) -> str:
    said = [it.default or _in_code(shown(it))]
    if (simulated := _SIMULATED.get(it.name)) is not None:
        said.append(f"with simulators {_in_code(simulated)}")
    if (real := _REAL.get(it.name, shown(it))) != shown(it):
        said.append(f"on one machine with real systems {_in_code(real)}")
    if "<LINE>" in it.name:
        said = [
            "by the machine; on 2 cores and 8 GB",
            ", ".join(f"{n} `{line}`" for line, n in _SMALL.bounds().items()),
        ]
        return " ".join(said)
    return "; ".join(said)


def _in_code(value: str) -> str:
    return f"`{value}`" if value else "–"


if __name__ == "__main__":
    TARGET.write_text(written(), encoding="utf-8")
