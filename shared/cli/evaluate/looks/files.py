"""`look = "files"`: what must not be in anything that has left, be it a file, a pull request's text or the site."""

from __future__ import annotations

from dataclasses import dataclass

from shared.cli.evaluate.fields import Fields
from shared.cli.evaluate.looks.page_outcome import Check, Finding, Made, build_finding
from shared.cli.evaluate.looks.words import find_words


@dataclass(frozen=True, slots=True)
class Files:
    """Words that must not leave."""

    name: str
    hides: tuple[str, ...]

    def look(self, made: Made) -> Finding:
        """Search every text that has left."""
        texts = [made.left, *(content.decode("utf-8", "replace") for content in made.files.values()), *made.files]
        problems = [f"{word!r} has left" for word in find_words(self.hides, "\n".join(texts))]
        return build_finding(self.name, problems, "none of it has left")


def read(name: str, fields: Fields) -> Check:
    return Files(name, fields.texts("hides", required=True))
