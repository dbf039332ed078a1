"""Signs that a line or section is only for those whom the page comes from; the rest of it may be for everybody."""

from __future__ import annotations

import re

from shared.backends.offline.judging.clues.signs import ANY, LABEL, PRIVATE, Sign

_SAYS = "is marked as being only for those it comes from"
_END = r"\W*(?:$|[,;:.!()–—-])"  # as a mark stands: with nothing behind it that it could belong to


def _sign(where: str, *parts: str) -> Sign:
    return Sign(PRIVATE, 9, _SAYS, re.compile("|".join(parts), re.IGNORECASE), where)


_OURS = (
    r"(?:only|just|strictly) (?:for|between) (?:us|ourselves)",
    r"(?:only|just|strictly) for the (?:committee|board|team|staff|family)",
    r"(?:stays|keep(?: this| it)?) (?:between|among) us",
    r"(?:for )?(?:us|our eyes) only",
    r"nur (?:für|unter) uns|(?:bleibt|bitte) unter uns",
    r"(?:juste|seulement|uniquement) (?:pour|entre) nous|entre nous",
    r"s[oó]lo (?:para|entre) nosotr[oa]s|entre nosotr[oa]s|(?:só|apenas|somente) (?:para|entre) nós",
    r"(?:solo|soltanto) (?:per|tra) noi|alleen voor ons(?:zelf)?|onder ons",
    r"только для нас|между нами|tylko dla nas|między nami|(?:sadece|yalnızca) bizim için",
    r"(?:仅|只)(?:供|限|给)(?:我们|自己)(?:自己)?|(?:内輪|身内)(?:だけ|限り|のみ)|우리끼리",
    r"(?:لنا|بيننا) فقط|فقط برای خودمان",
)
_SITE = r"(?:web ?-?site|web ?page|page|site|internet|web)"
_NOT_THERE = (
    rf"\bnot for the {_SITE}\W*$|^\W*not on the {_SITE}\W*$|\b(?:keep|leave)(?: this| it)? off the {_SITE}\b",
    r"nicht (?:für|auf) die (?:web ?-?site|web ?-?seite|home ?page|internet ?-?seite|seite)\W*$",
    r"nicht ins (?:internet|netz)\W*$",
    r"pas (?:pour|sur) (?:le site|la page|internet)\W*$|no (?:para|en) (?:la (?:web|página)|el sitio|internet)\W*$",
    r"não (?:é )?para (?:o site|a página|a internet)\W*$|non (?:per|sul|sulla) (?:il |la )?(?:sito|pagina)\W*$",
    r"niet (?:voor|op) de (?:web ?-?)?site\W*$|не для сайта\W*$|nie na stronę\W*$|siteye konmasın\W*$",
    r"(?:不要|别|勿)(?:放|写|登)(?:到|在|上)?.{0,2}(?:网站|网页|网上)|(?:サイト|ホームページ)には?(?:載|出)せ?(?:さ)?ない",
)

CIRCLE_SIGNS: tuple[Sign, ...] = (
    _sign(ANY, rf"(?:^\W*|\()(?:{'|'.join(_OURS)}){_END}"),
    _sign(LABEL, *_NOT_THERE),
)
