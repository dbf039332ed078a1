"""What we need from a cloud, or from one machine. Each port has one contract suite, run on every backend.

Here stand those that every function needs. Browser, knowledge, model and sandbox are imported from their own modules,
so that a function that has no use for them does not load them at its start.
"""

from shared.ports.changes import at_once, change_doc
from shared.ports.clock import Clock
from shared.ports.documents import all_as, change_as, get_as, read_as
from shared.ports.queue import CallerCheck, DeadLetter, Queue
from shared.ports.secrets import Secret, Secrets
from shared.ports.store import (
    EVERY_RUN,
    MAX_DOCUMENT_BYTES,
    SYSTEM,
    AuditEntry,
    AuditHead,
    Commit,
    Doc,
    Loaded,
    Put,
    RunFilter,
    Store,
    hash_entry,
    link_entry,
)

__all__ = [
    "EVERY_RUN",
    "MAX_DOCUMENT_BYTES",
    "SYSTEM",
    "AuditEntry",
    "AuditHead",
    "CallerCheck",
    "Clock",
    "Commit",
    "DeadLetter",
    "Doc",
    "Loaded",
    "Put",
    "Queue",
    "RunFilter",
    "Secret",
    "Secrets",
    "Store",
    "all_as",
    "at_once",
    "change_as",
    "change_doc",
    "get_as",
    "hash_entry",
    "link_entry",
    "read_as",
]
