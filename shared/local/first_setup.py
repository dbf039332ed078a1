"""Make a fresh house livable: a simulated workspace, connected accounts, our databases, webhooks, people.

Everything goes the way a real tenant's does where there is one: OAuth through the browser's steps, the webhook's
handshake, Notion's API. Repeating it changes nothing.
"""

from __future__ import annotations

import secrets as random_source
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import requests

from shared.accounts.accounts import Accounts
from shared.app.api.keys import create_key, is_known
from shared.app.approval.approvals import LINK_KEY
from shared.app.connections.connect_tickets import STATE_KEY
from shared.app.engine.deps import Deps
from shared.app.engine.switches import is_gone
from shared.app.installation.home import SIMULATED_HOME
from shared.app.intake.accept_delivery import arm_handshake
from shared.app.intake.accept_forge_delivery import KEY as HOOK_KEY
from shared.app.tenants.settings_changes import change_settings
from shared.app.workspace.workspace_create import create_databases
from shared.backends.local.keys.keyfile import write_private
from shared.core.errors import ConfigError, OutcomeUnknown
from shared.core.people.actor import OPERATOR_NAME
from shared.integrations.local_sites.hosting import LocalSites
from shared.integrations.ses.client import connect as connect_ses
from shared.local.linked_owner import link_owner
from shared.local.new_address import tell_new_address
from shared.local.simulated_mail import let_mail_be_sent
from shared.local.simulated_sign_in import let_people_sign_in
from shared.oauth import GrantTokens
from shared.ports import SYSTEM, Put, Secret
from shared.ports.documents import all_settings
from shared.wiring import Wired
from shared.wiring.tools import wire_accounts

OWNER = {"name": "Ada Example", "email": "ada@example.test"}
CHANNEL = "C0000000001"
SLACK_WORKSPACE, SLACK_USER = "T0SIM", "U0000000001"
SENDER = "agent@workwright.invalid"
_TIMEOUT = 30


class Installation(Protocol):
    """What there is to settle in: functions that answer, and the simulated world around them."""

    @property
    def data(self) -> Path:
        """Return the folder for what the owner keeps here."""

    @property
    def url(self) -> str:
        """Return where people reach `api`."""

    @property
    def functions(self) -> Mapping[str, str]:
        """Return where each function answers."""

    @property
    def simulators(self) -> Mapping[str, str]:
        """Return where each simulated system answers."""

    @property
    def wired(self) -> Wired:
        """Return the ports the functions work on."""


@dataclass(frozen=True, slots=True)
class Home:
    """What the newcomer's workspace consists of."""

    tenant: str
    person: str  # Notion user who acts
    ideas: str  # data source id
    database: str


def settle_in(house: Installation, code: str = "") -> Home:
    """Return the simulated tenant of this house, set up if it is not yet, with a key for its owner's terminal.

    Its code goes to GitHub; with `code` "gitlab" to the simulated GitLab from now on.
    """
    sites_bucket(house)
    let_mail_be_sent(house)
    let_people_sign_in(house, [OWNER])
    home = _home(house)
    _ship_to_folder(house, home.tenant)
    if code == "gitlab":
        _ship_by_gitlab(house, home.tenant)
    owner_key(house, home.tenant)
    return home


def _home(house: Installation) -> Home:
    deps, accounts = house.wired.deps, wire_accounts()
    own_secrets(house)
    doc = deps.store.get(SYSTEM, *SIMULATED_HOME)
    if doc is not None:
        body = doc.body
        if is_gone(deps, body["tenant"]):
            raise ConfigError("the team of this folder was deleted; name a new folder with --data")
        if body.get("url") != house.url:
            tell_new_address(house)
            deps.store.put(SYSTEM, Put(*SIMULATED_HOME, {**body, "url": house.url}))
        return Home(body["tenant"], body["person"], body["ideas"], body["database"])
    seeded = _seed(house)
    tenant = _connect_notion(house)
    connect_simulated(house, tenant)
    made = create_patiently(deps, accounts, tenant, str(seeded["home_page_id"]))
    person = str(seeded["people"][0]["id"])
    places = {"slack": CHANNEL, "slack_user": SLACK_USER, "channels": ["email", "slack"]}
    people = [{"id": "ada", **OWNER, **places, "notion_user": person, "role": "owner"}]
    change_settings(deps, tenant, people=people, github_owner="acme")
    _subscribe(house)
    home = Home(tenant, person, str(made["ideas_data_source"]), str(made["ideas_database"]))
    body = {"tenant": tenant, "person": person, "ideas": home.ideas, "database": home.database, "url": house.url}
    deps.store.put(SYSTEM, Put(*SIMULATED_HOME, body))
    return home


