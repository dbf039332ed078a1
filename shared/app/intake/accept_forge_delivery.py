"""Take in a webhook of a forge or a host: whose is it, is it genuine, is it fresh; then queue a look, and answer.

A delivery is a hint: it says where to look, and what is found there counts. So a lost one is made up for by the steps'
own looking, and one that comes twice, late or out of order finds what is there by then. What is queued has an id made
of the delivery's: the queue takes it once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from shared.app.engine.deps import Deps
from shared.app.intake.forge_signatures import FORGED, check, keys_of
from shared.core.documents.bots import INSTALLATIONS, Installation
from shared.core.documents.codec import from_body
from shared.core.documents.hook import KIND as HOOKS
from shared.core.documents.hook import HookDoor
from shared.core.errors import BadSignature, MalformedRequest, TooLarge
from shared.core.run.commands import CHANGE, Command
from shared.core.run.run import derive_id
from shared.integrations.hooks import DEPLOYED, Keys, News
from shared.integrations.systems import APP_FORGE
from shared.integrations.webhooks import HOOKED, load_webhook
from shared.ports import SYSTEM, Secret, change_as, get_as
from shared.telemetry import trace

MAX_BYTES = 5_000_000  # GitHub sends up to 25 MB; of what is ours nothing comes near this
KEY = "hook-key"  # the operator's secret all webhooks' keys are derived from
APP_SECRET = f"{APP_FORGE}-app-webhook-secret"

_PATH = re.compile(r"(?:.*)/hooks/([a-z]{1,20})(?:/([0-9a-f]{32}))?/?")
_DELIVERY = re.compile(r"[\w.:-]{1,200}", re.ASCII)
_NOBODY = "0" * 32
_NAME = re.compile(r"[\w.-]+(?:/[\w.-]+)+", re.ASCII)
_BRANCH = re.compile(r"workwright/[A-Za-z0-9._-]{1,100}")


@trace.use_case
def accept_forge_delivery(path: str, raw: bytes, headers: Mapping[str, str], deps: Deps) -> Mapping[str, Any]:
    """Return what became of one delivery; the names of the `headers` are in small letters.

    Raises TooLarge, MalformedRequest of a genuine delivery, and BadSignature: the same one for a webhook that nobody
    has, for a wrong signature and for one that is too old.
    """
    if len(raw) > MAX_BYTES:
        raise TooLarge(f"the body is larger than {MAX_BYTES} bytes")
    named = _PATH.fullmatch(path)
    if named is None or named[1] not in HOOKED:
        raise BadSignature(FORGED)
    system, hook = named[1], named[2] or ""
    doc = deps.store.get(SYSTEM, HOOKS, hook or _NOBODY)
    door = from_body(HookDoor, doc.body) if doc is not None else None
    if door is not None and door.system != system:
        door = None
    app = system == APP_FORGE and not hook
    keys = _app_keys(deps) if app else _keys(deps, system, hook or _NOBODY, door)
    try:
        check(system, raw, headers, keys, deps.clock.now())
    except BadSignature:
        if not app:
            raise
        check(system, raw, headers, _app_keys(deps, refresh=True), deps.clock.now())  # it may have been changed
    if door is None and not app:
        raise BadSignature(FORGED)
    body = _body(raw)
    tenants = [door.tenant] if door is not None else _find_tenants(deps, body)
    news = news_of(system, headers, body)
    delivery = _delivery_id(deps, system, headers, body)
    commands = [_command(tenant, system, delivery, each) for tenant in tenants for each in news]
    if commands:
        deps.crash_point("relay.before/forge-delivery")
        deps.queue.enqueue(commands)
        deps.crash_point("relay.after/forge-delivery")
    return {"accepted": len(commands)} if commands else {"ignored": True}


def _keys(deps: Deps, system: str, hook: str, door: HookDoor | None) -> Keys:
    """Return what this webhook signs with; of one that is not there the same work is done, for nothing."""
    try:
        keys = keys_of(deps.secrets.get(KEY), system, hook, signed=door is None or door.signed)
    except KeyError:
        raise BadSignature(FORGED) from None
    if door is None or door.secret is None:
        return keys
    secret = deps.secrets.open(door.tenant, f"hook.{hook}", door.secret)
    return Keys(secret, secret.reveal().encode())


def _app_keys(deps: Deps, *, refresh: bool = False) -> Keys:
    try:
        secret = deps.secrets.get(APP_SECRET, refresh=refresh)
    except KeyError:
        secret = Secret("")
    return Keys(secret, secret.reveal().encode())


def note_installation(deps: Deps, tenant: str, installation: int) -> None:
    """Remember that a tenant has connected an installation of our app: its news is theirs, beside other tenants'."""

    def add(known: Installation | None) -> Installation:
        before = known or Installation()
        return before if tenant in before.tenants else replace(before, tenants=(*before.tenants, tenant))

    change_as(Installation, deps.store, (SYSTEM, INSTALLATIONS, f"{APP_FORGE}-{installation}"), add, deps.stand_back)


def _find_tenants(deps: Deps, body: Any) -> Sequence[str]:
    """Return the tenants who have connected the installation this is about, by our own records."""
    installation = body.get("installation") if isinstance(body, dict) else None
    number = installation.get("id") if isinstance(installation, dict) else None
    if type(number) is not int:
        return ()
    known = get_as(Installation, deps.store, (SYSTEM, INSTALLATIONS, f"{APP_FORGE}-{number}"))
    return known.tenants if known is not None else ()


def _body(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise MalformedRequest("the delivery is not JSON; set the webhook's content type to JSON") from error


def _delivery_id(deps: Deps, system: str, headers: Mapping[str, str], body: Any) -> str:
    """Return what a repeated delivery has in common with the first; raises MalformedRequest without one.

    Raises BadSignature for a delivery that is older than its last attempt could be.
    """
    try:
        named = load_webhook(system).name(headers, body, deps.clock.now())
    except BadSignature:
        raise BadSignature(FORGED) from None
    if not _DELIVERY.fullmatch(named):
        raise MalformedRequest("the delivery has no id of its own")
    return named


def _command(tenant: str, system: str, delivery: str, news: News) -> Command:
    name = derive_id("hook-", tenant, system, delivery, news.what, news.place, news.run)
    if news.what == DEPLOYED:
        return Command(name, CHANGE, "deploy", tenant, run=news.run, topic=DEPLOYED, ref=system)
    topic = f"{news.what}:{news.by}" if news.by else news.what
    return Command(name, CHANGE, "deploy", tenant, topic=topic, ref=f"{system}:{news.place}")


def news_of(system: str, headers: Mapping[str, str], body: Any) -> list[News]:
    """Return what a delivery tells, nothing where it is of no interest to us; what does not fit is taken for nothing.

    The body is a stranger's text inside a genuine envelope: only names and numbers of the expected shape are read.
    """
    if not isinstance(body, dict):
        return []
    found = load_webhook(system).read(headers, body)
    return [each for each in found if each.what == DEPLOYED or _whole(each)]


def _whole(news: News) -> bool:
    named = news.number > 0 or _BRANCH.fullmatch(news.branch) is not None
    return named and _NAME.fullmatch(news.repository) is not None and len(news.repository) <= 300
