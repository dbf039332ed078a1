"""Signs that a page is wanted on the web, and that a tool it shows is there already: the page is to be its home."""

from __future__ import annotations

import re
from collections.abc import Sequence

from shared.backends.offline.judging.clues.signs import ANY, SITE, Sign
from shared.backends.offline.judging.clues.vocabulary import WANT, WANT_UNSPACED
from shared.core.page import Page

_PUT = (
    r"(?:put|get|goes?|going|bring|show|appear|up|live|stell\w*|setz\w*|komm\w*|steh\w*|mettre|mis|publier|paraître|"
    r"poner\w*|salga\w*|subir\w*|aparezca\w*|pôr|colocar|apareça\w*|mettere|pubblicare|zetten|komen|staan|"
    r"yayınla\w*|görün\w*|koy\w*|umieści\w*|wrzuci\w*|wisia\w*|opublikow\w*)"
)
_ON_THE_WEB = (
    r"(?:\bon(?:to)? (?:the|our) (?:web|internet|net|world wide web)\b|\b(?:on|at|under) [\w-]+\.(?:example|com|"
    r"org|net|"
    r"eu|co\.uk|de|fr|es|it|pt|nl|pl|tr|jp|cn)\b|\b(?:im|ins) (?:netz|internet|web)\b|\bauf (?:die|der|unsere|unserer) "
    r"(?:seite|homepage|web\w+)\b|\bsur (?:internet|le (?:web|net|site)|la toile|notre site)\b|\ben ligne\b"
    r"|\ben (?:internet|la (?:web|red))\b|\bna (?:internet|web|net|rede)\b|\bno (?:nosso )?site\b"
    r"|\b(?:su internet|sul (?:web|sito|nostro sito)|in rete|online)\b|\bop (?:het (?:internet|web)|internet|"
    r"de (?:web)?site|"
    r"onze (?:web)?site)\b|\binternet\w* (?:adres|site)\w*|\binternette\b|\bsite(?:de|mizde|sinde)\b"
    r"|\bw (?:internecie|sieci)\b|\bna (?:stron\w+|naszej stronie)\b)"
)

OFFER_SIGNS: tuple[Sign, ...] = (
    Sign(
        SITE,
        8,
        "is wanted on the web",
        re.compile(
            rf"\A(?=.*{_ON_THE_WEB}).*\b(?:{WANT}|{_PUT})\b"
            r"|\bwhat (?:people|visitors|customers|they|everybody|everyone) (?:should )?(?:find|see|read) when\b"
            r"|\b(?:text|words|copy) for (?:the|our) (?:[\w'’-]+ ){0,3}(?:home ?page|home|web ?-?site|page|site)\b"
            r"|\b(?:text|texte?|testo|texto|tekst) (?:für|pour|para|per|voor|na) (?:die|unsere|la|notre|el|"
            r"nuestr[ao]|o|a|"
            r"noss[ao]|il|onze|de|het|stron\w+) ?(?:[\w'’-]+ )?(?:web\w*|seite|homepage|site|página|sitio|pagina|"
            r"sito|stron\w+)"
            rf"|(?:网上|放到网|发布到|挂到网|ネット(?:上)?に|ウェブに|ホームページに|サイトに(?:載せ|掲載))|"
            rf"(?:{WANT_UNSPACED}).*公開",
            re.IGNORECASE,
        ),
        ANY,
    ),
)
_THERE_ALREADY: tuple[re.Pattern[str], ...] = tuple(
    re.compile(words, re.IGNORECASE | re.MULTILINE)
    for words in (
        r"\b(?:brew|pipx?|uv|npm|pnpm|yarn|cargo|apt(?:-get)?|dnf|pacman|winget|choco|scoop|gem|go|conda|docker) "
        r"(?:install|add|get|i|pull|-S)\b|^\W*(?:install(?:ing|ation)?|installieren|instala\w+|installazione|"
        r"installeren|"
        r"installatie|kurulum|instalacja|安装|インストール)\W*$",
        r"^\W*(?:licen[cs]e|lizenz|licence|licencia|licença|licenza|licentie|lisans|licencja|许可证?|ライセンス)\b"
        r"|\b(?:MIT|BSD|GPL\w*|AGPL|LGPL|MPL|Apache)(?: licen[cs]e| v?\d|-\d|[ -]Lizenz)",
        r"^\W*(?:contribut\w*|mitmachen|mitwirken|contribuer|contribui\w+|contribuye|contribuire|bijdragen|katkı\w*|"
        r"współtworzenie|贡献|貢献)\W*$|\b(?:pull|merge) requests?\b|\bsigned off\b",
        r"\b(?:releases?|changelog|release notes|stable version|since version|latest version)\b|\bv?\d+\.\d+(?:\.\d+)? "
        r"(?:is out|released)|\bhas been out\b|\b(?:already|is) (?:released|published|on (?:PyPI|GitHub|npm|crates))\b"
        r"|\b(?:the )?(?:code|tool|program|library) (?:is (?:already )?(?:there|finished|done|out)|exists|"
        r"already exists)\b"
        r"|\bgibt es (?:schon|bereits)\b|\bexiste déjà\b|\bya existe\b|\bjá existe\b|\besiste già\b|\bbestaat al\b"
        r"|\bzaten var\b|\bjuż (?:jest|istnieje)\b|已经发布|公開済み|リリース済み",
    )
)
_ENOUGH = 2  # kinds of what a tool has once it is out


def shows_what_exists(page: Page, texts: Sequence[str]) -> bool:
    """Say whether the page is about a tool that is out: how it is installed, under which licence, how to contribute."""
    text = "\n".join([page.title, *texts])
    return sum(bool(kind.search(text)) for kind in _THERE_ALREADY) >= _ENOUGH
