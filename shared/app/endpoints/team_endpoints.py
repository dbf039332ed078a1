"""A team's endpoints: added, tried, given a new secret, switched on again, and removed by its owners."""

from __future__ import annotations

import secrets as random_source
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from shared.app.engine.deps import Deps
from shared.core.documents.codec import to_body
from shared.core.errors import Conflicting, NotThere, VersionConflict
from shared.core.notify.endpoint import (
    DELIVERIES,
    ENDPOINTS,
    EVENTS,
    MAX_ENDPOINTS,
    OLD_SECRET,
    TEST,
    VERSION,
    WAITING,
    Delivery,
    Endpoint,
    name_delivery,
)
from shared.core.notify.public_targets import Target, read_target
from shared.core.notify.webhook_signature import SECRET_BYTES, format_secret
from shared.core.people.actor import By
from shared.core.run.commands import DELIVER, Command
from shared.core.run.run import derive_id
from shared.core.tenants.audit_entries import build_entry
from shared.http_client import json_bytes
from shared.integrations.templates import TEMPLATES, find_template
from shared.ports import Put, Secret, all_as, change_as, get_as, read_as

_PAGE = 100

Change = Callable[[Endpoint], Endpoint]
Happened = tuple[str, Mapping[str, Any]]  # the event's name, and its data


def list_endpoints(deps: Deps, tenant: str) -> list[Endpoint]:
    """Return all of them, oldest first."""
    return sorted(all_as(Endpoint, deps.store, tenant, ENDPOINTS), key=lambda each: (each.at, each.id))


def add_endpoint(
    deps: Deps, tenant: str, url: str, events: Sequence[str], by: By, template: str = ""
) -> tuple[Endpoint, str]:
    """Keep an endpoint; return it with its secret, which nobody is shown again; a service's has none.

    Raises Conflicting for an address that we do not call, one that is there already, and one too many.
    """
    url = _check_url(deps, url, template)
    known = list_endpoints(deps, tenant)
    if any(open_address(deps, tenant, each) == url for each in known):
        raise Conflicting("this address is an endpoint of the team already", way_out="Remove it first, or keep it.")
    if len(known) >= MAX_ENDPOINTS:
        raise Conflicting(f"a team has {MAX_ENDPOINTS} endpoints at most", way_out="Remove one that nobody needs.")
    name, secret = f"ep-{random_source.token_hex(12)}", _make_secret()
    sealed = deps.secrets.seal(tenant, f"endpoint.{name}", Secret(secret))
    endpoint = Endpoint(url, deps.clock.now(), sealed, _choose(events), id=name)
    if template:
        address = deps.secrets.seal(tenant, f"endpoint-address.{name}", Secret(url))
        endpoint = replace(endpoint, url=_show_host(url), template=template, address=address)
    deps.store.put(tenant, Put(ENDPOINTS, name, to_body(endpoint), expected=""))
    _note(deps, tenant, "EndpointAdded", by, endpoint)
    return endpoint, "" if template else secret


def replace_secret(deps: Deps, tenant: str, name: str, by: By) -> tuple[Endpoint, str]:
    """Give an endpoint a new secret and return it; the one before signs as well for a day."""
    if find_endpoint(deps, tenant, name).template:
        raise Conflicting(
            "messages to this service are not signed", way_out="Where its address is known to others, make a new one."
        )
    secret = _make_secret()
    sealed = deps.secrets.seal(tenant, f"endpoint.{name}", Secret(secret))
    until = deps.clock.now() + OLD_SECRET
    after = _change(
        deps,
        tenant,
        name,
        lambda endpoint: replace(endpoint, secret=sealed, secret_before=endpoint.secret, before_until=until),
    )
    _note(deps, tenant, "EndpointSecretReplaced", by, after)
    return after, secret


def switch_on(deps: Deps, tenant: str, name: str, by: By) -> Endpoint:
    """Tell an endpoint of events again."""
    after = _change(deps, tenant, name, lambda endpoint: replace(endpoint, off_at=None, failing_since=None))
    _note(deps, tenant, "EndpointSwitchedOn", by, after)
    return after


