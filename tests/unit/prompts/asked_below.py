"""What a model is told while it is asked with tools."""

from __future__ import annotations

from collections.abc import Callable

from shared.mind.agents.ask_agent import ask_agent, checked_input
from shared.mind.agents.registry import agents
from shared.mind.group import Said, list_said_parts, role_part
from shared.mind.turns import Ability, build_next_turn
from shared.ports.model import ModelRequest, ModelResult, ToolCall
from shared.steps import KINDS
from tests.support.ports.local_ports import ScriptedModel


def list_calls(*queries: str) -> tuple[int, list[str]]:
    """Return how many of these calls of a tool become steps, and why the others do not."""
    kind = KINDS["knowledge.search"]
    tool = Ability(kind.name, kind.purpose, kind.input, {}, ())
    calls = [ToolCall(f"c{number}", tool.name, {"query": each}) for number, each in enumerate(queries)]
    turn, allowed = build_next_turn([], calls, {tool.name: tool})
    return len(allowed), [str(call["refused"]) for call in turn.calls if "refused" in call]


class Asked(Exception):
    """What an agent would have been asked, in place of an answer."""


class Listener(ScriptedModel):
    def complete(self, request: ModelRequest) -> ModelResult:
        raise Asked(request.prompt)


def ask_below(role: str) -> Callable[[], bool]:
    """Say whether what a role speaks of stands below it: what others said, and the positions that a chair hears."""

    def holds() -> bool:
        one, position = agents()["decider"], {"who": "advisor", "choice": "rent", "reasons": ["cheaper"]}
        given = checked_input(one, {"question": "Q", "options": ["rent", "buy"], "positions": [position]})
        said = [Said("a", "Round 1", {"text": "It was said."})]
        try:
            ask_agent(Listener([{}]), one, given, [role_part(role), *list_said_parts(said, "history")])
        except Asked as asked:
            before, _, after = str(asked).partition(role_part(role).text)
            return bool(after) and all(each in after and each not in before for each in ("It was said.", "cheaper"))
        return False

    return holds
