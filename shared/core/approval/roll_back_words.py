"""What a run says once a site was taken back or down, and what people are told to do where that cannot be done."""

from __future__ import annotations

from datetime import UTC, datetime

from shared.core.run.acts import ROLLED_BACK
from shared.core.run.run import Run
from shared.core.system import System
from shared.core.text.outgoing_text import plain


def describe_roll_back(run: Run) -> str:
    """Return who took back what the run put live, and when; "" where nobody has."""
    roll_back = run.facts.get(ROLLED_BACK)
    if not roll_back:
        return ""
    at = datetime.fromisoformat(str(roll_back["at"])).astimezone(UTC)
    return plain(f"Rolled back by {roll_back['by']} on {at:%d %b at %H:%M} UTC: visitors see the previous version.")


def describe_site_end(topic: str, run: Run, title: str) -> tuple[str, tuple[str, ...]] | None:
    """Return the subject and the lines; None for the end of any other run."""
    match run.trigger.kind, topic:
        case "rollback", "run_succeeded":
            line = "Its visitors see the previous version again. The code and its pull request are as they were."
            note = "Nothing goes live by itself there until something is approved and goes live again."
            return f"“{title}” was rolled back", (line, note)
        case "rollback", "run_failed":
            return f"“{title}” could not be rolled back", (
                plain(run.failure),
                "Its visitors still see the same version.",
            )
        case "take-down", "run_succeeded":
            line = f"{run.trigger.by} wanted that: its address shows nothing any more. The code is as it was."
            return f"“{title}” was taken down", (plain(line),)
        case "take-down", "run_failed":
            return f"“{title}” could not be taken down", (plain(run.failure), "Look whether its visitors still see it.")
    return None


def show_by_hand(host: System, site: str, deployment: str) -> str:
    """Return how a person puts a deployment into production where we could not."""
    return _fill_in(host.by_hand.put_live if host.by_hand else "", host, site, deployment)


def take_down_by_hand(host: System, site: str, deployment: str) -> str:
    """Return how a person takes down what is in production where there is nothing to go back to."""
    return _fill_in(host.by_hand.take_down if host.by_hand else "", host, site, deployment)


def _fill_in(words: str, host: System, site: str, deployment: str) -> str:
    token = deployment.rpartition(".")[2]
    template = words or "look for the project {site} at {title}, and for its deployment {deployment}"
    return template.format(site=site, deployment=deployment, token=token, title=host.title)
