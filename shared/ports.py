"""What we need from a cloud, or from one machine. Each port has one contract suite, run on every backend."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NoReturn, Protocol

from shared.core.commands import Command
from shared.core.events import Event
from shared.core.run import Run, Usage
from shared.core.tokens import estimated_tokens

# --- Clock ------------------------------------------------------------------------------------------------------------


class Clock(Protocol):
    """The only place time comes from."""

    def now(self) -> datetime:
        """Return the current time, aware, in UTC."""


# --- Store ------------------------------------------------------------------------------------------------------------

MAX_DOCUMENT_BYTES = 1_000_000  # Firestore refuses above 1,048,487 bytes of one string, names included


@dataclass(frozen=True, slots=True)
class Doc:
    """A stored document: JSON-able `body`, opaque `version` for compare-and-set."""

    id: str
    body: Mapping[str, Any]
    version: str


@dataclass(frozen=True, slots=True)
class Put:
    """Write one document. `expected`: None = whatever is there, "" = must not exist, else the version read before."""

    kind: str
    id: str
    body: Mapping[str, Any] | None  # None deletes
    expected: str | None = None


@dataclass(frozen=True, slots=True)
class Loaded:
    """A run and the version it was read at."""

    run: Run
    version: str


@dataclass(frozen=True, slots=True)
class Commit:
    """One event's consequences, saved together or not at all.

    `expected` is the version read ("" for a new run). `handled` is the id of the command that led here: a backend
    whose queue shares the transaction may drop that delivery in the same write. `token` identifies this very commit,
    so that a lost reply is recognised as our own write and counted once.
    """

    after: Run
    events: tuple[Event, ...]
    commands: tuple[Command, ...]
    expected: str
    token: str
    handled: str = ""
    puts: tuple[Put, ...] = ()
    audit: tuple[Mapping[str, Any], ...] = ()
    usage: Usage | None = None


class Store(Protocol):
    """Durable state. Every call names the tenant first; nothing can be named without one."""

    def load_run(self, tenant: str, run: str) -> Loaded | None:
        """Return the run, or None; another tenant's run is None too."""

    def commit(self, commit: Commit) -> str:
        """Save all of it in one transaction; return the new version.

        Raises VersionConflict when somebody else saved first or a Put's `expected` does not hold, and
        DocumentTooLarge before anything is written.
        """

    def list_runs(self, tenant: str, *, limit: int = 50, after: str = "") -> list[Run]:
        """Return runs, newest first, of those opened together the greater id first.

        `after` is the id of the last one seen; after one that is not there comes nothing.
        """

    def events(self, tenant: str, run: str, *, after: int = 0, limit: int = 1000) -> list[tuple[int, Event]]:
        """Return numbered events of a run, oldest first."""

    def unsent(self, tenant: str, run: str) -> list[Command]:
        """Return commands committed for this run and not yet marked sent."""

    def mark_sent(self, tenant: str, command_ids: Sequence[str]) -> None:
        """Forget outbox entries that the queue has taken. Unknown ids are ignored."""

    def get(self, tenant: str, kind: str, id: str) -> Doc | None:
        """Return one document of the tenant."""

    def put(self, tenant: str, *puts: Put) -> None:
        """Write documents of one tenant together; raises VersionConflict when an `expected` does not hold."""

    def list_docs(self, tenant: str, kind: str, *, after: str = "", limit: int = 100) -> list[Doc]:
        """Return documents of one kind, by ascending id; `after` need not be there any more."""

    def put_text(self, tenant: str, text: str) -> str:
        """Keep a text of any size (in parts where it is large); return its content address. Idempotent."""

    def get_text(self, tenant: str, ref: str) -> str:
        """Return the text of that address; raises KeyError."""

    def usage(self, tenant: str, day: date) -> Usage:
        """Return what the tenant's commits of that day (in UTC) have cost."""

    def audit(self, tenant: str, *, after: str = "", limit: int = 100) -> list[Doc]:
        """Return audit entries of the tenant by ascending id; those of one run come in the order of its commits."""

    def claim(self, tenant: str, key: str, owner: str, ttl: timedelta) -> bool:
        """Take, or extend as the same owner, a lease; False while another owner's is alive."""

    def release(self, tenant: str, key: str, owner: str) -> None:
        """Give a lease back, if it is still ours."""

    # across tenants, for `sweep` alone

    def due_runs(self, now: datetime, limit: int = 100) -> list[tuple[str, str]]:
        """Return (tenant, run) of unfinished runs whose `next_check_at` has come, the longest due first."""

    def forgotten(self, before: datetime, limit: int = 100) -> list[Command]:
        """Return unsent commands of any tenant that were committed before that time, the oldest first."""

    def tenants(self) -> list[str]:
        """Return the ids of tenants that have documents or runs, ascending, without SYSTEM, which is nobody's.

        One of whom only texts or leases are kept may be among them.
        """


