"""What a deployed site is checked for: every requirement, its links, and what a browser sees of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from shared.core.errors import NoBrowser
from shared.core.ship.site_links import LinkReport, check_links
from shared.core.ship.site_requirements import SiteReport, check_site
from shared.core.text.sentence import count_of

if TYPE_CHECKING:
    from shared.ports import Secret
    from shared.steps._kind import StepContext
    from shared.steps.ship.sites._hosting import SiteFetch

Fetch = Callable[[str], tuple[int, str]]
MAX_LOOKED_AT = 8  # pages in the browser
_MAX_TOLD = 30


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was looked for and what was wrong; `wrong` are sentences for whoever has to mend it.

    `browser` is who looked, or "none: why". `down` are the statuses of answers that no content can mend: 0, 5xx, 401.
    """

    checked: int
    wrong: tuple[str, ...] = ()
    pages: int = 0
    addresses: int = 0
    looked_at: tuple[str, ...] = ()
    browser: str = ""
    notes: tuple[str, ...] = ()
    down: tuple[int, ...] = ()

    @property
    def said(self) -> dict[str, Any]:
        """Return what was looked at, for the step's output and for people."""
        return {
            "checked": self.checked,
            "pages": self.pages,
            "addresses": self.addresses,
            "browser": self.browser,
            "looked_at": list(self.looked_at),
            "findings": list(self.notes),
        }


@dataclass
class _Seen:
    """Pages as they were fetched, each once."""

    fetch: Fetch
    known: dict[str, tuple[int, str]] = field(default_factory=dict)

    def __call__(self, url: str) -> tuple[int, str]:
        if url not in self.known:
            self.known[url] = self.fetch(url)
        return self.known[url]

    @property
    def down(self) -> tuple[int, ...]:
        return tuple(sorted({status for status, _ in self.known.values() if not status or status >= 500}))


def requirements_on(checks: str, url: str, fetch: Fetch) -> Verdict:
    """Look for every requirement and nothing else: what a site in production is watched by."""
    seen = _Seen(fetch)
    report = check_site(checks, url, seen)
    return Verdict(report.total, _missing(report), down=seen.down)


def verify(ctx: StepContext, checks: str, url: str, fetch: SiteFetch) -> Verdict:
    """Look for everything a good site has, and for nothing it must not have."""
    seen = _Seen(fetch)
    front = seen(url.rstrip("/") + "/")[0]
    if front == 401 or not front or front >= 500:
        return Verdict(0, down=(front,))
    report = check_site(checks, url, seen)
    paths = [str(check["path"]) for check in json.loads(checks)]
    links = check_links(url, paths, seen)
    wrong = [*_missing(report), *links.broken, *(f"{each}, which is not part of the site" for each in links.foreign)]
    looked, who, notes = _check_in_browser(ctx, url, paths, fetch.headers, wrong)
    all_notes = (*notes, *_cut(links))
    return Verdict(
        report.total, tuple(wrong)[:_MAX_TOLD], links.pages, links.addresses, looked, who, all_notes, seen.down
    )  # fmt: skip


def _missing(report: SiteReport) -> tuple[str, ...]:
    if not report.missing:
        return ()
    return (f"{len(report.missing)} of {count_of(report.total, 'requirement')} not found on the site: {report.sample}",)


def _cut(links: LinkReport) -> tuple[str, ...]:
    return ("the site is larger than what is followed: not every link was looked at",) if links.cut else ()


def _check_in_browser(
    ctx: StepContext, url: str, paths: list[str], headers: Mapping[str, Secret], wrong: list[str]
) -> tuple[tuple[str, ...], str, tuple[str, ...]]:
    """Add what a browser sees to `wrong`; return the paths it looked at, who looked, and what people should know."""
    base = url.rstrip("/") + "/"
    wanted = list(dict.fromkeys([base, *(base + path.lstrip("/") for path in paths)]))[:MAX_LOOKED_AT]
    try:
        browser = ctx.browser()
        looks = browser.look(wanted, within=base, headers=headers)
    except NoBrowser as error:
        why = str(error)[:300]
        note = "no browser has looked at it: scripts' errors and accessibility were not checked"
        return (), f"none: {why}", (f"{note} ({why})",)
    for look in looks:
        where = "/" + look.url.removeprefix(base)
        wrong += [f"{where}: {each}" for each in look.trouble]
    return tuple("/" + each.removeprefix(base) for each in wanted), browser.name, ()
