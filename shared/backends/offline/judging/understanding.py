"""A page and what was said about it, as the planner and the writer of code both see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from shared.backends.offline.endpoints import read_endpoints
from shared.backends.offline.fields import field_blocks
from shared.backends.offline.invocations import read_invocations
from shared.backends.offline.judging.clues.evidence import blocks_saying
from shared.backends.offline.judging.clues.signs import PRIVATE, SERVICE
from shared.backends.offline.judging.judgement import PROGRAM, Judgement, judge
from shared.backends.offline.judging.talk.comments import Shaped, left_out, shape_page, strip_remarks
from shared.backends.offline.judging.talk.questions import question_of
from shared.backends.offline.judging.thinness import THIN
from shared.backends.offline.judging.wishes.contradictions import CONTRADICTS, ask_which_holds
from shared.backends.offline.judging.wishes.unsupported import wishes_beyond, wishes_to_compute
from shared.backends.offline.language import guess_from_little, guess_language
from shared.backends.offline.page_blocks import (
    Requirement,
    read_own_words,
    read_requirements,
    shorten,
    site_title,
)
from shared.backends.offline.plans.completeness import build_question, is_mere_wish
from shared.core.page import Block, Page
from shared.core.planning.artifacts import PYTHON_SERVICE, STATIC_SITE

_TITLE = 60
_ROUNDS = 5  # in which a page is judged without what was marked in it; then the whole is taken for private


@dataclass(frozen=True, slots=True)
class Understood:
    """What is to be built from the page, and what has to be asked before."""

    page: Page  # as it is built: with what answers add, without what wishes and secrets take away
    judgement: Judgement
    shaped: Shaped
    question: str = ""

    @property
    def artifact(self) -> str:
        """Return the kind of software."""
        return PYTHON_SERVICE if self.judgement.taken_for in (SERVICE, PROGRAM) else STATIC_SITE

    def requirements(self) -> tuple[Requirement, ...]:
        """Return what a visitor, or a caller, can check."""
        service = self.artifact == PYTHON_SERVICE
        found = read_requirements(self.page, field_blocks(self.page) if service else frozenset())
        return found or read_requirements(self.page)

    def wished_beyond(self) -> tuple[str, ...]:
        """Return the sentences that want more than is built, where a person has chosen to have it all the same."""
        if not self.judgement.chosen:
            return ()
        service = self.artifact == PYTHON_SERVICE
        lines = wishes_to_compute(self.page) if service else wishes_beyond(self.page).lines
        return tuple(line.text for line in lines)

    def tested_by_doing(self) -> frozenset[str]:
        """Return the blocks that name what a service answers to: a test calls it and looks at what it does."""
        if self.artifact != PYTHON_SERVICE:
            return frozenset()
        return frozenset(_find_named_blocks(self.page))


def _find_named_blocks(page: Page) -> set[str]:
    """Return the blocks that name an address or a command."""
    return {each.block for each in read_endpoints(page)} | {each.block for each in read_invocations(page)}


def understand(page: Page) -> Understood:
    """Return what the page comes to, with the answers and wishes that stand behind it."""
    own = strip_remarks(page)
    vague = is_mere_wish(own)
    first = judge(own)
    marked = _marked_private(first, own)
    shaped = shape_page(page, asks_for_content=vague or not read_requirements(own), marked=marked)
    judgement = first
    if shaped.page != own or shaped.choices or shaped.earlier:
        judgement = judge(shaped.page, shaped.choices, shaped.earlier)
    built = _select_program_notes(shaped.page, judgement) if judgement.from_notes else shaped.page
    return Understood(built, judgement, shaped, _question(shaped, judgement, marked))


def _question(shaped: Shaped, judgement: Judgement, marked: frozenset[str]) -> str:
    page = shaped.page
    title = shorten(site_title(page), _TITLE)
    words = " ".join([page.title, *(read_own_words(block) for block in page.walk())])
    language = guess_from_little(words) if judgement.taken_for == THIN else guess_language(words)
    if is_mere_wish(page):
        return build_question(title, language)
    if judgement.taken_for == CONTRADICTS:
        return ask_which_holds(judgement.because, title, language)
    if judgement.asked:
        without = "without" in shaped.choices
        return question_of(
            judgement, title, language, shaped.unread, partly=bool(marked), nothing_left=without and not marked
        )
    return ""


def _marked_private(judgement: Judgement, page: Page) -> frozenset[str]:
    """Return the blocks that are marked as private, where the rest of the page is not: none when the whole is.

    What is left out lets other lines come to the top, so what remains is judged again.
    """
    marked, rest = frozenset[str](), page
    first = next((block.id for block in page.walk() if read_own_words(block)), "")
    for _ in range(_ROUNDS):
        if judgement.taken_for != PRIVATE:
            return marked
        found = blocks_saying(rest, {line.text for each in judgement.because for line in each.lines})
        if found & {"", first}:
            return frozenset()
        marked |= found
        rest = left_out(rest, marked)
        judgement = judge(rest)
    return frozenset()


def _select_program_notes(page: Page, judgement: Judgement) -> Page:
    """Return what of notes speaks of the program they ask for; the rest is not for others."""
    about = {line.block for each in judgement.because for line in each.lines}
    about |= _find_named_blocks(page) | field_blocks(page)
    about |= {each.line.block for each in judgement.because}
    return replace(page, blocks=tuple(_select_types(page.blocks, about)))


def _select_types(blocks: tuple[Block, ...], wanted: set[str]) -> list[Block]:
    kept: list[Block] = []
    for block in blocks:
        if block.id in wanted or (block.type == "table" and wanted & {row.id for row in block.children}):
            kept.append(block)
        elif block.children:
            kept += _select_types(block.children, wanted)
    return kept


def format_count(number: int, what: str) -> str:
    """Return a number and what it counts."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def tests_told(understood: Understood, requirements: tuple[Requirement, ...]) -> str:
    """Return what the tests look at, and only what they do: behaviour, or the words."""
    doing = [each for each in requirements if each.block in understood.tested_by_doing()]
    words = len(requirements) - len(doing)
    if not doing:
        return f"{format_count(words, 'requirement')}; the tests look for the words of each on the site."
    names = "names" if len(doing) == 1 else "name"
    sentence = f"{format_count(len(requirements), 'requirement')}: tests call what {len(doing)} of them {names}"
    sentence += f"; for {words}, the tests only look for the words in the documentation." if words else "."
    return sentence


CHANGED: Mapping[str, str] = {
    "undone": "Not in this plan, because there is no rule for it: “{said}”. Write on the page what "
    "the site should say, "
    "or connect a language model.",
    "beyond": "Rules cannot do this, so it is only shown as text: “{said}”.",
    "kept_back": "Left out, because it is marked as secret: “{said}”. Comment “no, show all” to have it shown.",
    "notes": "Only the notes that are about the service are published.",
}
