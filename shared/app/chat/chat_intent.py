"""What was said decides what is done: a model's choice is compared with it first; where they differ, people are asked.

An act is done where the words order it by rules, name one thing by its whole title (or speak of "it"), and the model
takes them for the same. All else is left undone: a no, a condition, a report and a second order with a word on why, the
rest with a question that lists what may be meant.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from shared.app.chat.chat_actions import Deed, act, approve, show
from shared.app.chat.chat_choices import ask_back
from shared.app.chat.chat_facts import title_of
from shared.app.chat.chat_memory import Chat
from shared.app.chat.chat_subjects import Around, fits, name_run, page_called, pages_called
from shared.app.engine.deps import Deps
from shared.app.engine.tools import Tools
from shared.core.chat import chat_words as words
from shared.core.chat.chat_words import say
from shared.core.chat.naming import Found, Kind, Named, find_mentioned, find_touched, resolve, words_of
from shared.core.chat.speech_rules import Doubt, Spoken, rest_doubt
from shared.core.run.run import Run
from shared.core.text.outgoing_text import plain

_TO_US = re.compile(r"\W*(?:\w+ )?\w+ (?:you|du|sie|tu|vous|usted)\b")
_REFUSED = {Doubt.LATER: "later", Doubt.SEVERAL: "one_by_one", Doubt.TOLD: "told"}


@dataclass(frozen=True, slots=True)
class Turn:
    """One message and all that it may be about. `id` names it for feedback, `message` within its conversation."""

    deps: Deps
    tools: Tools
    tenant: str
    chat: Chat
    text: str
    spoken: Spoken
    around: Around
    id: str
    message: str


def obey(turn: Turn, intent: str, about: str) -> Deed:
    """Do what is said, if it is surely that; else ask, or say why not. `intent` and `about` are what a model chose."""
    spoken = turn.spoken
    if spoken.act not in words.ACTS:
        return _decide_by_model_alone(turn, intent, about)
    named = _nameable(turn, spoken.act)
    if spoken.doubt in _REFUSED or spoken.doubt == Doubt.NEGATED:
        return _explain_undone(turn, spoken.doubt, resolve(spoken.name, named, turn.text))
    found = _wish_target(turn, named) if spoken.act == words.CHANGE else resolve(spoken.name, named, turn.text)
    excused = found.kind == Kind.ONE or spoken.act == words.CHANGE
    doubt = Doubt.SURE if excused else rest_doubt(spoken.marked, [thing.title for thing in found.named])
    if doubt:
        return _explain_undone(turn, doubt, found)
    chosen = _find_chosen(turn, spoken.act, about)
    if spoken.doubt or intent != spoken.act or _is_a_title(turn, named):
        return _ask(turn, spoken.act, _may_be_meant(turn, spoken.act, found, chosen), found)
    target = _surely(turn, spoken.act, found)
    if target is None or _differs(turn, target, chosen, about):
        known = ((target,) if target is not None else ()) if found.kind in (Kind.ONE, Kind.HERE) else found.named
        return _ask(turn, spoken.act, (*known, *_may_be_meant(turn, spoken.act, found, chosen)), found)
    return do_act(turn, spoken.act, target.id, turn.text)


def _differs(turn: Turn, target: Named, chosen: Named | None, about: str) -> bool:
    """Say whether a model chose something else, or says that what it was told of is not there."""
    if about == words.NOT_LISTED:
        return turn.around.was_told(target.id)
    return chosen is not None and chosen.id != target.id


def do_act(turn: Turn, intent: str, wanted: str, wish: str) -> Deed:
    """Do it with the run, or the page, of that id."""
    chat = turn.chat
    if intent == words.START:
        page = next(iter(find_named(turn, intent, (wanted,))), None)
        about = chat if page is None or page.id == chat.page else replace(chat, page=page.id, title=page.title)
        return act(turn.deps, turn.tools, turn.tenant, about, intent, None, wish, turn.id)
    loaded = turn.deps.store.load_run(turn.tenant, wanted)
    run = loaded.run if loaded is not None else None
    if run is None:
        return Deed(say("missing", chat.language, name=wanted))
    if not fits(intent, run):
        name = "ended" if run.status.final else "not_waiting"
        if intent == words.RETRY:
            return act(turn.deps, turn.tools, turn.tenant, chat, intent, run, wish, turn.id)
        status = run.status.value.replace("_", " ")
        return Deed(say(name, chat.language, title=title_of(run), status=status), "", run.id, run.trigger.page)
    if intent == words.APPROVE:
        return approve(turn.deps, chat, run)
    return act(turn.deps, turn.tools, turn.tenant, chat, intent, run, wish, turn.id)


def find_named(turn: Turn, intent: str, ids: Sequence[str]) -> tuple[Named, ...]:
    """Return the pages, or the runs, of these ids, by their titles."""
    if intent == words.START:
        known = (turn.around.page(each) or page_called(turn.deps, turn.tenant, each) for each in ids)
        return tuple(page for page in known if page is not None)
    return tuple(name_run(run) for each in ids if (run := turn.around.run(each)) is not None)


def to_explain(turn: Turn, about: str) -> tuple[Named, ...] | None:
    """Return the run that is asked about, or those that may be; None where it is called by a name that nothing has.

    Empty: nothing is named, and there is nothing that is spoken of.
    """
    named = turn.around.runs_for(words.EXPLAIN)
    present = (name_run(turn.around.present),) if turn.around.present is not None else ()
    if turn.spoken.act == words.EXPLAIN and turn.spoken.name:
        found = resolve(turn.spoken.name, named, turn.text)
        if found.kind in (Kind.ONE, Kind.SEVERAL, Kind.NEAR):
            return found.named
        if found.kind == Kind.NONE and not find_mentioned(turn.text, named):
            return None
    if called := find_mentioned(turn.text, named):
        return called
    if about == words.NOT_LISTED:
        return None
    chosen = turn.around.run(about)
    if chosen is not None:
        return (name_run(chosen),)
    return present or _list_candidates(turn, named)


def find_only_subject(turn: Turn) -> Run | None:
    """Return the run that alone can be meant, whose record a model is told at once; None where it may be another."""
    around, named = turn.around, turn.around.runs_for(words.EXPLAIN)
    if turn.spoken.act == words.EXPLAIN:
        some = to_explain(turn, "") or ()
    elif not (some := find_mentioned(turn.text, named) or find_touched(turn.text, named)):
        if around.present is not None:
            return around.present
        some = named
    return around.run(some[0].id) if len(some) == 1 else None


def say_missing(turn: Turn) -> str:
    """Return in words that there is nothing of the name that was said."""
    name = plain(turn.spoken.name)[:200]
    return say("missing", turn.chat.language, name=name) if name else say("none", turn.chat.language)


def _list_candidates(turn: Turn, named: Sequence[Named]) -> tuple[Named, ...]:
    """Return what may be meant where nothing was spoken of yet: what failed, where that is asked, else what is open."""
    runs = [run for each in named if (run := turn.around.run(each.id)) is not None]
    failed = [run for run in runs if run.status.value == "failed"] if "fail" in turn.text.casefold() else []
    open_now = [run for run in runs if not run.status.final]
    return tuple(name_run(run) for run in (failed or open_now or runs))


def _decide_by_model_alone(turn: Turn, intent: str, about: str) -> Deed:
    """Do what a model alone takes for an order: only what is harmless, and about what is spoken of.

    Beside a name stands a verb that no rule knows: what it orders is asked.
    """
    if about == words.NOT_LISTED:
        return Deed(say_missing(turn))
    chosen = _find_chosen(turn, intent, about)
    present = _present(turn, intent)
    target = chosen or present
    if target is None:
        return _ask(turn, intent, _eligible(turn, intent), Found(Kind.HERE))
    called = find_mentioned(turn.text, _nameable(turn, intent))
    meant = not called and present is not None and target.id == present.id
    if meant and intent in (words.START, words.CHANGE) and not turn.spoken.question:
        return do_act(turn, intent, target.id, turn.text)
    return _ask(turn, intent, (target, *called), Found(Kind.SEVERAL))


def _surely(turn: Turn, intent: str, found: Found) -> Named | None:
    """Return the one thing that is named, or spoken of."""
    if found.kind == Kind.ONE:
        return found.named[0]
    return _present(turn, intent) if found.kind == Kind.HERE else None


def _is_a_title(turn: Turn, named: Sequence[Named]) -> bool:
    """Say whether nothing but a title is said: "Plan B party" need not be an order."""
    title = words_of(turn.text)
    return any(words_of(thing.title) == title for thing in (*named, *turn.around.pages))


def asks_of_others(turn: Turn) -> bool:
    """Say whether a question speaks of an act that is none of ours: of nothing that we know, and not to us."""
    spoken = turn.spoken
    if not (spoken.question and spoken.doubt == Doubt.ASKED) or _TO_US.match(turn.text.casefold()):
        return False
    return resolve(spoken.name, _nameable(turn, spoken.act), turn.text).kind == Kind.NONE


def _wish_target(turn: Turn, named: Sequence[Named]) -> Found:
    """Return what a wish is about: what it calls by its title, else what is spoken of."""
    called = find_mentioned(turn.text, named)
    present = _present(turn, words.CHANGE)
    if not called or (present is not None and [each.id for each in called] == [present.id]):
        return Found(Kind.HERE)
    if present is None and len(called) == 1:
        return Found(Kind.ONE, called)
    return Found(Kind.SEVERAL, (*called, *((present,) if present is not None else ())))


def _may_be_meant(turn: Turn, intent: str, found: Found, chosen: Named | None) -> tuple[Named, ...]:
    """Return what to ask about: what was named, else what is spoken of, else all that it can be done with."""
    if found.kind in (Kind.ALL, Kind.OTHER):
        return _eligible(turn, intent)
    known = found.named
    if found.kind == Kind.HERE:
        present = _present(turn, intent)
        known = (present,) if present is not None else ()
    some = (*known, *((chosen,) if chosen is not None else ()))
    return some or (_eligible(turn, intent) if found.kind == Kind.HERE else ())


def _ask(turn: Turn, intent: str, named: Sequence[Named], found: Found) -> Deed:
    """Ask which is meant; where none is called so, or it can be done with none, say that."""
    chat = turn.chat
    missing = say_missing(turn) if found.kind in (Kind.NEAR, Kind.NONE) and turn.spoken.name else ""
    if not named:
        return Deed(missing or say("none" if intent == words.START else "nothing", chat.language))
    if intent == words.START:
        return ask_back(chat, intent, named, turn.message, missing)
    runs = {thing.id: run for thing in named if (run := turn.around.run(thing.id)) is not None}
    can = [thing for thing in named if thing.id in runs and fits(intent, runs[thing.id])]
    if not can:
        return do_act(turn, intent, named[0].id, turn.text)
    if intent == words.APPROVE and len({thing.id for thing in can}) == 1 and found.kind in (Kind.ONE, Kind.HERE):
        return show(turn.deps, chat, runs[can[0].id])  # which is the question; and never more than that
    return ask_back(chat, intent, can, turn.message, missing)


def _explain_undone(turn: Turn, doubt: Doubt, found: Found) -> Deed:
    """Say that nothing is done, and why."""
    if doubt != Doubt.NEGATED:
        return Deed(say(_REFUSED[doubt], turn.chat.language))
    target = _surely(turn, turn.spoken.act, found)
    if target is None:
        return Deed(say("left", turn.chat.language))
    return Deed(say("left_one", turn.chat.language, title=target.title))


def _nameable(turn: Turn, intent: str) -> tuple[Named, ...]:
    """Return what an act can be about, by its titles: pages for a plan, runs for all else."""
    if intent != words.START:
        return turn.around.runs_for(intent)
    pages = {page.id: page for page in turn.around.pages}
    for page in pages_called(turn.deps, turn.tools, turn.tenant, turn.spoken.name or turn.text):
        pages[page.id] = page
    return tuple(pages.values())


def _eligible(turn: Turn, intent: str) -> tuple[Named, ...]:
    if intent == words.START:
        return ()
    runs = (turn.around.run(each.id) for each in turn.around.runs_for(intent))
    return tuple(name_run(run) for run in runs if run is not None and fits(intent, run))


def _find_chosen(turn: Turn, intent: str, about: str) -> Named | None:
    """Return what a model chose, if it was shown to it; never what one made up."""
    if intent == words.START:
        return turn.around.page(about)
    run = turn.around.run(about)
    return name_run(run) if run is not None else None


def _present(turn: Turn, intent: str) -> Named | None:
    if intent == words.START:
        return turn.around.page(turn.chat.page) if turn.chat.page else None
    if turn.around.present is None or not (turn.chat.page or turn.chat.run or intent == words.APPROVE):
        return None  # nothing was spoken of yet: the only one that waits is shown, but neither stopped nor done over
    return name_run(turn.around.present)
