"""What one machine has only so much of. Work that needs it waits in a line of its own, as commands of the queue."""

from __future__ import annotations

BROWSER, SANDBOX, GIT, MODEL = "browser", "sandbox", "git", "model"
LINES = (BROWSER, SANDBOX, GIT, MODEL)
