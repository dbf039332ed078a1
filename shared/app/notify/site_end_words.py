"""What people are told of runs that a person has opened for a site alone: it was rolled back or taken down, or not."""

from __future__ import annotations

from shared.core.run.run import Run
from shared.core.text.outgoing_text import plain


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
            address = plain(str(run.facts.get("taken_down", "")))
            line = f"{run.trigger.by} wanted that: its address shows nothing any more. The code is as it was."
            return f"{address} was taken down", (plain(line),)
        case "take-down", "run_failed":
            return f"“{title}” has failed", (plain(run.failure), "Look whether its visitors still see the site.")
    return None
