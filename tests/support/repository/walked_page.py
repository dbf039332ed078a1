"""A page of the documents as somebody follows it: its sections, what is typed, and what is answered at a terminal."""

from __future__ import annotations

import os
import pty
import re
import select
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner

from shared.cli.root import workwright
from tests.support.repository.documents import ROOT

PROGRAM = ".venv/bin/workwright"
_PART = re.compile(r"^## (?P<title>.+?)\n(?P<text>.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_ANSWERED = re.compile(r"^(?P<prompt>.*(?:\]|\)|its link)):(?: (?P<answer>.*))?$")
_PATIENCE_S = 20.0


@dataclass(frozen=True)
class Part:
    """A section: the lines to type, and the lines of a terminal that it shows."""

    title: str
    typed: tuple[str, ...]
    shown: tuple[str, ...]


def parts_of(page: str) -> list[Part]:
    """Return the sections of a page."""
    found = []
    for match in _PART.finditer(page):
        code = {"sh": "", "text": ""}
        for language, text in _FENCE.findall(match["text"]):
            code[language] = code.get(language, "") + text
        typed = tuple(line.partition("  #")[0].strip() for line in code["sh"].splitlines() if line.strip())
        found.append(Part(match["title"], typed, tuple(code["text"].splitlines())))
    return found


def words_of(line: str, placed: Mapping[str, str]) -> list[str]:
    """Return the words after the program; names in capitals are what a person puts there."""
    program, *words = shlex.split(line)
    assert program == PROGRAM, f"the page says to type another program: {line}"
    return [placed.get(word, word) for word in words]


def type_line(line: str, placed: Mapping[str, str]) -> str:
    """Type a line of the page that ends by itself; return what was shown."""
    done = CliRunner().invoke(workwright, words_of(line, placed))
    assert done.exit_code == 0, (line, done.output, done.exception)
    return done.output


@contextmanager
def started(line: str, folder: Path) -> Iterator[int]:
    """Type a line in a terminal of its own; yield the terminal. What still runs at the end is interrupted."""
    ours, theirs = pty.openpty()
    program = subprocess.Popen(
        [sys.executable, "-m", "shared", *words_of(line, {})],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        yield ours
        if program.poll() is None:
            program.send_signal(signal.SIGINT)
        assert program.wait(_PATIENCE_S) == 0
    finally:
        program.kill()
        program.wait()
        os.close(ours)


def read_until(terminal: int, wanted: str, before: str = "") -> str:
    """Read until a text is shown, or with "" until the program ends; return all that was shown since `before`."""
    shown, ends = before, time.monotonic() + _PATIENCE_S
    while not wanted or wanted not in shown:
        assert time.monotonic() < ends, f"{wanted!r} was not shown, but: {shown}"
        if select.select([terminal], [], [], 1)[0]:
            try:
                more = os.read(terminal, 65_536)
            except OSError:  # nobody has the other end any more
                more = b""
            if not more:
                assert not wanted, f"{wanted!r} was not shown, but: {shown}"
                return shown
            shown += more.decode("utf-8", "replace").replace("\r\n", "\n")
    return shown


def answer_as_shown(terminal: int, shown: Sequence[str], placed: Mapping[str, str]) -> str:
    """Answer what a page shows as asked, each question once it is there; every line has to come. Return all of it."""
    rest, everything = "", ""
    for line in shown:
        asked = _ANSWERED.match(line)
        prompt = f"{asked['prompt']}:" if asked else line
        seen = read_until(terminal, prompt, rest)
        before, _, rest = seen.partition(prompt)
        everything += before + prompt
        if asked:
            given = asked["answer"] or ""
            time.sleep(0.05)  # a hidden question throws away what was typed before it
            os.write(terminal, f"{placed.get(given, given)}\n".encode())
    return everything + read_until(terminal, "", rest)
