"""How often a run asks a model, for the six runs of the first study: a house of its own, and a reader without fault.

The pages go their whole way, from the status that asks for a plan over every gate to the end. Calls and tokens are
counted where the product asks; beside them stands what the reader's server has counted by itself.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shared.backends.models.openai_chat import OpenAIChat
from shared.bench.prompts.prompts_pages import TEXTS
from shared.bench.prompts.prompts_reader import EDITED, ROUTES, Reader
from shared.bench.scripted_model import Json
from shared.core.errors import ConfigError
from shared.core.pages import marks
from shared.core.run.run import Run, RunStatus
from shared.integrations.clients import load_client
from shared.integrations.forge import Author, Forge
from shared.integrations.notion.markdown.markdown import MarkdownPage, parse_markdown
from shared.integrations.systems import FORGES
from shared.local.first_setup import Home, call_as_person, settle_in
from shared.local.runtime import House
from shared.local.story.demo import Progress, follow, select, write_idea
from shared.ports.documents import all_settings
from shared.ports.model import ModelRequest, ModelResult
from shared.settings import process_environment
from shared.wiring.tools import wire_accounts

BEFORE: Mapping[str, int] = {  # 22 November 2026, commit 95750cd: a language model answered by hand
    "plans": 14,
    "calls": 37,
    "of_these_in_a_pass_that_was_cut_off": 3,
    "tokens": 178_159,  # without those of that pass, about 26,000
}
NAMED = "overdue tasks, its database named"
OVERDUE, CHANGE = "overdue tasks", "change of a repository"
_OWNER, _REPOSITORY, _LIMIT_S = "acme", "bookings", 240.0


@dataclass(frozen=True, slots=True)
class Study:
    """One run as it was then. `answers`: its tokens count the answers as well."""

    calls: int
    tokens: int
    answers: bool
    ended: str = "succeeded"


STUDIED: Mapping[str, Study] = {  # in the order in which they are measured
    "API from meeting notes": Study(8, 43_000, False),
    "command-line tool": Study(5, 21_400, False),
    OVERDUE: Study(7, 51_793, True, "failed"),
    NAMED: Study(2, 11_237, True),
    "decision by specialists": Study(6, 23_574, True),
    CHANGE: Study(6, 27_155, True),  # the last: from here on the team's code goes to that repository
}


@dataclass(frozen=True, slots=True)
class _Heard:
    task: str
    asked: int
    answered: int


def bench_calls() -> Json:
    """Return calls and tokens of each run, before and now, and which goals are reached.

    Raises ConfigError for a run that does not end.
    """
    reader = Reader()
    process_environment().update(reader.environment)
    folder = Path(tempfile.mkdtemp(prefix="workwright-bench-calls-"))
    house = House(folder, 0)
    house.start()
    try:
        home = settle_in(house)
        for number in range(3):
            _write_late_task(house, home, number)
        runs = {name: _measure_study(house, home, name, study, reader) for name, study in STUDIED.items()}
    finally:
        house.stop()
        reader.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return {"before": BEFORE, "runs": runs, "goals": goals_of(runs)}


def _measure_study(house: House, home: Home, name: str, study: Study, reader: Reader) -> Json:
    if name == CHANGE:
        _have_repository(house, home)
    before, text = len(reader.counted), _text(home, name)
    with _listening() as heard:
        run = _run_page(house, home, text, name)
    served = reader.counted[before:]
    asked, answered = sum(each.asked for each in heard), sum(each.answered for each in heard)
    return {
        "before": {"calls": study.calls, "tokens": study.tokens, "ended": study.ended},
        "calls": len(heard),
        "tasks": dict(Counter(each.task for each in heard)),
        "tokens": asked + (answered if study.answers else 0),
        "tokens_are": "asked and answered" if study.answers else "asked",
        "ended": run.status.value,
        "page_names_an_id": _names_an_id(text),
        "served": {
            "calls": len(served),
            "tokens": sum(each.asked + (each.answered if study.answers else 0) for each in served),
        },
    }


def goals_of(runs: Mapping[str, Json]) -> list[Json]:
    """Return what was to be reached, and whether it is."""
    plans = sum(counts["tasks"].get("plan", 0) for counts in runs.values())
    calls, tokens = (sum(counts[of] for counts in runs.values()) for of in ("calls", "tokens"))
    failed = runs[OVERDUE]
    ended = f"{failed['ended']}, {failed['calls']} calls"
    saved = failed["ended"] == "succeeded" and failed["calls"] <= 2 and not failed["page_names_an_id"]
    return [
        {"goal": "one plan a run", "before": BEFORE["plans"], "now": plans, "reached": plans <= len(runs)},
        {
            "goal": "a third fewer calls",
            "before": BEFORE["calls"],
            "now": calls,
            "reached": 3 * calls <= 2 * BEFORE["calls"],
        },
        {
            "goal": "half the tokens",
            "before": BEFORE["tokens"],
            "now": tokens,
            "reached": 2 * tokens <= BEFORE["tokens"],
        },
        {
            "goal": "the run that failed succeeds in 2 calls, and nobody writes an id into its page",
            "before": "failed, 7 calls",
            "now": ended,
            "reached": saved,
        },
    ]


def _text(home: Home, name: str) -> str:
    """Return the page; the one that names its database names it as people did after the first had failed."""
    if name != NAMED:
        return TEXTS[name]
    source = _tasks(home)
    today = datetime.now(UTC).date().isoformat()
    return f"{TEXTS[OVERDUE]}\nThe data source of Tasks is {source}, Status is a select, and today is {today}.\n"


def _names_an_id(text: str) -> bool:
    return any(sum(sign in "0123456789abcdef-" for sign in word) >= 32 for word in text.split())


def _run_page(house: House, home: Home, text: str, name: str) -> Run:
    """Let the page be planned and done, agreeing at every gate."""
    idea = parse_markdown(text, name=name)
    page = write_idea(house, home, MarkdownPage(idea.title, idea.properties, idea.blocks))
    call_as_person(house, home, "PATCH", f"/v1/pages/{page['id']}", {"properties": select("Status", marks.PLAN_IT)})
    run, in_time = follow(house, home, str(page["id"]), Progress(lambda what, run: None, lambda run: True), _LIMIT_S)
    if not in_time or run.status == RunStatus.AWAITING_INPUT:
        raise ConfigError(
            f"the run for {name!r} did not end; it is {run.status.value}: {run.facts.get('question', '')}"
        )
    return run


@contextmanager
def _listening() -> Iterator[Sequence[_Heard]]:
    """Hear each question that the product puts to a server of Chat Completions, and what it then counts for it."""
    complete, heard = OpenAIChat.complete, list[_Heard]()

    def listen(model: OpenAIChat, name: str, request: ModelRequest) -> ModelResult:
        result = complete(model, name, request)
        heard.append(_Heard(request.task, int(result.tokens["input"]), int(result.tokens["output"])))
        return result

    OpenAIChat.complete = listen  # type: ignore[assignment, method-assign]
    try:
        yield heard
    finally:
        OpenAIChat.complete = complete  # type: ignore[method-assign]


def _tasks(home: Home) -> str:
    from shared.app.workspace.workspace_databases import database_of
    from shared.app.workspace.workspace_schemas import TASKS
    from shared.wiring.tools import wire_tools

    found = database_of(wire_tools().settings(home.tenant), TASKS)
    if found is None:
        raise ConfigError("the house has no database of tasks")
    return found.data_source


def _write_late_task(house: House, home: Home, number: int) -> None:
    properties: dict[str, Any] = {
        "Name": {"title": [{"text": {"content": f"Late task {number}"}}]},
        "Due": {"date": {"start": "2020-01-02"}},
        **select("Status", "To do"),
    }
    parent = {"type": "data_source_id", "data_source_id": _tasks(home)}
    call_as_person(house, home, "POST", "/v1/pages", {"parent": parent, "properties": properties})


def _have_repository(house: House, home: Home) -> None:
    """Make the repository that is to be changed, and say in the settings that it is the team's."""
    from shared.app.tenants.settings_changes import change_settings

    forge: Forge = wire_accounts().connect_for(home.tenant)(load_client(FORGES[0]))
    made = forge.ensure_repository(_OWNER, _REPOSITORY)
    head = forge.head(_OWNER, _REPOSITORY, made.default_branch)
    test = f"import unittest\n\nimport {EDITED.removesuffix('.py')} as service\n\n\nclass Routes(unittest.TestCase):\n"
    test += '    def test_bookings(self):\n        self.assertIn("/bookings", service.ROUTES)\n'
    files = {EDITED: ROUTES, "tests/test_service.py": test, "version.txt": "4\n", "README.md": "# Bookings\n"}
    forge.commit(
        _OWNER, _REPOSITORY, base=head, branch=made.default_branch, expected_head=head,
        files={path: text.encode() for path, text in files.items()}, message="The booking service",
        author=Author("Ada Example", "ada@example.test"), date=datetime(2026, 11, 1, tzinfo=UTC),
    )  # fmt: skip
    deps = house.wired.deps
    ship = dict(all_settings(deps.store, home.tenant).get("ship") or {})
    code = {**(ship.get("code") or {}), "system": FORGES[0], "owner": _OWNER, "repository": _REPOSITORY}
    change_settings(deps, home.tenant, ship={**ship, "code": code})
