"""A model's last answer that could not be used, kept with what was wrong with it: the next attempt is shown both.

They belong together. Once another answer has been used, neither is told again.
"""

from __future__ import annotations

from collections.abc import Iterable

from shared.app.engine.deps import Deps
from shared.core.run.run import Run, Step
from shared.mind.safety.redaction import Redactor
from shared.ports import Put

LAST_ANSWERS = "last_answers"  # documents, by run and step
_LONGEST = 200_000  # characters


def keep_last_answer(deps: Deps, run: Run, step: Step, said: str, problem: str, known: Iterable[str] = ()) -> None:
    """Keep what was answered in this attempt and why it could not be used; secrets are placeholders in it."""
    if not said:
        return
    text = deps.store.put_text(run.tenant, Redactor(known).hide(said)[:_LONGEST])
    body = {"run": run.id, "step": step.id, "attempt": step.attempt, "answer": text, "problem": problem}
    deps.store.put(run.tenant, Put(LAST_ANSWERS, f"{run.id}.{step.id}", body))


def last_answer_of(deps: Deps, run: Run, step: Step) -> str:
    """Return the answer that the step's feedback is about; "" where there is none, or the feedback is about another."""
    doc = deps.store.get(run.tenant, LAST_ANSWERS, f"{run.id}.{step.id}") if step.feedback else None
    if doc is None or doc.body["problem"] != step.feedback:
        return ""
    try:
        return deps.store.get_text(run.tenant, str(doc.body["answer"]))
    except KeyError:
        return ""