SYSTEM = "_system"  # the tenant under which the operator's own documents live


# --- Queue ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A command the queue has given up on."""

    command: Command
    reason: str
    at: datetime
    deliveries: int


class Queue(Protocol):
    """Delivers commands to functions at least once, in any order."""

    def enqueue(self, commands: Sequence[Command]) -> None:
        """Hand over commands; one whose id was taken in the last hour changes nothing. Honours `not_before`.

        A queue may leave out what is due in more than 29 days: `sweep` finds its run when the time has come.
        """

    def bury(self, command: Command, reason: str, deliveries: int) -> None:
        """Put a command aside for people to look at; buried again, it is one letter with the last reason.

        A function that buries what it was delivered answers 2xx, else it may get it once more.
        """

    def dead_letters(self, tenant: str) -> list[DeadLetter]:
        """Return what was put aside and not replayed since, oldest first."""

    def replay(self, tenant: str, command_id: str) -> None:
        """Deliver a dead letter again, which is a letter no longer; raises KeyError."""


# --- Secrets ----------------------------------------------------------------------------------------------------------


class Secret:
    """A token or key in memory. Shows itself nowhere by accident; `reveal()` is the one way out."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the secret text."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "Secret(***)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(("Secret", self._value))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret cannot be pickled or copied out of the process")

    def __bool__(self) -> bool:
        return bool(self._value)


class Secrets(Protocol):
    """The operator's secrets by name, and an envelope for the tenants'."""

    def get(self, name: str, *, refresh: bool = False) -> Secret:
        """Return the operator's secret; raises KeyError. `refresh`: as it is now, unless that was asked just before."""

    def set(self, name: str, value: Secret) -> None:
        """Store a new value of the operator's secret."""

    def seal(self, tenant: str, field: str, secret: Secret) -> Mapping[str, Any]:
        """Return a JSON-able envelope that opens only for the same tenant and field."""

    def open(self, tenant: str, field: str, envelope: Mapping[str, Any]) -> Secret:
        """Return the secret; raises ValueError when the envelope is not for this tenant and field."""


