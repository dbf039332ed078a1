"""`bench prompts`: how much a model is told, in tokens per request and per part, in twelve situations; and how often.

Plans are asked for pages of our own, as a server of Chat Completions gets them; what code, review, chat and questions
take is heard in the demo's story, where rules answer. Tokens are characters by four: what each vendor counts differs.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shared.app.chat.chat_memory import Chat
from shared.app.chat.conversation import speak
from shared.app.engine.tools import Tools
from shared.app.intake.page_view import PageView
from shared.app.knowledge.ask import ask_workspace
from shared.app.money.budget import PLAN_OUTPUT_TOKENS
from shared.app.planning.plan_proposal import Proposal
from shared.app.planning.planner_facts.plan_context import Known
from shared.app.planning.planner_facts.plan_request import PLAN_PROMPT_TOKENS, PlanRequest
from shared.backends.models.openai_chat import OpenAIChat
from shared.backends.models.turns import Turn
from shared.backends.offline.model import OfflineModel
from shared.bench.prompts.prompts_pages import PLACES, page_of
from shared.core.errors import ConfigError
from shared.core.models.model_facts import Catalogue
from shared.core.models.token_bound import answer_room
from shared.core.run.events import RunOpened
from shared.core.run.reducer import reduce
from shared.core.run.run import NOTHING, Limits, Trigger, Usage
from shared.integrations.systems import FORGES, MESSENGERS, UNNAMED_HOST
from shared.local.first_setup import settle_in
from shared.local.runtime import House
from shared.local.story.demo import Progress, tell_story
from shared.local.story.idea import example_idea
from shared.mind.fitting import Factors, fit
from shared.mind.structured import schema_of
from shared.ports.model import ModelRequest, ModelResult, request_tokens
from shared.steps import KINDS

Json = dict[str, Any]
_CALLS_S = 900.0  # for the six runs
_LARGE = 40  # times over: a page that a small window cannot hold
_WIDE = 128_000
_PLANS: Mapping[str, tuple[str, int, int]] = {  # situation → page, how often over, window
    "plan, work in Notion": ("overdue tasks", 1, _WIDE),
    "plan, code": ("API from meeting notes", 1, _WIDE),
    "plan, change of a repository": ("change of a repository", 1, _WIDE),
    "plan, large page, window 8k": ("a site", _LARGE, 8_192),
    "plan, large page, window 32k": ("a site", _LARGE, 32_768),
    "plan, large page, window 128k": ("a site", _LARGE, _WIDE),
    "plan, small page, window 8k": ("command-line tool", 1, 8_192),
}
_HEARD = {"outline": "code.outline", "write": "code.write", "review": "agent.security-reviewer"}
_FENCED = re.compile(r"<(data-\w+) part=\"(\w+)\" source=\"[^\"]*\">.*?</\1>", re.DOTALL)
_SETTINGS: Json = {
    "connected": ("notion", FORGES[0], UNNAMED_HOST, MESSENGERS[0]),
    "ship": {"code": {"owner": "acme", "repository": "vans"}},
}


class _Server(OpenAIChat):
    """Tells what a server would get."""

    def build_body(self, request: ModelRequest) -> Json:
        return self._body("any", Turn(request, self.name), request.max_output_tokens)


@dataclass
class _Window:
    """A model that only has a window."""

    takes: int
    name: str = "none"

    def window(self, task_class: str) -> int:
        return self.takes

    def count(self, request: ModelRequest) -> int:
        return request_tokens(request)

    def estimate(self, request: ModelRequest) -> Usage:
        return NOTHING

    def complete(self, request: ModelRequest) -> ModelResult:
        raise AssertionError("nobody is asked")


def bench_prompts() -> Json:
    """Return what a model is told in each situation, and how often it is asked."""
    return {"bench": "prompts", "tokens": "characters / 4", "situations": situations(), "calls": _calls()}


def only_calls() -> Json:
    """Return how often a model is asked, counted in this process; it must have had no house before."""
    from shared.bench.prompts.prompts_calls import bench_calls

    return {"bench": "prompts", "tokens": "characters / 4", "calls": bench_calls()}


def situations() -> Json:
    """Return what a model is told in each situation."""
    found = {name: _measure_request(_plan(*given)) for name, given in _PLANS.items()}
    heard = _collect_requests()
    for name, task in {**_HEARD, "chat": "chat", "ask": "ask"}.items():
        found[name] = _measure_request(next(request for request in heard if request.task.startswith(task)))
    return found


def _calls() -> Json:
    command = [sys.executable, "-m", "shared", "bench", "prompts", "--calls", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_CALLS_S, check=False)
    if done.returncode:
        raise ConfigError(f"counting calls failed: {done.stderr.strip()[-500:]}")
    found: Json = json.loads(done.stdout)["calls"]
    return found


def as_text(found: Json) -> str:
    """Return the figures as tables for people."""
    lines = []
    if "situations" in found:
        lines.append(f"{'':32}{'tokens':>8}   of these")
    for name, sizes in found.get("situations", {}).items():
        parts = ", ".join(f"{part} {tokens}" for part, tokens in sizes["parts"].items())
        lines.append(f"{name:32}{sizes['tokens']:>8}   {parts}")
    lines.append(f"{'':32}{'calls':>8} {'before':>8} {'tokens':>8} {'before':>8}   which")
    for name, run in found["calls"]["runs"].items():
        before, tasks = run["before"], ", ".join(f"{task} {count}" for task, count in run["tasks"].items())
        figures = (run["calls"], before["calls"], run["tokens"], before["tokens"])
        lines.append(f"{name:32}{' '.join(f'{each:>8}' for each in figures)}   {tasks}; {run['ended']}")
    for goal in found["calls"]["goals"]:
        reached = "reached" if goal["reached"] else "not reached"
        lines.append(f"{goal['goal']}: {reached} ({goal['now']}; before {goal['before']})")
    return "\n".join(lines)


def _plan(page: str, times: int, window: int) -> ModelRequest:
    """Return the question for the plan of a page, fitted as `plan_thinking` fits it."""
    event = RunOpened(datetime(2026, 11, 23, 9, 0, tzinfo=UTC), "t-bench", "run-bench", Trigger("bench"), Limits(), ())
    run, view, known = reduce(None, event)[0], PageView(page_of(page, times), "hash"), Known(places=PLACES)
    room = min(PLAN_PROMPT_TOKENS, window - answer_room(window, PLAN_OUTPUT_TOKENS))
    tools = Tools(KINDS, _none, _none, _none, _none, lambda tenant: _SETTINGS)  # type: ignore[arg-type]
    asked = PlanRequest(view, tools, run, known, room=room)
    request, _ = fit(
        _Window(window),
        asked.make_request(schema_of(Proposal)),
        asked.make_parts(),
        answer_tokens=PLAN_OUTPUT_TOKENS,
        max_tokens=PLAN_PROMPT_TOKENS,
        seed="bench",
        factors=Factors(),
    )
    return request


def _none(*_: Any) -> Any:
    raise AssertionError("nobody asks for it here")


def _measure_request(request: ModelRequest) -> Json:
    """Return the tokens of the request as it is sent, and of its parts; `instructions` are ours."""
    body = _Server("compatible", "http://127.0.0.1:9/v1", None, Catalogue({}, {}), _none).build_body(request)  # type: ignore[arg-type]
    sent = "".join(str(each["content"]) for each in body["messages"])
    form = json.dumps(body.get("response_format", {}))
    data: Counter[str] = Counter()
    for fenced in _FENCED.finditer(request.prompt):
        data[fenced[2]] += len(fenced[0])
    ours = len(request.stable) + len(request.prompt) - sum(data.values())
    shape = len(sent) + len(form) - len(request.system) - len(request.stable) - len(request.prompt)
    parts = {"system": len(request.system), "shape of the answer": shape, "instructions": ours, **data}
    return {"tokens": (len(sent) + len(form)) // 4, "parts": {name: size // 4 for name, size in parts.items()}}


def _collect_requests() -> list[ModelRequest]:
    """Return what the rules are asked in the demo's story, in a conversation after it, and in a question."""
    folder = Path(tempfile.mkdtemp(prefix="workwright-bench-prompts-"))
    house = House(folder, 0)
    try:
        house.start()
        settled = settle_in(house)
        with _listening() as heard:
            tell_story(house, example_idea(), Progress(lambda what, run: None, lambda run: True))
            from shared.wiring.tools import wire_tools

            deps, tools = house.wired.deps, wire_tools()
            speak(deps, tools, settled.tenant, Chat("bench", "bench"), "How does the bakery stand?", "m-1")
            ask_workspace(deps, tools, settled.tenant, "When does the bakery open?")
        return heard
    finally:
        house.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _listening() -> Iterator[list[ModelRequest]]:
    answer, heard = OfflineModel.complete, list[ModelRequest]()

    def complete(model: OfflineModel, request: ModelRequest) -> ModelResult:
        heard.append(replace(request))
        return answer(model, request)

    OfflineModel.complete = complete  # type: ignore[assignment, method-assign]
    try:
        yield heard
    finally:
        OfflineModel.complete = answer  # type: ignore[method-assign]
