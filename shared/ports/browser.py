"""A browser that looks at a page as a person's does, and says what goes wrong there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn, Protocol

from shared.core.errors import NoBrowser
from shared.ports.secrets import Secret


@dataclass(frozen=True, slots=True)
class PageLook:
    """What a browser saw on one page; each tuple holds short sentences, in the page's own words where it has any.

    `console`: errors that its scripts wrote or raised. `failed`: requests within the site that were not answered well.
    `foreign`: addresses elsewhere that it asked for; they were not asked. `blockers`: what keeps somebody from using it
    who cannot see well, or has no mouse.
    """

    url: str
    console: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    blockers: tuple[str, ...] = ()

    @property
    def trouble(self) -> tuple[str, ...]:
        """Return everything a good page has none of."""
        return (*self.console, *self.failed, *self.foreign, *self.blockers)


class Browser(Protocol):
    """Looks at pages whose authors may be hostile: it has no credentials, ends in bounded time, and leaves no trace."""

    name: str

    def look(self, urls: Sequence[str], *, within: str, headers: Mapping[str, Secret]) -> list[PageLook]:
        """Open each page and return what was seen, in the same order.

        Only addresses that begin with `within` are asked for, and no redirect is followed. `headers` go along with
        each request. Raises NoBrowser when it cannot look, with the reason.
        """


def no_browser() -> NoReturn:
    """Raise: there is none here."""
    raise NoBrowser("no browser is set up here")
