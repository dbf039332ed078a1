"""The commands of a command-line tool, read from the calls that a page shows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from shared.backends.offline.page_blocks import clean
from shared.core.page import Block, Page

_SHELLS = frozenset({"", "bash", "shell", "plain text", "powershell", "sh"})
_ACTIONS = {
    "list": "list ls show all report print status search find",
    "get": "get view open",
    "delete": "delete remove rm drop cancel done return finish",
}
_ACTION_OF = {word: action for action, words in _ACTIONS.items() for word in words.split()}
_OTHER_PROGRAMS = frozenset({"curl", "git", "pip", "npm", "python", "python3", "cd", "sudo", "http", "wget"})
_CALL = re.compile(r"^\s*(?:\$\s+)?(?:python3?\s+)?([a-z][\w.-]*)\s+([a-z][\w-]*)((?:\s+\S.*)?)$")
_ARGUMENT = re.compile(r"--([a-z][\w-]*)(?:[ =](\"[^\"]*\"|'[^']*'|[^\s\]]+))?|\"[^\"]*\"|'[^']*'|[^\s]+")


@dataclass(frozen=True, slots=True)
class Invocation:
    """One command: its verb, what it does with the records, and the fields it takes."""

    verb: str
    action: str  # add, list, get, delete
    arguments: tuple[str, ...]
    block: str


def read_invocations(page: Page) -> tuple[Invocation, ...]:
    """Return the commands of the program that the page calls most often; a single call is not a program."""
    calls = [(match, block) for block in page.walk() for match in _calls(block)]
    calls = [(match, block) for match, block in calls if match.group(1) not in _OTHER_PROGRAMS]
    programs = Counter(match.group(1) for match, _ in calls)
    if not programs:
        return ()
    program, times = max(programs.items(), key=lambda item: (item[1], item[0]))
    if times < 2:
        return ()
    found: dict[str, Invocation] = {}
    for match, block in calls:
        if match.group(1) == program:
            arguments = tuple(_arguments(re.sub(r"\s#.*$", "", match.group(3))))
            verb = match.group(2)
            action = _ACTION_OF.get(verb, "add" if arguments else "list")
            found.setdefault(verb, Invocation(verb, action, arguments, block.id))
    return tuple(found.values())


def _calls(block: Block) -> Iterator[re.Match[str]]:
    lines: list[str] = []
    if block.type == "code":
        lines = clean(block.text).split("\n") if (block.language or "").lower() in _SHELLS else []
    elif block.type == "table_row":
        lines = [clean(span.text) for cell in block.cells for span in cell if span.code]
    else:
        lines = [clean(span.text) for span in block.spans if span.code]
    for line in lines:
        match = _CALL.match(line)
        if match:
            yield match


def _arguments(text: str) -> Iterator[str]:
    taken = set()
    for match in _ARGUMENT.finditer(text):
        whole = match.group(0)
        name = match.group(1) or (whole.strip("<>[]{}…. ") if re.match(r"[<\[{]|[A-Z][A-Z_]+$", whole) else "text")
        name = re.sub(r"\W+", "_", name.lower()).strip("_")
        if name and name not in taken:
            taken.add(name)
            yield name
