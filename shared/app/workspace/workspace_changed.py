"""People change our databases: renamed is followed by id without a word; what is gone is said once, and work goes on.

What is lost is remembered, so that it is taken up again when it is back: the column itself, or another one with its
name and a fitting type.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import unquote

from shared import log
from shared.app.engine.deps import Deps
from shared.app.engine.effects import Effects
from shared.app.engine.leases import lease
from shared.app.engine.switches import rehearses
from shared.app.engine.tools import Tools
from shared.app.intake.refused_places import let_in
from shared.app.workspace.workspace_create import settings_of
from shared.app.workspace.workspace_databases import keep_mapping, kind_of
from shared.app.workspace.workspace_schemas import SCHEMAS, Column
from shared.core.errors import Missing, Rejected
from shared.core.page import Span
from shared.core.pages import marks
from shared.core.run.commands import Command
from shared.core.run.run import derive_id
from shared.core.text.outgoing_text import fold, plain
from shared.integrations.notion.client.client import Notion
from shared.steps._kind import Repeat

Json = Mapping[str, Any]


def look_at_schema(command: Command, deps: Deps, tools: Tools) -> None:
    """Look at the data source of `ref` again, if it is one of ours. Raises Busy, and what may pass."""
    kind = kind_of(settings_of(deps, command.tenant), command.ref)
    if kind and not rehearses(deps):  # it would be said in a comment
        check_schema(deps, tools, command.tenant, kind)


def check_schema(deps: Deps, tools: Tools, tenant: str, kind: str) -> None:
    """Bring what we remember of a database up to its schema; say once in Notion what is missing now."""
    with lease(deps, tenant, f"schema.{kind}"):
        known = (settings_of(deps, tenant).get("databases") or {}).get(kind)
        if not known:
            return  # of the time before columns were remembered: those are read by name
        notion = tools.accounts.connect_for(tenant)(Notion)
        try:
            source = notion.data_source(str(known["data_source"]))
        except (Missing, Rejected) as error:
            log.line("WARNING", "database not readable", tenant=tenant, database=kind, **log.about(error))
            return
        let_in(deps, tenant, settings_of(deps, tenant), str(known["data_source"]))
        after, news = compare_schema(kind, known, source)
        if news:
            _say(deps, notion, tenant, kind, source, news)
        if after != known:
            keep_mapping(deps, tenant, kind, after, instead_of=known)


def compare_schema(kind: str, known: Json, source: Json) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Return what is to be remembered now, and what is newly missing: (a name for this loss, words for people)."""
    schema: Json = source.get("properties") or {}
    by_id = {unquote(str(prop["id"])): {**prop, "name": name} for name, prop in schema.items()}
    properties, types = dict(known["properties"]), dict(known.get("types") or {})
    lost: dict[str, str] = dict(known.get("lost") or {})  # our name → the id it had
    news: list[tuple[str, str]] = []
    for column in SCHEMAS[kind].columns:
        column_now = by_id.get(unquote(properties.get(column.name, lost.get(column.name, ""))))
        if column_now is not None and column_now["type"] in column.types:
            properties[column.name], types[column.name] = str(column_now["id"]), str(column_now["type"])
            lost.pop(column.name, None)
        elif column.name in properties or column.name in lost:
            again = _another(column, by_id, properties)
            if again is not None:
                properties[column.name], types[column.name] = str(again["id"]), str(again["type"])
                lost.pop(column.name, None)
            elif column.name in properties:
                lost[column.name] = properties.pop(column.name)
                news.append((f"{column.name}-{lost[column.name]}", _words(column, column_now)))
    options, more = _options(kind, known, by_id.get(unquote(properties.get("Status", ""))))
    after = {**known, **options, "properties": properties, "types": types, "lost": lost}
    if not lost:
        after.pop("lost")
    return after, news + more


def _another(column: Column, by_id: Mapping[str, Any], properties: Mapping[str, str]) -> Json | None:
    """Return another column with our name and a fitting type that is nobody else's yet."""
    taken = {unquote(each) for each in properties.values()}
    found = [
        prop
        for key, prop in by_id.items()
        if key not in taken and fold(prop["name"]) == fold(column.name) and prop["type"] in column.types
    ]
    return found[0] if len(found) == 1 else None


