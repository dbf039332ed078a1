"""What a message may be about: the tenant's runs, and the pages that its words are found in, each by its own title."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

from shared.app.chat.chat_facts import title_of
from shared.app.chat.chat_memory import Chat
from shared.app.engine.deps import Deps
from shared.app.engine.tools import Tools
from shared.app.intake.open_page_run import page_record
from shared.app.knowledge.knowledge_scope import Served, is_connected, scope_of
from shared.app.knowledge.knowledge_search import hits_for, trail
from shared.app.workspace.workspace_map import PAGE, WorkspaceMap
from shared.core.approval.gates import waits_at
from shared.core.chat import chat_words as words
from shared.core.chat.naming import Named, words_of
from shared.core.documents.places import Place
from shared.core.run.run import Run, RunStatus
from shared.core.text.outgoing_text import plain

MAX_RUNS = 100  # that can be named, the newest
TOLD = 12  # runs, and pages, that a model is told of, the newest
PAGES = 5  # that a message's words are found in
_MAX_NAMED = 50  # pages of a title
_PASSAGES = 20  # that are looked through for them
CHANGEABLE = (RunStatus.AWAITING_APPROVAL, RunStatus.AWAITING_INPUT)

_FITS: dict[str, Callable[[Run], bool]] = {
    words.CANCEL: lambda run: not run.status.final,
    words.APPROVE: lambda run: waits_at(run) is not None,
    words.DENY: lambda run: waits_at(run) is not None,
    words.CHANGE: lambda run: run.status in CHANGEABLE,
    words.RETRY: lambda run: run.status in (RunStatus.FAILED, RunStatus.CANCELLED),
}


@dataclass(frozen=True, slots=True)
class Around:
    """The runs, newest first, and the pages that a message may be about, and the run that is spoken of."""

    runs: tuple[Run, ...]
    pages: tuple[Named, ...]
    present: Run | None = None

    def run(self, wanted: str) -> Run | None:
        """Return the run of that id, if it is one of these."""
        return next((run for run in self.runs if run.id == wanted), None)

    def page(self, wanted: str) -> Named | None:
        """Return the page of that id, if it is one of these."""
        return next((page for page in self.pages if page.id == wanted), None)

    def was_told(self, wanted: str) -> bool:
        """Say whether a model is told of the run, or the page, of that id."""
        return wanted in {run.id for run in self.runs[:TOLD]} | {page.id for page in self.pages[:TOLD]}

    def titles(self) -> list[str]:
        """Return everything that may be called by its title."""
        return [*(title_of(run) for run in self.runs), *(page.title for page in self.pages)]

    def runs_for(self, act: str) -> tuple[Named, ...]:
        """Return the runs by which a page can be named: of each the newest that the act fits, else its newest."""
        of_page: dict[str, Run] = {}
        for run in self.runs:
            known = of_page.get(run.trigger.page or run.id)
            if known is None or (fits(act, run) and not fits(act, known)):
                of_page[run.trigger.page or run.id] = run
        return tuple(name_run(run) for run in of_page.values())


def fits(act: str, run: Run) -> bool:
    """Say whether an act can be done with a run as it is."""
    return act not in _FITS or _FITS[act](run)


def name_run(run: Run) -> Named:
    """Return the run as people tell it from others."""
    return Named(run.id, title_of(run), f"{run.status.value.replace('_', ' ')}, {run.opened_at:%d %B %H:%M}")


def collect_subjects(deps: Deps, tools: Tools, tenant: str, chat: Chat, text: str) -> Around:
    runs = tuple(deps.store.list_runs(tenant, limit=MAX_RUNS))
    places = WorkspaceMap(deps, tenant)
    found = {chat.page: Named(chat.page, chat.title)} if chat.page else {}
    for hit in hits_for(deps, tools, tenant, text, _PASSAGES):
        page = hit.chunk.page
        if page not in found and len(found) < PAGES:
            known = places.find_known(page)
            found[page] = Named(page, _shorten_title(known) if known else page, _build_trail(places, known))
    for run in runs:
        if run.trigger.page:
            found.setdefault(run.trigger.page, Named(run.trigger.page, title_of(run)))
    return Around(runs, tuple(found.values()), _present(deps, tenant, chat, runs))


def pages_called(deps: Deps, tools: Tools, tenant: str, phrase: str) -> tuple[Named, ...]:
    """Return the pages of the workspace whose title has to do with a phrase: what may be shown of them."""
    scope = scope_of(tools.settings(tenant))
    wanted = frozenset(words_of(phrase))
    if scope.off or not wanted or not is_connected(deps, tenant):
        return ()
    places, served = WorkspaceMap(deps, tenant), Served(deps, tenant, scope)
    matching = [p for p in places.list_all().values() if p.kind == PAGE and not p.trashed and _shares(wanted, p.title)]
    shown = (place for place in matching if served.way(place.id))
    some = islice(shown, _MAX_NAMED)
    return tuple(Named(p.id, _shorten_title(p), _build_trail(places, p)) for p in some)


def page_called(deps: Deps, tenant: str, page: str) -> Named | None:
    """Return the page of that id by its own title; None where the map does not know it."""
    known = WorkspaceMap(deps, tenant).find_known(page)
    return Named(page, _shorten_title(known)) if known is not None and not known.trashed else None


def _present(deps: Deps, tenant: str, chat: Chat, runs: tuple[Run, ...]) -> Run | None:
    """Return the run that is spoken of: the page's latest, else the one that was spoken of last, else the only one."""
    page_run = page_record(deps, tenant, chat.page).run if chat.page else ""
    for run_id in (page_run, chat.run):
        if run_id:
            loaded = deps.store.load_run(tenant, run_id)
            if loaded is not None:
                return loaded.run
    waiting = [run for run in runs if waits_at(run) is not None]
    return waiting[0] if len(waiting) == 1 and not chat.page else None


def _shorten_title(place: Place) -> str:
    return " ".join(plain(place.title).split())[:200] or place.id


def _build_trail(places: WorkspaceMap, place: Place | None) -> str:
    return trail([plain(each.title) for each in places.path(place.id)[:-1]]) if place is not None else ""


def _shares(wanted: frozenset[str], title: str) -> bool:
    """Say whether a title has a word of what is wanted, or one that is nearly spelled so."""
    starts = {word[:3] for word in wanted}
    return any(word in wanted or (len(word) > 3 and word[:3] in starts) for word in words_of(title))
