"""A model that plans as a test says, criticises as a test says, and keeps what it was asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.core.models.model_errors import Refused
from shared.core.run.run import NOTHING, Usage
from shared.ports.model import ModelRequest, ModelResult, request_tokens
from tests.support.builders.proposals import a_proposal

Json = dict[str, Any]


@dataclass
class PlannerInHand:
    """Answers each task from its own list; the last answer of a list stays. An error in a list is raised."""

    plans: list[Any]
    others: Mapping[str, list[Any]] = field(default_factory=dict)  # task → answers
    name: str = "in-hand"
    asked: list[ModelRequest] = field(default_factory=list)
    cost: Usage = NOTHING

    def window(self, task_class: str) -> int:
        """Return more than any test needs."""
        return 1_000_000

    def count(self, request: ModelRequest) -> int:
        """Return our estimate."""
        return request_tokens(request)

    def estimate(self, request: ModelRequest) -> Usage:
        """Return what every call costs."""
        return self.cost

    def complete(self, request: ModelRequest) -> ModelResult:
        """Return the next answer to this task."""
        self.asked.append(request)
        answers = self.plans if request.task == "plan" else self.others.get(request.task)
        if not answers:
            raise Refused(f"it does not know the task {request.task}")
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        found = answer(request) if callable(answer) else answer
        return ModelResult(found, self.name, self.cost)

    def asked_for(self, task: str) -> list[ModelRequest]:
        """Return the requests of a task."""
        return [request for request in self.asked if request.task == task]


def plan_of(*steps: Json, **changes: Any) -> Callable[[ModelRequest], Json]:
    """Return a plan of these steps, in which `{page}` is the page that is planned."""

    def answer(request: ModelRequest) -> Json:
        page = str(request.data["page"]["id"])
        return a_proposal([_filled(step, page) for step in steps], **changes)

    return answer


def comment(name: str, text: str, *after: str, page: str = "{page}") -> Json:
    """Return a step that comments on a page, which is a risk of its own to nobody."""
    given = {"page": page, "text": text}
    return {"id": name, "kind": "notion.comment", "title": f"Say {text}", "input": given, "depends_on": list(after)}


def _filled(value: Any, page: str) -> Any:
    if isinstance(value, dict):
        return {key: _filled(each, page) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, page) for each in value]
    return value.replace("{page}", page) if isinstance(value, str) else value
