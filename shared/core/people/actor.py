"""Who acts: a person, a program with a key of its own, a routine, whoever runs this installation, or the system itself.

What is recorded names an actor beside the name that people read. Earlier records have the name alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

OPERATOR_NAME = "the operator of this machine"
MACHINE = "workwright"  # the name in records of what nobody asked for


class ActorKind(StrEnum):
    """What sort of actor it is; a `SERVICE` is a program with a key that is nobody's."""

    PERSON = "person"
    SERVICE = "service"
    ROUTINE = "routine"
    OPERATOR = "operator"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """One actor: `id` is a member's or a configured person's, a key's, a routine's page, or "" where there is one."""

    kind: ActorKind
    id: str
    name: str

    @property
    def ref(self) -> str:
        """Return what the audit knows it by, such as person:p-0123."""
        return f"{self.kind.value}:{self.id}" if self.id else self.kind.value


THE_SYSTEM = Actor(ActorKind.SYSTEM, "", MACHINE)
