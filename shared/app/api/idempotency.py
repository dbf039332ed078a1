"""A call with an `Idempotency-Key` is carried out once; sent again, it gets the answer of the first time.

After draft-ietf-httpapi-idempotency-key-header-07, but for one thing: the same key with another request is 409 here, as
is every other conflict of this API. A key is known on its day and on the next, in UTC.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from shared.app.api.audited import handle
from shared.app.api.exchange import ApiReply, Call
from shared.app.api.route import IDEMPOTENCY_KEY, Route
from shared.app.engine.leases import lease
from shared.core.documents.cache_records import ANSWERS, KeptAnswer
from shared.core.documents.codec import to_body
from shared.core.errors import Busy, Conflicting, MalformedRequest, RequestError, VersionConflict
from shared.ports import Put, Secret, get_as

MAX_KEPT = 400_000  # letters of an answer: sealed and in base64 it stays under the 1 MiB of a document of Firestore
_FORGOTTEN_AT_ONCE = 20
_KEY = re.compile(IDEMPOTENCY_KEY)


def answer_once(route: Route, call: Call) -> ApiReply:
    """Answer a call, and one that names itself only the first time.

    Raises MalformedRequest for a key that is none, Conflicting for one that named another request or one whose end is
    not known, Busy while the first is being answered. What is refused was not done, and may be sent again.
    """
    given = call.request.headers.get("idempotency-key")
    if given is None or not route.takes_idempotency_key:
        return handle(route, call)
    if _KEY.fullmatch(given) is None:
        raise MalformedRequest(
            "header 'Idempotency-Key' does not fit", way_out="Send 1 to 200 letters, such as a UUID, without a space."
        )
    name = hashlib.sha256(f"{call.who.key}:{given}".encode()).hexdigest()[:40]
    with lease(call.deps, call.tenant, f"{ANSWERS}.{name}"):
        for place in _places(call, name):
            kept = get_as(KeptAnswer, call.deps.store, (call.tenant, ANSWERS, place))
            if kept is not None and route.goes_on and not kept.status and kept.fingerprint == _fingerprint(call):
                return _answer(route, call, place, kept)
            if kept is not None:
                return _repeat_answer(call, kept)
        return _carry_out(route, call, name)


def _places(call: Call, name: str) -> Iterator[str]:
    today = call.deps.clock.now()
    for day in (today, today - timedelta(days=1)):
        yield f"{day:%Y-%m-%d}.{name}"


def _carry_out(route: Route, call: Call, name: str) -> ApiReply:
    tenant, place = call.tenant, next(_places(call, name))
    begun = KeptAnswer(_fingerprint(call), call.deps.clock.now())
    call.deps.store.put(tenant, Put(ANSWERS, place, to_body(begun), expected=""), *_forget_old(call))
    call.deps.crash_point("api.after/begun")
    return _answer(route, call, place, begun)


def _answer(route: Route, call: Call, place: str, begun: KeptAnswer) -> ApiReply:
    tenant = call.tenant
    try:
        answer = handle(route, call)
    except (RequestError, Busy, VersionConflict):
        call.deps.store.put(tenant, Put(ANSWERS, place, None))
        raise
    call.deps.crash_point("api.after/done")
    text = json.dumps({"body": answer.body, "headers": dict(answer.headers)})
    sealed = call.deps.secrets.seal(tenant, f"answer.{place}", Secret(text)) if len(text) <= MAX_KEPT else None
    call.deps.store.put(tenant, Put(ANSWERS, place, to_body(replace(begun, status=answer.status, sealed=sealed))))
    return answer


def _repeat_answer(call: Call, kept: KeptAnswer) -> ApiReply:
    if kept.fingerprint != _fingerprint(call):
        raise Conflicting("this Idempotency-Key named another request", way_out="Send this one with a key of its own.")
    if not kept.status:
        raise Conflicting(
            "this request was begun, and how it ended is not known",
            way_out="Look with GET whether it was done; if it was not, send it with a new Idempotency-Key.",
        )
    if kept.sealed is None:
        raise Conflicting("this request was answered, with more than is kept", way_out="Look with GET what it did.")
    parts = json.loads(call.deps.secrets.open(call.tenant, f"answer.{kept.id}", kept.sealed).reveal())
    return ApiReply(kept.status, parts["body"], headers={**parts["headers"], "Idempotency-Replayed": "true"})


def _fingerprint(call: Call) -> str:
    asked = [call.request.method, call.request.path, dict(call.query), dict(call.body)]
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def _forget_old(call: Call) -> list[Put]:
    """Return the removal of some that are two days old and older: who sends calls forgets more than they leave."""
    oldest = min(_places(call, ""))
    docs = call.deps.store.list_docs(call.tenant, ANSWERS, limit=_FORGOTTEN_AT_ONCE)
    return [Put(ANSWERS, doc.id, None) for doc in docs if doc.id < oldest]
