"""Order what somebody asks for at a messenger: kept under what the messenger calls the request, so twice is once."""

from __future__ import annotations

from contextlib import suppress

from shared.app.engine.deps import Deps
from shared.app.people.linking import Linked
from shared.core.documents.codec import to_body
from shared.core.errors import VersionConflict
from shared.core.people.linked_accounts import ASKS, MessengerAsk
from shared.core.run.commands import REPLY, Command
from shared.core.run.run import derive_id
from shared.ports import Put, Secret


def order_ask(deps: Deps, who: Linked, what: str, text: str, address: str, trigger: str) -> None:
    """Have it done and answered at that address. `trigger` is what the messenger calls this request."""
    tenant, name = who.tenant, derive_id("ask-", who.tenant, trigger)
    sealed = deps.secrets.seal(tenant, f"messenger.{name}", Secret(address))
    ask = MessengerAsk(who.person, what, text, sealed, deps.clock.now())
    with suppress(VersionConflict):  # it came before: the command below is the same one then
        deps.store.put(tenant, Put(ASKS, name, to_body(ask), expected=""))
    deps.crash_point("ask.after/kept")
    deps.queue.enqueue([Command(derive_id("reply-", name), REPLY, "plan", tenant, ref=name)])
