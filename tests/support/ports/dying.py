"""The end of a process, seen from inside: nothing that ours catches, so that nothing is tidied up."""

from __future__ import annotations

from collections.abc import Callable


class Died(BaseException):
    """The process is gone."""


def dying_at(wanted: int, passed: list[str]) -> Callable[[str], None]:
    """Return a crash point that is the end when it is passed for the wanted time, and writes down what is passed."""

    def point(name: str) -> None:
        passed.append(name)
        if len(passed) == wanted:
            raise Died(name)

    return point