def choose_events(deps: Deps, tenant: str, name: str, events: Sequence[str], by: By) -> Endpoint:
    """Tell an endpoint of these kinds of events from now on; of all there are now where none is named."""
    after = _change(deps, tenant, name, lambda endpoint: replace(endpoint, events=_choose(events)))
    _note(deps, tenant, "EndpointEventsChosen", by, after)
    return after


def remove_endpoint(deps: Deps, tenant: str, name: str, by: By) -> None:
    """Remove an endpoint with its deliveries: nothing more is sent there. Raises NotThere."""
    endpoint = find_endpoint(deps, tenant, name)
    deps.store.put(tenant, Put(ENDPOINTS, name, None))
    while docs := deps.store.list_docs(tenant, DELIVERIES, after=f"{name}.", limit=_PAGE):
        own = [doc.id for doc in docs if doc.id.startswith(f"{name}.")]
        if own:
            deps.store.put(tenant, *(Put(DELIVERIES, each, None) for each in own))
        if len(own) < _PAGE:
            break
    _note(deps, tenant, "EndpointRemoved", by, endpoint)


def send_test(deps: Deps, tenant: str, name: str) -> str:
    """Send an endpoint a message that says nothing; return the id of its delivery."""
    endpoint = find_endpoint(deps, tenant, name)
    refuse_off(endpoint)
    message = derive_id("msg_", tenant, name, random_source.token_hex(16))
    return send_message(deps, tenant, name, message, (TEST, {"endpoint": name}), deps.clock.now())


def list_deliveries(deps: Deps, tenant: str, name: str, after: str, limit: int) -> list[Delivery]:
    """Return deliveries of an endpoint, the latest first; `after` is the last one seen. Raises NotThere."""
    find_endpoint(deps, tenant, name)
    docs = deps.store.list_docs(tenant, DELIVERIES, after=f"{name}.{after}", limit=limit)
    return [read_as(Delivery, doc) for doc in docs if doc.id.startswith(f"{name}.")]


def replay_delivery(deps: Deps, tenant: str, endpoint: str, delivery: str) -> Delivery:
    """Send a delivery anew, under the id it had; one that is still being tried is tried now. Raises NotThere."""
    refuse_off(find_endpoint(deps, tenant, endpoint))
    name = f"{endpoint}.{delivery}"

    def change(stored: Delivery | None) -> Delivery | None:
        if stored is None:
            raise NotThere(f"no delivery {delivery!r}")
        return replace(stored, state=WAITING, began=stored.tried, next_at=None) if stored.ended else stored

    after = change_as(Delivery, deps.store, (tenant, DELIVERIES, name), change, deps.stand_back)
    assert after is not None  # `change` says so
    order = order_try(tenant, name, after.tried)
    deps.queue.enqueue([replace(order, id=derive_id("replay-", order.id, random_source.token_hex(8)))])
    return replace(after, id=name)


def find_endpoint(deps: Deps, tenant: str, name: str) -> Endpoint:
    """Return an endpoint of this tenant; raises NotThere."""
    endpoint = get_as(Endpoint, deps.store, (tenant, ENDPOINTS, name))
    if endpoint is None:
        raise NotThere(f"no endpoint {name!r}")
    return endpoint


def list_secrets(deps: Deps, tenant: str, endpoint: Endpoint) -> list[str]:
    """Return what a message to this endpoint is signed with: its secret, and the one before while that is taken."""
    sealed = [endpoint.secret]
    if endpoint.secret_before and endpoint.before_until and deps.clock.now() < endpoint.before_until:
        sealed.append(endpoint.secret_before)
    return [deps.secrets.open(tenant, f"endpoint.{endpoint.id}", each).reveal() for each in sealed]


