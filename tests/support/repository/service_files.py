"""The files of `docs/guides/service`, read as a service manager reads them."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from tests.support.repository.documents import ROOT

SERVICE = ROOT / "docs" / "guides" / "service"
UNITS = sorted(path.name for path in SERVICE.glob("workwright*.[st]*er*"))
_PROGRAM = "/opt/workwright/.venv/bin/workwright"


def settings_of(unit: str) -> dict[tuple[str, str], str]:
    """Return what a unit says, by section and name; of what is said twice, the last."""
    found, section = {}, ""
    for line in (SERVICE / unit).read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found[section, name] = value
    return found


def command_of(unit: str, **folders: Path) -> list[str]:
    """Return the very command of a unit, with this checkout for the installed one and these folders for its own."""
    words = shlex.split(settings_of(unit)["Service", "ExecStart"])
    assert words[0] == _PROGRAM
    moved = {f"/var/lib/{name.replace('_', '-')}": str(folder) for name, folder in folders.items()}
    assert set(moved) <= set(words)
    return [sys.executable, "-m", "shared", *(moved.get(word, word) for word in words[1:])]


def placed_here(unit: str, folder: Path) -> Path:
    """Write a unit whose program is there on this machine; return its file."""
    file = folder / unit
    text = (SERVICE / unit).read_text(encoding="utf-8")
    file.write_text(text.replace(_PROGRAM, sys.executable), encoding="utf-8")
    return file
