"""Set up the tenant's databases as an owner wishes: create, adopt, or ask back. The wish and what came of it are kept.

The API writes the wish and reads the outcome (`app/api/settings/tenant_databases.py`); this does the work, from the
queue.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shared.accounts.accounts import Accounts
from shared.app.engine.deps import Deps
from shared.app.engine.leases import lease
from shared.app.engine.tools import Tools
from shared.app.workspace.workspace_access import look_at_access, name_obstacle
from shared.app.workspace.workspace_adopt import Adoption, Question, changes_of, propose
from shared.app.workspace.workspace_create import (
    create_databases,
    data_sources_of,
    is_made_for_another,
    namesake,
    settings_of,
)
from shared.app.workspace.workspace_databases import (
    ASKING,
    CHOOSING,
    DONE,
    FAILED,
    SETUP,
    WORKING,
    database_of,
    forget_mapping,
    keep_mapping,
    kind_of,
    mapping_of,
)
from shared.app.workspace.workspace_schemas import KINDS, SCHEMAS
from shared.core.documents.codec import to_body
from shared.core.documents.places import Setup
from shared.core.errors import ErrorClass, IntegrationError, Missing, Rejected, VersionConflict
from shared.core.people.obstacles import Obstacle
from shared.core.run.commands import Command
from shared.core.text.outgoing_text import visible
from shared.integrations.notion.client.client import Notion
from shared.ports import Put, get_as

Json = Mapping[str, Any]

NEW = "*new"  # an answer: make another database beside the one that has our title
USE = "*use"  # an answer: use a database that was made for another connection
_SHARED = (
    "This database was made for another connection of this workspace. If that one still works there, each page is"
    " worked on twice. Use it anyway?"
)
MAX_OFFERED = 50


def set_up_databases(command: Command, deps: Deps, tools: Tools) -> None:
    """Do what the latest wish asks for and keep what came of it; the same command again changes nothing.

    Raises Busy, and what may pass: outages and rate limits.
    """
    with lease(deps, command.tenant, "setup.databases"):
        setup = get_as(Setup, deps.store, (command.tenant, *SETUP))
        if setup is None or setup.state != WORKING:
            return
        accounts = _accounts(tools)
        try:
            outcome = _carry_out(deps, accounts, command.tenant, setup)
            if outcome["state"] == CHOOSING:
                outcome = {**outcome, **look_at_access(deps, accounts, command.tenant)}
        except IntegrationError as error:
            if error.error_class == ErrorClass.TRANSIENT:
                raise
            outcome = {"state": FAILED, "problem": str(error)[:500], "why": name_obstacle(error)}
            if outcome["why"] in (Obstacle.RIGHT, Obstacle.NOT_SHARED):
                outcome = {**outcome, **look_at_access(deps, accounts, command.tenant)}
        except VersionConflict as error:
            outcome = {"state": FAILED, "problem": f"{error}; ask again"}
        empty: dict[str, Any] = {"problem": "", "questions": (), "pages": (), "found": ()}
        empty |= {"why": "", "lacking": (), "guest": False}
        after = replace(setup, **(empty | dict(outcome)))
        deps.store.put(command.tenant, Put(*SETUP, to_body(after), setup.version))


def _accounts(tools: Tools) -> Accounts:
    accounts = tools.accounts
    assert isinstance(accounts, Accounts)
    return accounts


def _carry_out(deps: Deps, accounts: Accounts, tenant: str, wish: Setup) -> Json:
    """Return the outcome: done, or what has to be answered or chosen first."""
    notion = accounts.connect_for(tenant)(Notion)
    page, adopt, answers = wish.page, wish.adopt, wish.answers
    questions: list[Question] = []
    for kind in KINDS:
        settings = settings_of(deps, tenant)
        wanted = str(adopt.get(kind) or "")
        if page and not wanted and _is_gone(notion, settings, kind):
            forget_mapping(deps, tenant, kind, str(settings["databases"][kind]["database"]))
            settings = settings_of(deps, tenant)
        if page and not wanted and database_of(settings, kind) is None:
            asked = _namesake_question(notion, tenant, page, kind, answers)
            wanted = "" if isinstance(asked, Question) else asked
            if isinstance(asked, Question):
                questions.append(asked)
                continue
            if not wanted:
                create_databases(deps, accounts, tenant, page, (kind,))
        if wanted:
            questions += _adopt(deps, notion, tenant, kind, wanted, answers)
    if questions:
        return {"state": ASKING, "questions": [_view_question(each) for each in questions]}
    if not page and not adopt and len(data_sources_of(deps, tenant)) < len(KINDS):
        return {"state": CHOOSING, **_offer(notion)}
    return {"state": DONE}


def _is_gone(notion: Notion, settings: Json, kind: str) -> bool:
    """Say whether a database that we know by id is in the trash, or not shared with us any more."""
    known = (settings.get("databases") or {}).get(kind)
    if not known:
        return False
    try:
        return bool(notion.data_source(str(known["data_source"])).get("in_trash"))
    except Missing:
        return True


def _namesake_question(notion: Notion, tenant: str, page: str, kind: str, answers: Mapping[str, str]) -> Question | str:
    """Ask what to do about a database under the page that has our title; return what to adopt, "" for none."""
    answer = answers.get(kind, "")
    found = None if answer == NEW else namesake(notion, tenant, page, kind)
    if found is None:
        return ""
    if answer == found["database"]:
        return answer
    choices = ((found["database"], f"Use “{found['title']}”"), (NEW, "Make a new one beside it"))
    return Question(kind, f"There is a database “{found['title']}” on this page already. Use it?", choices)


def _adopt(
    deps: Deps, notion: Notion, tenant: str, kind: str, database: str, answers: Mapping[str, str]
) -> list[Question]:
    """Adopt a database, or return the questions to answer first; what people agreed to is added to it."""
    source_id = _source_id(notion, kind, database, answers)
    if isinstance(source_id, Question):
        return [source_id]
    taken = kind_of(settings_of(deps, tenant), source_id)
    if taken not in ("", kind):
        titles = SCHEMAS[taken].title, SCHEMAS[kind].title
        raise Rejected("notion", f"this database is your {titles[0]} already; choose another one for {titles[1]}")
    sources = data_sources_of(deps, tenant)
    source = notion.data_source(source_id)
    if is_made_for_another(source, tenant) and answers.get(f"{kind}.shared") != USE:
        return [Question(f"{kind}.shared", _SHARED, ((USE, "Use it anyway"),))]
    found = propose(kind, source, answers, sources)
    changes = changes_of(kind, source, found, sources) if not found.questions else {}
    if changes:
        notion.update_data_source(source_id, properties=changes)
        source = notion.data_source(source_id)
        found = propose(kind, source, answers, sources)
    if not found.questions:
        keep_mapping(deps, tenant, kind, _mapping(kind, database, source, found))
    return found.questions


def _mapping(kind: str, database: str, source: Json, found: Adoption) -> dict[str, Any]:
    return mapping_of(kind, database, source, found.columns, found.options)


def _source_id(notion: Notion, kind: str, database: str, answers: Mapping[str, str]) -> str | Question:
    sources = [(str(table["id"]), str(table.get("name") or "")) for table in notion.database(database)["data_sources"]]
    key = f"{kind}.table"
    chosen = [source_id for source_id, _ in sources if len(sources) == 1 or source_id == answers.get(key)]
    if len(chosen) == 1:
        return chosen[0]
    return Question(key, f"Which table of this database holds the {kind}?", tuple(sources))


def _offer(notion: Notion) -> Json:
    """Return what an owner can choose from: pages to put databases on, and databases to adopt."""
    pages = [page for page in notion.search("") if (page.get("parent") or {}).get("type") != "data_source_id"]
    found = [
        {"id": str(source["parent"]["database_id"]), "title": _title(source), "like": _match_kind(source)}
        for source in notion.search("", "data_source")
        if (source.get("parent") or {}).get("database_id")
    ]
    listed = [{"id": str(page["id"]), "title": _title(page)} for page in pages]
    return {"pages": listed[:MAX_OFFERED], "found": found[:MAX_OFFERED]}


def _match_kind(source: Json) -> str:
    """Return the kind whose title a data source has; "" for none."""
    title = _title(source).casefold()
    return next((kind for kind in KINDS if SCHEMAS[kind].title.casefold() == title), "")


def _title(thing: Json) -> str:
    items = thing.get("title")
    if items is None:
        properties = (thing.get("properties") or {}).values()
        items = next((prop["title"] for prop in properties if prop.get("type") == "title"), ())
    return visible("".join(str(item.get("plain_text", "")) for item in items))[:200] or "Untitled"


def _view_question(question: Question) -> dict[str, Any]:
    choices = [{"value": value, "label": label} for value, label in question.choices]
    return {"key": question.key, "text": question.text, "choices": choices}
