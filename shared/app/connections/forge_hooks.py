"""The webhooks a tenant has: made, set up at the system where our token may, listed, taken away.

A repository gets its own by itself when work is first proposed to it (`listen`).

Their ids and keys are derived from the installation's own key, so making one twice makes the same one. Vercel brings a
secret of its own, which is kept sealed.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from shared.accounts.grants import grant_of
from shared.app.engine.deps import Deps
from shared.app.intake.accept_forge_delivery import HOOKS, KEY
from shared.app.intake.forge_signatures import keys_of, signing_token
from shared.core.errors import Conflicting, ErrorClass, IntegrationError, Missing, NotThere
from shared.integrations.clients import load_client
from shared.integrations.systems import FORGES, SYSTEMS, name_system
from shared.integrations.webhooks import HOOKED, load_webhook
from shared.ports import SYSTEM, Doc, Put, Secret

if TYPE_CHECKING:
    from shared.integrations.forge import Forge
    from shared.steps._kind import Connect

MOST = 500


@dataclass(frozen=True, slots=True)
class Made:
    """A webhook as whoever set it up sees it once; `secret` is what its system must be given, "" when it has it."""

    hook: Mapping[str, Any]
    secret: str = ""
    todo: str = ""


def make_hook(deps: Deps, connect: Connect, tenant: str, system: str, repository: str) -> Made:
    """Make the tenant's webhook of a system, of a forge in its repository too; the same again is the same one.

    Raises Conflicting, and what GitLab answers: our token must be a maintainer's. Where GitHub refuses, people are
    told how to make it themselves.
    """
    _check(system, repository)
    hook, body = _begun(deps, tenant, system, repository)
    webhook = load_webhook(system)
    if webhook.brings_secret:
        return Made(_view(deps, hook, body), "", webhook.by_hand)
    try:
        return Made(_view(deps, hook, _set_up(deps, connect, tenant, hook, body)))
    except IntegrationError:
        if not webhook.by_hand:
            raise
    _keep(deps, tenant, hook, body | {"by_hand": True})
    return Made(_view(deps, hook, body), keys_of(_key(deps), system, hook).token.reveal(), webhook.by_hand)


def listen(deps: Deps, connect: Connect, tenant: str, system: str, repository: str) -> str:
    """See that the forge tells us what happens in a repository; return why it does not, "" when it does.

    It is asked once: a refusal is remembered, and a webhook that people have taken away is not made again. Nothing is
    asked where no forge could reach us, or where our app has a webhook of its own.
    """
    if not _reachable(deps.hooks_url) or _has_app(deps, tenant, system):
        return ""
    try:
        known = deps.store.get(tenant, HOOKS, hook_id(deps, tenant, system, repository))
        if known is not None and known.body.keys() & {"remote", "by_hand", "refused", "removed"}:
            return str(known.body.get("refused", ""))
        hook, body = _begun(deps, tenant, system, repository)
    except Conflicting as error:
        return str(error)
    try:
        _set_up(deps, connect, tenant, hook, body)
    except IntegrationError as error:
        if error.error_class == ErrorClass.PERMANENT:  # else the next run asks again
            _keep(deps, tenant, hook, body | {"refused": str(error)[:300]})
        return str(error)[:300]
    return ""


def _reachable(url: str) -> bool:
    """Say whether somebody outside could reach this address."""
    host = urlsplit(url).hostname or ""
    return not (host == "localhost" or host.endswith(".localhost") or host.startswith("127.") or host == "::1")


def _has_app(deps: Deps, tenant: str, system: str) -> bool:
    grant = grant_of(deps.store, tenant, system) if system == "github" else None
    return grant is not None and bool(grant.installation)


def _begun(deps: Deps, tenant: str, system: str, repository: str) -> tuple[str, dict[str, Any]]:
    """Write down whose it is before its system knows it: its first delivery may be here before the answer is."""
    hook = hook_id(deps, tenant, system, repository)
    body: dict[str, Any] = {"system": system, "repository": repository, "at": deps.clock.now().isoformat()}
    before = deps.store.get(tenant, HOOKS, hook)
    if before is None and len(deps.store.list_docs(tenant, HOOKS, limit=MOST)) >= MOST:
        raise Conflicting(f"there are already {MOST} webhooks, the most a tenant may have", way_out="Remove one first.")
    _keep(deps, tenant, hook, body)
    return hook, body


def _set_up(deps: Deps, connect: Connect, tenant: str, hook: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Make it at its forge; return what is known of it then."""
    system, (owner, _, name) = str(body["system"]), str(body["repository"]).rpartition("/")
    keys, url = keys_of(_key(deps), system, hook), hook_url(deps, system, hook)
    forge: Forge = connect(load_client(system), scope=str(body["repository"]))
    remote, signed = forge.ensure_hook(owner, name, url=url, token=keys.token, signing=signing_token(keys))
    whole = {**body, "remote": remote, "signed": signed}
    _keep(deps, tenant, hook, whole)
    return whole


