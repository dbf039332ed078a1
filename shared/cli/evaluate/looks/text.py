"""`look = "text"`: what has to stand somewhere on the site for its visitors, and what must stand nowhere in it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from shared.cli.evaluate.fields import Fields
from shared.cli.evaluate.looks.page_outcome import Check, Finding, Made, build_finding
from shared.cli.evaluate.looks.words import find_words, missing

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
        problems = [f"{word!r} must not be there" for word in find_words(self.hides, f"{seen}\n{source}")]
        problems += [f"{word!r} is not there" for word in missing(self.shows, seen)]
        if self.language:
            for page in made.site.pages:
                language = _LANGUAGE.search(page.html)
                if language is None or language[1].lower() != self.language:
                    problems.append(f"{page.path} says that its language is {language[1] if language else 'unknown'}")
        return build_finding(self.name, problems, f"{len(self.shows)} texts are there")


def read(name: str, fields: Fields) -> Check:
    check = Text(name, fields.choices("shows"), fields.texts("hides"), fields.text("language", "-").removeprefix("-"))
    if not check.shows and not check.hides:
        raise fields.wrong("shows", "is missing, and so is hides: this check could not fail")
    return check
