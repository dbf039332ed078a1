"""What a page is measured by: contrast of every text with its ground, and room on a narrow screen."""

from __future__ import annotations

from dataclasses import dataclass

from tests.support.measures.browser import Tab

# Colours are read back from a canvas, so that every notation CSS has is understood; the formula is that of WCAG 2.
_CONTRAST = """
(() => {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 1;
  const paint = canvas.getContext('2d', {willReadFrequently: true});
  const rgba = (colour) => {
    paint.clearRect(0, 0, 1, 1);
    paint.fillStyle = colour;
    paint.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = paint.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, share, below) => below.map((c, i) => top[i] * share + c * (1 - share));
  const scheme = matchMedia('(prefers-color-scheme: dark)').matches
    && getComputedStyle(document.documentElement).colorScheme.includes('dark');
  const canvasColour = scheme ? [18, 18, 18] : [255, 255, 255];
  const chain = (one) => one ? [...chain(one.parentElement), one] : [];
  const luminance = (colour) => {
    const [r, g, b] = colour.map((c) => c / 255).map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (one) => {
    let ground = canvasColour, faded = 1;
    for (const element of chain(one)) {
      const style = getComputedStyle(element);
      faded *= Number(style.opacity);
      const [r, g, b, a] = rgba(style.backgroundColor);
      ground = over([r, g, b], a * faded, ground);
    }
    const [r, g, b, a] = rgba(getComputedStyle(one).color);
    const [high, low] = [luminance(over([r, g, b], a * faded, ground)), luminance(ground)].sort((x, y) => y - x);
    return (high + 0.05) / (low + 0.05);
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const words = walker.currentNode.data.trim(), one = walker.currentNode.parentElement;
    if (words && one.checkVisibility({visibilityProperty: true})) found.push([ratio(one), words.slice(0, 60)]);
  }
  for (const one of document.querySelectorAll('input[type=text], input:not([type]), textarea, select'))
    found.push([ratio(one), one.name]);
  return found;
})()
"""


@dataclass(frozen=True, slots=True)
class Contrast:
    """The least readable text of a page, and how many texts were looked at."""

    ratio: float
    words: str
    texts: int


def contrast(tab: Tab) -> Contrast:
    """Return the lowest contrast of any text of the page with its ground."""
    found = tab.run(_CONTRAST)
    ratio, words = min(found)
    return Contrast(ratio, words, len(found))


def overflow(tab: Tab) -> int:
    """Return by how many pixels the page is wider than its screen."""
    return int(tab.run("document.scrollingElement.scrollWidth - screen.width"))
