"""The webhooks a tenant has: made, set up at the system where our token may, listed, taken away.

A repository gets its own by itself when work is first proposed to it (`listen`).

Their ids and keys are derived from the installation's own key, so making one twice makes the same one. Vercel brings a
secret of its own, which is kept sealed.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from shared.accounts.grants import grant_of
from shared.app.engine.deps import Deps
from shared.app.intake.accept_forge_delivery import KEY
from shared.app.intake.forge_signatures import keys_of, signing_token
from shared.core.documents.codec import from_body, to_body
from shared.core.documents.hook import KIND, Hook, HookDoor
from shared.core.errors import Conflicting, ErrorClass, IntegrationError, Missing, NotThere
from shared.integrations.clients import load_client
from shared.integrations.systems import FORGES, SYSTEMS, name_system
from shared.integrations.webhooks import HOOKED, load_webhook
from shared.ports import SYSTEM, Put, Secret

if TYPE_CHECKING:
    from shared.integrations.forge import Forge
    from shared.steps._kind import Connect

MAX = 500


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
    hook, known = _reserve_hook(deps, tenant, system, repository)
    webhook = load_webhook(system)
    if webhook.brings_secret:
        return Made(_view(deps, hook, known), "", webhook.by_hand)
    try:
        return Made(_view(deps, hook, _set_up(deps, connect, tenant, hook, known)))
    except IntegrationError:
        if not webhook.by_hand:
            raise
    _keep(deps, tenant, hook, replace(known, by_hand=True))
    return Made(_view(deps, hook, known), keys_of(_key(deps), system, hook).token.reveal(), webhook.by_hand)


def listen(deps: Deps, connect: Connect, tenant: str, system: str, repository: str) -> str:
    """See that the forge tells us what happens in a repository; return why it does not, "" when it does.

    It is asked once: a refusal is remembered, and a webhook that people have taken away is not made again. Nothing is
    asked where no forge could reach us, or where our app has a webhook of its own.
    """
    if not _reachable(deps.hooks_url) or _has_app(deps, tenant, system):
        return ""
    try:
        before = _load(deps, tenant, hook_id(deps, tenant, system, repository))
        if before is not None and before.asked:
            return before.refused or ""
        hook, known = _reserve_hook(deps, tenant, system, repository)
    except Conflicting as error:
        return str(error)
    try:
        _set_up(deps, connect, tenant, hook, known)
    except IntegrationError as error:
        if error.error_class == ErrorClass.PERMANENT:  # else the next run asks again
            _keep(deps, tenant, hook, replace(known, refused=str(error)[:300]))
        return str(error)[:300]
    return ""


def _reachable(url: str) -> bool:
    """Say whether somebody outside could reach this address."""
    host = urlsplit(url).hostname or ""
    return not (host == "localhost" or host.endswith(".localhost") or host.startswith("127.") or host == "::1")


def _has_app(deps: Deps, tenant: str, system: str) -> bool:
    grant = grant_of(deps.store, tenant, system)
    return grant is not None and bool(grant.installation)


def _reserve_hook(deps: Deps, tenant: str, system: str, repository: str) -> tuple[str, Hook]:
    """Write down whose it is before its system knows it: its first delivery may be here before the answer is."""
    hook = hook_id(deps, tenant, system, repository)
    known = Hook(system, repository, deps.clock.now().isoformat())
    if _load(deps, tenant, hook) is None and len(deps.store.list_docs(tenant, KIND, limit=MAX)) >= MAX:
        raise Conflicting(f"there are already {MAX} webhooks, the most a tenant may have", way_out="Remove one first.")
    _keep(deps, tenant, hook, known)
    return hook, known


def _set_up(deps: Deps, connect: Connect, tenant: str, hook: str, known: Hook) -> Hook:
    """Make it at its forge; return what is known of it then."""
    owner, _, name = known.repository.rpartition("/")
    keys, url = keys_of(_key(deps), known.system, hook), hook_url(deps, known.system, hook)
    forge: Forge = connect(load_client(known.system), scope=known.repository)
    remote, signed = forge.ensure_hook(owner, name, url=url, token=keys.token, signing=signing_token(keys))
    whole = replace(known, remote=remote, signed=signed)
    _keep(deps, tenant, hook, whole)
    return whole


def give_secret(deps: Deps, tenant: str, hook: str, secret: Secret) -> Mapping[str, Any]:
    """Keep the secret that its system signs with; raises NotThere, and Conflicting where we choose the secret."""
    known = _require_hook(deps, tenant, hook)
    if not load_webhook(known.system).brings_secret:
        raise Conflicting(f"we choose the secret of a webhook for {name_system(known.system)} ourselves")
    whole = replace(known, secret=dict(deps.secrets.seal(tenant, f"hook.{hook}", secret)))
    _keep(deps, tenant, hook, whole)
    return _view(deps, hook, whole)


def list_hooks(deps: Deps, tenant: str) -> list[Mapping[str, Any]]:
    """Return the tenant's webhooks, without what is secret about them."""
    listed = {doc.id: from_body(Hook, doc.body) for doc in deps.store.list_docs(tenant, KIND, limit=MAX)}
    return [_view(deps, hook, known) for hook, known in listed.items() if not known.removed]


def remove_hook(deps: Deps, connect: Connect, tenant: str, hook: str) -> Mapping[str, Any]:
    """Take a webhook away: what it sends from now on is refused. At its forge it is deleted, if we still may.

    That it was taken away is kept, or the next work for its repository would make it again.
    """
    known = _require_hook(deps, tenant, hook)
    deps.store.put(SYSTEM, Put(KIND, hook, None))  # first: from here on nothing it sends is taken
    left = _delete_remote(connect, known, known.remote) if known.remote else ""
    kept = Hook(known.system, known.repository, known.at, removed=True)
    deps.store.put(tenant, Put(KIND, hook, to_body(kept) if SYSTEMS[known.system].keeps_code else None))
    return {"removed": hook, "left": left}


def _load(deps: Deps, tenant: str, hook: str) -> Hook | None:
    doc = deps.store.get(tenant, KIND, hook)
    return from_body(Hook, doc.body) if doc is not None else None


def _require_hook(deps: Deps, tenant: str, hook: str) -> Hook:
    known = _load(deps, tenant, hook)
    if known is None or known.removed:
        raise NotThere(f"there is no webhook {hook!r}")
    return known


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


def _keep(deps: Deps, tenant: str, hook: str, known: Hook) -> None:
    """Write whose it is where the door looks, and what it is where its tenant looks."""
    door = HookDoor(tenant, known.system, known.signed is not False, known.secret)
    deps.store.put(tenant, Put(KIND, hook, to_body(known)))
    deps.store.put(SYSTEM, Put(KIND, hook, to_body(door)))


def _delete_remote(connect: Connect, known: Hook, remote: int) -> str:
    """Return "" when it is gone there too, else why it is not."""
    owner, _, name = known.repository.rpartition("/")
    forge: Forge = connect(load_client(known.system), scope=known.repository)
    try:
        forge.delete_hook(owner, name, remote)
    except Missing:
        return ""
    except IntegrationError as error:
        return f"{name_system(known.system)} still has it, although we accept nothing from it: {error}"
    return ""


def _view(deps: Deps, hook: str, known: Hook) -> dict[str, Any]:
    ready = (not load_webhook(known.system).brings_secret or known.secret is not None) and known.refused is None
    shown = {"system": known.system, "repository": known.repository, "at": known.at}
    return {"id": hook, **shown, "url": hook_url(deps, known.system, hook), "ready": ready}
