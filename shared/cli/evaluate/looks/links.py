"""`look = "links"` and `look = "menu"`: what can be pressed leads somewhere, and every page leads to the others."""

from __future__ import annotations

from dataclasses import dataclass

from shared.cli.evaluate.fields import Fields
from shared.cli.evaluate.looks.page_outcome import Check, Finding, Made, build_finding


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses, or how they begin, that links of the site lead to; no link within it is dead."""

    name: str
    leads_to: tuple[str, ...]

    def look(self, made: Made) -> Finding:
        """Press every link."""
        if made.site is None:
            return Finding(self.name, False, "there is no site")
        links = [link for page in made.site.pages for link in page.links]
        problems = [f"nothing leads to {each}" for each in self.leads_to if not any(x.startswith(each) for x in links)]
        problems += [f"{link} leads nowhere" for link in made.site.dead]
        return build_finding(self.name, problems, f"{len(links)} links lead somewhere")


@dataclass(frozen=True, slots=True)
class Menu:
    """So many pages, each of which leads to all others."""

    name: str
    pages: int

    def look(self, made: Made) -> Finding:
        """Look from every page for every other."""
        if made.site is None:
            return Finding(self.name, False, "there is no site")
        paths = [page.path for page in made.site.pages]
        problems = [] if len(paths) >= self.pages else [f"there are {len(paths)} pages, not {self.pages}"]
        problems += [
            f"{page.path} does not lead to {', '.join(away)}"
            for page in made.site.pages
            if (away := sorted(set(paths) - {page.path} - set(page.inner)))
        ]
        return build_finding(self.name, problems, f"{len(paths)} pages lead to each other")


def read_links(name: str, fields: Fields) -> Check:
    return Links(name, fields.texts("leads_to"))


def read_menu(name: str, fields: Fields) -> Check:
    return Menu(name, fields.whole("pages", minimum=2))