# --- Model ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tool:
    """Something a model may ask for instead of answering: a name, what it is for, and the JSON schema of its input."""

    name: str
    purpose: str
    schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """What a model asked for. `id` ties the result to it; nothing of `input` is trusted."""

    id: str
    name: str
    input: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """One turn after the prompt: the model's (with the tools it asked for), a tool's result, or a person's."""

    role: str  # "assistant" | "tool" | "user"
    text: str = ""
    calls: tuple[ToolCall, ...] = ()  # of an assistant
    call: str = ""  # of a tool: the id of the call it answers


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One question to a model. `data` is the same question as structure, for `offline`; no model sees both.

    With `tools` the answer may be tool calls. `stable` is the beginning of the prompt that other calls share, in
    which providers may keep a cache; it is sent right before `prompt`.
    """

    task: str  # "plan", "code", "agent.<id>", …
    task_class: str  # "reason" | "quick" | "code" | "cheap"
    system: str
    prompt: str
    schema: Mapping[str, Any]  # JSON schema of the answer: flat, closed
    data: Mapping[str, Any] = field(default_factory=dict)
    max_output_tokens: int = 8000
    timeout: timedelta = timedelta(seconds=120)
    stable: str = ""
    messages: tuple[Message, ...] = ()
    tools: tuple[Tool, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelCall:
    """One call that was paid for, or failed: what the accounts are made of.

    `outcome` is "ok", or a word of the taxonomy of errors; `why` says why this model was asked.
    """

    model: str
    provider: str
    task: str
    task_class: str
    usage: Usage
    outcome: str = "ok"
    why: str = ""
    request_id: str = ""
    agent: str = ""


@dataclass(frozen=True, slots=True)
class ModelResult:
    """The answer: parsed JSON (validated by the caller) or tool calls, what it cost, and who gave it.

    `made` lists every call that led to it, failed ones too; `usage` is their sum. Empty: one call, this one.
    """

    answer: Mapping[str, Any]
    model: str  # "offline", "gemini-3.8-flash", …
    usage: Usage
    request_id: str = ""
    tokens: Mapping[str, int] = field(default_factory=dict)  # input, cached, output, thoughts
    calls: tuple[ToolCall, ...] = ()
    made: tuple[ModelCall, ...] = ()


def request_tokens(request: ModelRequest) -> int:
    """Return our estimate of the tokens of a request, for when no provider can be asked."""
    texts = [request.system, request.stable, request.prompt, json.dumps(dict(request.schema), ensure_ascii=False)]
    texts += [json.dumps([tool.name, tool.purpose, dict(tool.schema)], ensure_ascii=False) for tool in request.tools]
    for message in request.messages:
        texts += [message.text, *(json.dumps(dict(call.input), ensure_ascii=False) for call in message.calls)]
    return sum(estimated_tokens(text) for text in texts)


class Model(Protocol):
    """Thinks. Raises IntegrationError and ModelError of core/errors.py, nothing of a vendor's."""

    name: str

    def estimate(self, request: ModelRequest) -> Usage:
        """Return an upper bound of what the call may cost, for the reservation."""

    def window(self, task_class: str) -> int:
        """Return how many tokens, prompt and answer together, the first choice for this class takes."""

    def count(self, request: ModelRequest) -> int:
        """Return the tokens of the prompt: the provider's own count where it can be asked, else our estimate."""

    def complete(self, request: ModelRequest) -> ModelResult:
        """Answer with JSON that follows the schema as well as the vendor enforces it, or with tool calls."""


class Provider(Protocol):
    """One vendor's models, by their ids. Which of them is asked is decided above (`app/routed_model.py`)."""

    name: str  # "anthropic", "openai", "xai", "vertex", "gemini", "compatible", "offline", …

    def estimate(self, model: str, request: ModelRequest) -> Usage:
        """Return an upper bound of what the call may cost; raises ConfigError where no price is known."""

    def window(self, model: str) -> int:
        """Return how many tokens, prompt and answer together, the model takes."""

    def count(self, model: str, request: ModelRequest) -> int:
        """Return the tokens of the prompt: the vendor's own count where it can be asked, else our estimate."""

    def complete(self, model: str, request: ModelRequest) -> ModelResult:
        """Ask once, without retry. Raises IntegrationError and ModelError; `used` of it is what it may have cost."""


# --- Knowledge --------------------------------------------------------------------------------------------------------


Vector = Sequence[float]  # a list, or a row of numpy's


class Embedder(Protocol):
    """Turns texts into vectors of unit length. `id` names model and quantisation: vectors of two ids never mix."""

    id: str
    dimensions: int

    def embed(self, texts: Sequence[str], kind: str) -> list[Vector]:
        """Return one vector per text; `kind` is "document" or "query". Raises IntegrationError."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a page. `path` are the titles above it, the page's own first; it is searched, but not embedded."""

    id: str  # page, first block, and number within that block
    page: str
    text: str
    path: tuple[str, ...]
    position: int  # within the page
    block: str  # the first block it was made of, for a link
    key: str  # of the vector: hash of the text
    kind: str = "text"  # "text", "table", "code", "list", "row"
    edited_at: str = ""  # of the page


