"""What a model was told in a step of a run, for owners and admins: it holds what pages say."""

from __future__ import annotations

from typing import Any

from shared.app.api.exchange import ApiReply, Call
from shared.app.api.json_shapes import choice, text
from shared.app.api.run.run_views import shown
from shared.app.models.contexts import context_of_run
from shared.core.errors import NotThere
from shared.core.run.run import Run
from shared.mind.context import NAMES

_COUNT = {"type": "integer"}
_OF_PART = {
    "name": choice(*sorted(NAMES)),
    "source": text(),
    "trusted": {"type": "boolean", "description": "Whether it is an instruction of ours; everything else is data."},
    "tokens": {**_COUNT, "description": "How many of its tokens are in the prompt."},
    "of": {**_COUNT, "description": "How many tokens it has in all."},
    "share": {"type": "number", "description": "Its share of the prompt's tokens, between 0 and 1."},
    "note": text(what="Why some of it is missing; empty when nothing is."),
}
_OF_EARLIER = {"attempt": _COUNT, "tokens": _COUNT, "prompt": text()}
CONTEXT = shown(
    {
        "run": text(),
        "step": text(),
        "kind": text(),
        "attempt": _COUNT,
        "budget": {**_COUNT, "description": "Tokens that the whole request may have."},
        "tokens": {**_COUNT, "description": "Tokens of the whole request."},
        "counted": choice("estimate", "provider"),
        "fixed": {**_COUNT, "description": "Tokens of the system prompt, the schema and the tools."},
        "refused": {"type": "array", "items": _COUNT, "description": "Sizes that were refused as too long."},
        "parts": {"type": "array", "items": shown(_OF_PART)},
        "dropped": {"type": "array", "items": text(), "description": "What is not in the prompt, and why."},
        "prompt": text(what="The address of the prompt's text."),
        "text": text(what="The prompt, with placeholders for secrets; empty when it is no longer kept."),
        "earlier": {"type": "array", "items": shown(_OF_EARLIER), "description": "Attempts before this one."},
    }
)


def show_context(call: Call) -> ApiReply:
    """Return what the latest attempt of a step has told a model."""
    run, step = call.parts["run"], call.parts["step"]
    loaded = call.deps.store.load_run(call.tenant, run)
    if loaded is None:
        raise NotThere(f"no run {run!r}")
    found = context_of_run(call.deps, loaded.run, step)
    if found is None:
        names = ", ".join(_asked(call, loaded.run)) or "none yet"
        raise NotThere(f"step {step!r} of run {run} has asked no model", way_out=f"Steps that have asked one: {names}.")
    body: dict[str, Any] = dict(found)
    return ApiReply(body=body)


def _asked(call: Call, run: Run) -> list[str]:
    return [step.id for step in run.steps if context_of_run(call.deps, run, step.id) is not None]
