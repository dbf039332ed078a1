"""The databases of a real workspace: created on a page that people name, or adopted, with questions asked back."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from shared.app.confinement.settings import confine_first
from shared.app.workspace.workspace_create import data_sources_of, find_made
from shared.app.workspace.workspace_databases import CHOOSING, DONE, FAILED, SETUP, TOPIC, WORKING
from shared.app.workspace.workspace_schemas import KINDS
from shared.app.workspace.workspace_setup import set_up_databases
from shared.cli.setup.asking import Asking, Terminal
from shared.cli.setup.opened import Opened
from shared.cli.team.connect import answers_of, choose_place
from shared.core.errors import ConfigError, OutcomeUnknown
from shared.core.run.commands import CONSIDER, Command
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.ids import id_named
from shared.ports import Put

Json = Mapping[str, Any]


def set_up(house: Opened, tenant: str, page: str, ask: Asking) -> None:
    """Create or adopt the databases; raises ConfigError with what is left to answer where nobody can be asked."""
    adopt = {kind: id_named(given) for kind, given in ask.table("notion.adopt").items()}
    wish: Json = {"page": id_named(page), "adopt": adopt, "answers": dict(ask.table("notion.answers"))}
    if again := _made_before(house, tenant, wish):
        wish = {**wish, "adopt": {**again, **adopt}}
        ask.tell("✓ What Workwright made on this page before is used again.")
    while (found := _carried_out(house, tenant, wish))["state"] != DONE:
        if found["state"] == FAILED:
            raise ConfigError(f"the databases could not be set up: {found['problem']}")
        if not isinstance(ask, Terminal):
            raise ConfigError("\n  ".join(("the databases need an answer:", *_lacking(found))))
        more = choose_place(found) if found["state"] == CHOOSING else answers_of(found)
        wish = {
            "page": more.get("page") or wish["page"],
            "adopt": {**wish["adopt"], **more.get("adopt", {})},
            "answers": {**wish["answers"], **more.get("answers", {})},
        }
    if wish["page"] and not wish["adopt"]:  # what is adopted may lie anywhere
        confine_first(house.deps, tenant, str(wish["page"]), "the operator")


def _made_before(house: Opened, tenant: str, wish: Json) -> dict[str, str]:
    """Return the databases on the page that an earlier folder had made for this workspace, by kind."""
    lacking = [kind for kind in KINDS if kind not in data_sources_of(house.deps, tenant)] if wish["page"] else []
    if not lacking:
        return {}
    notion = house.accounts.connect_for(tenant)(Notion)
    made = {kind: find_made(notion, tenant, str(wish["page"]), kind) for kind in lacking}
    return {kind: str(one["database"]) for kind, one in made.items() if one is not None}


def _carried_out(house: Opened, tenant: str, wish: Json) -> Json:
    """Do what the API orders from the queue, here and now: nothing else runs in this folder."""
    doc = house.deps.store.get(tenant, *SETUP)
    before = doc.body if doc is not None else {}
    body = {**before, **wish, "number": int(before.get("number", 0)) + 1, "state": WORKING}
    house.deps.store.put(tenant, Put(*SETUP, body, doc.version if doc is not None else ""))
    command = Command(f"setup-{body['number']}", CONSIDER, "plan", tenant, topic=TOPIC)
    while True:
        try:
            set_up_databases(command, house.deps, house.tools)
            break
        except OutcomeUnknown:  # a set-up died here: wait until what it sent can no longer arrive
            time.sleep(house.deps.settle.total_seconds() / 4)
    after = house.deps.store.get(tenant, *SETUP)
    assert after is not None
    return after.body


def _lacking(found: Json) -> list[str]:
    if found["state"] == CHOOSING:
        return ["notion.page: the page to create them on, or notion.adopt: the databases to use"]
    return [
        f"notion.answers.{question['key']!r}: {question['text']}"
        f" ({', '.join(str(one['value']) for one in question['choices'])})"
        for question in found["questions"]
    ]
