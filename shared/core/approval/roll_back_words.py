"""What a run says of itself once a site was taken back, and what people are told to do where that cannot be done."""

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
