"""Who tries what again, how often, after what waits, and what follows when it was in vain (docs/reference/retries.md).

Four sorts decide, each about what only it can know: the run about a step, the queue about a command, a timer about what
no command stands for, the transport about one call whose repetition is harmless. Beside them stand those who met
somebody at the same document. Nobody tries again what another one tries again already.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from shared.core.backoff import Waits
from shared.core.run.run import Limits

_S, _MIN = timedelta(seconds=1), timedelta(minutes=1)
ENDLESS = 0
AT_ONCE = Waits(timedelta(), timedelta())
_RUN = Limits()  # what applies where an installation sets nothing else

Sort = Literal["run", "queue", "timer", "transport", "document"]


@dataclass(frozen=True, slots=True)
class Retry:
    """One owner of a retry. `tries` counts the first one too; ENDLESS has no end."""

    sort: Sort
    what: str
    owner: str  # the module that decides
    tries: int
    waits: Waits
    then: str


STEP = Retry(
    "run",
    "a step that failed and may work later",
    "shared/core/run/attempts.py",
    _RUN.attempts,
    Waits(_RUN.backoff_s * _S, _RUN.backoff_cap_s * _S, 0.5, 1.0),
    "the step has failed, and with it the run unless it can go on without; people are told where they gave the work",
)
UNDO = Retry(
    "run",
    "taking back what a step did",
    "shared/core/run/attempts.py",
    _RUN.attempts,
    STEP.waits,
    "it is left as it is, and the end of the run names it to people",
)
LOST = Retry(
    "run",
    "a step nobody came back from",
    "shared/core/run/expire.py",
    _RUN.lost,
    AT_ONCE,
    "the step has failed, as above",
)
REPAIR = Retry(
    "run",
    "a step that a model got wrong",
    "shared/core/run/attempts.py",
    1 + _RUN.repairs,
    AT_ONCE,
    "the step has failed, as above; the same mistake twice in a row ends it at once",
)
ANSWER = Retry(
    "run",
    "an answer of a model that cannot be used",
    "shared/mind/structured.py",
    3,
    AT_ONCE,
    "the attempt has failed, and the step is tried again as above",
)
COMMAND = Retry(
    "queue",
    "a command that no run stands behind, during an outage",
    "shared/app/engine/requeue.py",
    400,
    STEP.waits,
    "it fails, and the queue delivers it again as below",
)
ENDPOINT = Retry(
    "queue",
    "a message to an endpoint of a team's own",
    "shared/app/endpoints/deliver.py",
    16,  # three days and five hours
    Waits(_MIN, 720 * _MIN, 1.0, 1.1),
    "it is listed as failed, and can be replayed; where nothing arrives for three days the endpoint is switched off",
)
DELIVERY = Retry(
    "queue",
    "a delivery that was answered with a failure, on one machine",
    "shared/backends/local/delivery/outcomes.py",
    8,
    Waits(0.5 * _S, _MIN),
    "a dead letter (`workwright dead-letters`); whoever looks at the run is told from the fourth delivery on",
)
CLOUD_DELIVERY = Retry(
    "queue",
    "a delivery that was answered with a failure, in the cloud",
    "terraform/modules/queue/main.tf",
    DELIVERY.tries,
    Waits(10 * _S, 5 * _MIN),
    "a dead letter, as above",
)
UNANSWERED = Retry(
    "queue",
    "a delivery whose worker died, from the ninth on",
    "shared/core/deliveries.py",
    40,
    Waits(_S, 10 * _MIN),
    "a dead letter, as above",
)
ALARM = Retry(
    "timer",
    "a routine or a plan of the day that cannot be read or opened",
    "shared/app/engine/due_times.py",
    ENDLESS,
    Waits(30 * _S, 10 * _MIN),
    "it goes on until it works; what only people can mend is asked once an hour, and the settings show why",
)
ERASURE = Retry(
    "timer",
    "ending our access when a team is deleted",
    "shared/app/tenants/tenant_delete.py",
    6,
    Waits(2 * _MIN, 32 * _MIN),
    "the deletion goes on and names what people have to end there themselves",
)
SWEEP = Retry(
    "timer",
    "a command that was saved and not handed over",
    "shared/app/engine/sweep.py",
    ENDLESS,
    AT_ONCE,
    "every look of the clock hands it over again; the age of the oldest is measured",
)
STORE_WRITE = Retry(
    "transport",
    "a write to Firestore without an answer",
    "shared/backends/cloud/guarded.py",
    4,
    Waits(0.1 * _S, 0.4 * _S, 0.5, 1.5),
    "the command fails, and the queue delivers it again",
)
STORE_TEXT = Retry(
    "transport",
    "writes to Firestore in parts",
    "shared/backends/cloud/plain_batches.py",
    4,
    STORE_WRITE.waits,
    "as above",
)
CLOUD_READ = Retry(
    "transport",
    "a reading from Google without an answer",
    "shared/backends/cloud/rest/wire.py",
    3,
    Waits(0.2 * _S, 0.4 * _S),
    "as above",
)
TASK = Retry(
    "transport",
    "handing a command to Cloud Tasks",
    "shared/backends/cloud/queue.py",
    3,
    Waits(0.2 * _S, 0.4 * _S, 0.5, 1.5),
    "it stays in the outbox, and the clock hands it over",
)
REFUSED = Retry(
    "transport",
    "calls of a connection that was refused without saying for how long",
    "shared/rate_budget.py",
    ENDLESS,
    Waits(_S, _MIN, 1.0, 1.25),
    "a step waits that long, which counts as no failure; a command does too, within its tries",
)
CODE_RUNNER = Retry(
    "transport",
    "a request to the service that runs code, as long as nothing of it was run",
    "shared/backends/remote/sandbox.py",
    ENDLESS,
    Waits(0.2 * _S, 5 * _S),
    "after 20 seconds without a free place, or two minutes without an answer, the step is tried again as above",
)
GRANT = Retry(
    "transport",
    "a call whose token was refused, with a renewed one",
    "shared/accounts/grant_http.py",
    2,
    AT_ONCE,
    "the connection has ended, its people are asked to connect again, and the run waits for them",
)
DOCUMENT = Retry(
    "document",
    "a change of a document that somebody else was faster at",
    "shared/ports/changes.py",
    20,
    Waits(0.01 * _S, 0.16 * _S, 0.0, 1.0),
    "the request or command is answered “not now”, naming the document, and comes again",
)
COMMIT = Retry(
    "document",
    "an event of a run that somebody else was faster at",
    "shared/app/engine/engine.py",
    64,
    DOCUMENT.waits,
    "as above",
)
LEDGER = Retry(
    "document",
    "an entry of a ledger that somebody else was faster at",
    "shared/app/money/spend.py",
    64,
    DOCUMENT.waits,
    "as above",
)
AUDIT_APPEND = Retry(
    "document",
    "an entry of a team's audit that somebody else was faster at, in the cloud",
    "shared/backends/cloud/audit_documents.py",
    64,
    DOCUMENT.waits,
    "as above",
)
IDENTITIES = Retry(
    "document",
    "an identity with its person that somebody else was faster at",
    "shared/app/people/identities.py",
    DOCUMENT.tries,
    DOCUMENT.waits,
    "as above",
)
INVITED = Retry(
    "document",
    "an invitation with the team's people that somebody else was faster at",
    "shared/app/people/invitations.py",
    DOCUMENT.tries,
    DOCUMENT.waits,
    "as above",
)
TEAM_SETTINGS = Retry(
    "document",
    "settings of a team that stand in two documents and somebody else was faster at",
    "shared/app/tenants/settings_changes.py",
    DOCUMENT.tries,
    DOCUMENT.waits,
    "as above",
)

RETRIES = (  # what one system alone has stands beside its client
    STEP, UNDO, LOST, REPAIR, ANSWER,
    COMMAND, ENDPOINT, DELIVERY, CLOUD_DELIVERY, UNANSWERED,
    ALARM, ERASURE, SWEEP,
    STORE_WRITE, STORE_TEXT, CLOUD_READ, TASK, REFUSED, CODE_RUNNER, GRANT,
    DOCUMENT, COMMIT, LEDGER, AUDIT_APPEND, IDENTITIES, INVITED, TEAM_SETTINGS,
)  # fmt: skip