def give_secret(deps: Deps, tenant: str, hook: str, secret: Secret) -> Mapping[str, Any]:
    """Keep the secret that its system signs with; raises NotThere, and Conflicting where we choose the secret."""
    doc = _known(deps, tenant, hook)
    if not load_webhook(str(doc.body["system"])).brings_secret:
        raise Conflicting(f"we choose the secret of a webhook for {name_system(str(doc.body['system']))} ourselves")
    body = {**doc.body, "secret": dict(deps.secrets.seal(tenant, f"hook.{hook}", secret))}
    _keep(deps, tenant, hook, body)
    return _view(deps, hook, body)


def list_hooks(deps: Deps, tenant: str) -> list[Mapping[str, Any]]:
    """Return the tenant's webhooks, without what is secret about them."""
    listed = deps.store.list_docs(tenant, HOOKS, limit=MOST)
    return [_view(deps, doc.id, doc.body) for doc in listed if not doc.body.get("removed")]


def remove_hook(deps: Deps, connect: Connect, tenant: str, hook: str) -> Mapping[str, Any]:
    """Take a webhook away: what it sends from now on is refused. At its forge it is deleted, if we still may.

    That it was taken away is kept, or the next work for its repository would make it again.
    """
    doc = _known(deps, tenant, hook)
    deps.store.put(SYSTEM, Put(HOOKS, hook, None))  # first: from here on nothing it sends is taken
    left = _deleted_there(connect, doc.body) if doc.body.get("remote") else ""
    of_forge = SYSTEMS[str(doc.body["system"])].keeps_code
    kept = {name: doc.body[name] for name in ("system", "repository", "at")} | {"removed": True}
    deps.store.put(tenant, Put(HOOKS, hook, kept if of_forge else None))
    return {"removed": hook, "left": left}


def _known(deps: Deps, tenant: str, hook: str) -> Doc:
    doc = deps.store.get(tenant, HOOKS, hook)
    if doc is None or doc.body.get("removed"):
        raise NotThere(f"there is no webhook {hook!r}")
    return doc


def hook_url(deps: Deps, system: str, hook: str) -> str:
    """Return where the system is to send its deliveries."""
    return f"{deps.hooks_url}/hooks/{system}/{hook}"


def _key(deps: Deps) -> Secret:
    try:
        return deps.secrets.get(KEY)
    except KeyError:
        way_out = f"Whoever runs this installation has to set the secret {KEY} to 32 random bytes as text."
        raise Conflicting("this installation has no key for webhooks yet", way_out=way_out) from None


def _check(system: str, repository: str) -> None:
    if system not in HOOKED:
        raise Conflicting(f"field 'system' must be one of {', '.join(HOOKED)}")
    if SYSTEMS[system].keeps_code != bool(repository):
        forges = " and ".join(name_system(each) for each in FORGES)
        what = f"is only for {forges}; a webhook of {name_system(system)}'s covers all projects of a team"
        raise Conflicting(f"field 'repository' {what if repository else 'must be owner/name'}")


def hook_id(deps: Deps, tenant: str, system: str, repository: str) -> str:
    """Return the id of a webhook, which this installation's key makes of what it is for."""
    name = "\x1f".join((tenant, system, repository.lower())).encode()
    key = _key(deps).reveal().encode()
    return hmac.new(key, b"workwright-hook-id:" + name, hashlib.sha256).hexdigest()[:32]


def _keep(deps: Deps, tenant: str, hook: str, body: Mapping[str, Any]) -> None:
    """Write whose it is where the door looks, and what it is where its tenant looks."""
    door = {"tenant": tenant, "system": body["system"], "signed": bool(body.get("signed", True))}
    deps.store.put(tenant, Put(HOOKS, hook, body))
    deps.store.put(SYSTEM, Put(HOOKS, hook, {**door, **({"secret": body["secret"]} if "secret" in body else {})}))


def _deleted_there(connect: Connect, body: Mapping[str, Any]) -> str:
    """Return "" when it is gone there too, else why it is not."""
    owner, _, name = str(body["repository"]).rpartition("/")
    forge: Forge = connect(load_client(str(body["system"])), scope=str(body["repository"]))
    try:
        forge.delete_hook(owner, name, int(body["remote"]))
    except Missing:
        return ""
    except IntegrationError as error:
        return f"{name_system(str(body['system']))} still has it, although we accept nothing from it: {error}"
    return ""


def _view(deps: Deps, hook: str, body: Mapping[str, Any]) -> dict[str, Any]:
    ready = (not load_webhook(str(body["system"])).brings_secret or "secret" in body) and "refused" not in body
    shown = {name: body[name] for name in ("system", "repository", "at")}
    return {"id": hook, **shown, "url": hook_url(deps, str(body["system"]), hook), "ready": ready}
