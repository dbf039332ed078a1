"""Looks at a page through this machine's Chromium, at a given width: what is seen, what is pale, what is too wide."""

from __future__ import annotations

import base64
import time
from collections import Counter
from typing import Any

from shared.backends.local.browser.chromium import Tab, find_browser, place_of, running
from shared.cli.evaluate.looks.seen import View
from shared.cli.evaluate.looks.site_visit import Look
from shared.core.errors import NoBrowser

_PAGE_S = 15.0
_HEIGHT = 1200
_SEEN = """
(() => {
  const channel = (c) => { c /= 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const canvas = new OffscreenCanvas(1, 1), paint = canvas.getContext('2d', {willReadFrequently: true});
  const colour = (text) => {
    paint.clearRect(0, 0, 1, 1); paint.fillStyle = text; paint.fillRect(0, 0, 1, 1);
    return [...paint.getImageData(0, 0, 1, 1).data];
  };
  const ground = (one) => {
    for (let each = one; each; each = each.parentElement) {
      const style = getComputedStyle(each);
      if (style.backgroundImage !== 'none') return null;
      const found = colour(style.backgroundColor);
      if (found[3] === 255) return found;
      if (found[3] > 0) return null;
    }
    return [255, 255, 255, 255];
  };
  const letters = {}, pale = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.data.trim(), one = walker.currentNode.parentElement;
    if (!text || one.closest('script, style, noscript, template')) continue;
    if (!one.checkVisibility({visibilityProperty: true, opacityProperty: true})) continue;
    const style = getComputedStyle(one), size = parseFloat(style.fontSize), below = ground(one);
    letters[Math.floor(size)] = (letters[Math.floor(size)] || 0) + text.length;
    if (!below) continue;
    const [a, b] = [light(colour(style.color)), light(below)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const enough = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    if (ratio < enough - 0.01) pale.push(ratio.toFixed(1) + ': ' + text.slice(0, 60));
  }
  const root = document.documentElement;
  return {
    lines: document.body.innerText.split('\\n').map((line) => line.trim()).filter(Boolean),
    width: root.scrollWidth, letters, pale: pale.slice(0, 20),
  };
})()
"""


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
        value = self.evaluated(_SEEN, ends + 2)
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