def create_patiently(deps: Deps, accounts: Accounts, tenant: str, page: str) -> Mapping[str, Any]:
    """Create the databases; after a death in the middle, wait until what was sent then can no longer arrive."""
    while True:
        try:
            return create_databases(deps, accounts, tenant, page)
        except OutcomeUnknown:
            time.sleep(deps.settle.total_seconds() / 4)


def owner_key(house: Installation, tenant: str) -> None:
    """Make the key that the commands of the terminal use, once; a person may delete it to get a new one.

    That of a team which was deleted opens nothing any more.
    """
    place = house.data / "owner.key"
    if not place.exists() or not is_known(house.wired.deps, tenant, place.read_text(encoding="ascii")):
        key = create_key(house.wired.deps, tenant, "owner", OPERATOR_NAME, by="workwright up", operator=True)
        write_private(place, key + "\n", replace=True)


def call_as_person(
    house: Installation, home: Home, method: str, path: str, body: Mapping[str, Any] | None = None
) -> Any:
    """Do something in the simulated Notion as a person would, by hand."""
    asked = {"person": home.person, "method": method, "path": path, "body": body}
    return _post(house, "notion", "/_as_person", asked)


def own_secrets(house: Installation) -> None:
    """Make the keys of this installation that nobody else has to know."""
    secrets = house.wired.deps.secrets
    for name in (LINK_KEY, STATE_KEY, HOOK_KEY, "api-key-pepper"):
        try:
            secrets.get(name)
        except KeyError:
            secrets.set(name, Secret(random_source.token_hex(32)))


def _ship_by_gitlab(house: Installation, tenant: str) -> None:
    """Connect GitLab, whose pipelines pass on every push, and let the tenant's code go there."""
    deps, token = house.wired.deps, random_source.token_hex(20)
    _post(house, "gitlab", "/_seed", {"username": "workwright", "token": token, "group": "acme"})
    _post(house, "gitlab", "/_config", {"ci": {"status": "success"}})
    wire_accounts().keep(tenant, "gitlab", GrantTokens(Secret(token), None, {}), {})
    ship = dict(all_settings(deps.store, tenant).get("ship") or {})
    target = {**(ship.get("code") or {}), "system": "gitlab", "owner": "acme"}
    change_settings(deps, tenant, ship={**ship, "code": target})


def _ship_to_folder(house: Installation, tenant: str) -> None:
    """Let sites go to the folder that was named, where nobody has chosen; to another host again when none is named.

    The simulated Vercel is always there, and would go first.
    """
    deps, folder = house.wired.deps, LocalSites.system
    ship = dict(all_settings(deps.store, tenant).get("ship") or {})
    target = dict(ship.get("site") or {})
    wanted = {"": folder} if house.wired.settings.sites_folder.path else {folder: ""}
    chosen = str(target.get("system") or "")
    if chosen in wanted:
        change_settings(deps, tenant, ship={**ship, "site": {**target, "system": wanted[chosen]}})


def sites_bucket(house: Installation) -> None:
    """Make the bucket that sites may go to, where it is simulated; in a folder from before there was one, too."""
    secrets, bucket = house.wired.deps.secrets, house.wired.settings.sites_bucket
    if not bucket or "cloud_storage" not in house.simulators:
        return
    try:
        token = secrets.get("sites-token")
    except KeyError:
        token = Secret(random_source.token_hex(20))
        secrets.set("sites-token", token)
    website = {"mainPageSuffix": "index.html"}
    seed = {"token": token.reveal(), "bucket": bucket, "public": ["live/", "preview/"], "website": website}
    _post(house, "cloud_storage", "/_seed", seed)


