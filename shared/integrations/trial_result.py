"""What a try found: one sentence about a credential, the way out where it will not do, and what it learnt."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import wraps
from typing import Concatenate, ParamSpec

from shared.core.errors import Blocked, ErrorClass, IntegrationError, RateLimited
from shared.integrations.systems import name_system
from shared.ports import Secret
from shared.telemetry.exchanges import Trace, scrub

P = ParamSpec("P")

TIMEOUTS = (5.0, 20.0)  # a person waits


@dataclass(frozen=True, slots=True)
class Tried:
    """`says` is one sentence; `way_out` is empty where nothing has to be done. `facts` never hold a secret.

    Something `ok` may still carry a way out: what is there will do, and more would be better.
    """

    ok: bool
    says: str
    way_out: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Given:
    """What a system is tried with; its `trial` takes this, and nothing else."""

    now: Callable[[], datetime]
    at: str = ""  # where it is asked; empty: where its vendor is
    token: Secret = field(default=Secret(""), repr=False)
    facts: Mapping[str, str] = field(default_factory=dict)  # what is no secret
    keys: Mapping[str, Secret] = field(default_factory=dict)  # the operator's
    plain: bool = False  # the operator allows the address, also where the way to it is not encrypted
    trace: Trace | None = None

    def fact(self, name: str) -> str:
        """Return a fact, "" where nothing was said."""
        return self.facts.get(name, "")

    def secret(self, name: str) -> Secret:
        """Return one of the operator's secrets; empty where none was given."""
        return self.keys.get(name) or Secret("")


Trial = Callable[[Given], Tried]


def discreet(tries: Callable[Concatenate[Secret, P], Tried]) -> Callable[Concatenate[Secret, P], Tried]:
    """Return the try so that what it says never holds the token: a vendor's own words may quote it."""

    @wraps(tries)
    def try_hidden(token: Secret, /, *more: P.args, **named: P.kwargs) -> Tried:
        found, known = tries(token, *more, **named), [token.reveal()]
        facts = {name: scrub(value, known) for name, value in found.facts.items()}
        return Tried(found.ok, scrub(found.says, known), scrub(found.way_out, known), facts)

    return try_hidden


def tell_unclear(system: str, error: IntegrationError, facts: Mapping[str, str] | None = None) -> Tried:
    """Say that the system's word on the credential could not be had: it is away, too busy, or refused to talk."""
    name, known = name_system(system), facts or {}
    if isinstance(error, Blocked):
        way_out = f"Ask {name}'s support why; until they lift it, nothing works with this credential."
        return Tried(False, f"{name} has blocked this access until further notice.", way_out, known)
    if isinstance(error, RateLimited):
        return Tried(False, f"{name} takes no more calls at the moment.", "Wait a minute and try again.", known)
    if error.error_class == ErrorClass.TRANSIENT:
        way_out = f"Check this machine's network and {name}'s status page, then try again; the credential may be good."
        return Tried(False, f"{name} does not answer at the moment.", way_out, known)
    return Tried(False, f"{name} did not take the call ({error}).", "Check the address and the credential.", known)


def join_words(words: Iterable[str], last: str = "and") -> str:
    """Return words as a sentence lists them."""
    listed = list(words)
    return f" {last} ".join(part for part in (", ".join(listed[:-1]), *listed[-1:]) if part)