def _words(column: Column, column_now: Json | None) -> str:
    types = " or ".join(each.replace("_", " ") for each in column.types)
    back = f"Add a column “{column.name}” of type {types}, and I use it again."
    if column_now is None:
        return f"The column “{column.name}” was removed, so I leave it out from now on. {back}"
    now = str(column_now["type"]).replace("_", " ")
    return f"The column “{column_now['name']}” is of type {now} now, which I cannot use as “{column.name}”. {back}"


def _options(kind: str, known: Json, status: Json | None) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Follow renamed options by id; say which ones are gone, once each.

    One that was given the name of another of ours is not followed: what people read decides what they mean.
    """
    names, ids = dict(known.get("options") or {}), dict(known.get("option_ids") or {})
    gone = list(known.get("gone_options") or ())
    if status is None:
        return {}, []
    have = {str(o["id"]): str(o["name"]) for o in (status.get(str(status["type"])) or {}).get("options") or ()}
    by_name = {fold(name): key for key, name in have.items()}
    news = []
    for ours in names:
        key = ids.get(ours, "")
        if key not in have or _means_another(names, ours, have[key]):
            key = by_name.get(fold(names[ours]), by_name.get(fold(ours), ""))
        if key:
            ids[ours], names[ours] = key, have[key]
            gone = [each for each in gone if each != ours]
        elif ours not in gone:
            gone.append(ours)
            back = f"Add an option “{names[ours]}” to “{status['name']}”, and I use it again."
            text = f"The option “{names[ours]}” no longer exists. {back}"
            news.append((f"option-{ours}-{ids.pop(ours, '')}", text))
    for ours in _lately_ours(kind) if names else ():
        key = by_name.get(fold(ours), "")
        if ours not in names and key and key not in ids.values():  # somebody has added it: from now on it is used
            names[ours], ids[ours] = have[key], key
    return {"options": names, "option_ids": ids, **({"gone_options": gone} if gone else {"gone_options": []})}, news


def _lately_ours(kind: str) -> list[str]:
    """Return the statuses that a database may do without: those that came after it was made or adopted."""
    column = SCHEMAS[kind].column("Status")
    return [each for each in (column.options if column is not None else ()) if each in marks.INSTEAD]


def _means_another(names: Mapping[str, str], ours: str, name: str) -> bool:
    others = {fold(word) for each, agreed in names.items() if each != ours for word in (each, agreed)}
    return name != names[ours] and fold(name) in others - {fold(ours)}


def _say(deps: Deps, notion: Notion, tenant: str, kind: str, source: Json, news: list[tuple[str, str]]) -> None:
    """Comment on the page the database is on; where there is none, the settings and the log tell."""
    parent = source.get("database_parent") or {}
    page, block = str(parent.get("page_id") or ""), str(parent.get("block_id") or "")
    title = SCHEMAS[kind].title
    for name, words in news:
        log.line("WARNING", "column or option missing", tenant=tenant, database=kind, what=name)
        if not page and not block:
            continue
        key = derive_id("lost-", kind, name)
        target = marks.mark(deps.public_url, key)
        spans = (Span(f"About the database {title}: ", href=target), Span(plain(words)))
        with suppress(Missing, Rejected):  # not ours to comment on: the settings and the log tell
            Effects(deps, tenant, f"schema.{kind}", "schema", "notion")(
                key,
                lambda spans=spans: {"id": notion.comment(page, spans, block_id=block)["id"]},  # type: ignore[misc]
                repeat=Repeat.LOOK,
                look=lambda target=target: _find_comment(notion, page or block, target),  # type: ignore[misc]
            )


def _find_comment(notion: Notion, place: str, target: str) -> dict[str, Any] | None:
    for comment in notion.comments(place):
        if any((text.get("href") or "") == target for text in comment.get("rich_text", ())):
            return {"id": str(comment["id"])}
    return None
