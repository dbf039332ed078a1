"""How a tenant wants its work shipped: where code and sites go, who has to agree, what is merged.

All of it is the part `ship` of the tenant's settings document, written by `PUT /v1/settings/ship`; what is absent has
the value that is safest. Nothing of it ever comes from a page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.core.system import System

FILES, GIT = "files", "git"
NEVER, AFTER_REVIEW, WHEN_GREEN = "never", "after_review", "when_green"
ASK, WITH_RELEASE = "ask", "with_release"


@dataclass(frozen=True, slots=True)
class CodeTarget:
    """Where code goes: `system` "" where no forge is connected, `repository` "" one of its own for each page."""

    system: str = ""
    owner: str = ""
    repository: str = ""
    private: bool = True
    reviewers: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    draft: bool = False
    merge: str = NEVER
    checks_start_s: float = 600.0  # after which a change whose checks have not begun is reported as having none
    checks_end_s: float = 3600.0


@dataclass(frozen=True, slots=True)
class SiteTarget:
    """Where sites go. `environment` names each variable, and where its value is sealed. Times in seconds.

    `source` is what the host is given: the files, or the commit that the forge was given, to fetch it there itself.
    """

    system: str = ""
    environment: tuple[Mapping[str, str], ...] = ()
    source: str = FILES  # or GIT
    watch_s: float | None = None  # None: what this installation does by itself


@dataclass(frozen=True, slots=True)
class Ship:
    """A tenant's rules for what leaves."""

    code: CodeTarget = CodeTarget()
    site: SiteTarget = SiteTarget()
    policy: Mapping[str, Any] = field(default_factory=dict)
    production: str = ASK  # or WITH_RELEASE: who approves what leaves approves that it goes live
    four_eyes: bool = False  # production needs somebody else than who approved what leaves, or asked for it
    known_in: tuple[str, ...] = ()  # the systems, beside Notion, in which whoever approves is known


def read_ship(settings: Mapping[str, Any], systems: Sequence[System]) -> Ship:
    """Return a tenant's rules from its settings document; unknown fields in it are left alone.

    Beside the document `settings` may say which of the `systems` are `connected`, and which were once (`granted`):
    where nobody has named a system it is the first of those, and people approve that very one.
    """
    ship = settings.get("ship") or {}
    code, site, approvals = (dict(ship.get(name) or {}) for name in ("code", "site", "approvals"))
    forges, hosts = ([each for each in systems if each.keeps_code], [each for each in systems if each.hosts_sites])
    for name in ("owner", "repository"):  # earlier settings had them beside a forge's name
        code.setdefault(name, next(filter(None, (settings.get(f"{each.name}_{name}") for each in forges)), ""))
    for name in ("reviewers", "labels"):
        code[name] = tuple(code.get(name) or ())
    code["system"] = code.get("system") or _choose_first(forges, settings)
    site["system"] = site.get("system") or _choose_first(hosts, settings)
    site["environment"] = tuple(site.get("environment") or ())
    return Ship(
        CodeTarget(**_pick_fields(CodeTarget, code)),
        SiteTarget(**_pick_fields(SiteTarget, site)),
        ship.get("policy") or {},
        str(approvals.get("production") or ASK),
        bool(approvals.get("four_eyes", False)),
        tuple(each.title for each in systems if each.clicks),
    )


def _choose_first(systems: Sequence[System], settings: Mapping[str, Any]) -> str:
    """Return the first of the systems there is; one that has locked us out waits to be connected again.

    What is there for all, without the team's choice, comes after what the team chose.
    """
    connected, granted = settings.get("connected") or (), settings.get("granted") or ()
    chosen = set(connected) - {each.name for each in systems if each.for_all}
    for group in (chosen, granted, connected):
        for each in systems:
            if each.name in group:
                return each.name
    return ""


def _pick_fields(kind: type[Any], given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: given[name] for name in kind.__dataclass_fields__ if name in given}
