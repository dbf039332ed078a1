"""What a model was told in a step, kept for people to look at: the parts, their sizes and sources, and the prompt.

Kept before the call, so that it is there for a call that fails too. Of earlier attempts the sizes and texts stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from shared.app.engine.deps import Deps
from shared.core.run.run import Run, Step
from shared.mind.context import Context
from shared.mind.safety.redaction import Redactor
from shared.ports import Doc, Put

CONTEXTS = "contexts"  # documents, by run and step
EARLIER = 20  # attempts of a step that are listed beside the latest


def keep_context(deps: Deps, run: Run, step: Step, context: Context, known: Iterable[str] = ()) -> None:
    """Keep what is about to be asked; the same context of the same attempt again changes nothing.

    Secrets are placeholders in it, as in the request itself.
    """
    name = f"{run.id}.{step.id}"
    text = "\n\n".join(text for text in (context.stable, context.prompt) if text)
    ref = deps.store.put_text(run.tenant, Redactor(known).hide(text))
    body: dict[str, Any] = {
        "run": run.id,
        "step": step.id,
        "kind": step.spec.kind,
        "attempt": step.attempt,
        **context.record(),
        "prompt": ref,
    }
    before = deps.store.get(run.tenant, CONTEXTS, name)
    body["earlier"] = _earlier(before, body)
    if before is None or dict(before.body) != body:
        deps.store.put(run.tenant, Put(CONTEXTS, name, body))
        deps.crash_point(f"context.after/{step.spec.kind}")


def context_of_run(deps: Deps, run: Run, name: str) -> Mapping[str, Any] | None:
    """Return what was kept of a step of this run, or of the run it goes on with where that has done the step."""
    step = run.step(name)
    found = kept_context(deps, run.tenant, run.id, name)
    if found is None and step is not None and step.home:
        found = kept_context(deps, run.tenant, step.home, name)
    return found


def kept_context(deps: Deps, tenant: str, run: str, step: str) -> Mapping[str, Any] | None:
    """Return what was kept of a step, with the `text` of its prompt; None when it has asked no model."""
    doc = deps.store.get(tenant, CONTEXTS, f"{run}.{step}")
    if doc is None:
        return None
    try:
        text = deps.store.get_text(tenant, str(doc.body["prompt"]))
    except KeyError:
        text = ""
    return {**doc.body, "text": text}


def _earlier(before: Doc | None, now: Mapping[str, Any]) -> list[dict[str, Any]]:
    if before is None:
        return []
    listed = list(before.body["earlier"])
    if before.body["attempt"] != now["attempt"]:
        listed.append({name: before.body[name] for name in ("attempt", "tokens", "prompt")})
    return listed[-EARLIER:]
