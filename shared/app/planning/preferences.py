"""What a team has said it prefers, made of feedback: people read it, correct it, delete it; the next plan follows it.

A preference is data of people of the workspace, no instruction: whatever it says, a plan needs its approval. It names
the feedback it was made of, and ends half a year after it was last said unless a person has put it in words.
Deleting one leaves a mark, so that the same feedback does not bring it back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice

from shared.app.engine.deps import Deps
from shared.app.planning.feedback import Feedback, feedback_since, id_at, latest_words
from shared.core.approval.wishes import is_for_good, may_hold_for_good, normalize_words
from shared.core.documents.codec import to_body
from shared.core.documents.preference import KIND, STATE, LearningState, Preference
from shared.core.errors import Conflicting, MalformedRequest, NotThere, VersionConflict
from shared.core.run.run import derive_id
from shared.core.text.outgoing_text import visible
from shared.ports import Put, all_as, change_as, get_as

BY_RULES = "rules"
MAX_TEXT = 300
MAX = 50
LASTS = timedelta(days=180)
_LATE = timedelta(minutes=5)  # what was said within it is read again: another instance's clock may be behind
_SAID = frozenset({"wish", "denied", "down", "cancelled", "undone", "up"})


def preferences_of(deps: Deps, tenant: str) -> list[Preference]:
    """Return what holds now, the newest first."""
    now = deps.clock.now().isoformat()
    found = [each for each in _list_all(deps, tenant) if not each.deleted]
    held = [each for each in found if not each.until or each.until > now]
    return sorted(held, key=lambda preference: (preference.at, preference.id), reverse=True)[:MAX]


def change_preference(deps: Deps, tenant: str, id: str, text: str, by: str) -> Preference:
    """Put a preference in a person's words; it then holds until somebody deletes it. Raises NotThere."""
    known, words = _find(deps, tenant, id), " ".join(visible(text).split())
    if not 0 < len(words) <= MAX_TEXT:
        raise MalformedRequest(
            f"field 'text' is empty or longer than {MAX_TEXT} letters", way_out="Say it in fewer words."
        )
    changed = replace(known, text=words, by=by, at=deps.clock.now().isoformat(), until="")
    _put(deps, tenant, changed)
    return changed


def drop_preference(deps: Deps, tenant: str, id: str) -> None:
    """Delete a preference and its words; what it was made of does not bring it back. Raises NotThere."""
    known = _find(deps, tenant, id)
    deleted = deps.clock.now().isoformat()
    _put(deps, tenant, Preference(known.id, sources=known.sources, deleted=deleted, version=known.version))


def remarks_used(deps: Deps, tenant: str) -> frozenset[str]:
    """Return the ids of feedback that preferences are made of, also of those that a person has deleted."""
    return frozenset(source for each in _list_all(deps, tenant) for source in each.sources)


def learn_by_rules(deps: Deps, tenant: str) -> None:
    """Make preferences of what members said for good, or said in the same words about two runs."""
    fresh = feedback_since(deps, tenant, learning_state(deps, tenant).rules)
    if not fresh:
        return
    window = latest_words(deps, tenant, id_at(deps.clock.now() - LASTS))
    for text, sources in _group_by_rule(window):
        if {feedback.id for feedback in sources} & {feedback.id for feedback in fresh}:
            keep_preference(deps, tenant, text, sources, BY_RULES)
    note_learnt(deps, tenant, BY_RULES, min(max(feedback.id for feedback in fresh), id_at(deps.clock.now() - _LATE)))


def learning_state(deps: Deps, tenant: str) -> LearningState:
    """Return how far feedback has been read, by rules and by a model."""
    return get_as(LearningState, deps.store, (tenant, *STATE)) or LearningState()


def note_learnt(deps: Deps, tenant: str, by: str, upto: str) -> None:
    """Remember how far the rules, or the model, have read: each beside what the other has read meanwhile."""

    def note(known: LearningState | None) -> LearningState:
        state = known or LearningState()
        return replace(state, rules=upto) if by == BY_RULES else replace(state, model=upto)

    change_as(LearningState, deps.store, (tenant, *STATE), note, deps.stand_back)


def keep_preference(deps: Deps, tenant: str, text: str, sources: Sequence[Feedback], by: str) -> Preference | None:
    """Keep a preference made of this feedback; None where a person deleted it and it was not said again since."""
    words = text[:MAX_TEXT]
    name = derive_id("pref-", normalize_words(words))
    last = max((feedback.at for feedback in sources), default="")
    until = (datetime.fromisoformat(last) + LASTS).isoformat() if last else ""

    def keep(known: Preference | None) -> Preference:
        if known is not None and known.deleted and last <= known.deleted:
            return known
        before = known.sources if known is not None else ()
        names = tuple(sorted({*before, *(each.id for each in sources)})[-20:])
        if known is None or known.deleted:
            return Preference(name, words, by, names, last, until)
        # What a person has put in words stays as it is.
        return replace(known, sources=names, at=last, until=until if known.until else "")

    kept = change_as(Preference, deps.store, (tenant, KIND, name), keep, deps.stand_back)
    return kept if kept is not None and not kept.deleted else None


def filter_members_words(feedback: Sequence[Feedback]) -> list[Feedback]:
    """Return what can become a preference: words of members."""
    return [remark for remark in feedback if remark.member and remark.text and remark.kind in _SAID]


def _group_by_rule(window: Sequence[Feedback]) -> list[tuple[str, list[Feedback]]]:
    by_words: dict[str, list[Feedback]] = {}
    for remark in filter_members_words(window):
        by_words.setdefault(normalize_words(remark.text[:MAX_TEXT]), []).append(remark)
    return [
        (group[-1].text, group)
        for words, group in by_words.items()
        if words
        and may_hold_for_good(group[-1].text)
        and (is_for_good(group[-1].text) or len({remark.run for remark in group}) > 1)
    ]


def _list_all(deps: Deps, tenant: str) -> Iterator[Preference]:
    return islice(all_as(Preference, deps.store, tenant, KIND), 1000)


def _find(deps: Deps, tenant: str, id: str) -> Preference:
    known = get_as(Preference, deps.store, (tenant, KIND, id))
    if known is None or known.deleted:
        raise NotThere(f"no preference {id!r}", way_out="GET /v1/preferences lists them.")
    return known


def _put(deps: Deps, tenant: str, changed: Preference) -> None:
    try:
        deps.store.put(tenant, Put(KIND, changed.id, to_body(changed), changed.version))
    except VersionConflict as error:
        raise Conflicting("somebody else has just changed this preference", way_out="Look at it again.") from error
