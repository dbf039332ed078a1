"""`look = "readable"`: people can read the site, on a phone too; without a browser part of that is not known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from shared.cli.evaluate.fields import Fields
from shared.cli.evaluate.looks.page_outcome import Check, Finding, Made, SitePage, View, build_finding

_TITLE = re.compile(r"<title[^>]*>\s*\S", re.IGNORECASE)
_VIEWPORT = re.compile(r"<meta\b[^>]*name\s*=\s*[\"']?viewport[^>]*width\s*=\s*device-width", re.IGNORECASE)
_SMALLEST = 11  # pixels of any letter


@dataclass(frozen=True, slots=True)
class Readable:
    """Contrast, width and letters; `least_letters` is the size in pixels that most of the text has at least."""

    name: str
    min_letter_px: int

    def look(self, made: Made) -> Finding:
        """Look at every page in two widths."""
        if made.site is None:
            return Finding(self.name, False, "there is no site")
        problems = [problem for page in made.site.pages for problem in self._problems(page)]
        if not problems and any(page.phone is None for page in made.site.pages):
            return Finding(self.name, None, "contrast and width were not looked at: there is no browser here")
        return build_finding(self.name, problems, f"{len(made.site.pages)} pages can be read, wide and on a phone")

    def _problems(self, page: SitePage) -> Iterator[str]:
        if not _TITLE.search(page.html):
            yield f"{page.path} has no title"
        if not _VIEWPORT.search(page.html):
            yield f"{page.path} does not fit itself to a phone"
        for width, view in (("wide", page.wide), ("on a phone", page.phone)):
            if view is not None:
                yield from (f"{page.path}, {width}: {what}" for what in self._find_problems(view))

    def _find_problems(self, view: View) -> Iterator[str]:
        if view.wider_by > 1:
            yield f"it is {view.wider_by} pixels wider than the screen"
        yield from (f"pale: {each}" for each in view.pale[:3])
        yield from view.trouble[:3]
        if not view.letters:
            yield "nothing can be seen"
            return
        if (smallest := min(view.letters)) < _SMALLEST:
            yield f"some letters have {smallest} pixels"
        large = sum(count for size, count in view.letters.items() if size >= self.min_letter_px)
        if 2 * large < sum(view.letters.values()):
            yield f"most letters are smaller than {self.min_letter_px} pixels"


def read(name: str, fields: Fields) -> Check:
    return Readable(name, fields.whole("least_letters", 14, minimum=1))
