"""What people said in comments: a choice in a word, words for the page, or a wish about the plan.

Comments are never text of a site by themselves. One word that answers our question decides; an answer to a page that
says nothing yet is its content; a wish changes the plan where there is a rule for it, and is named where there is none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from shared.backends.offline.judging.talk.choice_sentences import choice_in_sentences, is_against
from shared.backends.offline.language import guess_language
from shared.backends.offline.page_blocks import clean, collapse_line, heading_level, read_own_words
from shared.core.approval.decision_words import bare_wish
from shared.core.page import ANSWER, EARLIER, WISH, Block, Page, Span
from shared.core.pages.property_lines import are_properties, split_property

CHOICES: Mapping[str, str] = {
    "site": "site|website|web page|webpage|page|seite|webseite|website bitte|page web|site web|sitio|página|web"
    "|sito|pagina|sayfa|сайт|страница|strona|网站|网页|サイト|ページ|사이트|موقع|صفحة|سایت|صفحه",
    "service": "service|api|an api|a service|dienst|schnittstelle|servicio|serviço|servizio|servis|сервис|usługa"
    "|服务|接口|サービス|서비스|خدمة|سرویس",
    "tool": "tool|cli|command line tool|werkzeug|programm|kommandozeile|outil|herramienta|ferramenta|strumento"
    "|hulpmiddel|araç|инструмент|narzędzie|工具|ツール|도구|أداة|ابزار",
    "publish": "publish|public|all|everything|show all|veröffentlichen|öffentlich|alles|publier|tout|publicar|todo|tudo"
    "|pubblica|tutto|alles|yayınla|hepsi|публиковать|всё|все|公开|发布|全部|公開|すべて|공개|انشر|الكل|منتشر|همه",
    "without": "without|leave it out|leave that out|ohne|weglassen|sans|sin|sin eso|sem|senza|zonder|onsuz"
    "|без|不含|去掉|除く|なし|بدون",
}
_POLITE = re.compile(
    r"\b(?:please|thanks|thank you|just|only|make it|make|build|a|an|the|it|as|this|instead|rather|yes|no|bitte"
    r"|danke|eine?n?|als|nur|un|une|una|uma|por favor|s['’]il vous plaît|merci|gracias|obrigad[oa]|il|lo|ja|oui|sí|sim"
    r"|да|пожалуйста)\b"
)
_ONE_OF = {name: frozenset(words.split("|")) for name, words in CHOICES.items()}
_SHOW = re.compile(
    r"\b(?:shows?|showing|says?|lists?|mentions?|includes?|contains?|add|adds|tells?|states?|zeig\w*|nenn\w*|"
    r"erwähn\w*|enthalt\w*"
    r"|montre\w*|affiche\w*|mentionne\w*|ajoute\w*|mostrar|muestre|muestra|incluir|incluya|añad\w*|mostre|inclua|"
    r"adicione|mostri"
    r"|toon\w*|göster\w*|показыва\w*|покаж\w*|добав\w*)\b\s*(?:also|too|auch|aussi|también|também)?\s*:?\s*(.+)",
    re.IGNORECASE | re.DOTALL,
)
_DROP = re.compile(
    r"\b(?:without|leave out|remove|drop|omit|skip|take out|no|hide|ohne|entferne?|streiche?|weg mit|sans"
    r"|enlève[zr]?|retire[zr]?|sin|quita|elimina|sem|remova|tire|senza|togli|zonder|verwijder)\b\s+"
    r"(?:the |any |die |den |das |der |les? |la |el |los |las |os? |as? |i |de |het )?(.+)",
    re.IGNORECASE,
)
_AUCH = re.compile(r"\b(?:auch|noch)\s+(.+?)\s+(?:zeigen|nennen|enthalten|stehen)\b", re.IGNORECASE)
_SPACED_SHOW = re.compile(r"(?:还|也)?(?:应该|要|需要)?(?:显示|列出|加上|加入|包括)(.+)|(.+?)(?:も)?(?:載せ|表示|入れ)")
_ARTICLE = re.compile(
    r"^(?:also |too )?(?:an?|the|our|die|der|das|den|unsere?n?|les?|la|el|los|las|os?|as?|il|gli|de|het) ", re.I
)
_QUOTED = re.compile(r"[“„«\"]([^”“»\"]{2,})[”“»\"]")
_FOLLOWS = {
    "en": "to follow", "de": "folgt", "fr": "à suivre", "es": "próximamente", "it": "a breve", "pt": "em breve",
    "nl": "volgt", "tr": "yakında", "pl": "wkrótce", "sv": "kommer snart", "ru": "скоро", "uk": "незабаром",
    "zh": "待补充", "ja": "準備中", "ko": "준비 중", "ar": "قريبًا", "fa": "به‌زودی", "he": "בקרוב",
}  # fmt: skip
_SECRET = re.compile(
    r"\b(?:secret|surprise|geheim\w*|überraschung|secreto|sorpresa|segredo|surpresa|segreto|gizli|sürpriz|секрет|"
    r"сюрприз)\b"
    r"|秘密|内緒|비밀|سر(?:ّ)?ي|راز|محرمانه",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Shaped:
    """The page as it is to be built, and what became of what people said and of what is kept back."""

    page: Page
    choices: tuple[str, ...] = ()  # of CHOICES, the last word last
    earlier: tuple[str, ...] = ()  # what was chosen when we asked about an earlier plan of the page
    unread: tuple[str, ...] = ()  # answers in which no rule sees a choice
    done: tuple[str, ...] = ()  # sentences: what a wish has changed
    undone: tuple[str, ...] = ()  # wishes without a rule, in people's words
    kept_back: tuple[str, ...] = ()  # what is marked as secret


def choice_of(text: str) -> str:
    """Return the choice that an answer makes in a word or two; "" where it says anything else."""
    if is_against(text):
        return ""
    bare = " ".join(re.sub(r"[^\w\s'’]+", " ", text.casefold()).split())
    for words in (bare, " ".join(_POLITE.sub(" ", bare).split())):
        for name, known in _ONE_OF.items():
            if words in known:
                return name
    return ""


def chosen_by(block: Block) -> str:
    """Return the choice that a comment makes; "" where it says anything else. Of a wish only a word counts:

    “leave out the part for us” changes a plan when it is a wish, and answers what to do with it when it is an answer.
    """
    return choice_of(_bare(block)) or (choice_in_sentences(block.text) if block.type == ANSWER else "")


def strip_remarks(page: Page) -> Page:
    """Return the page without what was said about it, and without columns that were pasted in as lines at its top."""
    own = tuple(block for block in page.blocks if block.type not in (ANSWER, WISH))
    return replace(page, blocks=own[_pasted_columns(own) :])


def _pasted_columns(blocks: tuple[Block, ...]) -> int:
    """Return how many of the first blocks are the `Owner: …` lines of a Markdown export."""
    names: list[str] = []
    for number, block in enumerate(blocks):
        lines = [split_property(line) for line in clean(block.text).split("\n") if line.strip()]
        if block.type != "paragraph" or block.children or not all(value for _, value in lines):
            return number if are_properties(names) else 0
        names += [name for name, _ in lines]
    return len(blocks) if are_properties(names) else 0


def shape_page(page: Page, *, asks_for_content: bool, marked: frozenset[str] = frozenset()) -> Shaped:
    """Return the page as answers and wishes make it; `marked` are the blocks that “without” leaves out.

    An answer is content where the page had none to build from.
    """
    answers = [block for block in page.blocks if block.type == ANSWER]
    wishes = [block for block in page.blocks if block.type == WISH]
    own = strip_remarks(page)
    choices = [choice for block in (*answers, *wishes) if (choice := _choice(block, earlier=False))]
    before = [choice for block in answers if (choice := _choice(block, earlier=True))]
    others = [block for block in answers if not chosen_by(block)]
    if asks_for_content:
        more = tuple(replace(block, type="paragraph") for block in others)
        own, others = replace(own, blocks=own.blocks + more), []
    others = [block for block in others if EARLIER not in block.extra]  # of another question than ours
    if "without" in choices:
        own = left_out(own, marked)
    kept_back: list[str] = []
    if "publish" not in choices:
        kept_back = [read_own_words(block) for block in own.walk() if _is_secret(block)]
        own = replace(own, blocks=_drop_unwanted(own.blocks, _is_secret))
    done: list[str] = []
    undone: list[str] = []
    for block in wishes:
        if not chosen_by(block):
            own, change = _apply_wish(own, block)
            (done if change else undone).append(change or collapse_line(block.text))
    return Shaped(
        own,
        tuple(choices),
        tuple(before),
        tuple(collapse_line(block.text) for block in others),
        tuple(done),
        tuple(undone),
        tuple(kept_back),
    )


def left_out(page: Page, ids: frozenset[str]) -> Page:
    """Return the page without these blocks; with a heading goes what stands below it."""
    return replace(page, blocks=_drop_unwanted(page.blocks, lambda block: block.id in ids))


def _choice(block: Block, *, earlier: bool) -> str:
    return chosen_by(block) if (EARLIER in block.extra) == earlier else ""


def _bare(block: Block) -> str:
    return bare_wish(block.text) if block.type == WISH else block.text


def _is_secret(block: Block) -> bool:
    return block.type == "toggle" and bool(block.children) and bool(_SECRET.search(read_own_words(block)))


def _drop_unwanted(blocks: tuple[Block, ...], unwanted: Callable[[Block], object]) -> tuple[Block, ...]:
    """Return the blocks without the unwanted; with a heading goes what stands below it."""
    kept: list[Block] = []
    below = 0  # the level of the heading that is left out
    for block in blocks:
        level = heading_level(block)
        below = 0 if below and 0 < level <= below else below
        if unwanted(block):
            below = level or below
        elif not below:
            kept.append(replace(block, children=_drop_unwanted(block.children, unwanted)) if block.children else block)
    return tuple(kept)


def _apply_wish(page: Page, wish: Block) -> tuple[Page, str]:
    """Return the page as the wish wants it, and what was done in words; "" where there is no rule for it."""
    text = bare_wish(wish.text)
    if dropped := _find_dropped(page, text):
        return replace(
            page, blocks=_drop_unwanted(page.blocks, lambda block: block.id in dropped)
        ), f"left out as wished: “{_names(page, dropped)}”"
    wanted = next(_list_wanted(text), "")
    if not wanted:
        return page, ""
    shown = wanted[:1].upper() + wanted[1:]
    if re.search(r"\d|[:：]\s*\S|\S@\S", wanted) or _QUOTED.search(text):
        words, change = shown, f"added as wished: “{shown}”"
    else:
        language = guess_language(" ".join([page.title, *map(read_own_words, page.walk())]))
        words = f"{shown}: {_FOLLOWS.get(language, _FOLLOWS['en'])}"
        change = (
            f"added as wished: “{shown}”, for which the page has no text yet; write it there, and the "
            "page is planned again"
        )
    block = Block(wish.id, "paragraph", (Span(words),))
    return replace(page, blocks=(*page.blocks, block)), change


def _list_wanted(text: str) -> Iterator[str]:
    """Yield what a wish wants shown, without the words around it."""
    text = collapse_line(clean(text))
    if (quoted := _QUOTED.search(text)) and _SHOW.search(text):
        yield quoted.group(1)
    for rule in (_AUCH, _SHOW, _SPACED_SHOW):
        if match := rule.search(text):
            found = next(each for each in match.groups() if each is not None)
            found = re.sub(
                r"[,;]?\s*(?:please|bitte|too|as well|also|s'il vous plaît|por favor)?[\s.!。！]*$",
                "",
                found,
                flags=re.I,
            )
            found = _ARTICLE.sub("", found.strip())
            if 2 <= len(found) <= 200:
                yield found


def _find_dropped(page: Page, text: str) -> frozenset[str]:
    """Return the headings, or else the lines, that a wish wants left out."""
    match = _DROP.search(collapse_line(text))
    named = frozenset(re.findall(r"\w+", match.group(1).casefold())) if match else frozenset()
    named -= {"section", "part", "line", "please", "heading", "bitte", "teil", "abschnitt"}
    if not named or len(named) > 6:
        return frozenset()
    meant = [block for block in page.walk() if named <= set(re.findall(r"\w+", read_own_words(block).casefold()))]
    parts = [block for block in meant if heading_level(block) or block.type == "toggle"]
    return frozenset(block.id for block in parts or meant)


def _names(page: Page, ids: frozenset[str]) -> str:
    return "”, “".join(read_own_words(block)[:60] for block in page.walk() if block.id in ids)
