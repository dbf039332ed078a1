"""What a model was told in a step of a run, for owners and admins: it holds what pages say."""

from __future__ import annotations

from typing import Any

from shared.app.api.exchange import ApiReply, Call
from shared.app.api.json_shapes import COUNT, FLAG, NUMBER, TEXTS, array, choice, explain, members, text
from shared.app.models.contexts import context_of_run
from shared.core.errors import NotThere
from shared.core.run.run import Run
from shared.mind.context import NAMES

_OF_PART = {
    "name": choice(*sorted(NAMES)),
    "source": text(),
    "trusted": explain(FLAG, "Whether it is an instruction of ours; everything else is data."),
    "tokens": explain(COUNT, "How many of its tokens are in the prompt."),
    "of": explain(COUNT, "How many tokens it has in all."),
    "share": explain(NUMBER, "Its share of the prompt's tokens, between 0 and 1."),
    "note": text(what="Why some of it is missing; empty when nothing is."),
}
_OF_EARLIER = {"attempt": COUNT, "tokens": COUNT, "prompt": text()}
CONTEXT = members(
    run=text(),
    step=text(),
    kind=text(),
    attempt=COUNT,
    budget=explain(COUNT, "Tokens that the whole request may have."),
    tokens=explain(COUNT, "Tokens of the whole request."),
    counted=choice("estimate", "provider"),
    fixed=explain(COUNT, "Tokens of the system prompt, the schema and the tools."),
    refused=array(COUNT, "Sizes that were refused as too long."),
    parts=array(members(**_OF_PART)),
    dropped=explain(TEXTS, "What is not in the prompt, and why."),
    prompt=text(what="The address of the prompt's text."),
    text=text(what="The prompt, with placeholders for secrets; empty when it is no longer kept."),
    earlier=array(members(**_OF_EARLIER), "Attempts before this one."),
)


def show_context(call: Call) -> ApiReply:
    """Return what the latest attempt of a step has told a model."""
    run, step = call.parts["run"], call.parts["step"]
    loaded = call.deps.store.load_run(call.tenant, run)
    if loaded is None:
        raise NotThere(f"no run {run!r}")
    found = context_of_run(call.deps, loaded.run, step)
    if found is None:
        names = ", ".join(_list_asked_steps(call, loaded.run)) or "none yet"
        raise NotThere(f"step {step!r} of run {run} has asked no model", way_out=f"Steps that have asked one: {names}.")
    body: dict[str, Any] = dict(found)
    return ApiReply(body=body)


def _list_asked_steps(call: Call, run: Run) -> list[str]:
    return [step.id for step in run.steps if context_of_run(call.deps, run, step.id) is not None]