@dataclass(frozen=True, slots=True)
class KnownPage:
    """What is known of an indexed page. `hash` of its content and `cutter` (version of the chunker) tell what changed."""

    id: str
    title: str
    url: str = ""
    root: str = ""  # the page or database at the top of the workspace that it is below of
    edited_at: str = ""
    hash: str = ""
    cutter: int = 0


@dataclass(frozen=True, slots=True)
class Scored:
    """A chunk that was found; larger is better, and 0 is no match."""

    chunk: str
    score: float


class Knowledge(Protocol):
    """The indexed chunks of ONE tenant; nothing in it can name another. Raises StoreError."""

    def page(self, page: str) -> KnownPage | None:
        """Return what is known of a page."""

    def pages(self, *, after: str = "", limit: int = 1000) -> list[KnownPage]:
        """Return known pages by ascending id."""

    def replace(self, page: KnownPage, chunks: Sequence[Chunk], vectors: Mapping[str, Vector]) -> None:
        """Make these the page's chunks, for readers at once; `vectors` by key, those not known yet."""

    def remove(self, page: str) -> None:
        """Forget a page and its chunks, for readers at once. An unknown page is ignored."""

    def erase(self) -> None:
        """Forget everything of the tenant."""

    def known_vectors(self, keys: Sequence[str], model: str) -> set[str]:
        """Return those keys whose vectors of this embedder are kept already."""

    def words(self, query: str, *, limit: int, roots: Sequence[str] = ()) -> list[Scored]:
        """Search by words, best first. `roots` narrows to what is below these."""

    def near(self, vector: Vector, model: str, *, limit: int, roots: Sequence[str] = ()) -> list[Scored]:
        """Search by meaning (cosine), best first; nothing where no vectors of that embedder are kept."""

    def get(self, chunks: Sequence[str]) -> list[Chunk]:
        """Return these chunks, in this order; those that are gone are left out."""

    def count(self) -> Mapping[str, int]:
        """Return how many `pages`, `chunks` and `vectors` there are."""


# --- Sandbox ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SandboxLimits:
    """What untrusted code may use."""

    wall_s: float = 120.0
    memory_bytes: int = 512 * 1024 * 1024
    processes: int = 64
    file_bytes: int = 64 * 1024 * 1024
    disk_bytes: int = 256 * 1024 * 1024
    inodes: int = 20_000
    output_bytes: int = 64 * 1024
    result_files: int = 50
    result_bytes: int = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class SandboxRequest:
    """Files (relative path → bytes), one command, limits. `origin` names the model that wrote the code."""

    files: Mapping[str, bytes]
    command: tuple[str, ...]
    origin: str
    collect: tuple[str, ...] = ()  # relative paths (or folders ending in "/") to bring back
    env: Mapping[str, str] = field(default_factory=dict)
    limits: SandboxLimits = SandboxLimits()


@dataclass(frozen=True, slots=True)
class SandboxResult:
    """What became of it. `killed_by` is "" or the limit that ended it: wall, memory, output, cpu, signal."""

    exit_code: int
    killed_by: str
    stdout: str
    stderr: str
    files: Mapping[str, bytes]
    duration_s: float
    driver: str


class Sandbox(Protocol):
    """Runs code nobody trusts, or refuses with SandboxUnavailable."""

    name: str

    def check(self) -> None:
        """Prove on this machine that the sandbox holds; raises SandboxUnavailable with the way out."""

    def run(self, request: SandboxRequest) -> SandboxResult:
        """Run it and return when everything it started is dead."""


# --- Callers ----------------------------------------------------------------------------------------------------------


class CallerCheck(Protocol):
    """Says whether a request comes from our own queue; raises Unauthenticated or Forbidden."""

    def __call__(self, authorization: str, audience: str) -> None:
        """Check the `Authorization` header for this audience."""
