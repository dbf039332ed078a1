"""Programs that run elsewhere than in this process: in a sandbox, in a browser, in what was built for a team.

They stand here as what they are, so that editors, linters and tests see them; no module of ours imports one. What a
bundle carries of them is found by the names in the calls (terraform/bundle_files.py).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def read_program(folder: str, name: str) -> str:
    """Return the text of a program of this package; raises FileNotFoundError."""
    return (Path(__file__).with_name(folder) / name).read_text(encoding="utf-8")


@cache
def compose_runner(language: str) -> str:
    """Return the trusted test runner for "python" or "node" as one program.

    It goes into the sandbox as one file, because that is started without a place to import from. The leader is the
    same for every language; the part tells test files and starts what runs one of them, whose text it holds.
    """
    part, file = {"python": ("python_part.py", "python_file.py"), "node": ("node_part.py", "node_file.mjs")}[language]
    text = read_program("runner", part).replace('"@FILE@"', repr(read_program("runner", file)))
    return read_program("runner", "leader.py").replace("from part import command_for, is_test\n", text)
