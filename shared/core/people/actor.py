"""Who acts: a person, a program with a key of its own, a routine, whoever runs this installation, or the system itself.

What is recorded names an actor beside the name that people read. Earlier records have the name alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

OPERATOR_NAME = "the operator of this machine"
MACHINE = "workwright"  # the name in records of what nobody asked for
_STRANGER = " user "


class ActorKind(StrEnum):
    """What sort of actor it is; a `SERVICE` is a program with a key that is nobody's."""

    PERSON = "person"
    SERVICE = "service"
    ROUTINE = "routine"
    OPERATOR = "operator"
    SYSTEM = "system"
    UNKNOWN = "unknown"  # somebody did it, and nobody can tell who


@dataclass(frozen=True, slots=True)
class Actor:
    """One actor: `id` is a member's or a configured person's, a key's, a routine's page, or "" where there is one.

    Of who is neither member nor configured, it is what their system calls them (`name_stranger`).
    """

    kind: ActorKind
    id: str
    name: str

    @property
    def ref(self) -> str:
        """Return what the audit knows it by, such as person:p-0123."""
        return f"{self.kind.value}:{self.id}" if self.id else self.kind.value


@dataclass(frozen=True, slots=True)
class Acting:
    """An actor at work: `origin` is from where the call came (`address`, `forwarded`), and with which `key`."""

    actor: Actor
    origin: Mapping[str, str] = field(default_factory=dict)


By = Actor | Acting | str  # who did something; a name where no more is known


@dataclass(frozen=True, slots=True)
class Known:
    """An actor, and the role that they have in the team now; "" for none."""

    actor: Actor
    role: str = ""


THE_SYSTEM = Actor(ActorKind.SYSTEM, "", MACHINE)
THE_OPERATOR = Actor(ActorKind.OPERATOR, "", "the operator")  # at the store itself, without a key


def read_by(by: By) -> tuple[str, Actor | None]:
    """Return the name of who did something, and who that is where more than the name is known."""
    actor = by.actor if isinstance(by, Acting) else by
    return (actor.name, actor) if isinstance(actor, Actor) else (actor, None)


def name_stranger(system: str, user: str) -> str:
    """Return the id of a person of whom no more is known than what a system calls them, such as notion user 1234."""
    return f"{system}{_STRANGER}{user}"


def find_identity(actor_id: str) -> str:
    """Return the identity, such as notion:1234, that such an id stands for; "" for every other id."""
    system, mark, user = actor_id.partition(_STRANGER)
    return f"{system}:{user}" if mark and user else ""
