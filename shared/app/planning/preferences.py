"""What a team has said it prefers, made of feedback: people read it, correct it, delete it; the next plan follows it.

A preference is data of people of the workspace, no instruction: whatever it says, a plan needs its approval. It names
the feedback it was made of, and ends half a year after it was last said unless a person has put it in words.
Deleting one leaves a mark, so that the same feedback does not bring it back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.app.engine.deps import Deps
from shared.app.planning.feedback import Feedback, feedback_since, id_at, latest_words
from shared.core.approval.wishes import is_for_good, may_hold_for_good, same_words
from shared.core.errors import Conflicting, MalformedRequest, NotThere, VersionConflict
from shared.core.run.run import derived_id
from shared.core.text.outgoing_text import visible
from shared.ports import Doc, Put, change_doc

KIND = "preferences"
STATE = ("preference-state", "feedback")  # how far feedback has been read, by rules and by a model
BY_RULES = "rules"
MAX_TEXT = 300
MOST = 50
LASTS = timedelta(days=180)
_LATE = timedelta(minutes=5)  # what was said within it is read again: another instance's clock may be behind
_SAID = frozenset({"wish", "denied", "down", "cancelled", "undone", "up"})


@dataclass(frozen=True, slots=True)
class Preference:
    """One preference. `by` is "rules", a model's name, or the person who put it in words; `until` "" is for good."""

    id: str
    text: str
    by: str
    sources: tuple[str, ...]  # ids of feedback
    at: str
    until: str = ""


def preferences_of(deps: Deps, tenant: str) -> list[Preference]:
    """Return what holds now, the newest first."""
    now = deps.clock.now().isoformat()
    found = [_read(doc) for doc in _all(deps, tenant) if not doc.body.get("deleted")]
    held = [one for one in found if not one.until or one.until > now]
    return sorted(held, key=lambda one: (one.at, one.id), reverse=True)[:MOST]


def change_preference(deps: Deps, tenant: str, id: str, text: str, by: str) -> Preference:
    """Put a preference in a person's words; it then holds until somebody deletes it. Raises NotThere."""
    doc, said = _there(deps, tenant, id), " ".join(visible(text).split())
    if not 0 < len(said) <= MAX_TEXT:
        raise MalformedRequest(
            f"field 'text' is empty or longer than {MAX_TEXT} letters", way_out="Say it in fewer words."
        )
    body = {**doc.body, "text": said, "by": by, "at": deps.clock.now().isoformat(), "until": ""}
    _put(deps, tenant, doc, body)
    return _read(Doc(id, body, ""))


def drop_preference(deps: Deps, tenant: str, id: str) -> None:
    """Delete a preference and its words; what it was made of does not bring it back. Raises NotThere."""
    doc = _there(deps, tenant, id)
    kept = {"deleted": deps.clock.now().isoformat(), "sources": doc.body["sources"]}
    _put(deps, tenant, doc, kept)


def remarks_used(deps: Deps, tenant: str) -> frozenset[str]:
    """Return the ids of feedback that preferences are made of, also of those that a person has deleted."""
    return frozenset(source for doc in _all(deps, tenant) for source in doc.body["sources"])


def learn_by_rules(deps: Deps, tenant: str) -> None:
    """Make preferences of what members said for good, or said in the same words about two runs."""
    state = deps.store.get(tenant, *STATE)
    known: Mapping[str, Any] = state.body if state else {}
    fresh = feedback_since(deps, tenant, str(known.get("rules", "")))
    if not fresh:
        return
    window = latest_words(deps, tenant, id_at(deps.clock.now() - LASTS))
    for text, sources in _said_by_rule(window):
        if {one.id for one in sources} & {one.id for one in fresh}:
            keep_preference(deps, tenant, text, sources, BY_RULES)
    note_learnt(deps, tenant, "rules", min(max(one.id for one in fresh), id_at(deps.clock.now() - _LATE)))


def note_learnt(deps: Deps, tenant: str, by: str, upto: str) -> None:
    """Remember how far the rules, or the model, have read: each beside what the other has read meanwhile."""

    def note(known: Mapping[str, Any] | None) -> Mapping[str, Any]:
        return {**(known or {}), by: upto}

    change_doc(deps.store, (tenant, *STATE), note, deps.stand_back)


def keep_preference(deps: Deps, tenant: str, text: str, sources: Sequence[Feedback], by: str) -> Preference | None:
    """Keep a preference made of this feedback; None where a person deleted it and it was not said again since."""
    said = text[:MAX_TEXT]
    name = derived_id("pref-", same_words(said))
    doc = deps.store.get(tenant, KIND, name)
    body: Mapping[str, Any] = doc.body if doc else {}
    last = max((one.at for one in sources), default="")
    if body.get("deleted") and last <= str(body["deleted"]):
        return None
    names = sorted({*body.get("sources", ()), *(one.id for one in sources)})[-20:]
    until = (datetime.fromisoformat(last) + LASTS).isoformat() if last else ""
    kept = {"text": said, "by": by, "sources": names, "at": last, "until": until}
    if doc is not None and not body.get("deleted"):  # what a person has put in words stays as it is
        kept |= {"text": body["text"], "by": body["by"], "until": until if body["until"] else ""}
    with suppress(VersionConflict):  # somebody else keeps it just now, or changes it: theirs is as good
        deps.store.put(tenant, Put(KIND, name, kept, doc.version if doc else ""))
    return _read(Doc(name, kept, ""))


def said_by_members(feedback: Sequence[Feedback]) -> list[Feedback]:
    """Return what can become a preference: words of members."""
    return [one for one in feedback if one.member and one.text and one.kind in _SAID]


def _said_by_rule(window: Sequence[Feedback]) -> list[tuple[str, list[Feedback]]]:
    by_words: dict[str, list[Feedback]] = {}
    for one in said_by_members(window):
        by_words.setdefault(same_words(one.text[:MAX_TEXT]), []).append(one)
    return [
        (group[-1].text, group)
        for words, group in by_words.items()
        if words
        and may_hold_for_good(group[-1].text)
        and (is_for_good(group[-1].text) or len({one.run for one in group}) > 1)
    ]


def _all(deps: Deps, tenant: str) -> list[Doc]:
    found: list[Doc] = []
    while True:
        page = deps.store.list_docs(tenant, KIND, after=found[-1].id if found else "", limit=100)
        found += page
        if len(page) < 100 or len(found) >= 1000:
            return found


def _there(deps: Deps, tenant: str, id: str) -> Doc:
    doc = deps.store.get(tenant, KIND, id)
    if doc is None or doc.body.get("deleted"):
        raise NotThere(f"no preference {id!r}", way_out="GET /v1/preferences lists them.")
    return doc


def _put(deps: Deps, tenant: str, doc: Doc, body: Mapping[str, Any]) -> None:
    try:
        deps.store.put(tenant, Put(KIND, doc.id, body, doc.version))
    except VersionConflict as error:
        raise Conflicting("somebody else has just changed this preference", way_out="Look at it again.") from error


def _read(doc: Doc) -> Preference:
    body = doc.body
    return Preference(doc.id, body["text"], body["by"], tuple(body["sources"]), body["at"], body.get("until", ""))