def _seed(house: Installation) -> Mapping[str, Any]:
    client_id, client_secret = "workwright-demo", random_source.token_hex(16)
    secrets = house.wired.deps.secrets
    secrets.set("notion-client-id", Secret(client_id))
    secrets.set("notion-client-secret", Secret(client_secret))
    redirect = house.functions["oauth-callback"]
    integration = {
        "client_id": client_id,
        "client_secret": client_secret,
        "redirect_uris": [redirect],
        "auto_approve": True,
        "name": "Workwright",
    }
    _post(house, "notion", "/_config", {"rate_limit": 0})  # the demo must not wait for its own rate budget
    seeded: Mapping[str, Any] = _post(
        house, "notion", "/_seed", {"workspace": "Demo", "people": [OWNER], "integration": integration}
    )
    return seeded


def _connect_notion(house: Installation) -> str:
    """Walk through OAuth as a browser does: start, the provider's page, back with the code."""
    with requests.Session() as browser:
        browser.trust_env = False
        answer = browser.get(
            f"{house.functions['oauth-callback']}/start", params={"provider": "notion"}, timeout=_TIMEOUT
        )
    for step in answer.history:
        location = step.headers.get("Location", "")
        if "tenant=" in location:
            return location.partition("tenant=")[2].partition("&")[0]
    raise ConfigError(f"connecting the simulated Notion failed: {answer.status_code} {answer.text[:300]}")


def connect_simulated(house: Installation, tenant: str) -> None:
    """Give the tenant its accounts at the other systems that are simulated, and the operator its mail sender."""
    tokens = {system: random_source.token_hex(20) for system in ("github", "vercel", "slack")}
    signing = random_source.token_hex(16)
    users = [{"id": SLACK_USER, "email": OWNER["email"], "name": OWNER["name"]}]
    clicks = {"interactivity_url": f"{house.url}/v1/slack/interactions", "signing_secret": signing}
    seeds: Mapping[str, Mapping[str, Any]] = {
        "github": {"login": "workwright", "org": "acme"},
        "vercel": {},
        "slack": {**clicks, "channels": [CHANNEL], "users": users},
    }
    secrets, accounts = house.wired.deps.secrets, wire_accounts()
    for system in (system for system in seeds if system in house.simulators):
        _post(house, system, "/_seed", {"token": tokens[system], **seeds[system]})
        accounts.keep(tenant, system, GrantTokens(Secret(tokens[system]), None, {}), {"simulated": True})
    if "github" in house.simulators:  # every repository has a check
        _post(house, "github", "/_ci", {"repo": "*", "checks": [{"name": "tests"}]})
    if "slack" in house.simulators:
        secrets.set("slack-signing-secret", Secret(signing))
        link_owner(house.wired.deps, tenant, "slack", SLACK_WORKSPACE, SLACK_USER)
    if "ses" in house.simulators:
        secrets.set("ses-access-key-id", Secret("local"))
        secrets.set("ses-secret-access-key", Secret(random_source.token_hex(16)))
        _verify_sender(house)


def _verify_sender(house: Installation) -> None:
    """Verify the sender's address with the simulated Amazon SES, as an operator does once."""
    client = connect_ses(
        endpoint_url=house.simulators["ses"],
        region=house.wired.settings.mail.region,
        access_key=Secret("local"),
        secret_key=Secret(random_source.token_hex(16)),
    )
    client.create_email_identity(EmailIdentity=SENDER)


def _subscribe(house: Installation) -> None:
    """Set up the webhook: arm, receive the handshake, paste the token as a person does in Notion's settings."""
    deps = house.wired.deps
    arm_handshake(deps)
    asked = {"url": house.functions["notion-webhook"], "client_id": "workwright-demo"}
    made = _post(house, "notion", "/_subscriptions", asked)
    token = deps.secrets.get("notion-webhook-token").reveal()
    _post(house, "notion", f"/_subscriptions/{made['id']}/verify", {"verification_token": token})


def _post(house: Installation, system: str, path: str, body: Any) -> Any:
    answer = requests.post(house.simulators[system] + path, json=body, timeout=_TIMEOUT)
    if answer.status_code >= 400:
        raise ConfigError(f"the simulated {system} refused {path}: {answer.status_code} {answer.text[:300]}")
    return answer.json()
