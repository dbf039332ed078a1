"""Queue on Cloud Tasks: one queue per function, tasks that carry ids only, named after their command.

Cloud Tasks has no dead letters: after its last attempt a task is gone. So a function that sees its last delivery
fail calls `bury`, and the letter is a document of the tenant.
"""

from __future__ import annotations

import hashlib
import json
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.backends.cloud.api_error import UNCLEAR, api_errors, code_of, to_our_error
from shared.core.backoff import backoff
from shared.core.errors import AgentError, ConfigError, IntegrationError, VersionConflict
from shared.core.notify.attention import telling
from shared.core.retries import TASK
from shared.core.run.commands import Command, command_from_data, command_to_data
from shared.ports import Clock, DeadLetter, Doc, Put, Store
from shared.telemetry import trace

DEAD_LETTERS = "dead_letters"  # the kind of document
_HORIZON = timedelta(days=30) - timedelta(minutes=5)  # Cloud Tasks refuses later times
_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class TaskSettings:
    """Where tasks go. `urls` and `queues` are by the name of the function."""

    project: str
    location: str
    service_account: str  # in whose name Cloud Tasks calls
    urls: Mapping[str, str]
    queues: Mapping[str, str]
    audiences: Mapping[str, str]  # what the function expects in the token; its own address
    deadline: timedelta = timedelta(minutes=15)  # after which an attempt counts as lost; at most 30 minutes


class CloudTasksQueue:
    """Delivers commands to functions. `letters` is the store in which dead letters are kept."""

    def __init__(
        self,
        client: Any,
        letters: Store,
        settings: TaskSettings,
        clock: Clock,
        *,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        if not timedelta(seconds=15) <= settings.deadline <= timedelta(minutes=30):
            raise ConfigError(f"the deadline of a task must be 15 s to 30 min, not {settings.deadline}")
        self._client = client
        self._letters = letters
        self._settings = settings
        self._clock = clock
        self._pause = pause

    def enqueue(self, commands: Sequence[Command]) -> None:
        """Hand over commands; one whose id was taken before changes nothing.

        All of them are tried; then the first failure is raised, and the outbox still has them. A command for a time
        beyond what Cloud Tasks takes is left out: `sweep` finds the run when its `next_check_at` comes.
        """
        failure: AgentError | None = None
        latest = self._clock.now() + _HORIZON
        for command in commands:
            if command.not_before and command.not_before > latest:
                continue
            try:
                self._create(command, generation=0)
            except (IntegrationError, ConfigError) as error:
                failure = failure or error
        if failure:
            raise failure

    def bury(self, command: Command, reason: str, deliveries: int) -> None:
        """Put a command aside for people to look at. Buried twice, it is one letter."""
        letter = self._letter(command.tenant, command.id)
        generation = int(letter.body["generation"]) if letter else 0  # so that the next replay has a name of its own
        name, body = letter_doc(DeadLetter(command, reason, self._clock.now(), deliveries), generation)
        self._letters.put(command.tenant, Put(DEAD_LETTERS, name, body))
        if (notice := telling(command)) is not None:  # who dies before this answers no 2xx, and buries it once more
            self._create(notice, generation=generation)

    def dead_letters(self, tenant: str) -> list[DeadLetter]:
        """Return what was put aside and not replayed since, oldest first."""
        letters, after = [], ""
        while page := self._letters.list_docs(tenant, DEAD_LETTERS, after=after):
            after = page[-1].id
            letters += [_dead_letter(doc.body) for doc in page if not doc.body["replayed"]]
        return sorted(letters, key=lambda letter: letter.at)

    def replay(self, tenant: str, command_id: str) -> None:
        """Deliver a dead letter again; raises KeyError. The old name is taken for a day, so it gets a new one."""
        letter = self._letter(tenant, command_id)
        if letter is None or letter.body["replayed"]:
            raise KeyError(command_id)
        generation = letter.body["generation"] + 1
        self._create(command_from_data(letter.body["command"]), generation)
        body = {**letter.body, "generation": generation, "replayed": True}
        try:
            self._letters.put(tenant, Put(DEAD_LETTERS, letter.id, body, expected=letter.version))
        except VersionConflict:
            return  # replayed by somebody else under the same name, or buried again already

    def _letter(self, tenant: str, command_id: str) -> Doc | None:
        return self._letters.get(tenant, DEAD_LETTERS, _letter_id(command_id))

    def _create(self, command: Command, generation: int) -> None:
        request = {"parent": self._queue_of(command), "task": self._task(command, generation)}
        for attempt in range(1, TASK.tries + 1):
            try:
                # Safe to repeat: the name is the same, and a name is taken once.
                self._client.create_task(request=request, retry=None, timeout=_TIMEOUT_S)
                return
            except api_errors() as error:
                if code_of(error) == "ALREADY_EXISTS":
                    return
                if attempt == TASK.tries or code_of(error) not in UNCLEAR:
                    raise to_our_error("cloud-tasks", f"hand over {command.name} {command.id}", error) from error
                self._pause(backoff(attempt, TASK.waits, random.random()).total_seconds())

    def _task(self, command: Command, generation: int) -> dict[str, Any]:
        task: dict[str, Any] = {
            "name": f"{self._queue_of(command)}/tasks/{_task_id(command, generation)}",
            "dispatch_deadline": self._settings.deadline,
            "http_request": {
                "url": self._url(command),
                "http_method": "POST",
                # without a type it arrives as an octet stream
                "headers": {"Content-Type": "application/json", **trace.build_headers(command.tenant, command.run)},
                "body": json.dumps(command_to_data(command), separators=(",", ":")).encode(),
                "oidc_token": {
                    "service_account_email": self._settings.service_account,
                    "audience": self._look_up(self._settings.audiences, command.function),
                },
            },
        }
        if command.not_before:
            task["schedule_time"] = command.not_before
        return task

    def _url(self, command: Command) -> str:
        # The tenant twice: the function compares the path with the payload.
        return f"{self._look_up(self._settings.urls, command.function).rstrip('/')}/t/{command.tenant}"

    def _queue_of(self, command: Command) -> str:
        queue = self._look_up(self._settings.queues, command.function)
        return f"projects/{self._settings.project}/locations/{self._settings.location}/queues/{queue}"

    def _look_up(self, table: Mapping[str, str], function: str) -> str:
        try:
            return table[function]
        except KeyError:
            raise ConfigError(f"no queue or address is set up for the function {function!r}") from None


def _task_id(command: Command, generation: int) -> str:
    # A hash, because names that follow one another make the whole queue slow.
    digest = hashlib.sha256(f"{command.tenant}\x1f{command.id}".encode()).hexdigest()[:40]
    return f"{digest}-{generation}" if generation else digest


def letter_doc(letter: DeadLetter, generation: int = 0) -> tuple[str, dict[str, Any]]:
    """Return the id and the body under which a letter is kept."""
    body = {
        "command": command_to_data(letter.command),
        "reason": letter.reason,
        "at": letter.at.isoformat(),
        "deliveries": letter.deliveries,
        "generation": generation,
        "replayed": False,
    }
    return _letter_id(letter.command.id), body


def _letter_id(command_id: str) -> str:
    return hashlib.sha256(command_id.encode()).hexdigest()[:40]


def _dead_letter(body: Mapping[str, Any]) -> DeadLetter:
    command = command_from_data(dict(body["command"]))
    return DeadLetter(command, body["reason"], datetime.fromisoformat(body["at"]), body["deliveries"])
