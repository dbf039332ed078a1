"""What is sealed in a tenant's documents: opened with this folder's key and sealed anew with the cloud's, in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from shared.core.errors import ConfigError
from shared.ports import Doc, Secrets

_ENVELOPE = frozenset({"v", "key", "nonce", "ct"})

# kind of document → under which name each of its fields is sealed; an envelope that is not told here is moved by nobody
FIELDS: Mapping[str, Mapping[str, str]] = {
    "endpoints": {"secret": "endpoint.{}", "secret_before": "endpoint.{}", "address": "endpoint-address.{}"},
    "grants": {"access": "{}.access", "refresh": "{}.refresh"},
    "hooks": {"secret": "hook.{}"},
    "idempotency": {"sealed": "answer.{}"},
    "messenger-asks": {"reply": "messenger.{}"},
    "site_values": {"sealed": "site.{}"},
}

Body = Mapping[str, Any]


def check_sealed(kind: str, doc: Doc, tenant: str, secrets: Secrets) -> int:
    """Open what is sealed in a document; return how much. Raises ConfigError for what nobody could move."""
    count = 0
    for name, field in _find_sealed(kind, doc):
        try:
            secrets.open(tenant, field, doc.body[name])
        except ValueError as error:
            raise ConfigError(
                f"{kind}/{doc.id} of team {tenant}: {name} does not open with this folder's key"
            ) from error
        count += 1
    return count


def seal_anew(kind: str, doc: Doc, tenant: str, here: Secrets, target: Secrets) -> Body:
    """Return the document's body with everything that is sealed in it sealed for the other place."""
    changed = {
        name: dict(target.seal(tenant, field, here.open(tenant, field, doc.body[name])))
        for name, field in _find_sealed(kind, doc)
    }
    return {**doc.body, **changed}


def _find_sealed(kind: str, doc: Doc) -> Iterator[tuple[str, str]]:
    """Yield each field that holds an envelope, and the name it is sealed under."""
    known = FIELDS.get(kind, {})
    for name, value in doc.body.items():
        if not _holds_envelope(value):
            continue
        if name not in known or not _is_envelope(value):
            raise ConfigError(f"{kind}/{doc.id}: this version does not know how to move what is sealed in {name!r}")
        yield name, known[name].format(doc.id)


def _is_envelope(value: Any) -> bool:
    return isinstance(value, Mapping) and value.keys() == _ENVELOPE


def _holds_envelope(value: Any) -> bool:
    if _is_envelope(value):
        return True
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return any(_holds_envelope(each) for each in inner)
