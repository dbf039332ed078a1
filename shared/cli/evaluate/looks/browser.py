"""Looks at a page through this machine's Chromium, at a given width: what is seen, what is pale, what is too wide."""

from __future__ import annotations

import base64
import time
from collections import Counter
from typing import Any

from shared.backends.local.browser.chromium import Tab, find_browser, place_of, running
from shared.cli.evaluate.looks.page_outcome import View
from shared.cli.evaluate.looks.site_visit import Look
from shared.core.errors import NoBrowser
from shared.programs import read_program

_PAGE_S = 15.0
_HEIGHT = 1200


def looker(wanted: str = "auto") -> Look:
    """Return what looks at pages; where no browser is, it sees nothing."""
    try:
        browser = find_browser(wanted)
    except NoBrowser:
        return lambda url, width: None
    return lambda url, width: _look(browser.program, url, width)


def _look(program: str, url: str, width: int) -> View | None:
    within = "/".join(url.split("/")[:3]) + "/"
    try:
        with running(program, place_of(url)) as pipe:
            return _Eye(pipe, within, {}).view(url, width)
    except NoBrowser:
        return None


class _Eye(Tab):
    """A tab of a given width, of which everything that is seen is told."""

    def view(self, url: str, width: int) -> View:
        """Open the page and return how it looks."""
        ends = time.monotonic() + _PAGE_S
        self.open(ends)
        metrics: dict[str, Any] = {"width": width, "height": _HEIGHT, "deviceScaleFactor": 1, "mobile": width < 600}
        self.call("Emulation.setDeviceMetricsOverride", ends, **metrics)
        self.go(url, ends)
        value = self.evaluate(read_program("browser", "seen.js"), ends + 2)
        shot = self.call("Page.captureScreenshot", ends + 10, format="png", captureBeyondViewport=False)
        if not isinstance(value, dict):
            raise NoBrowser("the page could not be read")
        return View(
            [str(line) for line in value["lines"]],
            max(0, int(value["width"]) - width),
            Counter({int(size): int(count) for size, count in value["letters"].items()}),
            [str(each) for each in value["pale"]],
            [what for sort in ("console", "failed", "foreign") for what in self.seen[sort]],
            base64.b64decode(shot["data"]),
        )
