"""Find out what a decision about a page still needs to know: one thing at a time, and only what it asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from shared.app.approval.comment_records import listening, load_heard
from shared.app.approval.gates import team_of
from shared.app.approval.page_comments import author_of, is_person, members_of, new_comments
from shared.app.approval.plan_comments import find_decliner, judge_remarks
from shared.app.approval.short_answers import asks_second_look, wants_it_built
from shared.app.connections.notion_webhook import is_webhook_verified
from shared.app.engine.deps import Deps
from shared.app.intake.page_look import Look
from shared.app.intake.page_view import find_spoken, read_page_view
from shared.app.notify.page_properties import shows_plan
from shared.app.planning.make_plan import is_made_by_rules
from shared.app.polling import asks_often
from shared.app.workspace.partial_reads import kept_reads
from shared.app.workspace.write_journal import causes_of
from shared.core.approval.gates import waits_at
from shared.core.approval.intents import Find
from shared.core.approval.sight import Content, Need
from shared.core.run.run import RunStatus

TOLD_WITHIN = timedelta(minutes=6)  # Notion delivers within 5 (notion-api: webhooks)


def find_out(look: Look, find: Find) -> Look:
    """Return the look with this known as well. Raises the errors of the integration."""
    if find.whom is not None:
        return look.knowing(people={**look.page.people, find.whom: look.identify(find.whom)})
    return _FINDERS[find.what](look)


def _find_causes(look: Look) -> Look:
    table = look.seen.mapped.data_source if look.seen.mapped else ""
    return look.knowing(causes=causes_of(look.deps, look.command.tenant, look.seen.page, table))


def _find_editor(look: Look) -> Look:
    """Find the person who edited the page last; that need not be who set its status."""
    editor = str((look.seen.raw.get("last_edited_by") or {}).get("id") or "")
    return look.knowing(editor=editor if is_person(look.notion, editor) else "")


def _find_content(look: Look) -> Look:
    """Read the page, and the comments that may decide or are content."""
    deps, run, tenant = look.deps, look.at_work, look.command.tenant
    heard, gate = load_heard(deps, run.tenant, run.id), waits_at(run)
    hears = run.status == RunStatus.AWAITING_APPROVAL and gate is not None and listening(run, gate, heard)
    fresh = new_comments(look.notion, run, heard) if hears else []
    without = heard.ids | {each.id for each in fresh}
    spoken = find_spoken(deps, run, heard, now=deps.clock.now(), without=without)
    connect = look.tools.accounts.connect_for(tenant)
    with kept_reads(deps, tenant, f"look.{look.seen.page}") as kept:
        view = read_page_view(connect, look.seen.page, look.tools.settings(tenant), spoken, kept)
    wish = heard.about(run.revision)
    content = Content(
        view.content_hash,
        shown=shows_plan(deps, look.seen.mapped, look.seen.raw, run),
        wish=wish.by if wish is not None else None,
        fresh=bool(fresh),
    )
    return replace(look.knowing(content=content), heard=heard, fresh=tuple(fresh), view=view)


def _find_to_build(look: Look) -> Look:
    members = look.page.members if look.page.members is not None else members_of(look.notion)
    asked = wants_it_built(look.deps, look.tools, look.at_work, look.fresh, members)
    return look.knowing(members=members, to_build=author_of(asked.comment) if asked is not None else "")


def _find_verdict(look: Look) -> Look:
    gate = waits_at(look.at_work)
    assert gate is not None
    return look.knowing(verdict=judge_remarks(look.notion, look.at_work, gate.id, look.fresh))


_FINDERS: Mapping[Need, Callable[[Look], Look]] = {
    Need.CAUSES: _find_causes,
    Need.EDITOR: _find_editor,
    Need.RULES: lambda look: look.knowing(by_rules=is_made_by_rules(look.deps, look.at_work)),
    Need.SECOND_LOOK: lambda look: look.knowing(second_look=asks_second_look(look.deps, look.tools, look.at_work)),
    Need.CONTENT: _find_content,
    Need.DECLINED: lambda look: look.knowing(declined=find_decliner(look.notion, look.at_work)),
    Need.MEMBERS: lambda look: look.knowing(members=members_of(look.notion)),
    Need.TEAM: lambda look: look.knowing(team=team_of(look.deps, look.command.tenant)),
    Need.TO_BUILD: _find_to_build,
    Need.VERDICT: _find_verdict,
    Need.TOLD_WITHIN: lambda look: look.knowing(
        told_within=told_within(look.deps, look.tools.settings(look.command.tenant))
    ),
}


def told_within(deps: Deps, settings: Mapping[str, Any]) -> timedelta:
    """Return within what time a change is delivered; no time where there is no webhook, and so never."""
    if not asks_often(settings):
        return TOLD_WITHIN
    return TOLD_WITHIN if is_webhook_verified(deps) else timedelta(0)
