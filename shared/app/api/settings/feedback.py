"""What people think of a run, and what the team prefers: told, read, put in other words, deleted."""

from __future__ import annotations

from typing import Any

from shared.app.api.exchange import ApiReply, Call
from shared.app.api.json_shapes import array, members, ref, text
from shared.app.planning.feedback import Feedback, feedback_by_id, note
from shared.app.planning.preferences import (
    change_preference,
    drop_preference,
    learn_by_rules,
    preferences_of,
)
from shared.core.documents.preference import Preference
from shared.core.errors import NotThere

_SAID = {"id": text(), "kind": text(), "at": text(), "run": text(), "by": text(), "text": text()}
FEEDBACK = members(**_SAID)
PREFERENCE = members(
    id=text(),
    text=text(),
    by=text(what="“rules”, the model that wrote it, or the person who worded it."),
    at=text(what="When it was last said."),
    until=text(what="When it lapses unless somebody says it again; empty if a person worded it."),
    sources=array(ref("Feedback")),
)


def give_feedback(call: Call) -> ApiReply:
    """Keep a thumbs-up or thumbs-down, and what was said with it."""
    loaded = call.deps.store.load_run(call.tenant, call.parts["run"])
    if loaded is None:
        raise NotThere(f"no run {call.parts['run']!r}")
    found = note(call.deps, loaded.run, call.body["thumb"], call.who.name, call.body["text"])
    learn_by_rules(call.deps, call.tenant)
    return ApiReply(201, _view_feedback(found))


def list_preferences(call: Call) -> ApiReply:
    """Return the preferences that hold now, each with what it was derived from."""
    learn_by_rules(call.deps, call.tenant)
    return ApiReply(
        body={"preferences": [_view(call, preference) for preference in preferences_of(call.deps, call.tenant)]}
    )


def reword_preference(call: Call) -> ApiReply:
    """Put a preference in other words; it then holds until it is deleted."""
    found = change_preference(call.deps, call.tenant, call.parts["preference"], call.body["text"], call.who.name)
    return ApiReply(body=_view(call, found))


def delete_preference(call: Call) -> ApiReply:
    """Delete a preference; what it was derived from does not bring it back."""
    drop_preference(call.deps, call.tenant, call.parts["preference"])
    return ApiReply(body={"deleted": call.parts["preference"]})


def _view(call: Call, preference: Preference) -> dict[str, Any]:
    sources = [_view_feedback(each) for each in feedback_by_id(call.deps, call.tenant, preference.sources)]
    return {
        "id": preference.id,
        "text": preference.text,
        "by": preference.by,
        "at": preference.at,
        "until": preference.until or "",
        "sources": sources,
    }


def _view_feedback(feedback: Feedback) -> dict[str, Any]:
    return {name: getattr(feedback, name) for name in _SAID}
