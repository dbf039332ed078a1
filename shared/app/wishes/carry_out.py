"""Another plan, wished for while a page's run was at work or its end was being shown: begun once that is over."""

from __future__ import annotations

from datetime import timedelta

from shared.app.engine.deps import Deps
from shared.app.wishes.kept_statuses import kept_of
from shared.core.pages.author import write_author
from shared.core.run.commands import CONSIDER, Command
from shared.core.run.run import Run, derived_id

_SETTLED = timedelta(seconds=2)  # by then the page is known to show the end; if not, the look comes again


def order_next_plan(deps: Deps, run: Run) -> None:
    """Have the page looked at again when a plan was wished for during the run that has ended.

    Call it before the end counts as shown, after which nobody would call it again. Twice is once.
    """
    wished_in, who = kept_of(deps, run.tenant, run.trigger.page).wish
    if wished_in == run.id:
        name, until = derived_id("wished-", run.id), deps.clock.now() + _SETTLED
        look = Command(
            name, CONSIDER, "plan", run.tenant, topic=write_author(who), ref=run.trigger.page, not_before=until
        )
        deps.queue.enqueue([look])
