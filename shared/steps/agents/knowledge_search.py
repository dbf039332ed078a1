"""knowledge.search: look into what the workspace says, with where it says so."""

from __future__ import annotations

from pydantic import Field

from shared.steps._input import Input
from shared.steps._kind import Done, Repeat, StepContext, StepKind


class Search(Input):
    """What is looked for, in words; later steps and agents can read what was found."""

    query: str = Field(min_length=1, max_length=500)


def _run(wanted: Search, ctx: StepContext) -> Done:
    found = ctx.knowledge(wanted.query)
    passages = [f"[P{number}] {part.text}\n({part.source})" for number, part in enumerate(found, 1)]
    text = "\n\n".join(passages) or "Nothing about that is in the workspace."
    return Done({"text": ctx.keep_text(text), "found": len(found)}, facts={"passages found": len(found)})


KNOWLEDGE_SEARCH = StepKind(
    "knowledge.search",
    "Look up what the workspace says about it.",
    Search,
    _run,
    Repeat.SAME_END,
    reads=True,
    leaves_text=True,
    core=True,
)
