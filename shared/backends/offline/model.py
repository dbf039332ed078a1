"""The model that needs no network: plans and writes code by rules, the same for the same page, at no cost.

An answer stays within the limits of what was asked for: rules quote, and what they quote may be longer than that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from shared.backends.offline.building.coding import mend_code, outline_code, write_files
from shared.backends.offline.language import guess_language
from shared.backends.offline.plans.planning import make_plan
from shared.backends.offline.plans.routine import make_routine_plan
from shared.core.chat.chat_words import APPROVE, ASK, EXPLAIN
from shared.core.chat.speech_rules import read
from shared.core.chat.verbs import language_of
from shared.core.models.model_errors import Refused
from shared.core.run.run import NOTHING, Usage
from shared.core.text.outgoing_text import fold
from shared.ports.model import ModelRequest, ModelResult, request_tokens


def understand(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is meant; which run or page that is about is read from its title by who asks."""
    message = str(data["said"])
    act = read(message, [str(title) for title in data["titles"]]).act
    intent = ASK if act == APPROVE else act  # nobody but a person's own word approves
    return {
        "intent": intent,
        "about": "",
        "reply": str(data["facts"]) if intent == EXPLAIN else "",
        "language": _language(message, str(data["language"])),
    }


def _language(message: str, before: str) -> str:
    """Return the language of a message; of one that does not tell, that of the conversation."""
    guessed = guess_language(message)
    return guessed if guessed != "en" else language_of(fold(message)) or ("en" if len(message.split()) > 2 else before)


_TASKS: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "plan": make_plan,
    "routine": make_routine_plan,
    "code.outline": outline_code,
    "code.write": write_files,
    "code.repair": mend_code,
    "chat": understand,
}
WINDOW = 1_000_000
Schema = Mapping[str, Any]
# What is worth nothing, or something else, when it is cut
_WHOLE = frozenset({"choice", "content", "id", "path", "test"})


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
            answer = fit_answer(answer, request.schema)
        return ModelResult(answer=answer, model=self.name, usage=NOTHING)


def _rule_of(task: str) -> Callable[[Mapping[str, Any]], dict[str, Any]] | None:
    """Return the rules of an agent, or for questions; loaded when one is asked, for most runs ask none."""
    if task == "ask":
        from shared.backends.offline.passage_answers import answer_question

        return answer_question
    if not task.startswith("agent."):
        return None
    from shared.backends.offline.agents import RULES

    rule = RULES.get(task.removeprefix("agent."))
    return None if rule is None else lambda data: rule(data["input"])


def fit_answer(answer: dict[str, Any], schema: Schema) -> dict[str, Any]:
    """Return the answer with its texts and lists cut to what the schema takes; raises Refused where that would harm."""
    found: dict[str, Any] = _fit_value(answer, schema, schema.get("$defs", {}), "")
    return found


def _fit_value(value: Any, schema: Schema, defs: Schema, name: str) -> Any:
    if reference := schema.get("$ref"):
        schema = defs[reference.rpartition("/")[2]]
    if isinstance(value, dict):
        fields = schema.get("properties", {})
        return {field: _fit_value(each, fields.get(field, {}), defs, field) for field, each in value.items()}
    if isinstance(value, list | tuple):
        items = schema.get("items", {})
        return [_fit_value(each, items, defs, name) for each in value[: schema.get("maxItems")]]
    max_length = schema.get("maxLength")
    if isinstance(value, str) and max_length is not None and len(value) > max_length:
        if name in _WHOLE:
            raise Refused(f"{name}: {len(value)} letters, of at most {max_length}")
        return value[: max_length - 2] + " …" if max_length > 2 else value[:max_length]
    return value


class OfflineProvider:
    """Has one model, of its own name; which one is asked for makes no difference."""

    name = OfflineModel.name

    def __init__(self) -> None:
        self._model = OfflineModel()

    def estimate(self, model: str, request: ModelRequest) -> Usage:
        """Return nothing: it costs nothing."""
        return self._model.estimate(request)

    def window(self, model: str) -> int:
        """Return more than anybody asks for."""
        return self._model.window("")

    def count(self, model: str, request: ModelRequest) -> int:
        """Return our estimate."""
        return self._model.count(request)

    def complete(self, model: str, request: ModelRequest) -> ModelResult:
        """Answer by rules; raises Refused where there are none for the task."""
        return self._model.complete(request)
