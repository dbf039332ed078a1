"""A look at a page under way: whom and what it is about, and what it has found out so far."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from shared.app.approval.page_comments import Remark
from shared.app.engine.deps import Deps
from shared.app.engine.requeue import MAX_TIMES
from shared.app.engine.tools import Tools
from shared.app.intake.open_page_run import page_record
from shared.app.intake.page_snapshot import SeenPage
from shared.app.intake.page_view import PageView
from shared.app.notify.page_properties import says_cancel
from shared.app.pauses.box import is_switch, is_ticked
from shared.app.people.known_accounts import identify_account
from shared.app.wishes.status_journal import heed_wish
from shared.core.approval.sight import Sight
from shared.core.documents.comment_records import Heard
from shared.core.errors import IntegrationError
from shared.core.pages import marks
from shared.core.pages.author import AGENT, BOT, Author, write_author
from shared.core.people.actor import Actor, ActorKind, Known
from shared.core.run.commands import Command
from shared.core.run.run import Run
from shared.integrations.notion.client.client import Notion


@dataclass(frozen=True, slots=True)
class Look:
    """What is known of the page (`page`) for the decision, and beside it what recording the decision needs."""

    command: Command
    deps: Deps
    tools: Tools
    seen: SeenPage
    run: Run | None
    page: Sight
    heard: Heard = Heard()  # noqa: RUF009 - it is frozen
    fresh: tuple[Remark, ...] = ()  # comments that may decide
    view: PageView | None = None

    @property
    def notion(self) -> Notion:
        return self.tools.accounts.connect_for(self.command.tenant)(Notion)

    @property
    def comments(self) -> list[str]:
        """Return the ids of the comments that may decide."""
        return [each.id for each in self.fresh]

    @property
    def at_work(self) -> Run:
        """Return the run that all decisions but the first are about."""
        assert self.run is not None
        return self.run

    def name(self, author: Author) -> str:
        """Return how somebody is called."""
        return self.identify(author).actor.name

    def identify(self, author: Author) -> Known:
        """Return who somebody is, and their role in the team."""
        return identify_author(self.deps, self.tools, self.command.tenant, author)

    def knowing(self, **found: Any) -> Look:
        """Return the look with more known of the page."""
        return replace(self, page=replace(self.page, **found))


def begin_look(command: Command, deps: Deps, tools: Tools, seen: SeenPage, began: datetime) -> Look:
    """Return what every look knows: the page's latest run, its status, and whether work is to stand still."""
    tick = is_ticked(seen.mapped, seen.raw)
    if is_switch(seen.mapped, seen.raw, seen.title):
        return Look(command, deps, tools, seen, None, Sight(ticked=tick, switch=True))
    known = page_record(deps, command.tenant, seen.page)
    loaded = deps.store.load_run(command.tenant, known.run) if known.run else None
    run = loaded.run if loaded is not None else None
    page = Sight(
        status=seen.status,
        wished=heed_wish(deps, run, seen.status, seen.author, began),
        ticked=tick,
        cancelled=run is not None and not run.status.final and _cancels(deps, seen, run),
        may_return=command.attempt < MAX_TIMES,
        depth=deps.limits.depth,
    )
    return Look(command, deps, tools, seen, run, page)


def _cancels(deps: Deps, seen: SeenPage, run: Run) -> bool:
    return seen.status == marks.CANCELLED and not run.cancel and says_cancel(deps, seen.mapped, seen.raw, run)


def identify_author(deps: Deps, tools: Tools, tenant: str, author: Author) -> Known:
    """Return who an author is; with a name people recognise, or the id where Notion does not tell."""
    if not author.kind or not author.id:
        return Known(Actor(ActorKind.UNKNOWN, "", write_author(author).removesuffix(":")))

    def read_name() -> str:
        try:
            found = tools.accounts.connect_for(tenant)(Notion).user(author.id)
        except IntegrationError:
            return write_author(author)
        return str(found.get("name") or write_author(author))

    if author.kind in (BOT, AGENT):
        return Known(Actor(ActorKind.SERVICE, f"{Notion.system} {author.kind} {author.id}", read_name()))
    people = tools.settings(tenant).get("people", ())
    return identify_account(deps, tenant, (Notion.system, author.id), people, read_name)
