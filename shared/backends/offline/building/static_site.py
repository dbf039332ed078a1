"""A page as a static site: one HTML page, or several with navigation where the page has several parts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape
from itertools import islice

from shared.backends.offline.building.markup import Marks, Writer, dir_auto, mark, spans_html
from shared.backends.offline.language import Labels, direction, guess_language, labels_in
from shared.backends.offline.naming import Unique, slug
from shared.backends.offline.page_blocks import (
    Requirement,
    clean,
    collapse_line,
    heading_level,
    read_own_words,
    shorten,
    site_title,
)
from shared.core.page import Block, Page
from shared.programs import read_program

_ACCENTS = (  # light: on near-white; dark: on near-black; each has a contrast of at least 5.5 to 1 with its ground
    ("#a1352b", "#f29b8e"),
    ("#8a4b08", "#eeb16a"),
    ("#2f6b2f", "#93cf8d"),
    ("#0b6a6a", "#7ccfcb"),
    ("#1f5fa8", "#8fbff2"),
    ("#5b45a8", "#bdaef5"),
    ("#96306f", "#eda3cf"),
)


def style_sheet(choice: int) -> str:
    """Return the style sheet with one of the accent colours; the same choice gives the same bytes."""
    light, dark = _ACCENTS[choice % len(_ACCENTS)]
    return read_program("built", "style.css").replace("LIGHT_ACCENT", light).replace("DARK_ACCENT", dark)


ONE_PAGE = 60  # blocks; a longer page is split
PART = 40  # top-level blocks of one part, where there are no headings to split at
MAX_PAGES = 24
FOOTER = "Built by Workwright (offline model) from a Notion page"
CSP = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'"


@dataclass(frozen=True, slots=True)
class Part:
    """What one HTML page of the site shows. The first has the site's title and no heading of its own."""

    title: str
    heading: Block | None
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """What all HTML pages of a site share."""

    title: str
    language: str
    labels: Labels


def split(page: Page, *, single: bool = False) -> tuple[Part, ...]:
    """Return the parts of the page: by its top-level sections, or by length where it is long and has none."""
    title = site_title(page)
    levels = [level for block in page.blocks if (level := heading_level(block)) and read_own_words(block)]
    length = sum(1 for _ in page.walk())
    if single or (levels.count(1) < 2 and length <= ONE_PAGE):
        return (Part(title, None, page.blocks),)
    level = next((level for level in range(1, 5) if levels.count(level) >= 2), 0)
    parts = _split_by_heading(title, page.blocks, level) if level else _split_by_length(title, page.blocks)
    return _limit_parts(parts, MAX_PAGES)


def _split_by_heading(title: str, blocks: Sequence[Block], level: int) -> list[Part]:
    groups: list[tuple[Block | None, list[Block]]] = [(None, [])]
    for block in blocks:
        if 0 < heading_level(block) <= level and read_own_words(block):
            groups.append((block, list(block.children)))
        else:
            groups[-1][1].append(block)
    return [Part(read_own_words(heading) if heading else title, heading, tuple(inner)) for heading, inner in groups]


def _split_by_length(title: str, blocks: Sequence[Block]) -> list[Part]:
    cuts = range(0, len(blocks), PART)
    return [
        Part(f"{title} ({at // PART + 1}/{len(cuts)})" if at else title, None, tuple(blocks[at : at + PART]))
        for at in cuts
    ]


