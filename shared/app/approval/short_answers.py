"""What people answer in a word where a run asks for more than a yes or a no: by comment, by the API, by a link.

Asked about work that could not be mended, they may want another look at it, or another plan. Told at a gate that the
page was edited meanwhile, they may want that built too.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from shared.app.approval.comment_records import build_heard_put, load_heard
from shared.app.approval.page_comments import Remark, author_of, members_of, new_comments, text_of
from shared.app.engine.deps import Deps
from shared.app.engine.engine import record_loaded
from shared.app.engine.tools import Tools
from shared.app.intake.page_look import identify_author
from shared.app.intake.page_view import BY_WORD
from shared.app.money.budget import plan_estimate
from shared.app.planning.feedback import feedback_put
from shared.core.approval.deciders import MAY_DECIDE
from shared.core.approval.gates import waits_at
from shared.core.approval.short_words import asks_again, asks_to_build
from shared.core.approval.sight import SecondLook
from shared.core.documents.comment_records import Wish
from shared.core.errors import Conflicting, NotThere
from shared.core.pages.author import PERSON, Author
from shared.core.people.actor import By, read_by
from shared.core.run import acts
from shared.core.run.acts import EDITED
from shared.core.run.run import Run, RunStatus, derive_id
from shared.integrations.notion.client.client import Notion
from shared.ports import Loaded, Put

_NOTHING_ASKED = "Look at the run: `asked` shows what it asks and how to answer."


def answer(deps: Deps, tools: Tools, tenant: str, run_id: str, text: str, by: By) -> Run:
    """Take an answer in words; return the run after it. Raises NotThere, and Conflicting where it answers nothing."""
    loaded = _load_run(deps, tenant, run_id)
    run = loaded.run
    if run.status == RunStatus.AWAITING_INPUT:
        if asks_again(text):
            return take_another_look(deps, tools, run, by)
        name, _ = read_by(by)
        wish = Wish(derive_id(BY_WORD, run.id, str(run.revision), text), text, name, run.revision)
        kept = build_heard_put(run, load_heard(deps, tenant, run.id), (), (wish,))
        puts = (replace(kept, expected=None), feedback_put(deps.clock.now(), run.id, "wish", name, text))
        return plan_anew(deps, tools, run, by, puts)
    if waits_at(run) is not None and run.facts.get(EDITED) and asks_to_build(text):
        return plan_anew(deps, tools, run, by)
    if waits_at(run) is not None:
        what = "approved, denied, or sent back to be done differently"
        raise Conflicting(f"run {run.id} asks for a decision, which is {what}", way_out=_NOTHING_ASKED)
    raise Conflicting(f"run {run.id} asks nothing; it is {run.status.value}", way_out=_NOTHING_ASKED)


def take_another_look(deps: Deps, tools: Tools, run: Run, by: By, puts: tuple[Put, ...] = (), handled: str = "") -> Run:
    """Have work that could not be mended looked at as it had passed; where there is none, plan once more."""
    loaded = _load_run(deps, run.tenant, run.id)
    event = acts.AnotherLookAsked(deps.clock.now(), *read_by(by))
    after = record_loaded(deps, loaded, event, handled=handled, puts=puts)
    return after if after.seq != loaded.run.seq else plan_anew(deps, tools, run, by, puts, handled)


def plan_anew(deps: Deps, tools: Tools, run: Run, by: By, puts: tuple[Put, ...] = (), handled: str = "") -> Run:
    """Have another plan made of the page as it is; what is done stays done."""
    name, actor = read_by(by)
    event = acts.PageChanged(deps.clock.now(), name, plan_estimate(tools.model(run.tenant)), actor)
    return record_loaded(deps, _load_run(deps, run.tenant, run.id), event, handled=handled, puts=puts)


def asks_second_look(deps: Deps, tools: Tools, run: Run) -> SecondLook:
    """Return whether a member asks in a word for another look; the word is no content of the page."""
    notion = tools.accounts.connect_for(run.tenant)(Notion)
    heard = load_heard(deps, run.tenant, run.id)
    fresh = [remark for remark in new_comments(notion, run, heard) if remark.id not in heard.ids]
    wishes = [remark for remark in fresh if asks_again(text_of(remark.comment))]
    meant = _select_deciding(deps, tools, run, _select_members(wishes, members_of(notion))) if wishes else []
    by = author_of(meant[-1].comment) if meant else ""
    return SecondLook(by, tuple(remark.id for remark in wishes), alone=len(wishes) == len(fresh))


def wants_it_built(
    deps: Deps, tools: Tools, run: Run, fresh: Sequence[Remark], members: Collection[str]
) -> Remark | None:
    """Return the comment of a member that wants what was changed on the page to be built too."""
    if not run.facts.get(EDITED):
        return None
    wanted = _select_members([remark for remark in fresh if asks_to_build(text_of(remark.comment))], members)
    asked = _select_deciding(deps, tools, run, wanted)
    return asked[-1] if asked else None


def _select_members(remarks: Sequence[Remark], members: Collection[str]) -> list[Remark]:
    return [remark for remark in remarks if author_of(remark.comment) in members]


def _select_deciding(deps: Deps, tools: Tools, run: Run, remarks: Sequence[Remark]) -> list[Remark]:
    """Return those of whom the role in the team lets them decide."""
    authors = {author_of(each.comment) for each in remarks}
    roles = {each: identify_author(deps, tools, run.tenant, Author(PERSON, each)).role for each in authors}
    return [each for each in remarks if roles[author_of(each.comment)] in MAY_DECIDE]


def _load_run(deps: Deps, tenant: str, run_id: str) -> Loaded:
    loaded = deps.store.load_run(tenant, run_id)
    if loaded is None:
        raise NotThere(f"no run {run_id!r}")
    return loaded
