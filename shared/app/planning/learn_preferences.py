"""What a model makes of feedback: preferences that each rest on remarks of members, checked by code."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from shared.app.engine.deps import Deps
from shared.app.planning.feedback import Feedback, feedback_since, id_at, latest_words
from shared.app.planning.preferences import (
    LASTS,
    MAX_TEXT,
    filter_members_words,
    keep_preference,
    learn_by_rules,
    learning_state,
    note_learnt,
    preferences_of,
    remarks_used,
)
from shared.app.prompts import prompt
from shared.core.approval.wishes import may_hold_for_good, normalize_words
from shared.core.documents.preference import Preference
from shared.core.errors import IntegrationError
from shared.core.models.model_errors import ModelError
from shared.core.text.outgoing_text import visible
from shared.mind.context import Part, assemble
from shared.mind.structured import ask, schema_of
from shared.ports.model import Model, ModelRequest

TASK = "preferences"
MAX_REMARKS = 40  # that are read at once: new ones, the others with the next plan, and those before them
_TOKENS = 8000
_ANSWER_TOKENS = 1500


class Learned(BaseModel):
    """One preference, and the remarks it rests on."""

    model_config = ConfigDict(extra="forbid")
    text: str = Field(max_length=MAX_TEXT)
    sources: list[str] = Field(max_length=20)


class Learnt(BaseModel):
    """All that is new."""

    model_config = ConfigDict(extra="forbid")
    preferences: list[Learned] = Field(max_length=10)


def learn(deps: Deps, tenant: str, model: Model) -> None:
    """Make preferences of what was said since the last time.

    Without a model that can, the rules alone have said what they can; the remarks stay for the next time. Read with
    them is what was said before and has led to nothing: that several say the same shows only beside one another.
    """
    learn_by_rules(deps, tenant)
    fresh = feedback_since(deps, tenant, learning_state(deps, tenant).model)[:MAX_REMARKS]
    if not fresh:
        return
    used = remarks_used(deps, tenant)
    new = [remark for remark in filter_members_words(fresh) if remark.id not in used]
    if new:
        spoken = filter_members_words(latest_words(deps, tenant, id_at(deps.clock.now() - LASTS)))
        before = [remark for remark in spoken if remark.id < new[0].id and remark.id not in used]
        remarks = [*before, *new][-MAX_REMARKS:]
        try:
            answer, result = ask(model, _request(remarks, preferences_of(deps, tenant)), Learnt)
        except (ModelError, IntegrationError):
            return
        for learned in answer.preferences:
            _keep(deps, tenant, learned, remarks, result.model)
    note_learnt(deps, tenant, "model", max(remark.id for remark in fresh))


def _request(remarks: Sequence[Feedback], held: Sequence[Preference]) -> ModelRequest:
    plans = {run: number for number, run in enumerate(dict.fromkeys(remark.run for remark in remarks), 1)}
    parts = [
        Part("feedback", remark.id, f"plan {plans[remark.run]}, {remark.kind}: {remark.text}") for remark in remarks
    ]
    parts += [Part("preferences", preference.id, preference.text) for preference in held]
    context = assemble(parts, budget=_TOKENS, seed=remarks[-1].id)
    return ModelRequest(
        task=TASK,
        task_class="cheap",
        system=prompt(TASK)[1],
        prompt=context.prompt,
        schema=schema_of(Learnt),
        data={"remarks": [{"id": remark.id, "text": remark.text} for remark in remarks]},
        max_output_tokens=_ANSWER_TOKENS,
    )


def _keep(deps: Deps, tenant: str, learned: Learned, remarks: Sequence[Feedback], model: str) -> None:
    """Keep what rests on remarks that were there, and neither leads anywhere nor says who approves."""
    text = " ".join(visible(learned.text).split())
    sources = [remark for remark in remarks if remark.id in learned.sources]
    if not sources or not normalize_words(text) or not may_hold_for_good(text):
        return
    keep_preference(deps, tenant, text, sources, model)
