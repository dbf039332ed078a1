"""Set up Notion: a real workspace by an internal integration or an OAuth client of one's own, or a simulated one."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shared.app.confinement.settings import confine_first
from shared.app.workspace.workspace_create import data_sources_of, find_made
from shared.app.workspace.workspace_databases import CHOOSING, DONE, FAILED, SETUP, TOPIC, WORKING
from shared.app.workspace.workspace_schemas import KINDS
from shared.app.workspace.workspace_setup import set_up_databases
from shared.backends.local.keys.local_secrets import LocalSecrets
from shared.cli.setup.answer_source import Asking, Terminal
from shared.cli.setup.guide import Guide
from shared.cli.setup.setup_folder import Opened, open_folder
from shared.cli.team.connect import answers_of, choose_place
from shared.core.documents.codec import to_body
from shared.core.documents.places import Setup
from shared.core.errors import ConfigError, OutcomeUnknown
from shared.core.people.actor import THE_OPERATOR
from shared.core.run.commands import CONSIDER, Command
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.ids import id_named
from shared.integrations.notion.trial import PORTAL, try_notion
from shared.integrations.trial_result import Tried
from shared.local.configuration.choices import OAUTH, REAL, SECRET, SIMULATED, Choices
from shared.local.configuration.marker import installation_of, works_here
from shared.local.configuration.workspace import connect_by_secret, refuse_real, refuse_simulated
from shared.ports import Put, Secret, get_as

Json = Mapping[str, Any]


def set_up(house: Opened, tenant: str, page: str, ask: Asking) -> None:
    """Create or adopt the databases; raises ConfigError with what is left to answer where nobody can be asked."""
    adopt = {kind: id_named(given) for kind, given in ask.table("notion.adopt").items()}
    wish: Json = {"page": id_named(page), "adopt": adopt, "answers": dict(ask.table("notion.answers"))}
    if again := _find_earlier(house, tenant, wish):
        wish = {**wish, "adopt": {**again, **adopt}}
        ask.tell("✓ What Workwright made on this page before is used again.")
    while (found := _carry_out(house, tenant, wish))["state"] != DONE:
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
        confine_first(house.deps, tenant, str(wish["page"]), THE_OPERATOR)


def _find_earlier(house: Opened, tenant: str, wish: Json) -> dict[str, str]:
    """Return the databases on the page that an earlier folder had made for this workspace, by kind."""
    lacking = [kind for kind in KINDS if kind not in data_sources_of(house.deps, tenant)] if wish["page"] else []
    if not lacking:
        return {}
    notion = house.accounts.connect_for(tenant)(Notion)
    made = {kind: find_made(notion, tenant, str(wish["page"]), kind) for kind in lacking}
    return {kind: str(database["database"]) for kind, database in made.items() if database is not None}


def _carry_out(house: Opened, tenant: str, wish: Json) -> Json:
    """Do what the API orders from the queue, here and now: nothing else runs in this folder."""
    before = get_as(Setup, house.deps.store, (tenant, *SETUP)) or Setup()
    setup = replace(before, **wish, number=before.number + 1, state=WORKING)
    house.deps.store.put(tenant, Put(*SETUP, to_body(setup), before.version))
    command = Command(f"setup-{setup.number}", CONSIDER, "plan", tenant, topic=TOPIC)
    while True:
        try:
            set_up_databases(command, house.deps, house.tools)
            break
        except OutcomeUnknown:  # a set-up died here: wait until what it sent can no longer arrive
            time.sleep(house.deps.settle.total_seconds() / 4)
    after = get_as(Setup, house.deps.store, (tenant, *SETUP))
    assert after is not None
    return to_body(after)


def _lacking(found: Json) -> list[str]:
    if found["state"] == CHOOSING:
        return ["notion.page: the page to create them on, or notion.adopt: the databases to use"]
    return [
        f"notion.answers.{question['key']!r}: {question['text']}"
        f" ({', '.join(str(choice['value']) for choice in question['choices'])})"
        for question in found["questions"]
    ]


ABOUT = "Notion: where work is written down and shown."
_USES = ((REAL, "My own workspace"), (SIMULATED, "A simulated one, to try things out"))
_WAYS = (
    (SECRET, "By the secret of an internal integration: the simplest way, for one workspace"),
    (OAUTH, "By a public integration of my own, with its client id and secret"),
)
HOW = (
    f"In {PORTAL} create an internal integration for your workspace, and copy its secret.",
    "Then open the page that Workwright may work on, and add the integration there under ••• → Connections.",
)


def set_up_notion(guide: Guide) -> None:
    """Ask which Notion, connect it, and set up the databases there."""
    ask, known = guide.ask, guide.choices.read("notion")
    if ask.choose("notion.use", "Which Notion?", _USES, known.mode) == SIMULATED:
        wanted = guide.choices.choosing("notion", SIMULATED)
        with open_folder(guide.data, wanted) as house:
            refuse_real(house.deps)
        guide.keep(wanted)
        return
    address = ask.read_prepared("notion.address") or known.fact("address")
    page, workspace = known.fact("page"), known.fact("workspace")
    by = ask.choose("notion.by", "How is it connected?", _WAYS, known.fact("by") or SECRET)
    wanted = guide.choices.choosing("notion", REAL, by=by, page=page, workspace=workspace, address=address)
    if by == SECRET:
        _keep_secret_choices(guide, wanted)
    else:
        _keep_oauth_choices(guide, wanted)


def _keep_secret_choices(guide: Guide, wanted: Choices) -> None:
    ask, known = guide.ask, wanted.read("notion")
    for line in () if ask.read_prepared("notion.secret") else HOW:
        ask.tell(line)
    with open_folder(guide.data, wanted) as house:
        refuse_simulated(house.deps)
        accounts, token, page = house.accounts, Secret(""), ""

        def attempt() -> Tried:
            nonlocal token, page
            token = ask.secret("notion.secret", "The integration's secret")
            page = ask.text("notion.page", "The page for the databases: its link", known.fact("page"))
            return try_notion(token, at=accounts.endpoints.get_address("notion"), page=page, trace=accounts.trace)

        found = guide.try_until_it_works(attempt)
        if found is None:
            return
        made = connect_by_secret(house.deps, accounts, token, found.facts)
        facts = {**known.facts, "page": page, "workspace": made.name}
        guide.keep(wanted.choosing("notion", REAL, **facts))
        set_up(house, made.tenant, page, ask)
        ask.tell("✓ The databases are there.")
        theirs = works_here(house.deps, accounts, made.tenant)
        if theirs not in ("", installation_of(guide.data)):
            ask.tell(
                f"  → The installation {theirs} works there; stop it before you start this one (`up --take-over`)."
            )


def _keep_oauth_choices(guide: Guide, wanted: Choices) -> None:
    """Keep what the consent needs; a person gives it in a browser once Workwright runs, and chooses the page there."""
    ask = guide.ask
    client = ask.text("notion.client_id", "OAuth client ID")
    if not client:
        raise ConfigError("the OAuth client ID of your public integration is missing (notion.client_id)")
    secret = ask.secret("notion.client_secret", "OAuth client secret")
    with open_folder(guide.data, wanted) as house:
        refuse_simulated(house.deps)
    kept = LocalSecrets(guide.data)
    kept.set("notion-client-id", Secret(client))
    kept.set("notion-client-secret", secret)
    guide.keep(wanted)
    ask.tell("Next: `workwright up` names the redirect URI to enter in Notion, and the link to connect it by.")
