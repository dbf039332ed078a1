"""The model that needs no network: plans and writes code by rules, the same for the same page, at no cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from shared.backends.offline.building.coding import mend_code, outline_code, write_files
from shared.backends.offline.chatting import understand
from shared.backends.offline.plans.planning import make_plan
from shared.backends.offline.plans.routine import make_routine_plan
from shared.core.models.model_errors import Refused
from shared.core.run.run import NOTHING, Usage
from shared.ports import ModelRequest, ModelResult, request_tokens

_TASKS: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "plan": make_plan,
    "routine": make_routine_plan,
    "code.outline": outline_code,
    "code.write": write_files,
    "code.repair": mend_code,
    "chat": understand,
}


WINDOW = 1_000_000


class OfflineModel:
    """Reads `ModelRequest.data`, never the prompt."""

    name = "offline"

    def estimate(self, request: ModelRequest) -> Usage:
        """Return nothing: it costs nothing."""
        return NOTHING

    def window(self, task_class: str) -> int:
        """Return more than anybody asks for: it reads structure, not tokens."""
        return WINDOW

    def count(self, request: ModelRequest) -> int:
        """Return our estimate; nobody charges for it."""
        return request_tokens(request)

    def complete(self, request: ModelRequest) -> ModelResult:
        """Answer the tasks it has rules for; raises Refused for any other."""
        rule = _TASKS.get(request.task) or _rule_of(request.task)
        if rule is None:
            raise Refused(f"The offline model has no rules for the task {request.task!r}; it knows {sorted(_TASKS)}.")
        answer = rule(request.data)
        if request.task.startswith("agent."):
            from shared.backends.offline.agents.fitting import fitted

            answer = fitted(answer, request.schema)
        return ModelResult(answer=answer, model=self.name, usage=NOTHING)


def _rule_of(task: str) -> Callable[[Mapping[str, Any]], dict[str, Any]] | None:
    """Return the rules of an agent, or for questions; loaded when one is asked, for most runs ask none."""
    if task == "ask":
        from shared.backends.offline.asking import answer_question

        return answer_question
    if not task.startswith("agent."):
        return None
    from shared.backends.offline.agents import RULES

    rule = RULES.get(task.removeprefix("agent."))
    return None if rule is None else lambda data: rule(data["input"])
