"""Runs a program that somebody's model wrote, in the sandbox and nowhere else, and returns what it did there."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from shared.cli.evaluate.looks.page_outcome import Made
from shared.core.errors import AgentError
from shared.core.text.readable import show_bytes
from shared.ports.sandbox import SandboxLimits, SandboxRequest

Json = dict[str, Any]
_DRIVER = Path(__file__).with_name("driver.py")
_FOLDER = "there"  # where the program's files lie
_LIMITS = SandboxLimits(wall_s=120.0, result_bytes=8 * 1024 * 1024)
_STARTED = re.compile(r"(?:^|[\s$`])((?:python3?|node) +[\w./-]+\.(?:py|m?js)\b[^\n`]*)", re.MULTILINE)


class NotRun(Exception):
    """It could not be run; `aside` is true where that is this machine's fault and not the program's."""

    def __init__(self, why: str, *, aside: bool = False) -> None:
        super().__init__(why)
        self.aside = aside


def run_program(made: Made, order: Mapping[str, Any], beside: Mapping[str, bytes] | None = None) -> Json:
    """Have the driver do what is ordered, with `beside` among the program's files; raises NotRun."""
    if not made.files:
        raise NotRun("nothing was written")
    if made.sandbox is None:
        raise NotRun("there is no sandbox here, so that no code is run", aside=True)
    full_order = {"folder": _FOLDER, "seen": "../seen.json", "calls": [], "commands": [], "start": [], **order}
    files = {f"{_FOLDER}/{path}": content for path, content in {**made.files, **(beside or {})}.items()}
    files |= {"order.json": json.dumps(full_order).encode(), "driver.py": _DRIVER.read_bytes()}
    request = SandboxRequest(
        files, ("python3", "driver.py"), made.origin or "unknown", collect=("seen.json",), limits=_LIMITS
    )
    try:
        result = made.sandbox.run(request)
    except (AgentError, ValueError) as error:
        raise NotRun(f"the sandbox did not take it: {error}", aside=isinstance(error, AgentError)) from error
    if "seen.json" not in result.files:
        raise NotRun(f"it ended the look at it: {result.killed_by or result.exit_code} {result.stderr[-300:]}")
    seen: Json = json.loads(result.files["seen.json"])
    if "aside" in seen:
        raise NotRun(seen["aside"], aside=True)
    return seen


def command_of(files: Mapping[str, bytes], command: str) -> tuple[list[str], str]:
    """Return the words of a command as it can be typed here, and what is wrong with that; "" where nothing is.

    The page says how it wants to call what is made; in which folder the file lies is free. Where no file has that name
    it is called as the README says, so that the rest can be looked at, and that it is not as asked for is told.
    """
    words = shlex.split(command)
    wanted = words[1]
    if wanted in files:
        return words, ""
    if same := sorted((path for path in files if path.rpartition("/")[2] == wanted), key=len):
        return [words[0], same[0], *words[2:]], ""
    problem = f"there is no {wanted}, which the page asks to call"
    start = find_start_command(files)
    return ([*start[:2], *words[2:]] if words[2:] else list(start) or words), problem


def find_start_command(files: Mapping[str, bytes]) -> Sequence[str]:
    """Return the first command of a README that starts one of the files, without its arguments' examples."""
    for path in sorted((path for path in files if path.lower().endswith(".md")), key=len):
        for found in _STARTED.finditer(show_bytes(files[path])):
            words = shlex.split(found[1].split("#")[0])
            if words[1].removeprefix("./") in files and "unittest" not in words:
                return words
    return ()
