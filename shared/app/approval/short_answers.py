"""What people answer in a word where a run asks for more than a yes or a no: by comment, by the API, by a link.

Asked about work that could not be mended, they may want another look at it, or another plan. Told at a gate that the
page was edited meanwhile, they may want that built too.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from shared.app.approval.heard import Wish, heard_of, heard_put
from shared.app.approval.page_comments import Remark, author_of, members_of, new_comments, text_of
from shared.app.engine.deps import Deps
from shared.app.engine.engine import record_loaded
from shared.app.engine.tools import Tools
from shared.app.intake.page_view import BY_WORD
from shared.app.money.budget import plan_estimate
from shared.app.planning.feedback import feedback_put
from shared.core.approval.answer_words import asks_again, asks_to_build
from shared.core.approval.gates import waits_at
from shared.core.approval.sight import SecondLook
from shared.core.errors import Conflicting, NotThere
from shared.core.pages.page_changes import EDITED
from shared.core.run import acts
from shared.core.run.run import Run, RunStatus, derived_id
from shared.integrations.notion.client.client import Notion
from shared.ports import Loaded, Put

_NOTHING_ASKED = "Look at the run: `asked` shows what it asks and how to answer."


def answer(deps: Deps, tools: Tools, tenant: str, run_id: str, text: str, by: str) -> Run:
    """Take an answer in words; return the run after it. Raises NotThere, and Conflicting where it answers nothing."""
    loaded = _loaded(deps, tenant, run_id)
    run = loaded.run
    if run.status == RunStatus.AWAITING_INPUT:
        if asks_again(text):
            return take_another_look(deps, tools, run, by)
        wish = Wish(derived_id(BY_WORD, run.id, str(run.revision), text), text, by, run.revision)
        kept = heard_put(run, heard_of(deps, tenant, run.id), (), (wish,))
        puts = (replace(kept, expected=None), feedback_put(deps.clock.now(), run.id, "wish", by, text))
        return plan_anew(deps, tools, run, by, puts)
    if waits_at(run) is not None and run.facts.get(EDITED) and asks_to_build(text):
        return plan_anew(deps, tools, run, by)
    if waits_at(run) is not None:
        what = "approved, denied, or sent back to be done differently"
        raise Conflicting(f"run {run.id} asks for a decision, which is {what}", way_out=_NOTHING_ASKED)
    raise Conflicting(f"run {run.id} asks nothing; it is {run.status.value}", way_out=_NOTHING_ASKED)


def take_another_look(
    deps: Deps, tools: Tools, run: Run, by: str, puts: tuple[Put, ...] = (), handled: str = ""
) -> Run:
    """Have work that could not be mended looked at as it had passed; where there is none, plan once more."""
    loaded = _loaded(deps, run.tenant, run.id)
    event = acts.AnotherLookAsked(deps.clock.now(), by)
    after = record_loaded(deps, loaded, event, handled=handled, puts=puts)
    return after if after.seq != loaded.run.seq else plan_anew(deps, tools, run, by, puts, handled)


def plan_anew(deps: Deps, tools: Tools, run: Run, by: str, puts: tuple[Put, ...] = (), handled: str = "") -> Run:
    """Have another plan made of the page as it is; what is done stays done."""
    event = acts.PageChanged(deps.clock.now(), by, plan_estimate(tools.model(run.tenant)))
    return record_loaded(deps, _loaded(deps, run.tenant, run.id), event, handled=handled, puts=puts)


def asks_second_look(deps: Deps, tools: Tools, run: Run) -> SecondLook:
    """Return whether a member asks in a word for another look; the word is no content of the page."""
    notion = tools.accounts.connect_for(run.tenant)(Notion)
    heard = heard_of(deps, run.tenant, run.id)
    fresh = [one for one in new_comments(notion, run, heard) if one.id not in heard.ids]
    said = [one for one in fresh if asks_again(text_of(one.comment))]
    meant = _of_members(said, members_of(notion)) if said else []
    by = author_of(meant[-1].comment) if meant else ""
    return SecondLook(by, tuple(one.id for one in said), alone=len(said) == len(fresh))


def wants_it_built(run: Run, fresh: Sequence[Remark], members: Collection[str]) -> Remark | None:
    """Return the comment of a member that wants what was changed on the page to be built too."""
    if not run.facts.get(EDITED):
        return None
    asked = _of_members([one for one in fresh if asks_to_build(text_of(one.comment))], members)
    return asked[-1] if asked else None


def _of_members(said: Sequence[Remark], members: Collection[str]) -> list[Remark]:
    return [one for one in said if author_of(one.comment) in members]


def _loaded(deps: Deps, tenant: str, run_id: str) -> Loaded:
    loaded = deps.store.load_run(tenant, run_id)
    if loaded is None:
        raise NotThere(f"no run {run_id!r}")
    return loaded
