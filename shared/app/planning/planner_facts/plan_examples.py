"""One usual plan of each family of steps, for a planner to see how steps look and hang together.

What belongs to a step that this team cannot plan is left out: an example shows nothing that would be refused.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from shared.app.planning.planner_facts.plan_families import AGENTS, CODE, NOTION
from shared.app.planning.planner_facts.short_names import ShortNames

Json = Mapping[str, Any]
SOME_DATABASE = "00000000-0000-4000-8000-00000000000d"
SOME_PAGE = "00000000-0000-4000-8000-00000000000e"
SHOWN = ShortNames({SOME_DATABASE: "database:9", SOME_PAGE: "page:9"})  # no request has them: who copies one is told so


def _step(name: str, kind: str, title: str, given: Json, *after: str) -> Json:
    return {"id": name, "kind": kind, "title": title, "why": "…", "input": given, "depends_on": list(after)}


def _ask_step(agent: str, **more: str) -> Json:
    given = {"question": "Rent or buy?", "options": ["rent", "buy"], **more}
    return {"kind": "agent.ask", "input": {"agent": agent, "input": given}}


EXAMPLES: Mapping[str, Sequence[Json]] = {
    CODE: (
        _step("write", "code.generate", "Write the club's site", {"artifact": "static_site"}),
        _step("test", "code.test", "Test it", {}, "write"),
        _step("propose", "repository.propose_change", "Open a pull request", {"title": "The club's site"}, "test"),
        _step("checks", "repository.watch_checks", "Wait for its checks", {}, "propose"),
        _step("deploy", "site.deploy", "Deploy a preview", {"project": "club"}, "test"),
        _step("look", "site.verify", "Look at the preview", {}, "deploy"),
        _step("live", "site.promote", "Put it live", {}, "checks", "look"),
        _step("watch", "site.watch", "Watch it", {}, "live"),
    ),
    NOTION: (
        _step("mark", "notion.update_rows", "Set the late tasks to Late", {
            "data_source": SOME_DATABASE,
            "filter": {"and": [
                {"property": "Due", "date": {"before": "2026-12-01"}},
                {"property": "Status", "select": {"does_not_equal": "Done"}},
            ]},
            "set": {"Status": "Late"},
        }),
        _step("tell", "notion.append_blocks", "Write which below", {"page": SOME_PAGE, "from_step": "mark"}, "mark"),
    ),
    AGENTS: (
        _step("decide", "pattern.debate", "Hear cost and effort, and decide", {
            "members": [_ask_step("advisor", view="cost"), _ask_step("advisor", view="effort")],
            "on": "choice",
            "chair": _ask_step("decider"),
        }),
        _step("tell", "notion.append_blocks", "Write it down", {"page": SOME_PAGE, "from_step": "decide"}, "decide"),
    ),
}  # fmt: skip
_SITE = "Where there is no site, it ends with the checks."


def example_plans(kinds: Collection[str], families: Collection[str]) -> str:
    """Return the example of each of these families, of steps of these kinds alone; "" where there is none."""
    paragraphs = []
    for family, steps in EXAMPLES.items():
        left = possible(steps, kinds) if family in families else []
        if left:
            more = f" {_SITE}" if any(step["kind"].startswith("site.") for step in left) else ""
            paragraphs.append(f"Steps of a usual plan ({family}).{more}\n{_format_steps(left)}")
    return "\n".join(paragraphs)


def possible(steps: Sequence[Json], kinds: Collection[str]) -> list[Json]:
    """Return those of the steps that are of these kinds, depending on each other alone."""
    left = [step for step in steps if step["kind"] in kinds]
    names = {step["id"] for step in left}
    return [{**step, "depends_on": [name for name in step["depends_on"] if name in names]} for step in left]


def _format_steps(steps: Sequence[Json]) -> str:
    return SHOWN.shorten("\n".join(json.dumps(step, ensure_ascii=False, separators=(",", ":")) for step in steps))
