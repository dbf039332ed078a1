"""What we need from a cloud, or from one machine. Each port has one contract suite, run on every backend."""

from shared.ports.browser import Browser, PageLook, no_browser
from shared.ports.changes import at_once, change_doc
from shared.ports.clock import Clock
from shared.ports.documents import all_as, change_as, get_as, read_as
from shared.ports.knowledge import Embedder, Knowledge, KnownPage, Nearest, Scored, Vector
from shared.ports.model import (
    Message,
    Model,
    ModelCall,
    ModelRequest,
    ModelResult,
    Provider,
    Tool,
    ToolCall,
    request_tokens,
)
from shared.ports.queue import CallerCheck, DeadLetter, Queue
from shared.ports.sandbox import Sandbox, SandboxLimits, SandboxRequest, SandboxResult
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
    "Browser",
    "CallerCheck",
    "Clock",
    "Commit",
    "DeadLetter",
    "Doc",
    "Embedder",
    "Knowledge",
    "KnownPage",
    "Loaded",
    "Message",
    "Model",
    "ModelCall",
    "ModelRequest",
    "ModelResult",
    "Nearest",
    "PageLook",
    "Provider",
    "Put",
    "Queue",
    "RunFilter",
    "Sandbox",
    "SandboxLimits",
    "SandboxRequest",
    "SandboxResult",
    "Scored",
    "Secret",
    "Secrets",
    "Store",
    "Tool",
    "ToolCall",
    "Vector",
    "all_as",
    "at_once",
    "change_as",
    "change_doc",
    "get_as",
    "hash_entry",
    "link_entry",
    "no_browser",
    "read_as",
    "request_tokens",
]