def _limit_parts(parts: list[Part], limit: int) -> tuple[Part, ...]:
    if len(parts) <= limit:
        return tuple(parts)
    each = -(-(len(parts) - 1) // (limit - 1))
    merged = [parts[0]]
    for at in range(1, len(parts), each):
        first, *rest = parts[at : at + each]
        more = [block for part in rest for block in (*_strip_children(part.heading), *part.blocks)]
        merged.append(Part(f"{first.title} …" if rest else first.title, first.heading, (*first.blocks, *more)))
    return tuple(merged)


def _strip_children(heading: Block | None) -> tuple[Block, ...]:
    """Return the heading alone: its children were moved into its part, and must keep their one place."""
    return (replace(heading, children=()),) if heading else ()


def write_site(
    page: Page, requirements: Sequence[Requirement], *, single: bool = False, appendix: str = ""
) -> dict[str, str]:
    """Return the files of the site by name. `appendix` is HTML of ours for the end of the last page."""
    marks = Marks(page, requirements)
    text = " ".join([page.title, *(read_own_words(block) for block in page.walk())])
    language = guess_language(clean(text))
    title = site_title(page)
    hue = int(hashlib.sha256(title.encode()).hexdigest(), 16)
    frame = Frame(title, language, labels_in(language))
    parts = split(page, single=single)
    names = Unique("index")
    paths = ["index.html", *(names.name(slug(part.title, limit=40) or "part") + ".html" for part in parts[1:])]
    files = {}
    for at, (part, path) in enumerate(zip(parts, paths, strict=True)):
        last = at == len(parts) - 1
        body = _body(part, marks, frame, parts, paths)
        body += (appendix + _render_left_over(marks, frame)) if last else ""
        files[path] = _document(part, path, frame, body, _navigation(parts, paths, at, frame))
    return files | {"style.css": style_sheet(hue)}


def _body(part: Part, marks: Marks, frame: Frame, parts: Sequence[Part], paths: Sequence[str]) -> str:
    first = part is parts[0]
    attribute = marks.attribute(part.heading) if part.heading else ""
    writer = Writer(marks)
    first_heading = next((at for at, block in enumerate(part.blocks) if heading_level(block)), len(part.blocks))
    lead, inner = writer.blocks(part.blocks[:first_heading]), writer.blocks(part.blocks[first_heading:])
    plain = part.heading is None or collapse_line(part.heading.text) != read_own_words(part.heading)
    words = escape(part.title) if plain or part.heading is None else spans_html(part.heading.spans)
    heading = f"<h1{attribute}{dir_auto(part.title)}>{words}</h1>\n"
    if first and len(parts) > 1:
        return heading + lead + inner + _cards(parts, paths, frame)
    return heading + lead + _contents(writer, frame) + inner


def _contents(writer: Writer, frame: Frame) -> str:
    tops = [(anchor, text) for level, anchor, text in writer.outline if level == 2]
    if len(tops) < 4:
        return ""
    items = "".join(f'<li><a href="#{anchor}"{dir_auto(text)}>{escape(text)}</a></li>\n' for anchor, text in tops)
    return f'<nav class="contents" aria-label="{frame.labels.contents}">\n<ol>\n{items}</ol>\n</nav>\n'


def _cards(parts: Sequence[Part], paths: Sequence[str], frame: Frame) -> str:
    cards = []
    for part, path in zip(parts[1:], paths[1:], strict=True):
        about = shorten(next(_list_texts(part.blocks), ""), 90)
        note = f'\n<span class="about">{escape(about)}</span>' if about else ""
        title = f'<span class="card-title">{escape(part.title)}</span>'
        cards.append(f'<li><a href="{path}"{dir_auto(part.title)}>{title}{note}</a></li>\n')
    return f'<nav class="cards" aria-label="{frame.labels.contents}">\n<ul>\n{"".join(cards)}</ul>\n</nav>\n'


def _list_texts(blocks: Sequence[Block]) -> Iterator[str]:
    """Yield what the blocks say below their headings."""
    for block in blocks:
        below = block.children[int(block.header_row) :]
        if not heading_level(block) and (words := read_own_words(block)):
            yield words
        yield from _list_texts(below)


def _render_left_over(marks: Marks, frame: Frame) -> str:
    if not marks.left_over:
        return ""
    items = "".join(f'<li{mark(item.id)} dir="auto">{escape(item.text)}</li>\n' for item in marks.left_over)
    return f'<section id="plan">\n<h2>{frame.labels.plan}</h2>\n<ul>\n{items}</ul>\n</section>\n'


def _navigation(parts: Sequence[Part], paths: Sequence[str], at: int, frame: Frame) -> tuple[str, str]:
    """Return the site's bar for the top of the page, and the way on for its end."""
    if len(parts) == 1:
        return "", ""
    here = ' aria-current="page"'
    items = "".join(
        f'<li><a href="{path}"{here if number == at else ""}{dir_auto(part.title)}>{escape(part.title)}</a></li>\n'
        for number, (part, path) in enumerate(zip(parts, paths, strict=True))
    )
    bar = f'<nav class="bar" aria-label="{escape(frame.title)}">\n<ul>\n{items}</ul>\n</nav>\n'
    if at == 0:
        return bar, ""  # the first page ends in the contents
    steps = []
    for other, word, rel in ((at - 1, frame.labels.previous, "prev"), (at + 1, frame.labels.next, "next")):
        if 0 <= other < len(parts):
            name = f'<span class="way">{word}</span>\n<span dir="auto">{escape(parts[other].title)}</span>'
            steps.append(f'<a class="{rel}" rel="{rel}" href="{paths[other]}">{name}</a>\n')
    return bar, f'<nav class="steps" aria-label="{frame.labels.next}">\n{"".join(steps)}</nav>\n'


def _document(part: Part, path: str, frame: Frame, body: str, navigation: tuple[str, str]) -> str:
    title = frame.title if path == "index.html" else f"{part.title} · {frame.title}"
    about = shorten(" ".join(islice(_list_texts(part.blocks), 20)), 155) or frame.title
    bar, steps = navigation
    return f"""<!doctype html>
<html lang="{frame.language}" dir="{direction(frame.language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{CSP}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>{escape(title)}</title>
<meta name="description" content="{escape(about)}">
<link rel="stylesheet" href="style.css">
</head>
<body>
<a class="skip" href="#main">{frame.labels.skip}</a>
{bar}<main id="main">
{body}{steps}</main>
<footer>
<p lang="en" dir="ltr">{FOOTER}</p>
</footer>
</body>
</html>
"""
