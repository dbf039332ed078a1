"""The sentences of all that we tell a model in fixed words, by the file that holds them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files

from shared.app.planning.planner_facts import plan_request
from shared.mind.agents import ask_agent
from shared.mind.agents.registry import agents
from shared.steps import _code_prompt
from shared.steps.code import _code_outlining, _code_writing

_BLOCKS = re.compile(r"\n\s*\n|\n(?=- )")
_ENDS = re.compile(r"(?<=[.!?:])\s+(?=[A-Z`\"{])")
_NOT_ENDS = re.compile(r"[^.!?]:$")  # what follows a colon belongs to it
_BEFORE, _, _REST = ask_agent._RULES.partition("\n\n{prompt}\n\n")
_GIVEN, _, _BEHIND = _REST.partition("\n{given}\n\n{order}")
FIXED = {
    "agents: before": _BEFORE,
    "agents: given": _GIVEN,
    "agents: files": f"{ask_agent._FILES_ARE.strip()}{ask_agent._NUMBERED}.",
    "agents: order": ask_agent._ORDER.strip(),
    "agents: behind": _BEHIND,
    "plan: repair": plan_request._REPAIR,
    "code: repair": _code_prompt.AGAIN,
    "outline: deployed": _code_outlining._DEPLOYED,
    "outline: not deployed": _code_outlining._NOT_DEPLOYED,
    "outline: empty": _code_outlining._EMPTY,
    "outline: there": _code_outlining._THERE,
    "write: lines": _code_writing._LINES,
    "write: go on": _code_writing._GO_ON,
}


def texts() -> dict[str, str]:
    """Return what stands in each file, without its version and, for an agent, without what declares it."""
    found = {f"prompts/{name}": text for name, text in _in_folder("shared.app.prompts", "")}
    found |= {f"roles/{name}": text for name, text in _in_folder("shared.mind", "roles")}
    found |= {f"memory/{name}": text for name, text in _in_folder("shared.mind.prompts", "")}
    found |= {f"agents/{name}": one.prompt for name, one in agents().items()}
    return found | {f"fixed/{name}": text for name, text in FIXED.items()}


def sentences_of(text: str) -> list[str]:
    """Return the sentences of a text, each on one line; a point of a list is one or more of them."""
    found: list[str] = []
    for block in _BLOCKS.split(text):
        pieces = _ENDS.split(" ".join(block.split()).removeprefix("- "))
        for number, piece in enumerate(pieces):
            if number and _NOT_ENDS.search(pieces[number - 1]):
                found[-1] += f" {piece}"
            else:
                found.append(piece)
    return [each for each in found if each]


def _in_folder(package: str, folder: str) -> Iterator[tuple[str, str]]:
    for file in sorted(files(package).joinpath(folder).iterdir(), key=lambda each: each.name):
        if file.name.endswith(".md"):
            yield file.name.removesuffix(".md"), file.read_text(encoding="utf-8").partition("\n")[2].strip()