def send_message(deps: Deps, tenant: str, endpoint: str, message: str, happened: Happened, at: datetime) -> str:
    """Write a message to an endpoint down and hand it to the queue; return its id. Twice is once."""
    event, data = happened
    body = json_bytes({"type": event, "version": VERSION, "timestamp": at.isoformat(), "data": dict(data)}).decode()
    name = name_delivery(endpoint, message, at)
    delivery = Delivery(endpoint, message, event, body, at)
    deps.crash_point("endpoint.before/delivery")
    with suppress(VersionConflict):  # an earlier attempt has written it down
        deps.store.put(tenant, Put(DELIVERIES, name, to_body(delivery), expected=""))
    deps.crash_point("endpoint.after/delivery")
    deps.queue.enqueue([order_try(tenant, name, 0)])
    deps.crash_point("endpoint.after/ordered")
    return name


def order_try(tenant: str, delivery: str, tried: int, at: datetime | None = None) -> Command:
    """Return the command to try a delivery that was tried so often."""
    name = derive_id("deliver-", delivery, str(tried))
    return Command(name, DELIVER, "notify", tenant, ref=delivery, wake=tried, not_before=at)


def _choose(events: Sequence[str]) -> tuple[str, ...]:
    """Return the kinds that are kept: by name, so that a kind of a later version is told to nobody who did not ask."""
    return tuple(dict.fromkeys(events)) or EVENTS


def _check_url(deps: Deps, url: str, template: str) -> str:
    try:
        target = read_target(url, loopback=deps.loopback_endpoints)
    except ValueError as error:
        raise Conflicting(f"field 'url': {error}", way_out="Give one such as https://example.com/hooks.") from None
    if target.secure and target.host in {urlsplit(own).hostname for own in (deps.public_url, deps.hooks_url)}:
        raise Conflicting("field 'url': the address is our own", way_out="Give an address of yours.")
    _refuse_other_service(target, template)
    return target.url


def _refuse_other_service(target: Target, template: str) -> None:
    """Raise Conflicting for an address that is not of the service, and for a service's that is given as one's own."""
    service, owner = TEMPLATES.get(template), find_template(target.host)
    if service is None and owner is not None:
        raise Conflicting(f"field 'url': this is an address of {owner.title}", way_out=f"Add it as {owner.name}.")
    if service is not None and ((target.secure and owner is not service) or not service.takes(target.path)):
        raise Conflicting(
            f"field 'url': this is not a webhook of {service.title}", way_out=f"It is such as {service.example}."
        )


def _show_host(url: str) -> str:
    """Return what may be seen of an address whose rest is a secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/…"


def open_address(deps: Deps, tenant: str, endpoint: Endpoint) -> str:
    """Return where an endpoint is told; of a service's it lies sealed."""
    if endpoint.address is None:
        return endpoint.url
    return deps.secrets.open(tenant, f"endpoint-address.{endpoint.id}", endpoint.address).reveal()


def _change(deps: Deps, tenant: str, name: str, change_one: Change) -> Endpoint:
    def change(endpoint: Endpoint | None) -> Endpoint | None:
        if endpoint is None:
            raise NotThere(f"no endpoint {name!r}")
        return change_one(endpoint)

    after = change_as(Endpoint, deps.store, (tenant, ENDPOINTS, name), change, deps.stand_back)
    assert after is not None  # `change` says so
    return replace(after, id=name)


def refuse_off(endpoint: Endpoint) -> None:
    """Raise Conflicting for an endpoint that is switched off."""
    if endpoint.off_at:
        raise Conflicting(
            "the endpoint is switched off, because nothing arrived there", way_out="Switch it on again first."
        )


def _make_secret() -> str:
    return format_secret(random_source.token_bytes(SECRET_BYTES))


def _note(deps: Deps, tenant: str, what: str, by: By, endpoint: Endpoint) -> None:
    """Have the audit say who did what to which endpoint; of its address the host, for the rest may be a secret."""
    about = f"{endpoint.id} {urlsplit(endpoint.url).hostname}"
    deps.store.note(tenant, build_entry(deps.clock.now(), what, by, about))
