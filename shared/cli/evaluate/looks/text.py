"""`look = "text"`: what has to stand somewhere on the site for its visitors, and what must stand nowhere in it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from shared.cli.evaluate.fields import Fields
from shared.cli.evaluate.looks.seen import Check, Finding, Made, failed_first
from shared.cli.evaluate.looks.words import found, missing

_LANGUAGE = re.compile(r"<html\b[^>]*\blang\s*=\s*[\"']?([A-Za-z]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Text:
    """Texts on any page of the site."""

    name: str
    shows: tuple[tuple[str, ...], ...]
    hides: tuple[str, ...]
    language: str

    def look(self, made: Made) -> Finding:
        """Read all of the site."""
        if made.site is None:
            return Finding(self.name, False, "there is no site")
        seen = "\n".join(line for page in made.site.pages for line in page.lines)
        source = "\n".join(page.html for page in made.site.pages)
        problems = [f"{word!r} must not be there" for word in found(self.hides, f"{seen}\n{source}")]
        problems += [f"{word!r} is not there" for word in missing(self.shows, seen)]
        if self.language:
            for page in made.site.pages:
                told = _LANGUAGE.search(page.html)
                if told is None or told[1].lower() != self.language:
                    problems.append(f"{page.path} says that its language is {told[1] if told else 'unknown'}")
        return failed_first(self.name, problems, f"{len(self.shows)} texts are there")


def read(name: str, fields: Fields) -> Check:
    """Return the check of these fields."""
    check = Text(name, fields.choices("shows"), fields.texts("hides"), fields.text("language", "-").removeprefix("-"))
    if not check.shows and not check.hides:
        raise fields.wrong("shows", "is missing, and so is hides: this check could not fail")
    return check
