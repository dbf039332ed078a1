"""What a model was told in a step, kept for people to look at: the parts, their sizes and sources, and the prompt.

Kept before the call, so that it is there for a call that fails too. Of earlier attempts the sizes and texts stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from shared.app.engine.deps import Deps
from shared.core.documents.cache_records import CONTEXTS, EarlierContext, KeptContext
from shared.core.documents.codec import to_body
from shared.core.run.run import Run, Step
from shared.mind.context import Context
from shared.mind.safety.redaction import Redactor
from shared.ports import Put, get_as

EARLIER = 20  # attempts of a step that are listed beside the latest


def keep_context(deps: Deps, run: Run, step: Step, context: Context, known: Iterable[str] = ()) -> None:
    """Keep what is about to be asked; the same context of the same attempt again changes nothing.

    Secrets are placeholders in it, as in the request itself.
    """
    name = f"{run.id}.{step.id}"
    text = "\n\n".join(text for text in (context.stable, context.prompt) if text)
    ref = deps.store.put_text(run.tenant, Redactor(known).hide(text))
    tokens, sizes = context.tokens, {key: size for key, size in context.record().items() if key != "tokens"}
    before = get_as(KeptContext, deps.store, (run.tenant, CONTEXTS, name))
    earlier = _earlier(before, step.attempt)
    kept = KeptContext(run.id, step.id, step.spec.kind, step.attempt, tokens, ref, earlier, more=sizes)
    if before is None or to_body(before) != to_body(kept):
        deps.store.put(run.tenant, Put(CONTEXTS, name, to_body(kept)))
        deps.crash_point(f"context.after/{step.spec.kind}")


def context_of_run(deps: Deps, run: Run, name: str) -> Mapping[str, Any] | None:
    """Return what was kept of a step of this run, or of the run it goes on with where that has done the step."""
    step = run.step(name)
    found = load_context(deps, run.tenant, run.id, name)
    if found is None and step is not None and step.home:
        found = load_context(deps, run.tenant, step.home, name)
    return found


def load_context(deps: Deps, tenant: str, run: str, step: str) -> Mapping[str, Any] | None:
    """Return what was kept of a step, with the `text` of its prompt; None when it has asked no model."""
    kept = get_as(KeptContext, deps.store, (tenant, CONTEXTS, f"{run}.{step}"))
    if kept is None:
        return None
    try:
        text = deps.store.get_text(tenant, kept.prompt)
    except KeyError:
        text = ""
    return {**to_body(kept), "text": text}


def _earlier(before: KeptContext | None, attempt: int) -> tuple[EarlierContext, ...]:
    if before is None:
        return ()
    left = () if before.attempt == attempt else (EarlierContext(before.attempt, before.tokens, before.prompt),)
    return (*before.earlier, *left)[-EARLIER:]
