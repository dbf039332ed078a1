"""The operator's secrets, and an envelope for the tenants'."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn, Protocol


class Secret:
    """A token or key in memory. Shows itself nowhere by accident; `reveal()` is the one way out."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
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

    def rotate(self, tenant: str) -> str:
        """Seal with a new key from now on, whose id is returned; what was sealed before opens as before."""

    def shred(self, tenant: str) -> None:
        """Destroy the tenant's keys: nothing that was sealed for it opens any more, in copies of it neither.

        Twice is once. Other processes may remember a key for five minutes.
        """
