"""One step of a run with what it was given and what it has made, and the writes of a run with their results.

Both hold what pages, models and other systems say: data, shown as it is but for secrets, which are placeholders.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from shared.app.api.cursors import CURSOR, NEXT_CURSOR, open_place, seal_place
from shared.app.api.exchange import ApiReply, Call
from shared.app.api.json_shapes import (
    ANY,
    COUNT,
    FLAG,
    TEXTS,
    TIME,
    Schema,
    array,
    choice,
    explain,
    members,
    number,
    ref,
    text,
)
from shared.app.api.run.run_views import COST, REPLACED, cost_view
from shared.app.resources.writes import STATES, Write, find_writes
from shared.core.errors import NotThere
from shared.core.run.replan import find_replaced_steps
from shared.core.run.run import Run, Step, StepStatus
from shared.mind.safety.redaction import Redactor

MAX_SHOWN = 20_000  # letters of an input, an output or a result as JSON; what is longer is shown in part
_PART, _ITEMS = 1_000, 30  # letters of each text, and entries of each list, where it is in part
_WRITE = members(
    id=text(),
    step=text(what="The step that wrote; empty for what tells people."),
    kind=text(),
    system=text(),
    what=text(what="The name of the write within its step."),
    state=explain(
        choice(*STATES.values()), "Unclear: it was begun, and whether it happened is looked up before the next try."
    ),
    at=TIME,
    url=text(what="Where it can be seen; empty where that is not known."),
    taken_back=text(what="How it was taken back; empty while it stands."),
    result=explain(ANY, "What the system answered, as far as it is kept."),
)
VIEWS: dict[str, Any] = {
    "Write": _WRITE,
    "Writes": members(run=text(), writes=array(ref("Write")), next_cursor=NEXT_CURSOR),
    "StepInFull": members(
        run=text(),
        id=text(),
        kind=text(),
        title=text(),
        status=choice(*(status.value for status in StepStatus), REPLACED),
        attempt=COUNT,
        depends_on=TEXTS,
        needed_by=TEXTS,
        error=text(),
        feedback=text(what="What the model was told about its last mistake."),
        begun_in=text(what="The run that began the step, where this run goes on with it; else empty."),
        cost=COST,
        input=ANY,
        output=ANY,
        input_letters=explain(COUNT, "The length of the input as JSON."),
        output_letters=explain(COUNT, "The length of the output as JSON."),
        cut=explain(FLAG, "Whether input or output is longer than what is shown."),
    ),
}
WRITES_QUERY: Mapping[str, Schema] = {
    "limit": number(1, 200, 50),
    "cursor": CURSOR,
    "step": text(max_length=200, what="Only the writes of this step."),
}


def show_step(call: Call) -> ApiReply:
    """Return a step with its input and its output, without secrets."""
    run = _load(call)
    step = run.step(call.parts["step"])
    if step is None:
        names = ", ".join(each.id for each in run.steps[:20]) or "none yet"
        raise NotThere(f"run {run.id} has no step {call.parts['step']!r}", way_out=f"Its steps: {names}.")
    return ApiReply(body=_view_step(run, step, _Discreet(call)))


def list_step_writes(call: Call) -> ApiReply:
    """Return what a run has written elsewhere, in the order of the records, with what came of it."""
    run, limit = _load(call), call.query["limit"]
    only = call.query.get("step", "")
    asked = {"run": run.id, "step": only}
    after = open_place(call, "writes", call.query["cursor"], asked) if "cursor" in call.query else ""
    left = [each for each in find_writes(call.deps, run) if each.id > after and only in ("", each.step)]
    shown, discreet = left[:limit], _Discreet(call)
    more = seal_place(call, "writes", shown[-1].id, asked) if len(left) > limit else None
    return ApiReply(
        body={"run": run.id, "writes": [_view_write(each, discreet) for each in shown], "next_cursor": more}
    )


class _Discreet:
    """Shows data without secrets and within bounds; the team's own secrets are hidden whatever they look like."""

    def __init__(self, call: Call) -> None:
        self._redactor = Redactor(call.tools().known_secrets(call.tenant))

    def show(self, data: Mapping[str, Any]) -> tuple[Any, int, bool]:
        """Return the data as it is shown, its length as JSON, and whether that is only a part."""
        self._redactor.learn(dict(data))
        hidden = self._redactor.hide_in(dict(data))
        length = len(json.dumps(hidden, ensure_ascii=False, default=str))
        if length <= MAX_SHOWN:
            return hidden, length, False
        shown = _shorten(hidden)
        return (shown if len(json.dumps(shown, default=str)) <= 10 * MAX_SHOWN else {}), length, True

    def hide(self, words: str) -> str:
        return self._redactor.hide(words)


def _shorten(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= _PART else f"{value[:_PART]}…"
    if isinstance(value, Mapping):
        return {str(name)[:_PART]: _shorten(each) for name, each in list(value.items())[:_ITEMS]}
    return [_shorten(each) for each in value[:_ITEMS]] if isinstance(value, list) else value


def _view_step(run: Run, step: Step, discreet: _Discreet) -> dict[str, Any]:
    given, given_letters, given_cut = discreet.show(step.spec.input)
    made, made_letters, made_cut = discreet.show(step.output)
    return {
        "run": run.id,
        "id": step.id,
        "kind": step.spec.kind,
        "title": step.spec.title,
        "status": REPLACED if step.id in find_replaced_steps(run) else step.status.value,
        "attempt": step.attempt,
        "depends_on": list(step.spec.depends_on),
        "needed_by": [each.id for each in run.steps if step.id in each.spec.depends_on],
        "error": discreet.hide(step.error),
        "feedback": discreet.hide(step.feedback),
        "begun_in": step.home,
        "cost": cost_view(step.used),
        "input": given,
        "output": made,
        "input_letters": given_letters,
        "output_letters": made_letters,
        "cut": given_cut or made_cut,
    }


def _view_write(write: Write, discreet: _Discreet) -> dict[str, Any]:
    return {
        "id": write.id,
        "step": write.step,
        "kind": write.kind,
        "system": write.system,
        "what": write.what,
        "state": write.state,
        "at": write.at.isoformat(),
        "url": discreet.hide(write.url),
        "taken_back": write.taken_back,
        "result": discreet.show(write.result)[0],
    }


def _load(call: Call) -> Run:
    loaded = call.deps.store.load_run(call.tenant, call.parts["run"])
    if loaded is None:
        raise NotThere(f"no run {call.parts['run']!r}")
    return loaded.run
