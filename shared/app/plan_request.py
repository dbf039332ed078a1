"""What the model is asked for a plan: the page as data, what the team may use, and what its last answer lacked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from shared.app.budget import PLAN_OUTPUT_TOKENS
from shared.app.execute_step import Tools
from shared.app.page_view import PageView
from shared.app.plan_known import Known
from shared.app.prompts import prompt
from shared.app.time_zones import zone_named
from shared.app.workspace_databases import database_of
from shared.core.page import as_quoted_data
from shared.core.run import Run
from shared.ports import ModelRequest
from shared.steps._kind import StepKind

PLAN, ROUTINE = "plan", "routine"  # tasks of the model, and names of their prompts


def plan_request(
    view: PageView, tools: Tools, run: Run, feedback: str, task: str, schema: Mapping[str, Any], known: Known
) -> ModelRequest:
    """Return the question to the model: the page as data, and the kinds of steps it may use."""
    settings = tools.settings(run.tenant)
    kinds = usable(tools.kinds, settings)
    table = [
        {"kind": k.name, "purpose": k.purpose, "after": k.needs, "input": k.input.model_json_schema()}
        for k in kinds.values()
    ]
    parts = [
        "Kinds of steps:\n" + json.dumps(table, ensure_ascii=False),
        "<page>\n" + as_quoted_data(view.data) + "\n</page>",
    ]
    places = _places(settings, run) if task == ROUTINE else {}
    if places:
        parts.insert(1, "The team's databases:\n" + as_quoted_data(places))
    parts += [f"<{part.name}>\n{as_quoted_data(part.text)}\n</{part.name}>" for part in known.parts()]
    if feedback:
        parts.append("Your last answer could not be used. Mend exactly this:\n" + feedback)
    return ModelRequest(
        task=task,
        task_class="reason",
        system=prompt(task)[1],
        prompt="\n\n".join(parts),
        schema=schema,
        data={"page": view.data, "kinds": list(kinds), "feedback": feedback, "places": places, **known.data()},
        max_output_tokens=PLAN_OUTPUT_TOKENS,
    )


def usable(kinds: Mapping[str, StepKind], settings: Mapping[str, Any]) -> dict[str, StepKind]:
    """Return the kinds of steps a plan of this tenant may hold, by name."""
    connected = set(settings.get("connected", ()))
    return {k.name: k for k in kinds.values() if k.plannable and connected.issuperset(k.systems)}


def _places(settings: Mapping[str, Any], run: Run) -> dict[str, Any]:
    """Return the ids of the tenant's databases and of their columns, by our names; and what day it is there."""
    mapped = {kind: database_of(settings, kind) for kind in ("tasks", "ideas")}
    found: dict[str, Any] = {
        kind: {"data_source": one.data_source, "columns": dict(one.properties)}
        for kind, one in mapped.items()
        if one is not None
    }
    zone = zone_named(str(settings.get("time_zone") or "UTC"))
    return {**found, "today": run.opened_at.astimezone(zone).date().isoformat()}
