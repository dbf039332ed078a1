"""How a team's work stands: what waits for a person, what moves, what failed lately, when Notion was last asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from shared.app.connections.notion_webhook import is_webhook_verified
from shared.app.engine.deps import Deps
from shared.app.engine.switches import describe_pause
from shared.app.notify.recipients import team_telling
from shared.app.polling.polling_clock import load_asked
from shared.app.polling.standstill_words import standing_words
from shared.core.approval.release_words import waits_for
from shared.core.documents.sync import PASS, Pass
from shared.core.notify.attention import pause_words
from shared.core.notify.telling import describe_unreached
from shared.core.run.run import Run, RunStatus
from shared.core.text.sentence import make_sentence
from shared.ports import get_as

LATELY = timedelta(days=1)
_SEEN = 200  # of the newest runs
_WAIT = (RunStatus.AWAITING_APPROVAL, RunStatus.AWAITING_INPUT)


def status_of(deps: Deps, tenant: str) -> dict[str, Any]:
    """Return how the team's work stands now."""
    runs = deps.store.list_runs(tenant, limit=_SEEN)
    now, unreached = deps.clock.now(), find_unreached(deps, tenant)
    open_runs = [run for run in runs if not run.status.final]
    ended = [run for run in runs if run.ended_at is not None and now - run.ended_at < LATELY]
    return {
        "waiting": _lines([run for run in open_runs if run.status in _WAIT]),
        "moving": _lines([run for run in open_runs if run.status not in _WAIT and run.pause is None]),
        "standing": [
            {"id": run.id, "title": run.trigger.title, "why": pause_words(run)} for run in open_runs if run.pause
        ],
        "failed": _lines([run for run in ended if run.status == RunStatus.FAILED]),
        "notion_asked_at": find_last_answer(deps, tenant) or None,
        "webhook": is_webhook_verified(deps),
        "paused": describe_pause(deps, tenant),
        "notion_away": standing_words(deps, tenant),
        "unreached": f"{make_sentence(unreached)} Try channels: workwright notifications test" if unreached else "",
    }


def _lines(runs: Sequence[Run]) -> list[dict[str, Any]]:
    return [
        {"id": run.id, "title": run.trigger.title, "waits_for": waits_for(run), "failure": run.failure} for run in runs
    ]


def find_unreached(deps: Deps, tenant: str) -> str:
    """Return which message has reached nobody within a day, and why; "" for none."""
    last = team_telling(deps, tenant).unreached
    if last is None or deps.clock.now() - datetime.fromisoformat(last["at"]) >= LATELY:
        return ""
    return describe_unreached(last)


def find_last_answer(deps: Deps, tenant: str) -> str:
    """Return when Notion last answered a look or a pass, "" for never."""
    done = get_as(Pass, deps.store, (tenant, *PASS))
    return max(done.ended if done is not None else "", load_asked(deps, tenant).looked)
