"""The agents we ship, by id and by capability. Read from `declared/` on first use, and then whole: one bad file is told
at the start of a function that needs agents, not in the middle of somebody's work.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from pydantic import BaseModel

from shared.core.errors import ConfigError
from shared.core.run.run import Usage
from shared.mind.agents.declaration import files_of, find_heard_field, model_of, order_of, read_choice_fields, split

Fields = type[BaseModel]
TIERS = {1: "routes and sorts", 2: "does one thing", 3: "masters a field", 4: "decides about others' work"}
TYPES = frozenset({"analyst", "checker", "maker", "planner", "router", "writer"})
CLASSES = frozenset({"reason", "quick", "code", "cheap"})
_ALLOWED: Mapping[str, Collection[Any]] = {"tier": TIERS, "type": TYPES, "task_class": CLASSES}
_FIELDS = {
    "id": str, "version": int, "tier": int, "type": str, "purpose": str, "capabilities": list, "task_class": str,
    "steps": list, "max_output_tokens": int, "budget_tokens": int, "budget_micros": int, "input": dict, "output": dict,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent. `steps` are the kinds of steps it may ask for in a loop; `budget` is for one question to it.

    `among` names for fields of its answer the input's field that it chooses from, and what else may stand there;
    `heard` the field of its input that what others have said fills; `order` the one that says what to do, "" for none;
    `holds_files` those that hold files.
    """

    id: str
    version: int
    tier: int
    type: str
    purpose: str
    capabilities: tuple[str, ...]
    task_class: str
    steps: tuple[str, ...]
    max_output_tokens: int
    budget: Usage
    input: Fields
    output: Fields
    prompt: str
    among: Mapping[str, tuple[str, tuple[str, ...]]]
    heard: str
    order: str
    holds_files: frozenset[str]

    @property
    def task(self) -> str:
        """Return the name under which a model is asked, and under which its cost is counted."""
        return f"agent.{self.id}"


@cache
def agents() -> Mapping[str, Agent]:
    """Return all agents by id; raises ConfigError for a file that does not hold."""
    found: dict[str, Agent] = {}
    for file in sorted(files(__package__).joinpath("declared").iterdir(), key=lambda each: each.name):
        if file.name.endswith(".md"):
            agent = read_agent(file.read_text(encoding="utf-8"), file.name)
            if agent.id + ".md" != file.name:
                raise ConfigError(f"{file.name}: id is {agent.id!r}; the file must be called {agent.id}.md")
            found[agent.id] = agent
    return found


def agent(id: str) -> Agent:
    """Return the agent of that id; raises ConfigError, which names those there are."""
    try:
        return agents()[id]
    except KeyError:
        raise ConfigError(f"there is no agent {id!r}; there are {', '.join(agents())}") from None


def read_agent(text: str, where: str) -> Agent:
    """Return the agent a file declares; raises ConfigError naming file and field."""
    declared, prompt = split(text, where)
    _check(declared, where)
    title = "".join(part.title() for part in declared["id"].split("-"))
    return Agent(
        id=declared["id"],
        version=declared["version"],
        tier=declared["tier"],
        type=declared["type"],
        purpose=declared["purpose"],
        capabilities=tuple(declared["capabilities"]),
        task_class=declared["task_class"],
        steps=tuple(declared["steps"]),
        max_output_tokens=declared["max_output_tokens"],
        budget=Usage(declared["budget_tokens"], declared["budget_micros"]),
        input=model_of(f"{title}Input", declared["input"], f"{where}: input"),
        output=model_of(f"{title}Output", declared["output"], f"{where}: output", whole=True),
        prompt=prompt,
        among=read_choice_fields(declared["input"], declared["output"], f"{where}: output"),
        heard=find_heard_field(declared["input"], f"{where}: input"),
        order=order_of(declared["input"], f"{where}: input"),
        holds_files=files_of(declared["input"]),
    )


def _check(declared: Mapping[str, Any], where: str) -> None:
    if missing := sorted(set(_FIELDS) - set(declared)):
        raise ConfigError(f"{where}: {missing[0]} is missing")
    if unknown := sorted(set(declared) - set(_FIELDS)):
        raise ConfigError(f"{where}: {unknown[0]} is not a field of an agent; use one of {', '.join(_FIELDS)}")
    for name, kind in _FIELDS.items():
        if type(declared[name]) is not kind:
            raise ConfigError(f"{where}: {name} must be {kind.__name__}")
    for name, allowed in _ALLOWED.items():
        if declared[name] not in allowed:
            raise ConfigError(
                f"{where}: {name} is {declared[name]!r}; use one of {', '.join(map(str, sorted(allowed)))}"
            )
    if not declared["capabilities"] or min(declared["max_output_tokens"], declared["budget_micros"]) <= 0:
        raise ConfigError(f"{where}: an agent must have a capability, an output limit and a budget, each above 0")
